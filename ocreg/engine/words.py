"""The texts of a call's errors, and of answers that are not JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import redact
from ..errors import Happened
from ..registry.values import decode
from .envelope import error_items

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

TEXT_KEPT = 2_000
"""How many characters of a non-JSON answer an error keeps."""


def decoded(body: bytes) -> Any:
    """The JSON value of a body, or else the beginning of its text."""
    try:
        return decode(body)
    except ValueError:
        return body[: TEXT_KEPT * 8].decode("utf-8", "replace")


def why_not_json(status: int, headers: Mapping[Any, Any], body: bytes) -> str:
    """Why a body is not a JSON object, as text."""
    named = {name.lower(): value for name, value in redact.reply_headers(headers).items()}
    kind = redact.line(named.get("content-type", "")[:TEXT_KEPT]) or "no content type"
    if not body:
        return f"HTTP {status} with an empty body"
    try:
        value = decode(body)
    except UnicodeDecodeError as error:
        return f"{len(body):,} bytes of {kind} that are not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        return f"{len(body):,} bytes of {kind}: {error}"
    return f"{kind} with a JSON {type(value).__name__} instead of an object"


def ending(happened: Happened, effect: str, message_id: str) -> str:
    """The line with `happened`, and its consequence."""
    again = {
        "no": "it did not take effect",
        "yes": "it took effect: do not send it again",
        "unknown": "it may have taken effect: look it up before you send it again",
    }[happened]
    if effect == "read":
        again = "it only reads: safe to send again"
    return f"\n  happened: {happened} ({again}); message id {redact.line(message_id)}"


def refusal(endpoint: Endpoint, body: dict[str, Any]) -> tuple[str, list[str]]:
    """The text of a refusal, and what the endpoint file knows about its codes."""
    said = body.get("message") or body.get("error_description")
    code = body.get("code", body.get("error"))
    first = f"{endpoint.id}: the API refused the request (code {redact.line(code)})"
    lines = [first + (f": {redact.line(said)}" if said else "")]
    explanation = []
    for item in error_items(body):
        known = endpoint.meaning(item.get("code"))
        number, words = item.get("code") or item.get("channelCode"), item.get("message") or item.get("errorMessage")
        lines.append(f"  {redact.line(number)}: {redact.line(words)}")
        if known:
            explanation.append(f"{redact.line(number)}: {known}")
            lines.append(f"    meaning: {known}")
    return "\n".join(lines), explanation
