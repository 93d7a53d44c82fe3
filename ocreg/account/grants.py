"""What is kept of an account, and where: the protocol of stores, and the one in memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from threading import Lock, RLock
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from cachetools import LRUCache

from ..forks import ForkSafe, copied
from ..redact import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator


class Grant(NamedTuple):
    """What is kept of one account. Times are in seconds: since the epoch, and the lifetime that the vendor named."""

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    obtained_at: float = 0.0
    lifetime: float = 0.0

    @property
    def ends_at(self) -> float:
        return self.obtained_at + self.lifetime


class Slot(Protocol):
    """One account while nobody else, on any host that shares the store, can change it."""

    def load(self) -> Grant | None: ...

    def save(self, grant: Grant) -> None:
        """Keep the grant; durable when this returns. Raises StoreError, and then nothing has changed."""


@runtime_checkable
class Marked(Protocol):
    """What a slot should have, too; without it only this process knows that an answer is missing."""

    def asked(self) -> float | None:
        """When a new grant was asked for that has not come; seconds since the epoch."""

    def mark(self, at: float | None) -> None:
        """Keep what `asked` gives; durable when this returns. None: there was an answer, as `save` says, too.

        In between somebody else may have had the slot; when this returns it is this one's.
        """


class Store(Protocol):
    """Where grants are kept, by account. All of it raises StoreError."""

    def load(self, account: str) -> Grant | None: ...

    def exclusive(self, account: str, *, wait: bool) -> AbstractContextManager[Slot | None]:
        """The account's slot; None if somebody else has it and `wait` is false.

        It must be certain to be writable when it is given: what is fetched inside must not be lost for want of space.
        """

    def delete(self, account: str) -> None: ...

    def close(self) -> None: ...


class MemoryStore(ForkSafe):
    """Grants of the accounts that were used last, in this process; its own slots."""

    def __init__(self, size: int = 1024) -> None:
        self._grants: LRUCache[str, Grant] = LRUCache(size)
        super().__init__()

    def _make_own(self) -> None:
        self._grants = copied(self._grants)
        self._asked: LRUCache[str, float] = LRUCache(self._grants.maxsize)  # no child waits for its parent's answer
        self._locks: WeakValueDictionary[str, RLock] = WeakValueDictionary()  # as long as somebody uses them
        self._lock = Lock()

    def load(self, account: str) -> Grant | None:
        with self._lock:
            return self._grants.get(account)

    @contextmanager
    def exclusive(self, account: str, *, wait: bool) -> Iterator[Slot | None]:
        with self._lock:
            lock = self._locks.setdefault(account, RLock())
        if not lock.acquire(blocking=wait):
            yield None
            return
        try:
            yield _MemorySlot(self, account)
        finally:
            lock.release()

    def _save(self, account: str, grant: Grant) -> None:
        with self._lock:
            self._grants[account] = grant
            self._asked.pop(account, None)

    def delete(self, account: str) -> None:
        with self._lock:
            self._grants.pop(account, None)
            self._asked.pop(account, None)

    def close(self) -> None:
        pass


class _MemorySlot:
    def __init__(self, store: MemoryStore, account: str) -> None:
        self._store, self._account = store, account

    def load(self) -> Grant | None:
        return self._store.load(self._account)

    def save(self, grant: Grant) -> None:
        self._store._save(self._account, grant)

    def asked(self) -> float | None:
        with self._store._lock:
            return self._store._asked.get(self._account)

    def mark(self, at: float | None) -> None:
        with self._store._lock:
            self._store._asked.pop(self._account, None)
            if at is not None:
                self._store._asked[self._account] = at
