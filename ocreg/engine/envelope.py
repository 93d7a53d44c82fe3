"""The wrapping around every payload: `apiVersion`, `data`, `messageId`, `timestamp`; and around every answer.

    request   {"apiVersion": "2.0", "data": ..., "messageId": "...", "timestamp": 1588233847001}
    answer    {"code": 0, "data": ..., "message": "...", "messageId": "...", "errors": [...], "success": true}

`timestamp` is epoch milliseconds. `apiVersion` is the file's `api_version`; the vendor states no meaning for it and
its own examples leave it empty, so empty is what goes out where the file names none.
"""

from __future__ import annotations

from typing import Any

from ..registry.values import encode

ERROR_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": ["string", "integer", "null"]},
        "id": {"type": ["string", "null"]},
        "message": {"type": ["string", "null"]},
    },
}


def wrap(data: Any, message_id: str, timestamp: int, api_version: str = "") -> bytes:
    """The bytes of a request body: made once, signed as they are, sent as they are."""
    return encode({"apiVersion": api_version, "data": data, "messageId": message_id, "timestamp": timestamp})


def answer_schema(data: dict[str, Any] | None, errors: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a whole success answer whose `data` obeys `data`. Everything but the code may be absent."""
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


def nullable(node: Any) -> Any:
    """`node` with null allowed for every property that is not required: in an answer, null means absent."""
    if isinstance(node, list):
        return [nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: value if key in ("enum", "const", "examples") else nullable(value) for key, value in node.items()}
    properties = node.get("properties")
    if isinstance(properties, dict):
        required = node.get("required", ())
        result["properties"] = {
            name: nullable(inner) if name in required else _or_null(nullable(inner))
            for name, inner in properties.items()
        }
    return result


def _or_null(node: Any) -> Any:
    kind = node.get("type") if isinstance(node, dict) else None
    if kind is None:
        return {"anyOf": [{"type": "null"}, node]} if isinstance(node, dict) and node else node
    return {**node, "type": [*([kind] if isinstance(kind, str) else kind), "null"]}


def failed(reply: dict[str, Any], *, errors_beside_data: bool = False) -> bool:
    """Whether an answer says no: `success` false, `code` other than 0, or `errors`.

    With `errors_beside_data` (the file's key), errors next to code 0 concern single items and fail nothing.
    """
    if reply.get("success") is False or reply.get("code", 0) not in (0, "0"):
        return True
    return bool(reply.get("errors")) and not (errors_beside_data and reply.get("code") in (0, "0"))


def error_items(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer's `errors`, whatever else stands there left out."""
    items = reply.get("errors")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
