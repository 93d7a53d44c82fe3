"""A plan: what a call would send, for people and programs to check before it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import redact
from ..errors import RequestInvalid
from ..redact import Secret
from .curl import curl
from .preparation import gaps

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..violation import Violation
    from .exchange import Prepared


def planned(
    caller: Any, endpoint: Endpoint, parts: tuple[Any, Any, Any], message_id: str | None, show_sensitive: bool
) -> dict[str, Any]:
    """The plan of a call with `parts`. Missing settings and violations are part of it."""
    settings = caller.settings
    missing = gaps(endpoint, settings, caller.tokens, parts[1])
    lacking = [*missing, *(["access_token"] if endpoint.auth == "token" and not settings.access_token else [])]
    complete = settings._replace(**{name: Secret("missing") for name in lacking})
    call, violations = None, []
    try:
        call = caller.prepare(endpoint, parts, message_id, complete)
    except RequestInvalid as error:
        violations = error.violations
    return plan(endpoint, settings.env, call, violations, missing, show_sensitive, settings.sign)


def plan(
    endpoint: Endpoint,
    env: str,
    call: Prepared | None,
    violations: list[Violation],
    gaps: list[str],
    show_sensitive: bool,
    sign: str = "body",
) -> dict[str, Any]:
    """The plan as JSON values. `call` is None if the payload was refused."""
    result: dict[str, Any] = {
        "operation": endpoint.id,
        "summary": endpoint.summary,
        "environment": env,
        "effect": endpoint.effect,
        "valid": call is not None,
        "violations": [violation.as_dict() for violation in violations],
        "missing": [f"{name} (OCREG_{name.upper()})" for name in gaps],
    }
    if call is None:
        return result
    hidden = endpoint.secret if show_sensitive else endpoint.sensitive
    headers = dict(call.request.headers)
    if endpoint.auth == "token" or call.token:
        headers["Access-Token"] = "Bearer"  # masked below, whether it exists or is obtained first
    headers = redact.headers(headers)
    body = None if call.request.body is None else redact.data(json.loads(call.request.body), hidden)
    url = redact.text(call.request.url)
    return {
        **result,
        "message_id": call.message_id,
        "method": call.request.method,
        "url": url,
        "headers": headers,
        "body": body,
        "curl": curl(endpoint, call, hidden, sign),
    }
