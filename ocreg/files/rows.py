"""Items from a file, one by one, each with its first line's number: .csv, .jsonl, .xlsx, or .json with a list.

CSV and JSON lines are read line by line, so a file may have any length. A JSON list and the cells of a workbook are
read into memory. Numbers keep their digits. Blank rows are skipped.
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
    """An item, the line on which it begins, and the violations that were found while reading it.

    `cells` are the cells of its lines; for JSON that could not be parsed, its text. A row that `ends` the file is the
    last one that can be read.
    """

    line: int
    item: Any
    wrong: list[Violation]
    cells: list[list[Cell]]
    ends: bool = False


def on_line(violation: Violation, line: int) -> Violation:
    """The violation, with its line in front unless it has one."""
    if violation.prefix.startswith("line "):
        return violation
    words = [f"line {line}", *([violation.prefix.removesuffix(": ")] if violation.prefix else [])]
    return violation._replace(prefix=": ".join(words) + (": " if violation.path else ""))


class Rows:
    """The rows of a file. Its format is detected by its first bytes, or else by the suffix of `name`.

    `columns` (None for JSON), `delimiter` and `encoding` are set once the first row was read.
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
            from . import sheets  # imported here, because its parsers load slowly

            return self._items(sheets.rows(workbook, self._reading.sheet))
        if self._reading.sheet is not None:
            raise Broken(1, "the file is not a workbook", "leave out --sheet, or give an .xlsx file")
        self.encoding = source.marked(first) or self._reading.encoding
        lines = source.decoded(chain([first], self._file), self.encoding)
        first_text = next(lines, "")
        known = (form for ending, form in FORMS.items() if self._name.lower().endswith(ending))
        form = next(known, None) or _guessed(first_text)
        if form == "csv":
            return self._items(self._csv(first_text, lines))
        if self._reading.of_columns:
            options = ", ".join(self._reading.of_columns)
            raise Broken(1, f"the file is JSON, which has no columns for {options}", "leave that out")
        texts = chain([first_text], lines)
        return _json_list("".join(texts)) if form == "json" else _json_lines(texts)

    def _items(self, lines: Iterator[tuple[int, list[Cell]]]) -> Iterator[Row]:
        """The items of a table. The first line that is not blank is the header."""
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
            raise Broken(1, "the header is missing", "name the columns in the first line")

    def _csv(self, first: str, texts: Iterator[str]) -> Iterator[tuple[int, list[Cell]]]:
        """The cells of each row, and the line on which it begins."""
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
                words = "has a quote after a space, which would be text, so that the cell ends at the next delimiter"
                raise Broken(line, words, "delete spaces before quotes")
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
            wrong = [Violation((), "json", f"is not JSON: {error}", "write one object per line")]
            yield Row(number, None, wrong, [[line.rstrip("\r\n")]])
        else:
            yield _object(number, item)


def _object(line: int, item: Any) -> Row:
    if not isinstance(item, dict):
        violation = Violation((), "type", "must be an object", "write each item as {...}")
        return Row(line, None, [violation], [[encode(item).decode()]])
    kept = {name: value for name, value in item.items() if name not in OURS}
    unread = Violation((), "json", "was not a JSON object before, and is still not one", f"write it without `{UNREAD}`")
    return Row(line, kept, [unread] if UNREAD in item else [], [])


def _json_list(text: str) -> Iterator[Row]:
    place, counted, line = _past_blanks(text, 0), 0, 1
    if text[place : place + 1] != "[":
        raise Broken(1, "is not a list", "begin with [, or name a file with one object per line .jsonl")
    place = _past_blanks(text, place + 1)
    if text[place : place + 1] == "]":
        return
    while True:
        line, counted = line + text.count("\n", counted, place), place
        try:
            item, end = EXACT.raw_decode(text, place)
        except JSONDecodeError as error:
            raise Broken(error.lineno, f"is not JSON: {error.msg}", "correct it; the rest was not read") from None
        except (ValueError, RecursionError) as error:
            words = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise Broken(line, f"is not JSON: {words}", "correct it; the rest was not read") from None
        yield _object(line, item)
        place = _past_blanks(text, end)
        sign, place = text[place : place + 1], _past_blanks(text, place + 1)
        if sign == "]" and place == len(text):
            return
        if sign != ",":
            line += text.count("\n", counted, place)
            raise Broken(line, "is not JSON: a comma or the end of the list is missing", "correct it")


def _past_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


# Tables


def _no_csv(line: int, error: str) -> Broken:
    fix = 'correct it: write a quote inside a quoted cell as "", and close each quote'
    if "field limit" in error:
        fix = "close the quote before it, or else shorten the cell, or put the rows into a .jsonl file"
    elif "new-line character" in error:
        fix = "end lines with LF or CRLF, not with CR alone, and quote cells that hold a CR"
    return Broken(line, f"is not CSV: {error.partition(' - ')[0]}", fix)


def _quoted_late(text: str, delimiter: str) -> bool:
    """Whether a cell begins with spaces and a quote."""
    mark = re.escape(delimiter)
    cells = re.finditer(rf'(?:\A|{mark})("(?:[^"]|"")*"|[^{mark}]*)', text)
    return any(re.match(r'[ \t]+"', cell[1]) for cell in cells)


def _separator(line: str) -> str | None:
    """The delimiter in a line such as `sep=;`, which Excel writes."""
    found = re.fullmatch(r'"?[sS][eE][pP]=(.)"?[\r\n]*', line)
    return found[1] if found else None


def _sniffed(header: str, endpoint: Endpoint, reading: Reading) -> str:
    """The delimiter that gives the most known fields in the header, or else the most cells."""
    schema, root = item_schema(endpoint)
    known = {name for node in schema.spread([root]) for name in node.get("properties", {})}
    known |= {*reading.names, *reading.ignored}

    def worth(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"') for cell in header.split(delimiter)]
        return sum(1 for cell in cells if cell in known or re.split(r"[.\[]", cell)[0] in known), len(cells)

    return max(_DELIMITERS, key=worth)
