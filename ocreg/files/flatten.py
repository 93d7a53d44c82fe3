"""A CSV file of flat lines: first the columns that the endpoint file describes, then all others.

The others are known only after all rows were read, so the rows are read several times.
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
    """Write the rows as CSV. `rows` is called three times, so that no row is kept in memory.

    `before` is a table to append to, header first. New columns come after its own.
    """
    flat = flat or Flat()
    for row in rows():
        flat.learn(row)
    table = Writer(file, excel=excel)
    kept = iter(before)
    old = next(kept, [])
    met = dict.fromkeys(name for row in rows() for line in flat.lines(row) for name in line)
    shown = {table.text(name): name for name in [*flat.names, *met]}  # by the header's text
    header = list(dict.fromkeys([*old, *shown]))
    if header:
        table.put(header)
    for cells in kept:
        table.put([*cells, *[""] * (len(header) - len(cells))])
    for row in rows():
        for line in flat.lines(row):
            table.put([table.cell(line.get(shown.get(name, name))) for name in header])
