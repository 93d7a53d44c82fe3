"""How results look: JSON for programs, tables and colours for a terminal, plain text for a pipe.

Colours are added only here. `screen` removes control characters from all other text, so that nobody can steer the
terminal; this module removes them before it adds colours.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .. import redact
from ..errors import OcregError
from .screen import Live, Screen

if TYPE_CHECKING:
    from rich.console import Console

_LEAST = 24
"""The least columns for folded text. With fewer, the text gets lines of its own."""
EFFECT_COLOURS = {"read": "green", "create": "yellow", "update": "yellow", "cancel": "red"}


def wants_json(arguments: list[str] | None) -> bool:
    """Whether `--json` is among the command's arguments."""
    return "--json" in (sys.argv[1:] if arguments is None else arguments)


def as_json(value: Any, *, compact: bool = False) -> None:
    """Print a value on standard output: one line for programs, indented (and coloured on a terminal) for people."""
    if compact:
        click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        return
    text = redact.steerless(json.dumps(value, ensure_ascii=False, indent=2))
    if _colours():
        from rich.highlighter import JSONHighlighter
        from rich.text import Text

        coloured = Text(text)
        JSONHighlighter().highlight(coloured)
        _show(text, _rendered(coloured, soft_wrap=True))
    else:
        click.echo(text)


def _rendered(what: Any, **how: Any) -> str:
    console = terminal()
    with console.capture() as captured:
        console.print(what, end="", **how)
    return captured.get().rstrip("\n")


def terminal(*, err: bool = False) -> Console:
    """The terminal as rich sees it. Text is never interpreted as markup."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    file: Any = Live(stream) if isinstance(stream, Screen) else stream
    return Console(file=file, markup=False, emoji=False, highlight=False, no_color=not _colours(err=err))


def _show(plain: str, coloured: str, *, err: bool = False) -> None:
    """Show one text in two forms, both without control characters except the colours of the second."""
    stream = sys.stderr if err else sys.stdout
    if isinstance(stream, Screen):
        stream.styled(plain + "\n", coloured + "\n")
        stream.flush()
    else:
        click.echo(plain, err=err)


def styled(text: str, *, err: bool = False, **style: Any) -> None:
    """Print a line, with a style (as in `click.style`) if the stream is a terminal."""
    plain = redact.steerless(text)
    _show(plain, click.style(plain, **style) if _colours(err=err) else plain, err=err)


def width() -> int:
    """The width at which text is folded. In a pipe nothing is folded unless COLUMNS is set."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return max(shutil.get_terminal_size().columns, 20) if known else sys.maxsize


def folded(head: str, text: str, indent: int, colour: str = "") -> None:
    """Print `head`, never cut, and beside it a text that is folded from column `indent` on.

    If the head is too long for that, or leaves no room, the text begins on a line of its own.
    """
    head, text, room = redact.steerless(head), redact.steerless(text), width() - indent
    if room < _LEAST:
        indent, room = 4, max(width() - 4, 1)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) if room < sys.maxsize else [text]
    beside = len(head) + 1 < indent and bool(lines)
    if head:
        rest = " " * (indent - len(head)) + lines[0] if beside else ""
        _show(head + rest, (click.style(head, fg=colour) if colour and _colours() else head) + rest)
    for line in lines[beside:]:
        click.echo(" " * indent + line if line else "")


def table(columns: list[str], rows: list[list[str]], colours: list[str] | None = None) -> None:
    """Print columns. Only the last is folded, and nothing is cut."""
    rows = [[redact.line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)][:-1]
    for row, colour in zip([columns, *rows], ["", *(colours or [""] * len(rows))], strict=True):
        head = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        folded(head.rstrip(), row[-1], sum(widths) + 2 * len(widths), colour)


def counted(number: int, word: str) -> str:
    """`1 row`, `12,345 rows`"""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def heading(text: str) -> None:
    click.echo()
    styled(text, bold=True)


def error(failure: OcregError, *, as_json: bool) -> None:
    """Print an error on standard error; with `--json`, as one line of JSON."""
    if as_json:
        click.echo(json.dumps(failure.as_dict(), ensure_ascii=False, default=str), err=True)
        return
    first, *rest = str(failure).split("\n")
    styled(first, err=True, fg="red", bold=True)
    for line in rest:
        click.echo(_indented(line), err=True)


def usage(failure: click.ClickException) -> None:
    """Print an error about arguments, from click or a command."""
    first, *rest = redact.steerless(failure.message).split("\n")
    object.__setattr__(failure, "message", "\n".join([first, *map(_indented, rest)]))
    failure.show()


def _indented(line: str) -> str:
    """Indent a line after the first, so that it cannot look like a message of its own."""
    return line if line.startswith("  ") or not line else f"  {line}"


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Print warnings on standard error, each once and on one line, without the line of code that caused them."""
    seen: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        line = redact.line(" ".join(str(message).split()))
        if line not in seen:
            seen.add(line)
            click.echo(f"warning: {line}", err=True)

    with warnings.catch_warnings():
        if not sys.warnoptions:  # python -W and PYTHONWARNINGS take precedence
            warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _colours(*, err: bool = False) -> bool:
    return (sys.stderr if err else sys.stdout).isatty() and not os.environ.get("NO_COLOR")
