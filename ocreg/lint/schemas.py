"""Valid JSON Schema that is still wrong: rules that no value satisfies, or that no value breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..registry.explain import closest_name
from . import patterns

Path = tuple[str | int, ...]
SECTIONS = ("path_parameters", "query", "data", "response")

_FOR_TYPE = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "array": {"minItems", "maxItems", "uniqueItems", "items"},
    "object": {"properties", "required", "additionalProperties", "minProperties"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
}
_PAIRS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"))
_EMPTY: dict[str, tuple[Any, ...]] = {
    "minLength": (0,),
    "minItems": (0,),
    "minProperties": (0,),
    "uniqueItems": (False,),
    "required": ([],),
    "properties": ({},),
    "additionalProperties": (True, {}),
    "pattern": ("", ".*", "^.*$", "^", "$"),
    "not": (False,),
}
_TYPES = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def walk(node: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema inside a schema, with its path."""
    if not isinstance(node, dict):
        return
    yield path, node
    for key in ("items", "not", "if", "then", "else", "additionalProperties"):
        yield from walk(node.get(key), (*path, key))
    for key in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(node.get(key, ())):
            yield from walk(inner, (*path, key, number))
    for name, inner in (node.get("properties") or {}).items():
        yield from walk(inner, (*path, "properties", name))


def problems(root: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """(path, rule, message) for each mistake below `root`."""
    for place, node in walk(root, path):
        yield from _unsatisfiable(node, place)
        yield from _unbreakable(node, place)
        yield from _required(node, place)
        yield from _descriptions(node, place)
        slow = patterns.problem(node["pattern"]) if "pattern" in node else None
        if slow:
            yield (*place, "pattern"), "slow-pattern", slow


def _kinds(node: dict[str, Any]) -> list[str]:
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _unsatisfiable(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    for low, high in _PAIRS:
        if low in node and high in node and node[low] > node[high]:
            yield (
                (*path, low),
                "unsatisfiable",
                f"no value satisfies this: {low} {node[low]} is above {high} {node[high]}",
            )
    kinds = _kinds(node)
    values = node.get("enum", []) + ([node["const"]] if "const" in node else [])
    if kinds and values and not any(_fits(value, kind) for value in values for kind in kinds):
        key = "enum" if "enum" in node else "const"
        yield (
            (*path, key),
            "unsatisfiable",
            f"no value satisfies this: no entry of {key} is of type {' or '.join(kinds)}",
        )
    for name in node.get("required", ()):
        inner = node.get("properties", {}).get(name)
        if inner is False or (isinstance(inner, dict) and inner.get("not") == {}):
            yield (*path, "required"), "unsatisfiable", f"no value satisfies this: {name} is required and refused"


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, (object,)))


def _unbreakable(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    kinds = {"number" if kind == "integer" else kind for kind in _kinds(node)}
    for kind, keywords in _FOR_TYPE.items():
        if kinds and kind not in kinds:
            for keyword in sorted(keywords & set(node)):
                words = f"no value breaks this: {keyword} does not apply to {' or '.join(_kinds(node))}"
                yield (*path, keyword), "unbreakable", words
    for keyword, empties in _EMPTY.items():
        if keyword in node and any(node[keyword] == e and type(node[keyword]) is type(e) for e in empties):
            yield (*path, keyword), "unbreakable", f"no value breaks this: {keyword}: {node[keyword]!r}; leave it out"


def _required(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    if "properties" not in node or path[-1] in ("if", "then", "else"):
        return
    for name in node.get("required", ()):
        if name not in node["properties"]:
            near = closest_name(name, list(node["properties"]))
            words = f"{name} is required, but `properties` has no such field"
            yield (*path, "required"), "required-unknown", words + (f"; did you mean {near}?" if near else "")


def _descriptions(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    if any(step in ("if", "then", "else", "not", "anyOf", "allOf", "oneOf") for step in path if isinstance(step, str)):
        return
    for name, inner in (node.get("properties") or {}).items():
        if isinstance(inner, dict) and not inner.get("description") and "$ref" not in inner and inner.get("not") != {}:
            yield (*path, "properties", name), "description", f"the field {name} has no description"
