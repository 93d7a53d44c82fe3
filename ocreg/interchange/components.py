"""Schemas of the dialect as named schemas of JSON Schema 2020-12, for OpenAPI's components and for `$defs`.

A format becomes its pattern, an annotation an `x-ocreg-*` key. A referenced schema is written out if it describes a
plain value, and is named if it has fields. In an answer, null counts as absent, and the schema says so.
"""

from __future__ import annotations

from typing import Any

from ..registry.answer import nullable
from ..registry.endpoint import Endpoint
from . import marks

Node = dict[str, Any]
_WORDS = {"description", "examples"}
_NESTED = ("items", "not", "if", "then", "else", "additionalProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_EXPLICIT = "x-null"


def camel(*words: str) -> str:
    """A name without dots: `outbound.create_x` is `OutboundCreateX`."""
    parts = [part for word in words for part in word.replace(".", "_").replace("-", "_").split("_")]
    return "".join(part[:1].upper() + part[1:] for part in parts)


class Components:
    """Schemas by name. References to them begin with `prefix`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.schemas: dict[str, Node] = {}
        self._names: dict[tuple[str, str, bool], str] = {}

    def add(self, wanted: str, schema: Node) -> Node:
        """A reference to a new schema, which gets the wanted name or a similar one."""
        name = self._free(wanted)
        self.schemas[name] = {"title": name, **schema}
        return self.reference(name)

    def reference(self, name: str) -> Node:
        return {"$ref": self.prefix + name}

    def section(self, endpoint: Endpoint, section: str, wanted: str) -> Node:
        """A reference to the schema of a section of an endpoint's file: `data`, `query`, `response`."""
        return self.add(wanted, self.written(endpoint, section))

    def written(self, endpoint: Endpoint, section: str) -> Node:
        """The schema of a section itself; the schemas that it refers to are named."""
        answers = section == "response"
        root = dict(endpoint.bundler.schema((section,)).root)
        defs = root.pop("$defs", {})
        if answers:
            root, defs = _null_for_absent(root), {name: _null_for_absent(node) for name, node in defs.items()}
        written: Node = _Writer(self, endpoint.id, defs, answers=answers).schema(root)
        return written

    def named(self, scope: str, key: str, *, answers: bool) -> tuple[str, bool]:
        """The name of the schema that an endpoint refers to as `key`, and whether it is new."""
        shared = "." in key  # all operations share such a file
        place = ("" if shared else scope, key, answers)
        if place not in self._names:
            wanted = camel(key) if shared else camel(scope, key)
            self._names[place] = self._free(wanted + ("Answer" if answers else ""))
            self.schemas[self._names[place]] = {}
            return self._names[place], True
        return self._names[place], False

    def _free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.schemas:
            number += 1
            name = f"{wanted}{number}"
        return name


def _null_for_absent(node: Node) -> Node:
    """An answer's schema, with null allowed for optional fields, and marked where it was allowed before."""
    marked: Node = nullable(_marked(node))
    return marked


def _marked(node: Any) -> Any:
    if isinstance(node, list):
        return [_marked(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _marked(value) if key not in ("enum", "const", "examples") else value for key, value in node.items()}
    kinds = node.get("type")
    said = isinstance(kinds, list) and "null" in kinds
    return {**copy, _EXPLICIT: True} if said or kinds == "null" else copy


class _Writer:
    """Writes the schemas of one section. `defs` are the schemas that it refers to."""

    def __init__(self, components: Components, scope: str, defs: Node, *, answers: bool) -> None:
        self._components, self._scope, self._defs, self._answers = components, scope, defs, answers

    def schema(self, node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._reference(node)
        made: Node = {}
        for key, value in node.items():
            if key == "properties":
                spelled = {other for inner in value.values() if isinstance(inner, dict) for other in _others(inner)}
                made[key] = {name: self.schema(inner) for name, inner in value.items() if name not in spelled}
            elif key in _NESTED:
                made[key] = self.schema(value)
            elif key in _LISTS:
                made[key] = [self.schema(inner) for inner in value]
            elif key == "format":
                made |= {"pattern": marks.PATTERNS[value], marks.mark("format"): value}
            elif key == "pattern" and "format" in node:
                made["allOf"] = [*made.get("allOf", ()), {"pattern": value}]
            else:
                made[marks.mark(key) if key.startswith("x-") else key] = value
        return made

    def _reference(self, node: Node) -> Node:
        key = node["$ref"].removeprefix("#/$defs/")
        target, rest = self._defs[key], {name: value for name, value in node.items() if name != "$ref"}
        if "properties" not in target and not _refers(target):
            plain = {name: value for name, value in target.items() if name != "x-instead-of"}
            if not set(plain) & (set(rest) - _WORDS):
                return self.schema({**plain, **rest})  # type: ignore[no-any-return]
            return self.schema({"allOf": [plain], **rest})  # type: ignore[no-any-return]
        name, new = self._components.named(self._scope, key, answers=self._answers)
        if new:
            self._components.schemas[name] |= {"title": name, **self.schema(target)}
        reference = self._components.reference(name)
        if set(rest) <= _WORDS:
            return {**reference, **rest}
        return {"allOf": [reference], **self.schema(rest)}


def _others(node: Node) -> Node:
    """The refused spellings of a field: the file names them at the field, and so does the export."""
    found: Node = node.get("x-instead-of", {})
    return found


def _refers(node: Any) -> bool:
    if isinstance(node, dict):
        return "$ref" in node or any(map(_refers, node.values()))
    return isinstance(node, list) and any(map(_refers, node))
