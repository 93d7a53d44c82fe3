"""Replies in the sandbox's forms."""

from __future__ import annotations

from typing import Any

from ..engine.messages import Reply
from ..registry.values import encode


def as_json(status: int, value: Any, **headers: str) -> Reply:
    """A reply with a JSON body; names in `headers` have underscores for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, {"Content-Type": "application/json;charset=UTF-8", **named}, encode(value))


def as_page(status: int, html: str) -> Reply:
    return Reply(status, {"Content-Type": "text/html;charset=UTF-8"}, html.encode())


def unauthenticated(status: int, why: str) -> Reply:
    """The vendor's texts for refused keys (HTTP 200) and tokens (401)."""
    success = {} if status == 200 else {"success": False}
    return as_json(status, {"code": 1, "message": f"Authentication Fail:{why}", **success})
