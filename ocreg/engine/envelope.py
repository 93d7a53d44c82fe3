"""The wrapping around every payload: `apiVersion`, `data`, `messageId`, `timestamp`; and around every answer.

    request   {"apiVersion": "2.0", "data": ..., "messageId": "...", "timestamp": 1588233847001}
    answer    {"code": 0, "data": ..., "message": "...", "messageId": "...", "errors": [...], "success": true}

`timestamp` is epoch milliseconds. `apiVersion` is the file's `api_version`; the vendor states no meaning for it and
its own examples leave it empty, so empty is what goes out where the file names none.
"""

from __future__ import annotations

from typing import Any

from ..registry.values import encode, written


def wrap(data: Any, message_id: str, timestamp: int, api_version: str = "", text: bytes | None = None) -> bytes:
    """The bytes of a request body: made once, signed as they are, sent as they are.

    `text` is the JSON of `data`, where it is at hand.
    """
    inner = written(text) if text else data
    return encode({"apiVersion": api_version, "data": inner, "messageId": message_id, "timestamp": timestamp})


def failed(reply: dict[str, Any], *, errors_beside_data: bool = False) -> bool:
    """Whether an answer says no: `success` false, `code` other than 0, or `errors`.

    With `errors_beside_data` (the file's key), errors next to code 0 concern single items and fail nothing.
    """
    code = reply.get("code", 0)
    if reply.get("success") is False or code is False or code not in (0, "0"):
        return True
    return bool(reply.get("errors")) and not (errors_beside_data and reply.get("code") in (0, "0"))


def error_items(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer's `errors`, whatever else stands there left out."""
    items = reply.get("errors")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
