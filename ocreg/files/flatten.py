"""Rows as a flat table: what is nested becomes lines and dotted columns of a CSV file.

Where all rows have but one list of objects at a place, each of its entries is a line of its own that repeats what is
around it; any other list is JSON in its cell. Which it is, and what columns there are, is known when all rows were
seen, so they are looked through several times.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

Line = dict[str, Any]
_QUOTED = set('\n",')


class Flat:
    """The shape of rows: first `learn` it from all of them, then take their `lines`."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, None]] = {}

    def learn(self, row: Any, place: str = "") -> None:
        """Note where a row has lists of objects: below which list, and under which name."""
        for name, value in _fields(row, place):
            if _objects(value):
                self._lists.setdefault(place, {})[name] = None
                for item in value:
                    self.learn(item, name)

    def lines(self, row: Any, place: str = "") -> Iterator[Line]:
        line = {name: value for name, value in _fields(row, place) if value != []}
        names = self._lists.get(place, {})
        (name,) = names if len(names) == 1 else (None,)
        entries = line.get(name) if name is not None else None
        if name is None or not _objects(entries):
            yield line
            return
        del line[name]
        for item in entries or ():
            for inner in self.lines(item, name):
                yield {**line, **inner}


def _fields(row: Any, place: str) -> Iterator[tuple[str, Any]]:
    """A row's fields under their dotted names; lists stay as they are."""
    if not isinstance(row, dict):
        yield place or "value", row
        return
    for key, value in row.items():
        name = f"{place}.{key}" if place else key
        if isinstance(value, dict) and value:
            yield from _fields(value, name)
        else:
            yield name, value


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def write(rows: Callable[[], Iterable[Any]], file: TextIO) -> None:
    """CSV of the rows that `rows` gives each time it is called: three times, so that none has to be kept."""
    flat = Flat()
    for row in rows():
        flat.learn(row)
    names = list({name: None for row in rows() for line in flat.lines(row) for name in line})
    plain = csv.writer(file, lineterminator="\n")
    quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def put(cells: list[str]) -> None:
        # Alone in a cell, a return is not quoted by every Python, but taken for the end of a line when it is read.
        (quoted if any("\r" in cell and not _QUOTED & set(cell) for cell in cells) else plain).writerow(cells)

    if names:
        put(names)
    for row in rows():
        for line in flat.lines(row):
            put([_cell(line.get(name)) for name in names])


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
