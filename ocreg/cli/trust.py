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
@click.option("--forget", is_flag=True, help="Trust the file no longer.")
def command(file: Path, yes: bool, forget: bool) -> None:
    """Let the ocreg.toml of a directory count, as it is now.

    Such a file can send keys and tokens to a host of its choice and run commands, so one that came with a directory is
    ignored until you have read and trusted it. A file that was changed is ignored again. The file of your own
    configuration directory, and one that OCREG_CONFIG or --config names, need no trust.
    """
    path = _path(file)
    try:
        if forget:
            records.forget(path)
            click.echo(f"{file} is trusted no longer.")
            return
        content = places.contents(path)
        if content is None:
            raise click.UsageError(f"there is no file {file}")
        lines = profiles.shown(profiles.profiles(str(file), content.data), NAMES, SECRETS)
        if records.flaw(path, content.data) is None:
            click.echo(f"{file} is trusted already.")
            return
        _show(file, records.recorded(path), lines)
        if not yes:
            _ask(file)
        records.remember(path, content.data, lines)
    except places.Unusable as flaw:
        raise click.UsageError(f"{file} {flaw}") from None
    except OSError as error:
        raise click.UsageError(f"what is trusted cannot be written down: {error}") from None
    click.echo(f"{file} is trusted, as it is now.")


def _path(file: Path) -> Path:
    """The path by which the file is found from inside its directory; the file itself may be a link, and stays one."""
    file = file / places.NAME if file.name != places.NAME and file.is_dir() else file
    if file.name != places.NAME:
        raise click.UsageError(
            f"only a file named {places.NAME} is looked for in a directory; --config names any other"
        )
    return Path(os.path.realpath(file.parent), file.name)


def _show(file: Path, before: records.Record | None, lines: list[str]) -> None:
    """What is about to be trusted: all of it, or what is new since the last time."""
    if before is None:
        click.echo(f"{file} says:")
        shown = lines or ["(no settings)"]
    else:
        click.echo(f"{file} has changed since it was trusted:")
        diff = difflib.ndiff(before.lines, lines)
        shown = [line for line in diff if line[0] in "+-"] or ["only in comments, in the order, or in hidden secrets"]
    for line in shown:
        click.echo(f"  {line}")


def _ask(file: Path) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"nothing was changed: trust {file} on a terminal, or with --yes if you have read it")
    click.confirm("Trust it?", abort=True)
