"""The vendor's envelope in other documents: recognized by its fields, and removed."""

from __future__ import annotations

from typing import Any

from . import tidying
from .operation import Node, Operation

_REQUEST = {"apiVersion", "data", "messageId", "timestamp"}
_ANSWER = {"code", "data", "errors", "message", "msg", "messageId", "success", "timestamp", "apiVersion"}


def fields(schema: Node | None, defs: dict[str, Node]) -> Node:
    """The properties of an object's schema, behind at most one `$ref`."""
    schema = schema or {}
    if "$ref" in schema:
        schema = defs.get(schema["$ref"].rpartition("/")[2], {})
    found: Node = schema.get("properties", {})
    return found


def may_be_object(schema: Node | None, defs: dict[str, Node]) -> bool:
    """Whether a schema, behind at most one `$ref`, accepts objects by its type."""
    if schema and "$ref" in schema:
        schema = defs.get(schema["$ref"].rpartition("/")[2], {})
    return not (found := tidying.kinds(schema or {})) or "object" in found


def request(operation: Operation) -> bool:
    """Whether the body has the vendor's envelope."""
    names = set(fields(operation.body, operation.defs))
    return "data" in names and len(names) > 1 and names <= _REQUEST


def answer(operation: Operation) -> bool:
    """Whether the answer has the form of every enveloped operation's answer."""
    names = set(fields(operation.answer, operation.defs))
    return "code" in names and len(names) > 1 and names <= _ANSWER


def enveloped(operation: Operation) -> bool:
    """Whether request and answer have the envelope; yes if the source shows neither."""
    if operation.body is not None or operation.requests:
        if operation.body is None:
            return all(isinstance(value, dict) and payload(value) is not value for value in operation.requests)
        return request(operation)
    return operation.answer is None or answer(operation)


def payload(value: Any) -> Any:
    """The content of an example's envelope; the example itself if it has none."""
    inside = isinstance(value, dict) and "data" in value and len(value) > 1 and set(value) <= _REQUEST
    return value["data"] if inside else value
