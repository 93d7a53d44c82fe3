"""The words of a call's errors, and the texts of answers that are no JSON."""

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
"""Characters of an answer that is not JSON which an error keeps."""


def decoded(body: bytes) -> Any:
    """The JSON value of a body, or the beginning of its text."""
    try:
        return decode(body)
    except ValueError:
        return body[: TEXT_KEPT * 8].decode("utf-8", "replace")


def why_not_json(status: int, headers: Mapping[Any, Any], body: bytes) -> str:
    """What stands in the place of a JSON object."""
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
    return f"{kind} with a JSON {type(value).__name__} where an object was due"


def ending(happened: Happened, effect: str, message_id: str) -> str:
    """Whether it happened, and what follows."""
    again = {
        "no": "it was not carried out",
        "yes": "it was carried out: do not send it again",
        "unknown": "whether it was carried out is unknown: look before you send it again",
    }[happened]
    if effect == "read":
        again = "it only reads: safe to send again"
    return f"\n  happened: {happened} ({again}); message id {redact.line(message_id)}"


def refusal(endpoint: Endpoint, body: dict[str, Any]) -> tuple[str, list[str]]:
    """What the vendor says in a refusal, and what the file knows of its codes."""
    said = body.get("message") or body.get("error_description")
    code = body.get("code", body.get("error"))
    lines = [f"{endpoint.id}: the API said no (code {redact.line(code)})" + (f": {redact.line(said)}" if said else "")]
    explanation = []
    for item in error_items(body):
        known = endpoint.meaning(item.get("code"))
        number, words = item.get("code") or item.get("channelCode"), item.get("message") or item.get("errorMessage")
        lines.append(f"  {redact.line(number)}: {redact.line(words)}")
        if known:
            explanation.append(f"{redact.line(number)}: {known}")
            lines.append(f"    meaning: {known}")
    return "\n".join(lines), explanation
