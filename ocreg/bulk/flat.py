"""Rows as flat lines: nested fields become dotted columns, and the entries of a list become lines.

If a place has exactly one list of objects, each of its entries becomes a line that repeats the fields around it. Any
other list stays one value. The endpoint file's `response` decides this, and the order of the columns. For rows that it
does not describe, `learn` finds out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .answers import described

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema

Line = dict[str, Any]
_DEPTH = 20
"""How deep a recursive schema is followed."""


class Flat:
    """The flat form of an operation's rows. `names` are the columns that its file describes, in order."""

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self._lists: dict[str, dict[str, None]] = {}
        self._described: set[str] = set()
        self.names = list(self._columns(*described(endpoint), "")) if endpoint is not None else []
        self._spelled = {name.lower(): name for name in self.names}
        parts = [name.split(".") for name in self.names]
        self._above = {".".join(part[:length]) for part in parts for length in range(1, len(part))}

    def _columns(self, schema: Schema, nodes: list[dict[str, Any]], place: str) -> Iterator[str]:
        found = list(_described_fields(schema, nodes, place))
        lists = {name: None for name, entries in found if entries}
        if found:
            self._described.add(place)
            self._lists[place] = lists
        for name, entries in found:
            if len(lists) == 1 and name in lists and name.count(".") < _DEPTH:
                yield from self._columns(schema, entries, name)
            else:
                yield name

    def learn(self, row: Any, place: str = "") -> None:
        """Record the places at which a row has lists of objects that the file does not describe."""
        for name, value in self._fields(row, place):
            if _objects(value):
                if place not in self._described:
                    self._lists.setdefault(place, {})[name] = None
                for item in value:
                    self.learn(item, name)

    def lines(self, row: Any, place: str = "") -> Iterator[Line]:
        line = {name: value for name, value in self._fields(row, place) if value != []}
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

    def _fields(self, row: Any, place: str) -> Iterator[tuple[str, Any]]:
        """A row's fields by their dotted names, in the file's spelling. Lists are unchanged."""
        if not isinstance(row, dict):
            yield place or "value", row
            return
        for key, value in row.items():
            name = f"{place}.{key}" if place else key
            name = self._spelled.get(name.lower(), name)
            if isinstance(value, dict) and value:
                yield from self._fields(value, name)
            elif value not in (None, {}) or name not in self._above:
                yield name, value


def _described_fields(
    schema: Schema, nodes: list[dict[str, Any]], place: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The fields of a row by their dotted names, with the schemas of the objects in a list."""
    keys = dict.fromkeys(key for node in schema.spread(nodes) for key in node.get("properties", {}))
    for key in keys:
        name, inner = f"{place}.{key}" if place else key, schema.at(nodes, key)
        entries = [node for node in schema.at(inner, 0) if "properties" in node]
        deeper = [] if entries or name.count(".") > _DEPTH else list(_described_fields(schema, inner, name))
        yield from deeper or [(name, entries)]


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
