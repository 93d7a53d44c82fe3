"""Hides requests from tracers: the URL of a token call contains a refresh token or a code, and traces keep URLs.

OpenTelemetry and Sentry are switched off by their own means, if they are loaded. Neither is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any


@contextmanager
def unobserved() -> Iterator[None]:
    """Within it, OpenTelemetry's and Sentry's instrumentations record no span, breadcrumb or metric of this thread."""
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
    """A client of Sentry without integrations. It must be active, or Sentry would use the application's own."""
    base: Any = sys.modules["sentry_sdk.client"].BaseClient

    class Deaf(base):  # type: ignore[misc]
        def is_active(self) -> bool:
            return True

    client = Deaf()
    # a connection may still have the breadcrumb of an earlier, finished request
    client.options = {**client.options, "before_breadcrumb": lambda *_: None}
    return client
