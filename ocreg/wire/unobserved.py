"""Requests that no tracer sees: the URL of a token call holds a refresh token or a code, and a trace keeps URLs.

OpenTelemetry and Sentry are told in the way that each of them offers, if they are loaded; neither is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any


@contextmanager
def unobserved() -> Iterator[None]:
    """Within it OpenTelemetry's instrumentations and Sentry's make no span, breadcrumb or metric of this thread."""
    with ExitStack() as hidden:
        telemetry: Any = sys.modules.get("opentelemetry.instrumentation.utils")
        if hasattr(telemetry, "suppress_instrumentation"):
            hidden.enter_context(telemetry.suppress_instrumentation())
        sentry: Any = sys.modules.get("sentry_sdk")
        if hasattr(sentry, "new_scope"):  # since its version 2
            hidden.enter_context(sentry.new_scope()).set_client(_deaf_client())
        yield


@cache
def _deaf_client() -> Any:
    """A client of Sentry without integrations; one that was not active would give way to the application's own."""
    base: Any = sys.modules["sentry_sdk.client"].BaseClient

    class Deaf(base):  # type: ignore[misc]
        def is_active(self) -> bool:
            return True

    client = Deaf()
    # a connection may still hold the crumb of an earlier request, which was left already
    client.options = {**client.options, "before_breadcrumb": lambda *_: None}
    return client
