"""`ocreg diff OLD NEW`, `ocreg diff --overlay DIR`"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from .. import redact
from ..diff import compare, revisions
from ..errors import EndpointInvalid
from ..registry.files import Registry
from . import output


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Instead of OLD and NEW: what this directory changes in the shipped registry. Repeatable.",
)
@click.option("--format", "view", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--path", "folder", default="endpoints", show_default=True, help="The registry's folder in a revision.")
def command(old: str | None, new: str | None, overlays: tuple[Path, ...], view: str, folder: str) -> int:
    """Show what changed between two registries, and whether it breaks callers.

    OLD and NEW are registry directories, or git revisions of the current repository. A directory that extends
    operations from elsewhere is compared as it is used: as an overlay of the shipped registry.

    Exit code 0: nothing breaks; 1: something breaks; 2: usage.
    """
    with TemporaryDirectory(prefix="ocreg-diff-") as temporary:
        if overlays and old is None:
            before, after = _meanings("the shipped registry", Registry([])), _meanings("--overlay", Registry(overlays))
        elif old is not None and new is not None and not overlays:
            before = _named(old, folder, Path(temporary, "old"))
            after = _named(new, folder, Path(temporary, "new"))
        else:
            raise click.UsageError("give OLD and NEW, or --overlay DIR")
    found = compare.between(before, after)
    if view == "json":
        output.as_json([asdict(change) for change in found])
    else:
        _text(found)
    return 1 if any(change.breaking for change in found) else 0


def _named(text: str, folder: str, into: Path) -> dict[str, compare.Tree]:
    """The meanings of the registry that `text` names. Errors start with `text`."""
    try:
        directory = revisions.directory(text, folder, into)
        registry = revisions.registry(directory)
    except revisions.NoRevision as error:
        raise click.UsageError(str(error)) from None
    except EndpointInvalid as error:
        raise click.UsageError(f"{text}: {error}") from None
    return _meanings(text, registry)


def _meanings(text: str, registry: Registry) -> dict[str, compare.Tree]:
    try:
        found = compare.meanings(registry)
    except EndpointInvalid as error:
        raise click.UsageError(f"{text}: {error}") from None
    if not found:
        raise click.UsageError(f"{text}: no endpoint file (<group>/<name>.yaml) in this directory")
    return found


def _text(found: Sequence[compare.Change]) -> None:
    for change in found:
        verdict = "breaking" if change.breaking else "ok"
        click.echo(f"{verdict:<8}  " + redact.line(f"{change.operation}  {change.path}: {change.message}"))
    breaking = sum(change.breaking for change in found)
    click.echo(f"{len(found)} change{'' if len(found) == 1 else 's'}, {breaking} breaking", err=True)
