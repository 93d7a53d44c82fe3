"""An operation as facts and a tree of fields, for `show`, `search`, completion, the page and agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .fields import certain

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema

RULES = ("const", "enum", "format", "minLength", "maxLength", "pattern", "minItems", "maxItems", "minimum", "maximum")
_Node = dict[str, Any]


class Branch(NamedTuple):
    """A field and those inside it. `path` leads to it (`[].productList[].skuQuantity`); `name` is the last step.

    `node` has its rules, including those of references. `again`: it is nested in itself.
    """

    path: str
    name: str
    node: _Node
    required: bool
    inside: list[Branch]
    again: bool = False

    @property
    def depth(self) -> int:
        return self.path.count(".")

    @property
    def kind(self) -> str:
        kinds = self.node.get("type", "")
        return kinds if isinstance(kinds, str) else " or ".join(kind for kind in kinds if kind != "null")

    @property
    def rules(self) -> list[str]:
        own = [f"{rule} {json.dumps(self.node[rule], ensure_ascii=False)}" for rule in RULES if rule in self.node]
        return own + [words for words in [_others(self.node)] if words]

    @property
    def description(self) -> str:
        return " ".join(str(self.node.get("description", "")).split())

    def walk(self) -> Iterator[Branch]:
        yield self
        for inner in self.inside:
            yield from inner.walk()


def sections(endpoint: Endpoint) -> Iterator[tuple[str, str, Schema, _Node]]:
    """The sections of the file: title, key in the file, schema, and the node that describes the section itself."""
    parts = (("Query", "query"), ("Path", "path_parameters"), ("Request data", "data"))
    for title, key in (*parts, ("Answer data" if endpoint.envelope else "Answer", "response")):
        if key in endpoint.document:
            schema = endpoint.bundler.schema((key,))
            yield title, key, schema, schema.root


def branches(schema: Schema, root: _Node) -> list[Branch]:
    """The fields of a section. Those of a list of objects are under `[]`."""
    return _branch(schema, root, "", "", (), required=False).inside


def _branch(schema: Schema, node: _Node, path: str, name: str, above: tuple[int, ...], *, required: bool) -> Branch:
    parts = list(certain(schema, node))
    merged = {key: value for part in reversed(parts) for key, value in part.items()}
    here = id(next((part for part in parts if "properties" in part), parts[-1]))
    if here in above:
        return Branch(path, name, merged, required, [], again=True)
    inside: list[Branch] = []
    demanded = {field for part in parts for field in part.get("required", ())}
    for part in parts:
        for field, inner in part.get("properties", {}).items():
            if isinstance(inner, dict) and inner.get("not") != {}:
                below = f"{path}.{field}" if path else field
                inside.append(_branch(schema, inner, below, field, (*above, here), required=field in demanded))
        if isinstance(part.get("items"), dict):
            entry = _branch(schema, part["items"], f"{path}[]", f"{name}[]", (*above, here), required=False)
            if not name or not entry.inside or entry.again:  # a list of objects is one line, without its entry
                inside.append(entry)
            else:
                inside += entry.inside
    return Branch(path, name, merged, required, inside)


def _others(node: _Node) -> str:
    """The rule for fields that an object does not list; empty for the usual rule."""
    if node.get("additionalProperties") is False:
        return "no other fields"
    return "any other fields" if node.get("x-unknown") == "allow" else ""


def remarks(schema: Schema, root: _Node) -> Iterator[str]:
    """Rules for the fields of a section together."""
    for part in certain(schema, root):
        if words := _others(part):
            yield f"It takes {words}."
        names = [name for branch in part.get("anyOf", ()) for name in branch.get("required", ())]
        if names:
            yield f"At least one of {', '.join(names)} is needed."


def facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """The facts of an operation besides its fields: names and values."""
    yield "method", f"{endpoint.method or 'unknown'} {endpoint.path or '(path unknown)'}"
    yield "effect", endpoint.effect
    yield "auth", endpoint.auth
    for prefix, facts in (("host", endpoint.host), ("limit", endpoint.limits), ("confirm", endpoint.confirm)):
        for name, value in facts.items():
            yield f"{prefix}, {name}", _limit(value)
    for path, found in endpoint.finds.items():
        yield "finds", f"rows by {path}, compared with their {found}"


def _limit(value: Any) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else str(value)


def resolved(endpoint: Endpoint) -> dict[str, Any]:
    """The document with references resolved. Recursive schemas stay under `$defs`."""
    document = {key: value for key, value in endpoint.document.items() if key != "$defs"}
    kept: dict[str, Any] = {}

    def resolve(node: Any, defs: dict[str, Any], above: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [resolve(item, defs, above) for item in node]
        if not isinstance(node, dict):
            return node
        found = {key: resolve(value, defs, above) for key, value in node.items() if key != "$defs"}
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name in defs and name not in above:
            inner = resolve(defs[name], defs, (*above, name))
            return {**inner, **{key: value for key, value in found.items() if key != "$ref"}}
        if name in above and name not in kept:
            kept[name] = None  # mark as seen, for recursion
            kept[name] = resolve(defs[name], defs, (name,))
        return found

    for _, key, schema, root in sections(endpoint):
        document[key] = resolve(root, schema.root.get("$defs", {}), ())
    return {**document, **({"$defs": kept} if kept else {})}


def brief(endpoint: Endpoint) -> dict[str, Any]:
    """An operation as one line of a list."""
    facts = {name: getattr(endpoint, name) for name in ("id", "method", "path", "effect")}
    return {**facts, "evidence": endpoint.evidence["status"], "title": endpoint.title, "summary": endpoint.summary}
