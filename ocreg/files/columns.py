"""The columns of a table, and the fields of an item that they fill.

    referenceNumber,productList.0.mfSkuId,productList[0].skuQuantity

A cell is converted to the type in the field's schema; an empty cell leaves the field out. If the lines of an item are
grouped, a list needs no index: `productList.mfSkuId` is the entry on this line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..registry.explain import closest_name, hidden_value, show
from ..violation import Violation, path_text
from .cells import Cell, Conversion, Converter, Unfit, as_text, plain_text, unwrapped
from .fields import certain, fields, item_schema, kinds, meant
from .reading import PLAIN, Reading

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

Path = tuple[str | int, ...]

OURS = ("_line", "_reasons")
"""Extra columns of a rejects file. They are skipped, so that the file can be pushed unchanged."""
_MOST_LINES = 1000
"""The highest index in a column's name."""
_JSON_ONLY = "fields that the endpoint file does not describe need a .jsonl file, or --allow-unknown COLUMN"


class Column(NamedTuple):
    name: str
    path: Path
    convert: Converter
    place: int = 0


class Columns:
    """The columns of a header; `problems` lists its faults."""

    def __init__(self, header: list[Cell], endpoint: Endpoint, reading: Reading = PLAIN) -> None:
        self.problems: list[Violation] = []
        self.names = [as_text(cell).strip() for cell in header]
        self.lists: dict[Path, str] = {}
        """Lists whose entries have lines of their own, by the columns that imply it."""
        self._endpoint, self._reading = endpoint, reading
        self._masked = endpoint.sensitive
        self._schema, root = item_schema(endpoint)
        self._nodes = list(self._schema.spread([root]))
        self._conversion = Conversion(reading.decimal, reading.offset)
        self._unnamed = [place for place, name in enumerate(self.names) if not name]
        found = [self._column(place, name) for place, name in enumerate(self.names) if name]
        self._columns = [column for column in found if column is not None]
        self._constants = [pair for item in reading.constants.items() if (pair := self._constant(*item)) is not None]
        paths = [column.path for column in [*self._columns, *(column for column, _ in self._constants)]]
        self._plan = [(c, c.place, c.path[0] if len(c.path) == 1 else None, c.convert) for c in self._columns]
        """The work for each row, prepared once, because there are many rows."""
        self._mapped = {column.path: column.name for column in self._columns if column.name in reading.names}
        self._deep = {path[0] for path in paths if len(path) > 1}
        self.group = self._grouping()
        self._as_told()
        self._each_once()
        self._without_gaps()
        self._with_what_is_required(root)

    def item(self, cells: list[Cell]) -> tuple[dict[str, Any], list[Violation]]:
        """The item of a row, and the violations in its cells."""
        item: dict[Any, Any] = {}
        wrong: list[Violation] = []
        for column, place, name, convert in self._plan:
            value: Any = cells[place]
            if value == "":
                continue
            if convert is not plain_text or value.__class__ is not str or value[0] in "=#" or "E" in value:
                cell = value
                try:
                    value = convert(unwrapped(cell))
                except Unfit as unfit:
                    wrong.append(self._unfit(unfit, column, cell))
                    continue
            if name is not None:
                item[name] = value
            else:
                _put(item, column.path, value)
        for column, value in self._constants:
            if _has_lines(item, column.path):
                _put(item, column.path, value)
        for place in self._unnamed:
            if cells[place] != "":
                words = f"column {place + 1} has no name, but has a value here"
                wrong.append(Violation((), "column", words, "name the column, or clear the cell"))
        for name in self._deep:
            if name in item:
                item[name] = _with_lists(item[name], (name,), wrong)
        return item, wrong

    def named(self, violation: Violation) -> Violation:
        """The violation, with the file's own name of its column in front if --map gives the column another."""
        path = violation.path
        if self.lists:  # its entries have lines of their own, and all are in the same column
            path = tuple(0 if isinstance(step, int) else step for step in path)
        name = self._mapped.get(path)
        return violation._replace(prefix=f"column {name}: ") if name and not violation.prefix else violation

    def _unfit(self, unfit: Unfit, column: Column, cell: Cell) -> Violation:
        hidden = any(step in self._masked for step in column.path)
        words = f"{unfit}, not {hidden_value(as_text(cell)) if hidden else show(as_text(cell))}"
        return Violation(column.path, "type", words, unfit.fix)

    # The header

    def _refuse(self, name: str, message: str, fix: str) -> None:
        self.problems.append(Violation((), "column", message, fix, prefix=f"column {name}"))

    def _column(self, place: int, name: str) -> Column | None:
        if name in self._reading.ignored or name in OURS:
            return None
        field = self._reading.names.get(name, name)
        found = self._field(name, field)
        return None if found is None else Column(name, *found, place)

    def _field(self, name: str, field: str) -> tuple[Path, Converter] | None:
        """The path of a field, and the converter of its cells; None for an unknown field, which becomes a problem."""
        path: list[str | int] = []
        nodes = self._nodes
        for word in re.sub(r"\[([0-9]+)\]", r".\1", field).split("."):
            step = int(word) if word.isdecimal() and word.isascii() and "array" in kinds(nodes) else word
            if isinstance(step, int) and step > _MOST_LINES:
                self._refuse(name, f"has an index above {_MOST_LINES}", "put the list into a .jsonl file")
                return None
            inner = self._schema.at(nodes, step)
            if not inner and self._reading.group and "array" in kinds(nodes):
                self.lists.setdefault(tuple(path), name)
                path.append(0)
                nodes = self._schema.at(nodes, 0)
                inner = self._schema.at(nodes, step)
            if not inner and word in self._endpoint.fields.allowed:
                path.append(word)
                nodes = []
                continue
            if not inner or any(node.get("not") == {} for node in inner):
                self._refuse(name, *self._unknown(name, nodes, inner, word, path))
                return None
            path.append(step)
            nodes = inner
        formats = {node["format"] for node in nodes if "format" in node}
        return tuple(path), self._conversion.to(kinds(nodes), formats)

    def _unknown(
        self, name: str, nodes: list[dict[str, Any]], inner: list[Any], word: str, path: list[Any]
    ) -> tuple[str, str]:
        words = f"unknown field {show(word, 40)}"
        hint = next((node["x-hint"] for node in inner if "x-hint" in node), None)
        if hint:
            return words, hint
        above = path_text(tuple(path)) + "." if path else ""
        known = [pair for node in nodes for pair in node.get("properties", {}).items()]
        names = [name for name, one in known if isinstance(one, dict) and one.get("not") != {}]
        near = closest_name(word, names, 0.6 if path else 0.8)
        if near:
            return words, f"use `{above}{near}`"
        if "array" in kinds(nodes):
            fix = f"give the entry's index, from 0: {above}0.{word}; or, if each entry has its own line, "
            return f"{path_text(tuple(path))} is a list", f"{fix}add --group-by and the field that these lines share"
        likely = [] if path else meant(word, fields(self._endpoint))
        if self._reading.group:  # lists whose entries have their own lines have no index
            likely = [field.replace(".0.", ".") for field in likely]
        if likely:
            choice = " or ".join(f"`{field}`" for field in likely)
            return words, f'use {choice}, as the column\'s name or with --map "{name}={likely[0]}"'
        listed = f"known: {', '.join(field.name for field in fields(self._endpoint))}; " if not path else ""
        return words, f"{listed}--ignore COLUMN leaves a column out; {_JSON_ONLY}"

    def _constant(self, field: str, text: str) -> tuple[Column, Any] | None:
        found = self._field(field, field)
        if found is None:
            return None
        column = Column(field, *found)
        try:
            return column, column.convert(text)
        except Unfit as unfit:
            self.problems.append(self._unfit(unfit, column, text)._replace(prefix="--const"))
            return None

    def _grouping(self) -> Path:
        """The path of the field that the lines of an item share; empty if they are not grouped."""
        group = self._reading.group
        found = None if group is None else self._field(group, group)
        if group is None or found is None:
            return ()
        if all(column.path != found[0] for column in self._columns):
            self._refuse(group, "groups the lines, but has no column", f"--map a column to `{group}`")
        if len(self.lists) > 1:
            first, second = list(self.lists.values())[:2]
            fix = "give the entries of one list an index (LIST.0.FIELD), or give it as JSON in a column of its name"
            self._refuse(second, f"and {first} put entries of two lists on one line", fix)
        return found[0]

    def _as_told(self) -> None:
        """Refuse options for columns that do not exist: they are typing errors."""
        for option, told in (("--map", self._reading.names), ("--ignore", self._reading.ignored)):
            for name in sorted(told):
                if name not in self.names:
                    near = closest_name(name, self.names)
                    fix = f"use {show(near)}" if near else f"the columns are: {', '.join(filter(None, self.names))}"
                    if self._reading.names.get(name) in self.names:
                        fix = "turn it around: it is --map COLUMN=FIELD"
                    self._refuse(name, f"is named by {option}, but does not exist", fix)

    def _each_once(self) -> None:
        seen: dict[Path, str] = {}
        given = [*self._columns, *(column._replace(name=f"--const {column.name}") for column, _ in self._constants)]
        for column in given:
            if column.path in seen:
                fix = "delete one of the two, or leave it out with --ignore"
                self._refuse(column.name, f"is given twice (also as {seen[column.path]})", fix)
            seen.setdefault(column.path, column.name)
        for column in given:
            for length in range(1, len(column.path)):
                if column.path[:length] in seen:
                    other = seen[column.path[:length]]
                    self._refuse(column.name, f"is part of the value in column {other}", "delete one of the two")

    def _without_gaps(self) -> None:
        paths = {column.path[:length] for column in self._columns for length in range(1, len(column.path) + 1)}
        for path in sorted(paths, key=str):
            index = path[-1]
            if not isinstance(index, int) or index == 0:
                continue
            if path[:-1] in self.lists:
                fix = f"leave the index out, as in {self.lists[path[:-1]]}"
                self._refuse(path_text(path), "has an index, although each line is an entry", fix)
            elif (*path[:-1], index - 1) not in paths:
                words = f"exists, but {path_text((*path[:-1], index - 1))} does not"
                self._refuse(path_text(path), words, "number the entries of a list from 0, without gaps")

    def _with_what_is_required(self, root: dict[str, Any]) -> None:
        given = {column.path[0] for column in [*self._columns, *(column for column, _ in self._constants)]}
        refused = bool(self.problems)  # an unknown column may be meant as the missing one
        for node in certain(self._schema, root):
            for name in node.get("required", ()):
                if name not in given and not refused:
                    self._refuse(name, "required, but missing", f"add a column `{name}`, or --map one to it")


def _put(item: dict[Any, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        item = item.setdefault(step, {})
    item[path[-1]] = value


def _has_lines(item: dict[Any, Any], path: Path) -> bool:
    """Whether the list entries on `path` exist: a constant does not create them."""
    node: Any = item
    for place, step in enumerate(path):
        if node is not None:
            node = node.get(step)
        if isinstance(step, int) and place < len(path) - 1 and node is None:
            return False
    return True


def _with_lists(node: Any, path: Path, wrong: list[Violation]) -> Any:
    """The node, with lists in place of objects whose names are indices."""
    if not isinstance(node, dict):
        return node
    inner = {
        step: _with_lists(value, (*path, step), wrong) if value.__class__ is dict else value
        for step, value in node.items()
    }
    if not inner or not isinstance(next(iter(inner)), int):
        return inner
    gap = next((index for index in range(len(inner)) if index not in inner), None)
    if gap is not None:
        words = "is empty, but a later entry of the list is not"
        wrong.append(Violation((*path, gap), "column", words, "fill the entries of a list from the first one on"))
    return [inner[index] for index in sorted(inner)]
