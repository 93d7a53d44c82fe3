"""Rows about other ids than those that were asked for: a program that takes the first row would act on the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ResponseInvalid
from ..notices import OtherRowsWarning, tell
from ..registry.answer import other_rows
from ..registry.values import decode
from .words import ending

if TYPE_CHECKING:
    from .exchange import Prepared


def told(call: Prepared, answer: dict[str, Any]) -> None:
    """Look for such rows where the file says how ids go in and come out (`finds`).

    By the policy `unknown`: warn, or raise ResponseInvalid, or not look at all.
    """
    endpoint = call.endpoint
    if endpoint.unknown == "allow" or call.request.body is None:
        return
    sent = decode(call.request.body)
    data = answer.get("data")
    count, rows = other_rows(endpoint.finds, sent["data"] if endpoint.envelope else sent, data)
    if not count:
        return
    fields = ", ".join(endpoint.finds.values())
    words = f"{endpoint.id}: {count:,} of {rows:,} rows are about other ids than those that were asked for ({fields})"
    if endpoint.unknown == "warn":
        tell(OtherRowsWarning(f"{words}; look at the ids before you take a row", endpoint.id, fields))
        return
    facts = {"operation": endpoint.id, "happened": "yes", "message_id": call.message_id, "reply": answer}
    said = f"{words}{ending('yes', endpoint.effect, call.message_id)}"
    raise ResponseInvalid(said, **facts, violations=[], _masked=endpoint.sensitive)
