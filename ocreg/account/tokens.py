"""The tokens of one account: which access token is good, when another is needed, where they are kept.

A token has two windows before its end. In the *advisory* one, one thread fetches the next while the others go on with
what they have; a failure that may pass is let pass. In the *mandatory* one (and after the vendor refused a token) all
wait for one. However many threads, processes and hosts share a store, one of them spends the refresh token and the
others find what it brought.

A new grant is saved, durably, before its access token is used. If it cannot be saved it is kept in memory and saved
before anything else happens; the calls until then fail with StoreError, and nothing is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

from cachetools import LRUCache

from ..errors import ApiError, CallError, LoginNeeded, StoreError, TokenError
from ..forks import ForkSafe, copied
from ..redact import Secret
from .settings import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

Fetch = Callable[[str], dict[str, Any]]

MANDATORY = 60.0
ADVISORY = 600.0
"""Seconds before a token's end at which each window begins; of short-lived tokens a tenth and a quarter."""
QUIET = 30.0
"""Seconds between attempts to fetch a token ahead of time that failed."""


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

    def delete(self, account: str) -> None:
        with self._lock:
            self._grants.pop(account, None)

    def close(self) -> None:
        pass


class _MemorySlot:
    def __init__(self, store: MemoryStore, account: str) -> None:
        self._store, self._account = store, account

    def load(self) -> Grant | None:
        return self._store.load(self._account)

    def save(self, grant: Grant) -> None:
        self._store._save(self._account, grant)


class Tokens(ForkSafe):
    """The tokens of `account` in `store`. `given` is what the settings brought; the store's word is newer.

    Thread-safe. `clock` gives seconds since the epoch and is a parameter so that a test can pass time.
    """

    def __init__(
        self,
        given: Grant = Grant(),  # noqa: B008  # a NamedTuple of nothing cannot change
        store: Store | None = None,
        account: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._given, self._account, self._clock = given, account, clock
        self.store: Store = store or MemoryStore()
        self._unsaved: Grant | None = None
        self._quiet_until = 0.0
        # One tuple, replaced as a whole: readers need no lock. It holds the grant and where its two windows begin.
        self._held = (given, float("inf"), float("inf"))
        self._looked = store is None or given.access_token is not None
        super().__init__()

    def _make_own(self) -> None:
        """Locks. A grant that the parent could not save stays: whoever of the two comes first saves it."""
        self._lock, self._looking = Lock(), Lock()

    def __repr__(self) -> str:
        grant = self._held[0]
        return f"<Tokens access={grant.access_token} refresh={grant.refresh_token}>"

    @property
    def renewable(self) -> bool:
        """Whether a new token can be fetched at all."""
        return self.grant.refresh_token is not None

    @property
    def grant(self) -> Grant:
        """What is held now; the store is asked the first time."""
        if not self._looked:
            with self._looking:  # the others wait: what is held says nothing before it is done
                if not self._looked:
                    stored = self.store.load(self._account)
                    if stored is not None:
                        self._hold(stored)
                    # Without a refresh token look again at the next call: somebody may log in elsewhere.
                    self._looked = self._held[0].refresh_token is not None
        return self._held[0]

    def current(self) -> tuple[str | None, bool]:
        """The access token to use now (None: one must be fetched), and whether it is time to fetch the next one."""
        grant = self.grant
        _, advisory, mandatory = self._held
        now = self._clock()
        if grant.access_token is None or now >= mandatory or self._unsaved is not None:
            return None, False
        return grant.access_token.reveal(), now >= max(advisory, self._quiet_until)

    def renew(self, stale: str | None, fetch: Fetch, *, early: bool = False) -> str | None:
        """A token other than `stale`: one that somebody else has just brought, or what `fetch` gets.

        `fetch` is given the refresh token and returns the token operation's answer. With `early` nobody waits: None
        means that somebody else is at it, or that it failed for now. Raises LoginNeeded, StoreError, and what `fetch`
        raises.
        """
        lock = self._lock  # a fork in between makes another one
        if not lock.acquire(blocking=not early):
            return None
        try:
            token, due = self.current()
            if token is not None and token != stale and not (early and due):
                return token
            with self.store.exclusive(self._account, wait=not early) as slot:
                return self._renew(slot, stale, fetch) if slot is not None else None
        except StoreError:
            if not early or self._unsaved is not None:
                raise
            self._quiet_until = self._clock() + QUIET  # nothing was spent, and what is held still does
            return None
        finally:
            lock.release()

    def _renew(self, slot: Slot, stale: str | None, fetch: Fetch) -> str | None:
        stored = slot.load()
        if self._unsaved is not None and (stored is None or stored.obtained_at <= self._unsaved.obtained_at):
            self._keep(slot, self._unsaved)
        elif stored is not None:
            self._unsaved = None  # somebody has brought a later one since
            self._hold(stored)
        token, due = self.current()
        if token is not None and token != stale and not due:
            return token
        grant = self._held[0]
        if grant.refresh_token is None:
            raise LoginNeeded("there is no refresh token for this account: log in (`ocreg login`)")
        asked = self._clock()
        good = token if token != stale else None
        try:
            answer = fetch(grant.refresh_token.reveal())
        except CallError as error:
            if good is not None:  # what is held still does; look again in a while
                self._quiet_until = asked + QUIET
                return good
            if isinstance(error, ApiError):
                raise LoginNeeded(f"the refresh token was refused: log in again (`ocreg login`)\n  {error}") from error
            raise
        self._keep(slot, granted(answer, asked, grant.refresh_token))
        new = self._held[0].access_token
        if new is None:  # only now: a refresh token that came along is kept
            raise TokenError("the new access token cannot travel in a header", reply=None)
        return new.reveal()

    def accept(self, answer: dict[str, Any]) -> None:
        """Keep what a login brought: the token operation's answer to an authorization code."""
        with self._lock, self.store.exclusive(self._account, wait=True) as slot:
            assert slot is not None
            self._looked = True
            self._keep(slot, granted(answer, self._clock(), None))

    def _keep(self, slot: Slot, grant: Grant) -> None:
        self._unsaved = grant
        slot.save(grant)
        self._unsaved = None
        self._hold(grant)

    def _hold(self, grant: Grant) -> None:
        short = grant.lifetime
        advisory = grant.ends_at - min(ADVISORY, short / 4)
        self._held = (grant, advisory, grant.ends_at - min(MANDATORY, short / 10))


def granted(answer: dict[str, Any], asked_at: float, refresh_token: Secret | None) -> Grant:
    """The grant in a token operation's answer; without a new refresh token the old one stays."""
    new = answer.get("refresh_token")
    lifetime = float(answer.get("expires_in") or 3600)
    access = Secret(answer["access_token"]) if is_word(answer["access_token"]) else None
    return Grant(access, Secret(new) if new else refresh_token, asked_at, lifetime)
