"""The fields of an item as columns name them: all fields, their types, and the likely meaning of an unknown name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..registry.explain import closest_name

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema

_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_NAMES = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class Field(NamedTuple):
    """A field that a column can fill; `name` is dotted, with 0 for the first line of a list."""

    name: str
    required: bool
    description: str


def item_schema(endpoint: Endpoint) -> tuple[Schema, dict[str, Any]]:
    """The schema of the payload, and the one of a single item in it."""
    schema = endpoint.data
    assert schema is not None
    return schema, schema.root["items"] if endpoint.takes_many else schema.root


def certain(schema: Schema, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema, and the schemas that always apply with it."""
    yield node
    for inner in ([schema.target(node)] if "$ref" in node else []) + node.get("allOf", []):
        yield from certain(schema, inner)


def kinds(nodes: list[dict[str, Any]]) -> set[str]:
    """The types that schemas allow, by their `type` or their listed values."""
    found: set[str] = set()
    for node in nodes:
        declared = node.get("type", ())
        found.update([declared] if isinstance(declared, str) else declared)
        for value in [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]:
            found.add(_NAMES.get(type(value), "string"))
    return found - {"null"}


def properties(schema: Schema, nodes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The schemas of each field inside, in the order of the file, without refused spellings."""
    names = dict.fromkeys(
        name
        for node in sorted(schema.spread(nodes), key=lambda node: "properties" not in node)
        for name, inner in node.get("properties", {}).items()
        if isinstance(inner, dict) and inner.get("not") != {}
    )
    return {name: schema.at(nodes, name) for name in names}


def fields(endpoint: Endpoint) -> list[Field]:
    """All fields of an item: the natural key first, then the required ones, then the others."""
    schema, root = item_schema(endpoint)
    found, key = list(_fields(schema, [root], "", (), required=True)), endpoint.confirm.get("key")
    found = [field._replace(required=field.required or field.name == key) for field in found]
    return sorted(found, key=lambda field: (not field.required, field.name != key))


def _fields(
    schema: Schema, nodes: list[dict[str, Any]], above: str, outside: tuple[set[int], ...], *, required: bool
) -> Iterator[Field]:
    within = set(map(id, nodes))
    if within in outside:  # a recursive schema: a table has no columns for endless nesting
        return
    outside = (*outside, within)
    demanded = {name for node in nodes for inner in certain(schema, node) for name in inner.get("required", ())}
    for name, inner in properties(schema, nodes).items():
        needed = required and name in demanded
        entries = schema.at(inner, 0)
        if properties(schema, entries):
            yield from _fields(schema, entries, f"{above}{name}.0.", outside, required=needed)
        elif properties(schema, inner):
            yield from _fields(schema, inner, f"{above}{name}.", outside, required=needed)
        else:
            words = next((node["description"] for node in inner if "description" in node), "")
            yield Field(above + name, needed, words)


def meant(name: str, known: list[Field]) -> list[str]:
    """The fields that an unknown column most likely means, by spelling or by words in name and description."""
    bare = {"".join(_words(field.name)).replace("0", ""): field.name for field in known}
    near = closest_name("".join(_words(name)), list(bare), 0.8)
    if near:
        return [bare[near]]
    words = _words(name)
    scores = [(_score(words, field), field.name) for field in known]
    best = max(scores, default=(0.0, ""))[0]
    if best >= 1:
        return [field for score, field in scores if score == best][:3]
    near = closest_name("".join(words), list(bare))
    return [bare[near]] if near else []


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(re.sub(r"-(\w)", lambda found: found[1].lower(), text))]


def _score(asked: list[str], field: Field) -> float:
    """From 0 to 3: how well each word matches the field's name (2) and description (1)."""
    name, described = _words(field.name.rpartition(".")[2]), _words(field.description)
    score = 0.0
    for word in asked:
        if word in name:
            score += 2
        elif any(len(word) > 1 and _shortens(word, whole) for whole in name):
            score += 1.5
        score += word in described and len(word) > 2
    return score / len(asked) if asked else 0.0


def _shortens(short: str, word: str) -> bool:
    """Whether `short` abbreviates `word`, as in `addr` or `qty` (quantity): same first letter, the others in order."""
    letters = iter(word[1:])
    sparse = not set(short) & set("aeiou") and short[0] == word[0] and all(letter in letters for letter in short[1:])
    return len(short) > 2 and (word.startswith(short) or sparse)
