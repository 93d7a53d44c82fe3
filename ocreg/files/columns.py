"""The columns of a CSV file: which fields of an item they mean, and how their cells become values.

    referenceNumber,productList.0.mfSkuId,productList[0].skuQuantity

A cell becomes what the field's schema wants; an empty one leaves the field out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..registry.explain import closest_name, show
from ..registry.values import MAX_DIGITS, decode_exact
from ..violation import Violation, path_text

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?\Z")
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+\Z")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]+)?\Z")
_SCIENTIFIC = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?[eE][-+]?[0-9]+\Z")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MOST_LINES = 1000
"""The highest index in a column's name."""


class Unfit(ValueError):
    """A cell that is no value of its field's type."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Column(NamedTuple):
    name: str
    path: Path
    convert: Callable[[str], Any]


class Columns:
    """The columns of a header; `problems` say what is wrong with it."""

    def __init__(self, header: list[str], endpoint: Endpoint) -> None:
        self.problems: list[Violation] = []
        self._masked = endpoint.sensitive
        self._schema, root = item_schema(endpoint)
        self._nodes = list(self._schema.spread([root]))
        found = [self._column(place, cell.strip()) for place, cell in enumerate(header, 1)]
        self._columns = [column for column in found if column is not None]
        self._each_once()
        self._without_gaps()
        self._with_what_is_required(root)

    def item(self, cells: list[str]) -> tuple[dict[str, Any], list[Violation]]:
        """The item of a row, and what is wrong with its cells."""
        item: dict[Any, Any] = {}
        wrong: list[Violation] = []
        for column, cell in zip(self._columns, cells, strict=True):
            if not cell:
                continue
            try:
                value = column.convert(cell)
            except Unfit as unfit:
                hidden = any(step in self._masked for step in column.path)
                words = f"{unfit}, not {'*** (hidden)' if hidden else show(cell)}"
                wrong.append(Violation(column.path, "type", words, unfit.fix))
                continue
            *above, last = column.path
            node = item
            for step in above:
                node = node.setdefault(step, {})
            node[last] = value
        whole: dict[str, Any] = _with_lists(item, (), wrong)
        return whole, wrong

    # The header

    def _refuse(self, name: str, message: str, fix: str) -> None:
        self.problems.append(Violation((), "column", message, fix, prefix=f"column {name}"))

    def _column(self, place: int, name: str) -> Column | None:
        if not name:
            self._refuse(str(place), "has no name", "name it, or delete it, also where it only looks empty")
            return None
        path: list[str | int] = []
        nodes = self._nodes
        for word in re.sub(r"\[([0-9]+)\]", r".\1", name).split("."):
            step = int(word) if word.isdecimal() and word.isascii() and "array" in kinds(nodes) else word
            if isinstance(step, int) and step > _MOST_LINES:
                self._refuse(name, f"has an index above {_MOST_LINES}", "put the list into a .jsonl file")
                return None
            inner = self._schema.at(nodes, step)
            if not inner or any(node.get("not") == {} for node in inner):
                self._refuse(name, *self._unknown(nodes, inner, word, path))
                return None
            path.append(step)
            nodes = inner
        return Column(name, tuple(path), _converter(kinds(nodes)))

    def _unknown(self, nodes: list[dict[str, Any]], inner: list[Any], word: str, path: list[Any]) -> tuple[str, str]:
        hint = next((node["x-hint"] for node in inner if "x-hint" in node), None)
        if hint:
            return f"unknown field {show(word, 40)}", hint
        known = [pair for node in nodes for pair in node.get("properties", {}).items()]
        names = [name for name, one in known if isinstance(one, dict) and one.get("not") != {}]
        near = closest_name(word, names)
        above = path_text(tuple(path)) + "." if path else ""
        if near:
            return f"unknown field {show(word, 40)}", f"use `{above}{near}`"
        if "array" in kinds(nodes):
            return f"{path_text(tuple(path))} is a list", f"give the index of its line, from 0: {above}0.{word}"
        fix = f"known here: {', '.join(names)}; " if names else ""
        return f"unknown field {show(word, 40)}", f"{fix}what the file does not describe can come from a .jsonl file"

    def _each_once(self) -> None:
        seen: dict[Path, str] = {}
        for column in self._columns:
            if column.path in seen:
                self._refuse(column.name, f"is there twice (also as {seen[column.path]})", "delete one of the two")
            seen.setdefault(column.path, column.name)
        for column in self._columns:
            for length in range(1, len(column.path)):
                if column.path[:length] in seen:
                    other = seen[column.path[:length]]
                    self._refuse(column.name, f"lies inside what column {other} gives whole", "delete one of the two")

    def _without_gaps(self) -> None:
        paths = {column.path[:length] for column in self._columns for length in range(1, len(column.path) + 1)}
        for path in sorted(paths, key=str):
            index = path[-1]
            if isinstance(index, int) and index > 0 and (*path[:-1], index - 1) not in paths:
                words = f"is there, but {path_text((*path[:-1], index - 1))} is not"
                self._refuse(path_text(path), words, "number the lines of a list from 0, without gaps")

    def _with_what_is_required(self, root: dict[str, Any]) -> None:
        given = {column.path[0] for column in self._columns}
        refused = bool(self.problems)  # a column that is not understood may be the one
        for node in certain(self._schema, root):
            for name in node.get("required", ()):
                if name not in given and not refused:
                    self._refuse(name, "required, but missing", f"add a column `{name}`")


def item_schema(endpoint: Endpoint) -> tuple[Schema, dict[str, Any]]:
    """The schema of the payload, and the one of a single item in it."""
    schema = endpoint.data
    assert schema is not None
    return schema, schema.root["items"] if endpoint.takes_many else schema.root


def certain(schema: Schema, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and what it always demands besides."""
    yield node
    for inner in ([schema.target(node)] if "$ref" in node else []) + node.get("allOf", []):
        yield from certain(schema, inner)


def kinds(nodes: list[dict[str, Any]]) -> set[str]:
    """The types that schemas allow, by their `type` or by what they list."""
    found: set[str] = set()
    for node in nodes:
        declared = node.get("type", ())
        found.update([declared] if isinstance(declared, str) else declared)
        for value in [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]:
            found.add(_NAMES.get(type(value), "string"))
    return found - {"null"}


_NAMES = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def _with_lists(node: Any, path: Path, wrong: list[Violation]) -> Any:
    """Lists where the names are indices."""
    if not isinstance(node, dict):
        return node
    inner = {step: _with_lists(value, (*path, step), wrong) for step, value in node.items()}
    if not inner or not isinstance(next(iter(inner)), int):
        return inner
    gap = next((index for index in range(len(inner)) if index not in inner), None)
    if gap is not None:
        words = "is empty, but a later line of the list is not"
        wrong.append(Violation((*path, gap), "column", words, "fill the lines of a list from the first one on"))
    return [inner[index] for index in sorted(inner)]


def _converter(wanted: set[str]) -> Callable[[str], Any]:
    for kind, convert in _CONVERTERS.items():
        if kind in wanted:
            return convert
    return _text


def _text(cell: str) -> str:
    return cell


def _json(cell: str) -> Any:
    try:
        value = decode_exact(cell)
    except ValueError as error:
        raise Unfit("must be JSON: a list in [] or an object in {}", f"repair it ({error})") from None
    if not isinstance(value, (list, dict)):
        raise Unfit("must be JSON: a list in [] or an object in {}", "write it whole, or give its fields columns")
    return value


def _number(cell: str) -> Decimal:
    text = cell.strip()
    if _NUMBER.match(text) and len(text) <= MAX_DIGITS:
        return Decimal(text)
    raise _no_number("a number", text)


def _integer(cell: str) -> int:
    text = cell.strip()
    if _INTEGER.match(text) and len(text) <= MAX_DIGITS:
        return int(text)
    raise _no_number("an integer", text)


def _no_number(kind: str, text: str) -> Unfit:
    fix = "write digits only"
    if _NUMBER.match(text):
        fix = "write it without a fraction" if len(text) <= MAX_DIGITS else f"at most {MAX_DIGITS} digits are sent"
    elif _SCIENTIFIC.match(text):
        fix = "write its digits: a spreadsheet shortens long numbers unless the column's format is text"
    elif _COMMA.match(text) and not _GROUPED.match(text):
        fix = f"write a point, not a comma: {text.replace(',', '.')}"
    elif _GROUPED.match(text) or _COMMA.match(text):
        fix = "write it without separators of thousands, and with a point before a fraction: 1234.5"
    return Unfit(f"must be {kind}", fix)


def _boolean(cell: str) -> bool:
    value = _BOOLEANS.get(cell.strip().lower())
    if value is None:
        raise Unfit("must be true or false", "write true or false (yes, no, 1 and 0 are understood, too)")
    return value


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "string": _text,
    "array": _json,
    "object": _json,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}
