"""The logger `ocreg`: one line for each attempt of a call, without payload, secrets or personal data.

It sets no level, and no handler but a NullHandler. Successes have the level INFO, everything else WARNING. The facts
are also in the record's attributes: `operation`, `environment`, `message_id`, `attempt`, `status`, `code`,
`milliseconds`, `bytes_sent`, `bytes_received`, and `failure` where there was no answer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..registry.values import decode
from .messages import Failure

if TYPE_CHECKING:
    from .exchange import Send
    from .messages import Reply

log = logging.getLogger("ocreg")
log.addHandler(logging.NullHandler())


def report(env: str, sent: Send, attempt: int, outcome: Reply | Failure, seconds: float) -> None:
    """Log one attempt."""
    facts: dict[str, Any] = {
        "operation": sent.request.operation,
        "environment": env,
        "message_id": sent.message_id,
        "attempt": attempt,
        "milliseconds": round(seconds * 1000, 1),
        "bytes_sent": len(sent.request.body or b""),
    }
    if isinstance(outcome, Failure):
        facts |= {"failure": outcome.kind}
    else:
        facts |= {"status": outcome.status, "code": _code(outcome.body), "bytes_received": len(outcome.body)}
    good = facts.get("status") in range(200, 300) and facts["code"] in (0, None)
    words = " ".join(f"{name}={value}" for name, value in facts.items())
    log.log(logging.INFO if good else logging.WARNING, words, extra=facts)


def _code(body: bytes) -> int | None:
    """The answer's code if it is a number. Text could contain anything."""
    try:
        value = decode(body)
    except ValueError:
        return None
    code = value.get("code") if isinstance(value, dict) else None
    return code if type(code) is int else None
