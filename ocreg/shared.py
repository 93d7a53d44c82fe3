"""`call` and `plan` with one client that the whole process shares."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from .client import Client
from .engine.caller import Answer
from .errors import guarded
from .face import Parameters
from .forks import ForkSafe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .account.settings import Timeout
    from .operations import OperationId


class _Default(ForkSafe):
    client: Client | None = None

    def _make_own(self) -> None:
        self._lock = Lock()

    def get(self) -> Client:
        with self._lock:
            if self.client is None:
                self.client = Client()
            return self.client


_default = _Default()


def default() -> Client:
    """The client that `call` and `plan` share: `Client()`, made at the first use."""
    return _default.get()


@guarded
def call(
    id: OperationId | str,
    data: Any = None,
    *,
    query: Parameters = None,
    path: Parameters = None,
    message_id: str | None = None,
    timeout: Timeout | None = None,
    on_unknown: str = "raise",
    unknown: Iterable[str] = (),
) -> Answer:
    """Call an operation with the shared client, and return its whole answer.

    The shared client is `Client()`, made at the first use: its settings come from `OCREG_*` variables and the default
    profile. Arguments, result and errors are those of `Client.call`; settings that cannot be used raise
    `SettingInvalid`.
    """
    how: Any = {"message_id": message_id, "timeout": timeout, "on_unknown": on_unknown, "unknown": unknown}
    return default().call(id, data, query=query, path=path, **how)


@guarded
def plan(
    id: OperationId | str,
    data: Any = None,
    *,
    query: Parameters = None,
    path: Parameters = None,
    message_id: str | None = None,
    show_sensitive: bool = False,
    unknown: Iterable[str] = (),
) -> dict[str, Any]:
    """Return what `call` would send, without sending it.

    Arguments, result and errors are those of `Client.plan`.
    """
    how: Any = {"message_id": message_id, "show_sensitive": show_sensitive, "unknown": unknown}
    return default().plan(id, data, query=query, path=path, **how)
