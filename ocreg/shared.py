"""`call` and `plan` on one client that the whole process shares."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from .client import Client, Parameters
from .engine.caller import Answer
from .errors import guarded

if TYPE_CHECKING:
    from .account.settings import Timeout

_default: Client | None = None
_default_lock = Lock()


def default() -> Client:
    """The client that `call` and `plan` share, made from `OCREG_*` variables at its first use."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Client()
        return _default


@guarded
def call(
    id: str,
    data: Any = None,
    *,
    query: Parameters = None,
    path: Parameters = None,
    message_id: str | None = None,
    timeout: Timeout | None = None,
    on_unknown: str = "raise",
) -> Answer:
    """`Client.call` on one shared client with settings from `OCREG_*` variables."""
    given: Any = {"query": query, "path": path, "message_id": message_id, "timeout": timeout, "on_unknown": on_unknown}
    return default().call(id, data, **given)


@guarded
def plan(
    id: str,
    data: Any = None,
    *,
    query: Parameters = None,
    path: Parameters = None,
    message_id: str | None = None,
    show_sensitive: bool = False,
) -> dict[str, Any]:
    """`Client.plan` on one shared client with settings from `OCREG_*` variables."""
    return default().plan(id, data, query=query, path=path, message_id=message_id, show_sensitive=show_sensitive)
