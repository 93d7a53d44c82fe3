"""Whether anything was sent that may have changed something at the vendor's: what a lost answer means hangs on it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..client import Client
    from ..engine.messages import Limits, Request


class Effect:
    """`begun`: a request with an effect may have left. It is never taken back."""

    begun = False

    def watch(self, client: Client, operation: str | None) -> Client:
        """The client, which sends through here from now on; `operation` is the one that the command is about."""
        client.transport = _Watched(client, self, operation)
        return client


class _Watched:
    """What sends. Tokens that are renewed on the way are no effect: nobody waits to read them."""

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
