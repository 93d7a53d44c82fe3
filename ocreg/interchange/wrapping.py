"""The vendor's envelope in other people's documents: recognised by its fields, and taken off."""

from __future__ import annotations

from typing import Any

from . import tidying
from .operation import Node, Operation

_REQUEST = {"apiVersion", "data", "messageId", "timestamp"}
_ANSWER = {"code", "data", "errors", "message", "msg", "messageId", "success", "timestamp", "apiVersion"}


def fields(schema: Node | None, defs: dict[str, Node]) -> Node:
    """The properties of an object's schema, behind one `$ref` at most."""
    schema = schema or {}
    if "$ref" in schema:
        schema = defs.get(schema["$ref"].rpartition("/")[2], {})
    found: Node = schema.get("properties", {})
    return found


def may_be_object(schema: Node | None, defs: dict[str, Node]) -> bool:
    """Whether a schema, behind one `$ref` at most, lets objects pass by its type."""
    if schema and "$ref" in schema:
        schema = defs.get(schema["$ref"].rpartition("/")[2], {})
    return not (found := tidying.kinds(schema or {})) or "object" in found


def request(operation: Operation) -> bool:
    """Whether the body is the vendor's envelope."""
    names = set(fields(operation.body, operation.defs))
    return "data" in names and len(names) > 1 and names <= _REQUEST


def answer(operation: Operation) -> bool:
    """Whether the answer has the form that every enveloped operation's answer has."""
    names = set(fields(operation.answer, operation.defs))
    return "code" in names and len(names) > 1 and names <= _ANSWER


def enveloped(operation: Operation) -> bool:
    """Whether request and answer come in the envelope; a source that shows neither is taken for the usual."""
    if operation.body is not None or operation.requests:
        if operation.body is None:
            return all(isinstance(value, dict) and payload(value) is not value for value in operation.requests)
        return request(operation)
    return operation.answer is None or answer(operation)


def payload(value: Any) -> Any:
    """What is inside an example's envelope; the example itself where it has none."""
    inside = isinstance(value, dict) and "data" in value and len(value) > 1 and set(value) <= _REQUEST
    return value["data"] if inside else value
