"""Whether a request with an effect may have left. It decides what a lost answer means."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..client import Client
    from ..engine.messages import Limits, Request


class Effect:
    """`begun`: a request with an effect may have left. It never becomes false again."""

    begun = False

    def watch(self, client: Client, operation: str | None) -> Client:
        """The client, which sends through this object from now on. `operation` is the one that the command calls."""
        client.transport = _Watched(client, self, operation)
        return client


class _Watched:
    """A transport that notes effects. A token refresh on the way is none: its answer is not the command's output."""

    def __init__(self, client: Client, effect: Effect, operation: str | None) -> None:
        self._client, self._effect, self._operation = client, effect, operation
        self._lock = Lock()
        self._inner: Any = None

    def send(self, request: Request, limits: Limits) -> Any:
        id = request.operation
        if id == self._operation or id != "oauth.refresh":
            self._effect.begun |= self._client.registry[id].effect != "read"
        return self._transport().send(request, limits)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    def _transport(self) -> Any:
        with self._lock:
            if self._inner is None:
                self._inner = self._client._new_transport()
            return self._inner
