"""Examples to show and to send: made from a schema, or a source's own without secrets and personal data."""

from __future__ import annotations

import json
import re
from typing import Any

from ..observe.shapes import KINDS
from . import scrubbing
from .operation import Node

_TEMPLATE = re.compile(r"\{\{.*?\}\}|^<[^<>]+>$|^@[a-z]+|^\$\{")
_FORMATS = {
    **{"oc-date-time": "2025-06-17T10:10:10+0800", "oc-date": "2022-10-31+0800"},
    **{"decimal": "1.00", "url": "https://example.com/"},
}
_STANDINS = (
    (re.compile(r"(?i)mail|邮箱"), scrubbing.EMAIL),
    (re.compile(r"(?i)phone|mobile|tel|fax|电话|手机"), scrubbing.PHONE),
    (re.compile(r"(?i)zip|post"), "00000"),
    (re.compile(r"(?i)name|姓名"), "Name"),
    (re.compile(r"(?i)addr|street|house|地址"), "Address 1"),
)
_DEEPEST = 12
_MOST_ITEMS = 20


class Instances:
    """Examples of one operation, whose schemas may refer to `defs`. `changed` says whether a value was replaced."""

    def __init__(self, defs: dict[str, Node]) -> None:
        self._defs = defs
        self.changed = False

    def made(self, schema: Node, name: str = "", depth: int = 0) -> Any:
        """A value that a schema accepts, as far as possible without a solver."""
        schema = self._target(schema)
        for key in ("const", "enum"):
            if key in schema:
                return schema[key] if key == "const" else schema[key][0]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema and "properties" not in schema:
                values = [self.made(part, name, depth + 1) for part in schema[key][: 1 if key != "allOf" else None]]
                objects = [value for value in values if isinstance(value, dict)]
                return {k: v for value in objects for k, v in value.items()} if len(objects) > 1 else values[0]
        kind = _kind(schema)
        if kind == "object":
            names = schema.get("required", [])
            wanted = names if depth > 3 or names else list(schema.get("properties", {}))
            if depth > _DEEPEST:
                return {}
            return {key: self.made(schema.get("properties", {}).get(key, {}), key, depth + 1) for key in wanted}
        if kind == "array":
            count = max(schema.get("minItems", 0), 1 if depth < 6 else 0)
            return [self.made(schema.get("items", {}), name, depth + 1) for _ in range(min(count, _MOST_ITEMS))]
        return _number(schema, kind) if kind in ("integer", "number") else _scalar(schema, kind, name)

    def cleaned(self, value: Any, schema: Node, name: str = "", depth: int = 0) -> Any:
        """A source's example, with secrets, personal data and templates replaced by values that the schema accepts."""
        schema = self._target(schema)
        if depth > 40:
            self.changed = True
            return None
        if isinstance(value, dict) and not scrubbing.SECRET.search(name):
            fields = schema.get("properties", {})
            return {str(k): self.cleaned(v, fields.get(k, {}), str(k), depth + 1) for k, v in value.items()}
        if isinstance(value, list) and not scrubbing.SECRET.search(name):
            items = schema.get("items", {})
            items = items if isinstance(items, dict) else {}
            return [self.cleaned(item, items, name, depth + 1) for item in value[:_MOST_ITEMS]]
        hidden = scrubbing.SECRET.search(name) or scrubbing.PERSONAL.search(name)
        if value is None or isinstance(value, bool) or not (hidden or isinstance(value, str)):
            return value
        if hidden or _TEMPLATE.search(value) or scrubbing.text(value) != value:
            self.changed = True
            return self.made({"type": KINDS.get(type(value), "string"), **schema}, name, depth)
        return value

    def _target(self, schema: Any) -> Node:
        for _ in range(10):
            if not (isinstance(schema, dict) and "$ref" in schema):
                break
            schema = self._defs.get(str(schema["$ref"]).rpartition("/")[2], {})
        return schema if isinstance(schema, dict) else {}


def _kind(schema: Node) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), "null")
    if kinds is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kinds)


def _number(schema: Node, kind: str) -> Any:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else 1)
    high = schema.get("maximum", low if "exclusiveMaximum" not in schema else schema["exclusiveMaximum"] - 1)
    return int(min(low, high)) if kind == "integer" or float(min(low, high)).is_integer() else min(low, high)


def _scalar(schema: Node, kind: str, name: str) -> Any:
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    standin = next((text for form, text in _STANDINS if form.search(name)), "string")
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(standin))
    if scrubbing.SECRET.search(name):
        standin = "x" * 3
    return (standin + "x" * max(0, least - len(standin)))[: max(most, least)] if least < 10_000 else standin


def read(example: Any) -> Any:
    """An example as a value: sources also write JSON as text. A text that is not JSON stays a text."""
    if isinstance(example, str) and example.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(example)
        except (ValueError, RecursionError):
            return example
    return example
