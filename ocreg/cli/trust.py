"""`ocreg trust [FILE]`"""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path

import click

from ..account import places, profiles
from ..account import trust as records
from ..account.settings import NAMES, SECRETS


@click.command("trust")
@click.argument("file", required=False, default=places.NAME, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--forget", is_flag=True, help="Stop trusting the file.")
def command(file: Path, yes: bool, forget: bool) -> None:
    """Trust the ocreg.toml of a directory, with its present content.

    Such a file can send keys and tokens to any host and run commands. So it is ignored until you have read and trusted
    it, and again after it was changed. The file in your own configuration directory, and one that OCREG_CONFIG or
    --config names, need no trust.
    """
    path = _path(file)
    try:
        if forget:
            records.forget(path)
            click.echo(f"{file} is no longer trusted.")
            return
        content = places.contents(path)
        if content is None:
            raise click.UsageError(f"there is no file {file}")
        lines = profiles.shown(profiles.profiles(str(file), content.data), NAMES, SECRETS)
        if records.flaw(path, content.data) is None:
            click.echo(f"{file} is already trusted.")
            return
        _show(file, records.recorded(path), lines)
        if not yes:
            _ask(file)
        records.remember(path, content.data, lines)
    except places.Unusable as flaw:
        raise click.UsageError(f"{file} {flaw}") from None
    except OSError as error:
        raise click.UsageError(f"the trust cannot be recorded: {error}") from None
    click.echo(f"{file} is trusted, with its present content.")


def _path(file: Path) -> Path:
    """The path by which the file is found from its directory. If the file is a link, the link is not resolved."""
    file = file / places.NAME if file.name != places.NAME and file.is_dir() else file
    if file.name != places.NAME:
        raise click.UsageError(f"only files named {places.NAME} are found by directory; use --config for any other")
    return Path(os.path.realpath(file.parent), file.name)


def _show(file: Path, before: records.Record | None, lines: list[str]) -> None:
    """Print what is about to be trusted: all of it, or the changes since it was trusted."""
    if before is None:
        click.echo(f"{file} says:")
        shown = lines or ["(no settings)"]
    else:
        click.echo(f"{file} has changed since it was trusted:")
        diff = difflib.ndiff(before.lines, lines)
        shown = [line for line in diff if line[0] in "+-"] or ["only comments, the order, or hidden secrets changed"]
    for line in shown:
        click.echo(f"  {line}")


def _ask(file: Path) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"nothing was changed: run this on a terminal, or read {file} and add --yes")
    click.confirm("Trust it?", abort=True)
