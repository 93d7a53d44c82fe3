"""Hypothesis strategies from an endpoint's schema: payloads that obey it, and the ways to break one."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from ocreg.registry.schema import Schema

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MOMENTS = st.builds(
    lambda moment, hours: moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours))),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(-12, 14),
)
FORMATS = {
    "oc-date-time": MOMENTS.map(lambda m: m.strftime("%Y-%m-%dT%H:%M:%S%z")),
    "oc-date": MOMENTS.map(lambda m: m.strftime("%Y-%m-%d%z")),
    "decimal": st.decimals(0, 10**6, places=4).map(lambda d: f"{d:f}"),
    "url": st.sampled_from(["https://www.example.com/a", "http://example.com/?q=1"]),
}


def obeying(schema: Schema) -> st.SearchStrategy:
    """Values that obey the schema. What a strategy cannot express (`if`, `anyOf`) is filtered at the end."""
    return _values(schema, schema.root).filter(schema.ok)


def _values(schema: Schema, node: dict) -> st.SearchStrategy:
    node = _resolved(schema, node)
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    kinds = node.get("type")
    if kinds is None:
        return ANYTHING
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return st.one_of(*[_of_kind(schema, node, kind) for kind in kinds])


def _resolved(schema: Schema, node: dict) -> dict:
    if "$ref" not in node:
        return node
    target = _resolved(schema, schema.root["$defs"][node["$ref"].removeprefix("#/$defs/")])
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _of_kind(schema: Schema, node: dict, kind: str) -> st.SearchStrategy:
    if kind == "object":
        return _objects(schema, node)
    if kind == "array":
        most = min(node.get("maxItems", 3), node.get("minItems", 0) + 3)
        return st.lists(_values(schema, node.get("items", {})), min_size=node.get("minItems", 0), max_size=most)
    if kind == "string":
        if "format" in node:
            return FORMATS[node["format"]]
        least, most = node.get("minLength", 0), node.get("maxLength", node.get("minLength", 0) + 12)
        return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=min(most, least + 12))
    if kind == "integer":
        return st.integers(node.get("minimum", -(2**53)), node.get("maximum", 2**53))
    if kind == "number":
        low, high = node.get("minimum", -1e9), node.get("maximum", 1e9)
        return st.integers(int(low), int(high)) | st.floats(low, high, allow_nan=False)
    return {"boolean": st.booleans(), "null": st.none()}[kind]


def _objects(schema: Schema, node: dict) -> st.SearchStrategy:
    wanted = {name: inner for name, inner in node.get("properties", {}).items() if inner.get("not") != {}}
    required = {name: _values(schema, wanted.get(name, {})) for name in node.get("required", ())}
    optional = {name: _values(schema, inner) for name, inner in wanted.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def mutated(draw: st.DrawFn, values: st.SearchStrategy) -> object:
    """A value with one thing in it replaced, dropped or added: often, not always, no longer obeying."""
    value = copy.deepcopy(draw(values))
    places = list(_places(value, ()))
    path = draw(st.sampled_from(places))
    if not path:
        return draw(ANYTHING)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    action = draw(st.sampled_from(["replace", "drop", "add", "blank"]))
    if action == "drop":
        del holder[path[-1]]
    elif action == "add" and isinstance(holder, dict):
        holder[draw(TEXT)] = draw(ANYTHING)
    elif action == "blank":
        holder[path[-1]] = draw(
            st.sampled_from(["", "x" * 300, 0, -1, 1.5, None, [], {}, True, "2025-13-01T00:00:00+0000\n"])
        )
    else:
        holder[path[-1]] = draw(ANYTHING)
    return value


def _places(value: object, path: tuple) -> object:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))
