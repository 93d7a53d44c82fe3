"""How results look: JSON for programs, tables and colours for a terminal, plain text for a pipe."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import Any

import click

from ..errors import OcregError

_LEAST = 24
"""Columns that a folded text has at least; with fewer it stands on lines of its own."""
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


def width() -> int:
    """The columns that text is folded at; in a pipe nothing is folded, unless COLUMNS says where."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return max(shutil.get_terminal_size().columns, 20) if known else sys.maxsize


def folded(head: str, text: str, indent: int, colour: str | None = None) -> None:
    """`head`, never cut, and beside it a text that starts at column `indent` and is folded there.

    Where the head is too long for that, or leaves no room, the text begins on a line of its own.
    """
    room = width() - indent
    if room < _LEAST:
        indent, room = 4, max(width() - 4, 1)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) if room < sys.maxsize else [text]
    shown = click.style(head, fg=colour) if colour and _colours() else head
    beside = len(head) + 1 < indent and bool(lines)
    if head:
        click.echo(shown + (" " * (indent - len(head)) + lines[0] if beside else ""))
    for line in lines[beside:]:
        click.echo(" " * indent + line if line else "")


def table(columns: list[str], rows: list[list[str]], colours: list[str]) -> None:
    """Columns of which only the last is folded: nothing is cut."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)][:-1]
    for row, colour in zip([columns, *rows], [None, *colours], strict=True):
        head = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        folded(head.rstrip(), row[-1], sum(widths) + 2 * len(widths), colour)


def counted(number: int, word: str) -> str:
    """`1 row`, `12,345 rows`"""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def heading(text: str) -> None:
    click.secho(f"\n{text}", bold=True) if _colours() else click.echo(f"\n{text}")


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
