"""The outcomes of a batch's items: as errors, and as one answer for all of them."""

from __future__ import annotations

import re
from typing import Any

from .. import redact
from ..errors import CallError, Outcome, OutcomeUnknown, PartlyRefused
from .create import Create
from .lookup import question


def in_doubt(create: Create, place: int, message_id: str, doubt: CallError, rows: list[Any]) -> OutcomeUnknown:
    key = create.key_of(place)
    operation, number = create.endpoint.confirm["operation"], redact.line(key)
    if rows:
        why = f"{operation} finds {len(rows)} with {create.key} {number}"
    elif doubt.happened == "yes":
        why = f"the vendor reported success, but {operation} does not find {create.key} {number}"
    elif getattr(doubt, "category", None) == "exists":
        why = f"the vendor reported that it exists, but {operation} does not find {create.key} {number}"
    else:
        why = f"{operation} did not show whether {create.key} {number} exists"
    reply = doubt.__dict__.get("reply")
    error = unknown(create, f"{why}; at first: {_first_line(doubt)}", message_id, reply, [key], rows)
    error.__cause__ = doubt
    error.headers, error.retry_after = doubt.headers, doubt.retry_after
    return error


def _first_line(error: CallError) -> str:
    return str(error).partition("\n")[0]


def unknown(
    create: Create, why: str, message_id: str, reply: Any, keys: list[str], rows: list[Any] | None = None
) -> OutcomeUnknown:
    """The error for items whose outcome is unknown, by their keys."""
    again = "it may have taken effect: look it up before you send it again"
    words = f"{create.endpoint.id}: {why}\n  happened: unknown ({again}); message id {message_id}"
    lookup: dict[str, Any] = {}
    if create.lookup is not None and keys:
        asked = question(create.lookup, create.endpoint.confirm["into"], keys)
        lookup = {"operation": create.lookup.id, "data": asked}
    facts = {"operation": create.endpoint.id, "happened": "unknown", "message_id": message_id, "reply": reply}
    return OutcomeUnknown(
        words, **facts, keys=keys, found=rows or [], lookup=lookup, outcomes=[], _masked=create.endpoint.sensitive
    )


def did_not_happen(doubt: CallError) -> CallError:
    """The error that left it in doubt, now that it certainly did not take effect."""
    said = re.sub(r"happened: unknown \([^)]*\)", "happened: no (looked up, and certainly absent)", str(doubt))
    return type(doubt)(said, **{**doubt.__dict__, "happened": "no"})


def answer_of(create: Create, outcomes: list[Outcome]) -> dict[str, Any]:
    """The answer that the vendor would have given, if all items took effect. Raises their errors otherwise.

    One item's error is raised unchanged. Different outcomes in a batch raise OutcomeUnknown or PartlyRefused.
    """
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not errors:
        rows = [outcome.row for outcome in outcomes]
        data = rows if create.endpoint.takes_many else rows[0]
        return {"code": 0, "data": data, "messageId": create.message_id}
    if len(outcomes) == 1 or (all(error is errors[0] for error in errors) and len(errors) == len(outcomes)):
        raise errors[0]
    kept: dict[str, Any] = {"operation": create.endpoint.id, "message_id": create.message_id, "outcomes": outcomes}
    kept |= {"reply": None, "_masked": create.endpoint.sensitive}
    count = {name: sum(1 for o in outcomes if o.happened == name) for name in ("yes", "no", "unknown")}
    told = f"of {len(outcomes)} items {count['yes']} took effect, {count['no']} did not"
    which = "\n".join(
        f"  [{place}] {str(o.error).partition(chr(10))[0]}" for place, o in enumerate(outcomes) if o.error
    )
    unclear = [error for error in errors if isinstance(error, OutcomeUnknown)]
    if not count["unknown"]:
        happened = "unknown" if count["yes"] else "no"
        raise PartlyRefused(f"{create.endpoint.id}: {told}\n{which}", happened=happened, **kept) from errors[0]
    kept["keys"] = [key for error in unclear for key in error.keys]
    kept["found"] = [row for error in unclear for row in error.found]
    if create.lookup is not None:
        asked = question(create.lookup, create.endpoint.confirm["into"], kept["keys"])
        kept["lookup"] = {"operation": create.lookup.id, "data": asked}
    words = (
        f"{create.endpoint.id}: {told}, {count['unknown']} are in doubt: look them up before you resend them\n{which}"
    )
    raise OutcomeUnknown(words, happened="unknown", **kept) from errors[0]
