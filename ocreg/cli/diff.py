"""`ocreg diff OLD NEW`"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from .. import redact
from ..diff import compare, revisions
from ..errors import EndpointInvalid
from . import output


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--format", "view", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--path", "folder", default="endpoints", show_default=True, help="The registry's folder in a revision.")
def command(old: str, new: str, view: str, folder: str) -> int:
    """Say what changed between two registries, and whether it breaks callers.

    OLD and NEW are registry directories, or git revisions of the repository here.

    Exit code 0: nothing breaks; 1: something breaks; 2: usage.
    """
    with TemporaryDirectory(prefix="ocreg-diff-") as temporary:
        before = _meanings(old, folder, Path(temporary, "old"))
        after = _meanings(new, folder, Path(temporary, "new"))
    found = compare.between(before, after)
    if view == "json":
        output.as_json([asdict(change) for change in found])
    else:
        _text(found)
    return 1 if any(change.breaking for change in found) else 0


def _meanings(text: str, folder: str, into: Path) -> dict[str, compare.Tree]:
    """What the registry means that `text` names; an error says which of the two it is about."""
    try:
        directory = revisions.directory(text, folder, into)
        found = compare.meanings(revisions.Alone(directory))
    except revisions.NoRevision as error:
        raise click.UsageError(str(error)) from None
    except EndpointInvalid as error:
        raise click.UsageError(f"{text}: {error}") from None
    if not found:
        raise click.UsageError(f"{text}: there is no endpoint file (<group>/<name>.yaml) in this directory")
    return found


def _text(found: Sequence[compare.Change]) -> None:
    for change in found:
        verdict = "breaking" if change.breaking else "ok"
        click.echo(f"{verdict:<8}  " + redact.line(f"{change.operation}  {change.path}: {change.message}"))
    breaking = sum(change.breaking for change in found)
    click.echo(f"{len(found)} change{'' if len(found) == 1 else 's'}, {breaking} breaking", err=True)
