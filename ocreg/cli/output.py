"""How results look: JSON for programs, tables and colours for a terminal, plain text for a pipe."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from ..errors import OcregError

EFFECT_COLOURS = {"read": "green", "create": "yellow", "update": "yellow", "cancel": "red"}


def wants_json() -> bool:
    """Whether `--json` was given to the command that runs."""
    context = click.get_current_context(silent=True)
    return bool(context and context.params.get("as_json")) or "--json" in sys.argv[1:]


def as_json(value: Any, *, compact: bool = False) -> None:
    """A value on standard output: one line for programs, indented (and coloured on a terminal) for people."""
    if compact:
        click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    elif _colours():
        from rich.console import Console
        from rich.json import JSON

        Console(soft_wrap=True).print(JSON(json.dumps(value, ensure_ascii=False), ensure_ascii=False))
    else:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(columns: list[str], rows: list[list[str]], styles: list[str | None] | None = None) -> None:
    """A table on a terminal; aligned columns of plain text elsewhere, where nothing is cut."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        grid = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            grid.add_column(name)
        for row, style in zip(rows, styles or [None] * len(rows), strict=True):
            grid.add_row(*(Text(cell, style=style or "") for cell in row))
        Console(no_color=not _colours()).print(grid)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in [columns, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def counted(number: int, word: str) -> str:
    """`1 row`, `12,345 rows`"""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def heading(text: str) -> None:
    click.secho(f"\n{text}", bold=True) if _colours() else click.echo(f"\n{text}")


def warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning on standard error, on one line; takes what `warnings.showwarning` is given."""
    click.echo(f"warning: {' '.join(str(message).split())}", err=True)


def error(failure: OcregError) -> None:
    """An error on standard error; with `--json`, one line of JSON there."""
    if wants_json():
        click.echo(json.dumps(failure.as_dict(), ensure_ascii=False, default=str), err=True)
        return
    first, _, rest = str(failure).partition("\n")
    coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    click.echo(click.style(first, fg="red", bold=True) if coloured else first, err=True)
    if rest:
        click.echo(rest, err=True)


def _colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
