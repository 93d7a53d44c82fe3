"""A CSV file of flat lines: the columns that the operation's file describes first, then whatever else was met.

What else there is is known when all rows were seen, so they are looked through several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TextIO

from ..bulk.flat import Flat
from .table import Writer


def write(
    rows: Callable[[], Iterable[Any]],
    file: TextIO,
    flat: Flat | None = None,
    *,
    excel: bool = False,
    before: Iterable[list[str]] = (),
) -> None:
    """CSV of the rows that `rows` gives each time it is called: three times, so that none has to be kept.

    `before` are the lines of a table, its header first, to which these are added; new columns come behind its own.
    """
    flat = flat or Flat()
    for row in rows():
        flat.learn(row)
    table = Writer(file, excel=excel)
    kept = iter(before)
    old = next(kept, [])
    met = dict.fromkeys(name for row in rows() for line in flat.lines(row) for name in line)
    shown = {table.text(name): name for name in [*flat.names, *met]}  # by what the header says
    header = list(dict.fromkeys([*old, *shown]))
    if header:
        table.put(header)
    for cells in kept:
        table.put([*cells, *[""] * (len(header) - len(cells))])
    for row in rows():
        for line in flat.lines(row):
            table.put([table.cell(line.get(shown.get(name, name))) for name in header])
