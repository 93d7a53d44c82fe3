"""The wrapping around every payload: `apiVersion`, `data`, `messageId`, `timestamp`; and around every answer.

    request   {"apiVersion": "2.0", "data": ..., "messageId": "...", "timestamp": 1588233847001}
    answer    {"code": 0, "data": ..., "message": "...", "messageId": "...", "errors": [...], "success": true}

`timestamp` is in milliseconds since the epoch. `apiVersion` is the file's `api_version`, or empty: the vendor states no
meaning for it, and its own examples leave it empty.
"""

from __future__ import annotations

from typing import Any

from ..registry.values import encode, written


def wrap(data: Any, message_id: str, timestamp: int, api_version: str = "", text: bytes | None = None) -> bytes:
    """The bytes of a request body. They are made once; exactly these bytes are signed and sent.

    `text` is the JSON of `data`, if it exists already.
    """
    inner = written(text) if text else data
    return encode({"apiVersion": api_version, "data": inner, "messageId": message_id, "timestamp": timestamp})


def failed(reply: dict[str, Any], *, errors_beside_data: bool = False) -> bool:
    """Whether an answer is a refusal: `success` false, `code` other than 0, or `errors`.

    With `errors_beside_data` (the file's key), errors next to code 0 concern single items, and are no refusal.
    """
    code = reply.get("code", 0)
    if reply.get("success") is False or code is False or code not in (0, "0"):
        return True
    return bool(reply.get("errors")) and not (errors_beside_data and reply.get("code") in (0, "0"))


def error_items(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer's `errors` that are objects."""
    items = reply.get("errors")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
