"""Cells of a table, and how they become values: text from CSV; also numbers, dates and booleans from a workbook.

Cells that a spreadsheet has damaged (a number cut to six digits, an error) are refused, because the original value
cannot be recovered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ..registry.exact import decode_exact
from ..registry.values import MAX_DIGITS

Cell = str | bool | Decimal | date | datetime | time | timedelta
Converter = Callable[[Cell], Any]
NO_RESULT = "#formula"
"""A formula whose result is not in the workbook."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?\Z")
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+\Z")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]+)?\Z")
_SCIENTIFIC = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?[eE][-+]?[0-9]+\Z")
_SHORTENED = re.compile(r"[-+]?[0-9]([.,][0-9]+)?E[-+][0-9]{2,3}\Z")
_ERROR = re.compile(rf"#(N/A|NV|DIV/0!|[^\W\d_]{{3,}}[!?]|##+|{NO_RESULT[1:]})\Z")
_KEPT = re.compile(r'="((?:[^"]|"")*)"\Z')
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\Z")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MOMENTS = {"oc-date": "%Y-%m-%d", "oc-date-time": "%Y-%m-%dT%H:%M:%S"}
_AS_TEXT = "set the column's format to text before the value is typed or imported"


class Unfit(ValueError):
    """A cell that is not a value of its field's type."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def as_text(cell: Cell) -> str:
    """A cell as a spreadsheet shows it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def unwrapped(cell: Cell) -> Cell:
    """Return 00123 for `="00123"`, a formula with which exports keep Excel from reading text as a number."""
    if not isinstance(cell, str) or cell[:2] != '="':
        return cell
    found = _KEPT.match(cell)
    return found[1].replace('""', '"') if found else cell


class Conversion:
    """Converts cells to the values of a field, by its types and formats. `decimal` and `offset` are as in Reading."""

    def __init__(self, decimal: str | None = None, offset: str | None = None) -> None:
        self._decimal, self._offset = decimal, offset
        self._local = None
        if decimal:
            point, thousands = re.escape(decimal), "[.' \u00a0\u202f]" if decimal == "," else "[,' \u00a0\u202f]"
            whole = rf"[0-9]+|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+"
            self._local = re.compile(rf"([-+]?(?:{whole}))(?:{point}([0-9]+))?\Z")

    def to(self, wanted: set[str], formats: set[str]) -> Converter:
        known: dict[str, Converter] = {"string": self._moment(formats) if formats & set(_MOMENTS) else plain_text}
        known |= {"array": _json, "object": _json, "number": self._number, "integer": self._integer}
        known["boolean"] = _boolean
        return next((convert for kind, convert in known.items() if kind in wanted), known["string"])

    def _moment(self, formats: set[str]) -> Converter:
        form, offset = next(name for name in _MOMENTS if name in formats), self._offset

        def convert(cell: Cell) -> str:
            if offset and isinstance(cell, str) and _ISO.match(cell):
                try:
                    cell = datetime.fromisoformat(cell)
                except ValueError:
                    return str(cell)  # not a real day: the schema check reports it
            if not isinstance(cell, date):
                return plain_text(cell)
            if not offset and form == "oc-date-time":
                raise Unfit("needs a UTC offset", "give one for all such cells: --offset +0800")
            # A day without a time is in UTC, as everywhere else.
            return cell.strftime(_MOMENTS[form]) + (offset or "+0000")

        return convert

    def _number(self, cell: Cell, kind: str = "a number") -> Decimal:
        if isinstance(cell, Decimal):
            return cell
        if not isinstance(cell, str):
            raise Unfit(f"must be {kind}", "set the column's format to number")
        text = cell.strip()
        if self._local is not None:
            found = self._local.match(text)
            if found and len(text) <= MAX_DIGITS:
                return Decimal(re.sub("[^-+0-9]", "", found[1]) + (f".{found[2]}" if found[2] else ""))
        elif _NUMBER.match(text) and len(text) <= MAX_DIGITS:
            return Decimal(text)
        raise _no_number(kind, text, self._decimal)

    def _integer(self, cell: Cell) -> int:
        number = self._number(cell, "an integer")
        if number != number.to_integral_value():
            raise Unfit("must be an integer", "write it without a fraction")
        return int(number)


def _no_number(kind: str, text: str, decimal: str | None) -> Unfit:
    fix = "write digits only"
    if _ERROR.match(text):
        return _broken(text)
    if _NUMBER.match(text) and len(text) > MAX_DIGITS:
        fix = f"at most {MAX_DIGITS} digits are sent"
    elif _SCIENTIFIC.match(text):
        fix = "write its digits: a spreadsheet shortens long numbers unless the column's format is text"
    elif decimal and re.search("[0-9][.,][0-9]", text):
        fix = f"with --decimal {decimal} the decimal mark is {decimal}, and thousands are groups of three digits"
    elif _COMMA.match(text) and not _GROUPED.match(text):
        fix = f"write a point, not a comma: {text.replace(',', '.')} (or read the whole file with --decimal ,)"
    elif _GROUPED.match(text) or _COMMA.match(text):
        fix = "write it without thousands separators and with a decimal point: 1234.5 (or use --decimal , "
        fix += "if the decimal mark is a comma, --decimal . if it is a point)"
    return Unfit(f"must be {kind}", fix)


def _broken(text: str) -> Unfit:
    if text == NO_RESULT:
        return Unfit("is a formula without a result", "open the workbook in a spreadsheet and save it")
    if text.startswith("###"):
        return Unfit("is what a spreadsheet shows if a column is too narrow", "widen it, and export again")
    return Unfit("is an error of the spreadsheet", "correct the formula in this cell")


def plain_text(cell: Cell) -> str:
    """The text of a cell. Text that a spreadsheet damaged (it begins with # or has an E inside) is refused."""
    if isinstance(cell, str):
        if cell[:1] == "#" and _ERROR.match(cell):
            raise _broken(cell)
        if "E" in cell and _SHORTENED.match(cell):
            raise Unfit("is a number that a spreadsheet shortened; digits are lost", f"{_AS_TEXT}; fill it in again")
        return cell
    if isinstance(cell, (bool, Decimal)):
        return as_text(cell)
    fix = f"a spreadsheet turns text such as MAR1 or 1-2 into dates: {_AS_TEXT}; fill it in again"
    raise Unfit("must be text, but is a date or time in the workbook", fix)


def _json(cell: Cell) -> Any:
    try:
        value = decode_exact(as_text(cell))
    except ValueError as error:
        raise Unfit("must be JSON: a list in [] or an object in {}", f"correct it ({error})") from None
    if not isinstance(value, (list, dict)):
        raise Unfit("must be JSON: a list in [] or an object in {}", "write it in full, or give its fields columns")
    return value


def _boolean(cell: Cell) -> bool:
    value = _BOOLEANS.get(as_text(cell).strip().lower())
    if value is None:
        raise Unfit("must be true or false", "write true or false (yes, no, 1 and 0 also work)")
    return value
