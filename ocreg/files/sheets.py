"""The rows of an .xlsx workbook, each with its number in the sheet.

python-calamine (the extra `excel`) reads the cells, with the whole sheet in memory. It does not report two things, so
they are read from the sheet's XML as a stream: cells with an error or a formula without a result, which must not be
taken for empty cells, and numbers that are shown with leading zeros.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from xml.etree import ElementTree as ET

from .cells import NO_RESULT, Cell
from .source import Broken

_EXACT = 10**15
"""From this number on, Excel no longer has all digits that were typed."""
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]+)<")
_PLACE = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_STYLE = re.compile(rb'\bs="([0-9]+)"')
_CHUNK = 1 << 16
_LONGEST = 1 << 20
"""The most bytes of a cell, which holds up to 32,767 characters."""
_MOST_CELLS = 40_000_000
"""The most cells in the rectangle around a sheet's content, which is in memory. So many take about a gigabyte."""

Notes = Iterator[tuple[int, int, str]]


def rows(workbook: io.BytesIO, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a sheet, with their numbers. Raises Broken."""
    try:
        import python_calamine as calamine
    except ImportError:
        fix = "install the extra: pip install 'ocreg[excel]'; or save the sheet as CSV UTF-8"
        raise Broken(1, "the file is an .xlsx workbook, which needs python-calamine", fix) from None
    try:
        workbook.seek(0)
        book = calamine.CalamineWorkbook.from_filelike(workbook)
        with zipfile.ZipFile(workbook) as archive:
            name = _chosen(book.sheet_names, sheet, archive)
            cells = book.get_sheet_by_name(name)
            yield from _with_notes(cells, _notes(archive, name))
    except Broken:
        raise
    except Exception as error:  # noqa: BLE001  # three parsers, each with its own errors for a damaged workbook
        words = f"the workbook cannot be read: {error or type(error).__name__}"
        raise Broken(1, words, "open it in a spreadsheet and save it again") from None


def _chosen(names: list[str], wanted: str | None, archive: zipfile.ZipFile) -> str:
    if wanted is not None and wanted not in names:
        raise Broken(1, f"there is no sheet {wanted!r}", f"the sheets are: {', '.join(names)}")
    found = [name for name in ([wanted] if wanted is not None else names) if _filled(archive, name)]
    if len(found) > 1:
        raise Broken(1, f"{len(found)} sheets have content: {', '.join(found)}", "name one of them with --sheet")
    return wanted or (found or names)[0]


def _filled(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a sheet has content. Raises Broken if its cells are too far apart to be read."""
    right, last = 0, (0, "")
    with archive.open(_part(archive, name)) as part:
        for attributes, inner in _cells(part):
            place = _PLACE.search(attributes) if inner else None
            if place is not None:
                last = int(place[2]), (place[1] + place[2]).decode()
                right = max(right, _column(place[1]) + 1)
    if last[0] * right > _MOST_CELLS:
        words = f"sheet {name}: its cells span {last[0]:,} rows and {right:,} columns, the last at {last[1]}"
        raise Broken(last[0], words, "clear the cells that are far from the others")
    return bool(right)


def _with_notes(sheet: Any, notes: Notes) -> Iterator[tuple[int, list[Cell]]]:
    left = sheet.start[1] if sheet.start else 0
    note = next(notes, None)
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells: list[Cell] = [*[""] * left, *map(_cell, row)]
        while note is not None and note[0] <= number:
            column, text = note[1:]
            cells += [""] * (column + 1 - len(cells))
            cells[column] = text
            note = next(notes, None)
        yield number, cells


def _cell(value: Any) -> Cell:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) >= _EXACT:
            return f"{value:.5E}"  # as a CSV file would have it; no field accepts it
        return Decimal(int(value)) if value == int(value) else Decimal(repr(value))
    return value  # type: ignore[no-any-return]


def _notes(archive: zipfile.ZipFile, name: str) -> Notes:
    """Row, column and the value to read there, in the order of the sheet."""
    padded = _padded(archive)
    with archive.open(_part(archive, name)) as part:
        for attributes, inner in _cells(part):
            place = _PLACE.search(attributes)
            if place is None:
                continue
            value, style = _VALUE.search(inner), _STYLE.search(attributes)
            text = None
            if b't="e"' in attributes:
                text = value[1].decode() if value else "#N/A"
            elif value is None and re.search(rb"<(?:\w+:)?f\b", inner):
                text = NO_RESULT
            elif value and style and style[1] in padded and (b't="' not in attributes or b't="n"' in attributes):
                digits = value[1].decode()
                text = digits.zfill(padded[style[1]]) if digits.isdecimal() else None
            if text is not None:
                yield int(place[2]), _column(place[1]), text


def _cells(part: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    rest = b""
    while chunk := part.read(_CHUNK):
        rest += chunk
        end = 0
        for found in _CELL.finditer(rest):
            end = found.end()
            yield found[1], found[2] or b""
        rest = rest[end:][-_LONGEST:]


def _column(letters: bytes) -> int:
    """The number of a column: A is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _padded(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """The cell styles that show a number with leading zeros, and how many digits they show."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    root = _tree(archive, "xl/styles.xml")
    formats = {
        node.get("numFmtId"): len(code)
        for node in root.iter("numFmt")
        if re.fullmatch("0{2,}", code := node.get("formatCode", ""))
    }
    styles = next(iter(root.iter("cellXfs")), ())
    found = ((place, formats.get(node.get("numFmtId"))) for place, node in enumerate(styles))
    return {b"%d" % place: digits for place, digits in found if digits}


def _part(archive: zipfile.ZipFile, name: str) -> str:
    """The file in the archive that holds a sheet."""
    sheet = next(node for node in _tree(archive, "xl/workbook.xml").iter("sheet") if node.get("name") == name)
    id = next(value for key, value in sheet.items() if key.endswith("}id"))
    links = _tree(archive, "xl/_rels/workbook.xml.rels").iter("Relationship")
    target = next(link.get("Target", "") for link in links if link.get("Id") == id)
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _tree(archive: zipfile.ZipFile, part: str) -> ET.Element:
    """A small part of the workbook, with the namespaces removed from its names."""
    root = ET.fromstring(archive.read(part))  # noqa: S314  # expat limits the expansion of entities
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root
