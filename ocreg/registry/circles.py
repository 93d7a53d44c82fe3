"""Limits on the schemas that apply to one value, and on circular references: some checks would never end.

A schema may refer to itself where each round goes one level deeper into the value (`items`, `properties`,
`additionalProperties`): the value ends. Any other reference to itself says nothing and never ends in a validator.
Without a circle, references that double each other at every step have the same effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

MOST = 1_000
"""How many schemas may apply to one value."""
MOST_WRITTEN_OUT = 5_000
"""How many schemas may apply to all values together, if each reference is written out, and once inside itself.

Displays, comparisons and table columns write schemas out in that way. No shipped file comes near either limit.
"""
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_POINTING = {"$ref", "description"}
_Node = dict[str, Any]
_State = frozenset[tuple[int, int]]


class Endless(ValueError):
    """A schema that no validator can finish; `name` is the entry of its `$defs` that shows this, if any."""

    def __init__(self, why: str, name: str | None = None) -> None:
        super().__init__(why)
        self.name = name


def check(root: _Node) -> None:
    """Follow a self-contained schema into every value that it describes. Raises Endless."""
    defs, met = root.get("$defs", {}), 0
    waiting: list[tuple[list[_Node], tuple[_State, ...]]] = [([root], ())]
    while waiting:
        below, outside = waiting.pop()
        nodes = _applied(below, defs)
        state = frozenset(Counter(id(node) for node in nodes if node.keys() - _POINTING).items())
        met += len(nodes)
        if met > MOST_WRITTEN_OUT:
            raise Endless(
                f"written out, it has more than {MOST_WRITTEN_OUT:,} schemas: its references double each other"
            )
        if state not in outside:
            waiting.extend((inner, (*outside, state)) for inner in _below(nodes) if inner)


def _applied(nodes: list[_Node], defs: dict[str, _Node]) -> list[_Node]:
    """The schemas that apply to a value, each as often as it applies."""
    found: list[_Node] = []
    waiting: list[tuple[_Node, tuple[str, ...]]] = [(node, ()) for node in nodes]
    while waiting:
        node, path = waiting.pop()
        found.append(node)
        name = node["$ref"].removeprefix("#/$defs/") if isinstance(node.get("$ref"), str) else None
        if len(found) > MOST:
            why = f"more than {MOST:,} schemas would apply to one value: its references double each other"
            raise Endless(why, (*path, name)[0])
        if name is not None:
            if name in path:
                round_trip = " -> ".join([*path[path.index(name) :], name])
                raise Endless(f"$ref is circular: {round_trip}", name)
            waiting.append((defs[name], (*path, name)))
        waiting.extend((inner, path) for key in _SAME_VALUE for inner in _schemas(node.get(key)))
    return found


def _schemas(value: Any) -> list[_Node]:
    """The schemas in a keyword's value; none if it is not a schema, which the validators report better."""
    return [inner for inner in (value if isinstance(value, list) else [value]) if isinstance(inner, dict)]


def _below(nodes: list[_Node]) -> Iterator[list[_Node]]:
    """For each kind of inner value, the schemas that apply to it."""
    yield [inner for node in nodes for inner in _schemas(node.get("items"))]
    fields = [(found if isinstance(found := node.get("properties"), dict) else {}, node) for node in nodes]
    for name in (*dict.fromkeys(name for named, _ in fields for name in named), None):  # None: any other field
        yield [inner for named, node in fields for inner in _schemas(named.get(name, node.get("additionalProperties")))]
