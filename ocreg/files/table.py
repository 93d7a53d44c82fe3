"""CSV that reads back unchanged, and that Excel can open."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, TextIO

_QUOTED = set('\n",')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def kept(file: TextIO) -> Iterator[list[str]]:
    """The rows of a table that ocreg wrote, with cells of any length. Raises ValueError for other files."""
    limit = csv.field_size_limit(2**31 - 1)
    try:
        yield from csv.reader(file, strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from None
    finally:
        csv.field_size_limit(limit)


class Writer:
    """Writes rows of text. With `excel`, text that a spreadsheet would take for a formula gets a leading apostrophe."""

    def __init__(self, file: TextIO, *, excel: bool = False, delimiter: str = ",") -> None:
        self._excel, self._special = excel, _QUOTED | {delimiter}
        self._plain = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        self._quoted = csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def put(self, cells: list[str]) -> None:
        # Some versions of Python do not quote a lone CR, but read it as the end of a line.
        lonely = any("\r" in cell and not self._special & set(cell) for cell in cells)
        (self._quoted if lonely else self._plain).writerow(cells)

    def cell(self, value: Any) -> str:
        """A JSON value as a cell: text unchanged, null as empty, anything else as JSON."""
        if value is None or isinstance(value, str):
            return self.text(value or "")
        if isinstance(value, float):
            return repr(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def text(self, value: str) -> str:
        """Text from outside, escaped for Excel if needed."""
        return f"'{value}" if self._excel and value.startswith(_FORMULA) else value
