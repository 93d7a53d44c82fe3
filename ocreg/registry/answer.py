"""What an answer looks like: the schema around its `data`, and field names that come in several spellings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

ERROR_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": ["string", "integer", "null"]},
        "id": {"type": ["string", "null"]},
        "message": {"type": ["string", "null"]},
    },
}


def answer_schema(data: dict[str, Any] | None, errors: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a whole success answer whose `data` satisfies `data`. Everything except the code may be absent."""
    properties: dict[str, Any] = {
        "code": {"type": "integer"},
        "message": {"type": ["string", "null"]},
        "messageId": {"type": ["string", "integer", "null"]},
        "errors": {"type": ["array", "null"], "items": errors or ERROR_ITEM},
        "success": {"type": ["boolean", "null"]},
    }
    if data is not None:
        properties["data"] = data
    return {"type": "object", "properties": properties}


_AS_THEY_ARE = ("enum", "const", "examples", "properties")  # properties: handled one by one, each once


def nullable(node: Any) -> Any:
    """`node` with null allowed for every property that is not required: in an answer, null means absent."""
    if isinstance(node, list):
        return [nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: value if key in _AS_THEY_ARE else nullable(value) for key, value in node.items()}
    properties = node.get("properties")
    if isinstance(properties, dict):
        required = node["required"] if isinstance(node.get("required"), list) else ()
        result["properties"] = {
            name: nullable(inner) if name in required else _or_null(nullable(inner))
            for name, inner in properties.items()
        }
    return result


def _or_null(node: Any) -> Any:
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(kind, (str, list)):  # anything else is not a schema; the validators report that better
        return {"anyOf": [{"type": "null"}, node]} if isinstance(node, dict) and node else node
    kinds = [kind] if isinstance(kind, str) else kind
    enum = {"enum": [*node["enum"], None]} if "enum" in node and None not in node["enum"] else {}
    return {**node, **enum, "type": [*(each for each in kinds if each != "null"), "null"]}


def key_in(node: dict[str, Any], name: str) -> str | None:
    """The key that is this name, ignoring case."""
    if name in node:
        return name
    return next((key for key in node if key.lower() == name.lower()), None)


def rows_about(rows: Any, key: str, sent: Collection[str]) -> bool | None:
    """Whether one of the rows (or the single row) has a number that was `sent`, in the field `key`.

    None if that cannot be decided: there is no row, or one without such a text. Case and outer spaces are ignored.
    """
    first = rows[0] if isinstance(rows, list) and rows else rows
    if isinstance(first, dict) and first.get(key) in sent:  # as usual
        return True
    wanted, silent = {number.strip().casefold() for number in sent}, not rows
    for row in rows if isinstance(rows, list) else [rows]:
        name = key_in(row, key) if isinstance(row, dict) else None
        if name is None or not isinstance(row[name], str):
            silent = True
        elif row[name].strip().casefold() in wanted:
            return True
    return None if silent else False
