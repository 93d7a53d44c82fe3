"""`ocreg drift [ID]...`"""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UnknownOperation
from ..interchange import comparison, learning
from ..registry.files import Registry
from . import arguments, learn, output


@click.command("drift")
@click.argument("ids", nargs=-1, type=arguments.OperationId(), metavar="[ID]...")
@learn.sources
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each difference.")
def command(ids: tuple[str, ...], folders: tuple[Path, ...], env: str | None, as_json: bool) -> int:
    """Report where live answers differ from the endpoint files, as in a nightly job.

    Exit code 0: no difference; 1: differences; 2: usage, or no answers were observed.
    """
    registry = Registry()
    seen = learn.read(folders, registry)
    left = looked_at = 0
    for id in ids or sorted({id for id, _ in seen.all}):
        try:
            endpoint = registry[id]
        except UnknownOperation as error:
            if ids:
                raise
            click.echo(f"not compared: {error}", err=True)
            continue
        for name, sighting in (by_env := learn.of(seen, id, env)).items():
            looked_at += sighting.answers
            gone = [finding for finding in comparison.findings(endpoint, sighting, name) if finding.leaves]
            left += len(gone)
            if gone and not as_json:
                click.echo(f"{id}: {learning.summary(name, sighting)}")
                learn.show(gone, by_env)
            for finding in gone if as_json else ():
                facts = {"operation": id, "env": name, "path": finding.where, "kind": finding.kind}
                output.as_json({**facts, "message": finding.message}, compact=True)
    if not looked_at:
        raise click.UsageError("no answer was observed" + (f" in {env}" if env else ""))
    words = f"{output.counted(left, 'difference')} in {output.counted(looked_at, 'answer')}"
    click.echo(words, err=True)
    return 1 if left else 0
