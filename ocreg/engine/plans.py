"""A plan: what a call would send, for people and programs to look at before it is sent."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from .. import redact

if TYPE_CHECKING:
    from ..account.settings import Settings
    from ..registry.endpoint import Endpoint
    from ..violation import Violation
    from .exchange import Prepared


def missing(endpoint: Endpoint, settings: Settings) -> list[str]:
    """The settings that a call of this operation needs and that nobody gave."""
    needed = {"token": ["client_key", "secret_key"], "key": ["client_key", "secret_key"]}.get(endpoint.auth, [])
    if endpoint.query is not None:
        nodes = endpoint.query.root.get("properties", {}).values()
        needed = needed + [node["x-setting"] for node in nodes if "x-setting" in node]
    gaps = [name for name in needed if getattr(settings, name) is None]
    if endpoint.auth == "token" and settings.access_token is None and settings.refresh_token is None:
        gaps.append("access_token")
    return gaps


def plan(
    endpoint: Endpoint,
    env: str,
    call: Prepared | None,
    violations: list[Violation],
    gaps: list[str],
    show_sensitive: bool,
) -> dict[str, Any]:
    """The plan as JSON values. `call` is None where the payload was refused."""
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
        headers["Access-Token"] = "Bearer"  # masked below, whether it is at hand or fetched first
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
        "curl": _curl(call.request.method, url, headers, body),
    }


def _curl(method: str, url: str, headers: dict[str, str], body: Any) -> str:
    words = ["curl", "-X", method, url]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body is not None:
        words += ["--data-raw", json.dumps(body, ensure_ascii=False, separators=(",", ":"))]
    return shlex.join(words)
