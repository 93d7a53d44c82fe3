"""Items from a file, one by one, each with the line on which it begins: .csv, .jsonl, or .json with a list.

CSV and JSON lines are read line by line, so a file may be of any length; the text of a JSON list is in memory whole.
Numbers keep their digits. Text is UTF-8, with or without a byte-order mark. Blank rows are skipped.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ..registry.values import _no_constant, decode_exact
from ..violation import Violation
from .columns import Columns, item_schema

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

FORMS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(r"[ \t\n\r]*")
_DELIMITERS = ",;\t"


class Row(NamedTuple):
    """An item, the line on which it begins, and what is wrong with it as far as reading it tells."""

    line: int
    item: Any
    wrong: list[Violation]


class _Broken(ValueError):
    """What ends the reading of a file."""

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.row = Row(line, None, [Violation((), "file", message, fix)])


def read(file: IO[bytes], name: str, endpoint: Endpoint) -> Iterator[Row]:
    """The rows of a file; its form is known by the ending of `name`, or by how it begins."""
    first = file.readline()
    form = next((form for ending, form in FORMS.items() if name.lower().endswith(ending)), None) or _guessed(first)
    lines = chain([first], file)
    try:
        if form == "json":
            yield from _json_list(b"".join(lines))
        elif form == "jsonl":
            yield from _json_lines(lines)
        else:
            yield from _csv(lines, endpoint)
    except _Broken as broken:
        yield broken.row


def _guessed(first: bytes) -> str:
    start = first.removeprefix(_BOM).lstrip()[:1]
    return {b"{": "jsonl", b"[": "json"}.get(start, "csv")


def _decoded(lines: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield (line.removeprefix(_BOM) if number == 1 else line).decode()
        except UnicodeDecodeError as error:
            raise _not_utf8(number, error) from None


def _not_utf8(line: int, error: UnicodeDecodeError) -> _Broken:
    words = f"is not UTF-8: byte {error.object[error.start]:#04x} stands where no character begins"
    return _Broken(line, words, "save the file as UTF-8 (in Excel: CSV UTF-8)")


# JSON


def _json_lines(lines: Iterator[bytes]) -> Iterator[Row]:
    for number, line in enumerate(_decoded(lines), 1):
        if not line.strip():
            continue
        try:
            item = decode_exact(line)
        except ValueError as error:
            yield Row(number, None, [Violation((), "json", f"is not JSON: {error}", "write one object a line")])
        else:
            yield _object(number, item)


def _object(line: int, item: Any) -> Row:
    if isinstance(item, dict):
        return Row(line, item, [])
    return Row(line, None, [Violation((), "type", "must be an object", "write each item as {...}")])


def _json_list(body: bytes) -> Iterator[Row]:
    try:
        text = body.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error.object.count(b"\n", 0, error.start) + 1, error) from None
    decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)
    place, counted, line = _past_blanks(text, 0), 0, 1
    if text[place : place + 1] != "[":
        raise _Broken(1, "is no list", "begin with [; a file with one object a line is named .jsonl")
    place = _past_blanks(text, place + 1)
    if text[place : place + 1] == "]":
        return
    while True:
        line, counted = line + text.count("\n", counted, place), place
        try:
            item, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise _Broken(error.lineno, f"is not JSON: {error.msg}", "repair it; what follows was not read") from None
        except (ValueError, RecursionError) as error:
            words = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise _Broken(line, f"is not JSON: {words}", "repair it; what follows was not read") from None
        yield _object(line, item)
        place = _past_blanks(text, end)
        sign, place = text[place : place + 1], _past_blanks(text, place + 1)
        if sign == "]" and place == len(text):
            return
        if sign != ",":
            line += text.count("\n", counted, place)
            raise _Broken(line, "is not JSON: a comma or the end of the list is due", "repair it")


def _past_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


# CSV


def _csv(lines: Iterator[bytes], endpoint: Endpoint) -> Iterator[Row]:
    texts = _decoded(lines)
    before, first, named = 0, next(texts, ""), None
    while first and (not first.strip() or _separator(first)):
        before, named = before + 1, _separator(first) or named
        first = next(texts, "")
    if not first.strip():
        raise _Broken(1, "there is no header", "name the columns in the first line")
    delimiter = named or _sniffed(first, endpoint)
    reader = csv.reader(chain([first], texts), delimiter=delimiter, strict=True)
    columns, width = None, 0
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            fix = 'repair it: a quote inside a quoted cell is written "", and each that opens is closed'
            if "field limit" in str(error):
                fix = "shorten the cell, or, if no quote is open before it, put the rows into a .jsonl file"
            elif "new-line character" in str(error):
                fix = "end lines with LF or CRLF, not with CR alone, and quote cells that hold a CR"
            raise _Broken(line, f"is not CSV: {str(error).partition(' - ')[0]}", fix) from None
        if cells is None:
            return
        if columns is None:
            columns, width = Columns(cells, endpoint), len(cells)
            if columns.problems:
                yield Row(line, None, columns.problems)
                return
        elif any(cells):
            yield _cells(line, cells, width, columns)


def _cells(line: int, cells: list[str], width: int, columns: Columns) -> Row:
    if len(cells) != width:
        words = f"has {len(cells)} cells, the header has {width}"
        fix = "quote cells that hold the delimiter" if len(cells) > width else "fill it up with empty cells"
        return Row(line, None, [Violation((), "cells", words, fix)])
    return Row(line, *columns.item(cells))


def _separator(line: str) -> str | None:
    """The delimiter that a line `sep=;` names, as Excel writes it."""
    found = re.fullmatch(r'"?[sS][eE][pP]=(.)"?[\r\n]*', line)
    return found[1] if found else None


def _sniffed(header: str, endpoint: Endpoint) -> str:
    """The delimiter that makes most of a header: known fields first, then cells."""
    schema, root = item_schema(endpoint)
    known = {name for node in schema.spread([root]) for name in node.get("properties", {})}

    def worth(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"') for cell in header.split(delimiter)]
        return sum(1 for cell in cells if re.split(r"[.\[]", cell)[0] in known), len(cells)

    return max(_DELIMITERS, key=worth)
