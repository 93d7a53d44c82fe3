"""The field names that a schema knows, level by level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ..lazy import cached_property

if TYPE_CHECKING:
    from typing_extensions import Self

_DEEPEST_LIST = 5


class Described(Protocol):
    """What this module needs of a schema (`ocreg.registry.schema.Schema`)."""

    root: dict[str, Any]

    def at(self, nodes: list[dict[str, Any]], step: str | int) -> list[dict[str, Any]]: ...

    def spread(self, nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]: ...

    def instead(self, root: dict[str, Any]) -> Self: ...

    def ok(self, value: Any) -> bool: ...

    def origin(self, schema_path: list[str | int]) -> tuple[str, int]: ...


def refuses(node: Any) -> bool:
    """Whether a property exists only to refuse a spelling."""
    return node is False or (isinstance(node, dict) and node.get("not") == {})


class Level:
    """The known fields of an object, or of the objects in a list: `names`, and the levels around it.

    `free`: other names are not checked, because the file says so or says nothing at all.
    """

    def __init__(
        self, schema: Described, nodes: list[dict[str, Any]], above: Level | None = None, *steps: str | int
    ) -> None:
        self._schema, self.above, self._steps = schema, above, steps
        self.nodes, self.lists = nodes, 0
        inner = nodes
        while self.lists < _DEEPEST_LIST and (inner := schema.at(inner, 0)):
            self.nodes, self.lists = self.nodes + inner, self.lists + 1
        self._below: dict[str, Level] = {}

    @cached_property
    def names(self) -> dict[str, bool]:
        """The known names; False for those that exist only to refuse a spelling."""
        pairs = [pair for node in self.nodes for pair in node.get("properties", {}).items()]
        return {name: not refuses(node) for name, node in pairs}

    @cached_property
    def free(self) -> bool:
        said = any(node.get("x-unknown") == "allow" for node in self.nodes)
        return said or not self.names or any(node.get("additionalProperties", True) is not True for node in self.nodes)

    def below(self, name: str) -> Level:
        found = self._below.get(name)
        if found is None:
            steps = *self._steps, *["items"] * self.lists, "properties", name
            found = self._below[name] = Level(self._schema, self._schema.at(self.nodes, name), self, *steps)
        return found

    @property
    def name(self) -> str:
        return str(self._steps[-1]) if self._steps else ""

    @property
    def place(self) -> tuple[str, int]:
        """The file and line in which its fields are described."""
        return self._schema.origin([*self._steps, *["items"] * self.lists, "properties"])

    def holds(self, kind: str) -> bool:
        """Whether its schemas require a value of this type."""
        return any(node.get("type") == kind for node in self.nodes)

    def strangers(self, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Level]]:
        """The paths of unknown fields in `value`, each with its level."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.strangers(item, (*path, index))
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name not in self.names:
                    if not self.free:
                        yield (*path, name), self
                elif isinstance(inner, (dict, list)):
                    yield from self.below(name).strangers(inner, (*path, name))

    def all(self) -> Iterator[str]:
        """The names at this level and below, until levels repeat themselves."""
        waiting, seen = [self], set[frozenset[int]]()
        while waiting:
            level = waiting.pop()
            if level.key not in seen:
                seen.add(level.key)
                yield from level.names
                waiting += [level.below(name) for name in level.names]

    @property
    def key(self) -> frozenset[int]:
        return frozenset(map(id, self.nodes))


def top(schema: Described) -> Level:
    """The level of the value that a schema describes."""
    return Level(schema, list(schema.spread([schema.root])))


class Endless(Exception):
    """A schema that refers to itself has infinitely many levels."""


def closed(node: Any, level: Level, inside: tuple[frozenset[int], ...] = (), lists: int = 0) -> Any:
    """The schema `node`, which describes `level`, without unknown names: what satisfies it also satisfies `node`.

    Every object is closed in place, so that the check needs no second pass. Raises Endless.
    """
    if not level.names or node is False:
        return node
    if not lists and level.key in inside:
        raise Endless
    own = {} if node is True else node
    copy, properties = dict(own), own.get("properties", {})
    if lists < level.lists:
        copy["items"] = closed(own.get("items", True), level, inside, lists + 1)
    if own.get("type") == "array":
        return copy
    known = {n: closed(properties.get(n, True), level.below(n), (*inside, level.key)) for n in level.names}
    if not level.free:
        return {**copy, "properties": known, "additionalProperties": False}
    others = {name: inner for name, inner in known.items() if name not in properties}
    copy["properties"] = {name: known[name] for name in properties}
    return {**copy, "allOf": [*own.get("allOf", ()), {"properties": others}]} if others else copy
