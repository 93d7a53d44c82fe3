"""The stored tokens of an account: the protocol of stores, and the store in memory."""

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
    """The stored tokens of one account. Times are in seconds: since the epoch, and the lifetime from the vendor."""

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    obtained_at: float = 0.0
    lifetime: float = 0.0

    @property
    def ends_at(self) -> float:
        return self.obtained_at + self.lifetime


class Slot(Protocol):
    """Exclusive access to one account, among all hosts that share the store."""

    def load(self) -> Grant | None: ...

    def save(self, grant: Grant) -> None:
        """Save the grant, durably. Raises StoreError, and then nothing has changed."""


@runtime_checkable
class Marked(Protocol):
    """Optional methods of a slot. Without them, only this process knows that an answer is missing."""

    def asked(self) -> float | None:
        """When a new grant was requested that has not come, in seconds since the epoch."""

    def mark(self, at: float | None) -> None:
        """Save the value of `asked`, durably. None: the answer has come, which `save` also implies.

        Another process may have had the slot meanwhile; on return, it is held again.
        """


class Store(Protocol):
    """Keeps grants by account. All methods raise StoreError."""

    def load(self, account: str) -> Grant | None: ...

    def exclusive(self, account: str, *, wait: bool) -> AbstractContextManager[Slot | None]:
        """The account's slot; None if another process has it and `wait` is false.

        It must be certain to be writable: tokens that are obtained in it must not be lost for lack of space.
        """

    def delete(self, account: str) -> None: ...

    def close(self) -> None: ...


class MemoryStore(ForkSafe):
    """Grants of the most recently used accounts, in this process, with their slots."""

    def __init__(self, size: int = 1024) -> None:
        self._grants: LRUCache[str, Grant] = LRUCache(size)
        super().__init__()

    def _make_own(self) -> None:
        self._grants = copied(self._grants)
        self._asked: LRUCache[str, float] = LRUCache(self._grants.maxsize)  # a child does not wait for its parent
        self._locks: WeakValueDictionary[str, RLock] = WeakValueDictionary()  # as long as they are used
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
