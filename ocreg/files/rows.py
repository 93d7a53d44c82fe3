"""Items from a file, one by one, each with the line on which it begins: .csv, .jsonl, .xlsx, or .json with a list.

CSV and JSON lines are read line by line, so a file may be of any length; the text of a JSON list and the cells of a
workbook are in memory whole. Numbers keep their digits. Blank rows are skipped.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from json import JSONDecodeError
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ..registry.exact import EXACT, decode_exact
from ..registry.values import encode
from ..violation import Violation
from . import source
from .columns import OURS, Columns
from .fields import item_schema
from .reading import PLAIN, Reading
from .source import Broken

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from .cells import Cell

FORMS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
UNREAD = "_text"
"""In a rejects file, a line that was not JSON."""
_BLANK = re.compile(r"[ \t\n\r]*")
_DELIMITERS = ",;\t"


class Row(NamedTuple):
    """An item, the line on which it begins, and what is wrong with it as far as reading it tells.

    `cells` are those of its lines; of JSON, the text alone where it was not understood. After a row that `ends` it,
    nothing more of the file can be read.
    """

    line: int
    item: Any
    wrong: list[Violation]
    cells: list[list[Cell]]
    ends: bool = False


def on_line(violation: Violation, line: int) -> Violation:
    """The same, with its line in front; what has one keeps it."""
    if violation.prefix.startswith("line "):
        return violation
    words = [f"line {line}", *([violation.prefix] if violation.prefix else [])]
    return violation._replace(prefix=": ".join(words) + (": " if violation.path else ""))


class Rows:
    """The rows of a file; its form is known by how it begins, or else by the ending of `name`.

    `columns` (None for JSON), `delimiter` and `encoding` are known once the first row was given.
    """

    columns: Columns | None = None
    delimiter = ","
    encoding = "utf-8-sig"

    def __init__(self, file: IO[bytes], name: str, endpoint: Endpoint, reading: Reading = PLAIN) -> None:
        self._file, self._name, self._endpoint, self._reading = file, name, endpoint, reading

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self._rows()
        except Broken as broken:
            yield Row(broken.line, None, broken.violations, [], ends=True)

    def _rows(self) -> Iterator[Row]:
        first = self._file.readline()
        workbook = source.workbook(first, self._file, self._reading.encoding)
        if workbook is not None:
            from . import sheets  # its parsers take time to load

            return self._items(sheets.rows(workbook, self._reading.sheet))
        if self._reading.sheet is not None:
            raise Broken(1, "the file is no workbook", "leave out --sheet, or give an .xlsx file")
        self.encoding = source.marked(first) or self._reading.encoding
        lines = source.decoded(chain([first], self._file), self.encoding)
        first_text = next(lines, "")
        known = (form for ending, form in FORMS.items() if self._name.lower().endswith(ending))
        form = next(known, None) or _guessed(first_text)
        if form == "csv":
            return self._items(self._csv(first_text, lines))
        if self._reading.of_columns:
            options = ", ".join(self._reading.of_columns)
            raise Broken(1, f"the file holds JSON, which has no columns for {options}", "leave that out")
        texts = chain([first_text], lines)
        return _json_list("".join(texts)) if form == "json" else _json_lines(texts)

    def _items(self, lines: Iterator[tuple[int, list[Cell]]]) -> Iterator[Row]:
        """The items of a table, whose first line that is not blank is the header."""
        for line, given in lines:
            cells = given
            if not any(cell != "" for cell in cells):
                continue
            if self.columns is None:
                self.columns = Columns(cells, self._endpoint, self._reading)
                if self.columns.problems:
                    yield Row(line, None, self.columns.problems, [], ends=True)
                    return
                continue
            width = len(self.columns.names)
            if any(cell != "" for cell in cells[width:]):
                words = f"has {len(cells)} cells, the header has {width}"
                wrong = [Violation((), "cells", words, "quote cells that hold the delimiter")]
                yield Row(line, None, wrong, [cells])
                continue
            if len(cells) != width:
                cells = [*cells[:width], *[""] * (width - len(cells))]
            yield Row(line, *self.columns.item(cells), [cells])
        if self.columns is None:
            raise Broken(1, "there is no header", "name the columns in the first line")

    def _csv(self, first: str, texts: Iterator[str]) -> Iterator[tuple[int, list[Cell]]]:
        """The cells of each row of text, and the line on which it begins."""
        before, named = 0, None
        while first and (not first.strip() or _separator(first)):
            before, named = before + 1, _separator(first) or named
            first = next(texts, "")
        self.delimiter = named or _sniffed(first, self._endpoint, self._reading)
        raw: list[str] = []

        def kept() -> Iterator[str]:
            for text in chain([first], texts):
                raw.append(text)
                yield text

        reader = csv.reader(kept(), delimiter=self.delimiter, strict=True)
        while True:
            line = before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise _no_csv(line, str(error)) from None
            if cells is None:
                return
            text = "".join(raw)
            raw.clear()
            if (' "' in text or '\t"' in text) and _quoted_late(text, self.delimiter):
                words = "has a quote after a blank: it counts as text, and the cell ends at the next delimiter"
                raise Broken(line, words, "delete blanks before quotes")
            yield line, list(cells)


# JSON


def _guessed(first: str) -> str:
    return {"{": "jsonl", "[": "json"}.get(first.lstrip()[:1], "csv")


def _json_lines(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = decode_exact(line)
        except ValueError as error:
            wrong = [Violation((), "json", f"is not JSON: {error}", "write one object a line")]
            yield Row(number, None, wrong, [[line.rstrip("\r\n")]])
        else:
            yield _object(number, item)


def _object(line: int, item: Any) -> Row:
    if not isinstance(item, dict):
        violation = Violation((), "type", "must be an object", "write each item as {...}")
        return Row(line, None, [violation], [[encode(item).decode()]])
    kept = {name: value for name, value in item.items() if name not in OURS}
    unread = Violation((), "json", "was no JSON object before, and still is none", f"write it without `{UNREAD}`")
    return Row(line, kept, [unread] if UNREAD in item else [], [])


def _json_list(text: str) -> Iterator[Row]:
    place, counted, line = _past_blanks(text, 0), 0, 1
    if text[place : place + 1] != "[":
        raise Broken(1, "is no list", "begin with [; a file with one object a line is named .jsonl")
    place = _past_blanks(text, place + 1)
    if text[place : place + 1] == "]":
        return
    while True:
        line, counted = line + text.count("\n", counted, place), place
        try:
            item, end = EXACT.raw_decode(text, place)
        except JSONDecodeError as error:
            raise Broken(error.lineno, f"is not JSON: {error.msg}", "repair it; what follows was not read") from None
        except (ValueError, RecursionError) as error:
            words = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise Broken(line, f"is not JSON: {words}", "repair it; what follows was not read") from None
        yield _object(line, item)
        place = _past_blanks(text, end)
        sign, place = text[place : place + 1], _past_blanks(text, place + 1)
        if sign == "]" and place == len(text):
            return
        if sign != ",":
            line += text.count("\n", counted, place)
            raise Broken(line, "is not JSON: a comma or the end of the list is due", "repair it")


def _past_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


# Tables


def _no_csv(line: int, error: str) -> Broken:
    fix = 'repair it: a quote inside a quoted cell is written "", and each that opens is closed'
    if "field limit" in error:
        fix = "shorten the cell, or, if no quote is open before it, put the rows into a .jsonl file"
    elif "new-line character" in error:
        fix = "end lines with LF or CRLF, not with CR alone, and quote cells that hold a CR"
    return Broken(line, f"is not CSV: {error.partition(' - ')[0]}", fix)


def _quoted_late(text: str, delimiter: str) -> bool:
    """Whether a cell begins with blanks and a quote."""
    mark = re.escape(delimiter)
    cells = re.finditer(rf'(?:\A|{mark})("(?:[^"]|"")*"|[^{mark}]*)', text)
    return any(re.match(r'[ \t]+"', cell[1]) for cell in cells)


def _separator(line: str) -> str | None:
    """The delimiter that a line `sep=;` names, as Excel writes it."""
    found = re.fullmatch(r'"?[sS][eE][pP]=(.)"?[\r\n]*', line)
    return found[1] if found else None


def _sniffed(header: str, endpoint: Endpoint, reading: Reading) -> str:
    """The delimiter that makes most of a header: known fields first, then cells."""
    schema, root = item_schema(endpoint)
    known = {name for node in schema.spread([root]) for name in node.get("properties", {})}
    known |= {*reading.names, *reading.ignored}

    def worth(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"') for cell in header.split(delimiter)]
        return sum(1 for cell in cells if cell in known or re.split(r"[.\[]", cell)[0] in known), len(cells)

    return max(_DELIMITERS, key=worth)
