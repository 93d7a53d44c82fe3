"""The tokens of one account: the valid access token, when to refresh it, and where they are stored.

A token has two windows before it expires. In the *advisory* one, one thread refreshes it while the others use the old
one; a temporary failure is ignored. In the *mandatory* one (and after the vendor refused a token), all wait for the
refresh. Of all threads, processes and hosts that share a store, one uses the refresh token, and the others read the
result.

A new grant is saved, durably, before its access token is used. If it cannot be saved, it is kept in memory and saved
before anything else happens; until then calls fail with StoreError, and nothing is lost.

A server may treat a refresh token that arrives twice as stolen. So each refresh is recorded, durably, before its
request leaves, and again when the answer has come. If no answer came (a time-out, a status 500, a killed process), the
others wait; after `UNANSWERED` seconds one of them sends the request again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from ..errors import CallError, LoginNeeded, OcregError, StoreError, TokenError
from ..forks import ForkSafe
from ..redact import Secret
from . import answers
from .grants import Grant, Marked, MemoryStore, Slot, Store

Fetch = Callable[[str], dict[str, Any]]

MANDATORY = 60.0
ADVISORY = 600.0
"""Seconds before a token's expiry at which each window begins; for short-lived tokens a tenth and a quarter."""
QUIET = 30.0
"""Seconds after a failed early refresh before the next one."""
UNANSWERED = 90.0
"""Seconds after a refresh with an unknown outcome before it is sent again.

Longer than a request takes by default (10 seconds to connect, 60 to answer): a live process has its answer by then.
"""
_TURN = 15.0
"""Seconds that the others then wait for the one that sends it again."""
_FIRST_LOOK, _LOOK = 0.05, 1.0
"""Seconds between two reads of a store during another process's refresh: the first, and the longest after doubling."""


class Tokens(ForkSafe):
    """The tokens of `account` in `store`. `given` are those of the settings; the store's are newer.

    Thread-safe. `clock` gives seconds since the epoch; it and `sleep` are parameters for tests.
    """

    def __init__(
        self,
        given: Grant = Grant(),  # noqa: B008  # an empty NamedTuple is immutable
        store: Store | None = None,
        account: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account, self._clock, self._sleep = account, clock, sleep
        self.store: Store = store or MemoryStore()
        self._unsaved: Grant | None = None
        self._seen = (0.0, 0.0)
        self._quiet_until = 0.0
        # One tuple, replaced as a whole, so that readers need no lock: the grant, and where its two windows begin.
        self._held = (given, float("inf"), float("inf"))
        self._looked = store is None or given.access_token is not None
        super().__init__()

    def _make_own(self) -> None:
        """New locks. A grant that the parent could not save stays: parent or child saves it."""
        self._lock, self._looking = Lock(), Lock()
        self._asked: float | None = None  # a child does not wait for its parent's answer

    def __repr__(self) -> str:
        grant = self._held[0]
        return f"<Tokens access={grant.access_token} refresh={grant.refresh_token}>"

    @property
    def looked(self) -> bool:
        """Whether the tokens were read from the store, so that reading them does not block."""
        return self._looked

    @property
    def renewable(self) -> bool:
        """Whether a refresh is possible at all."""
        return self.grant.refresh_token is not None

    @property
    def grant(self) -> Grant:
        """The current tokens; the first time, they are read from the store."""
        if not self._looked:
            with self._looking:  # the others wait until the store was read
                if not self._looked:
                    stored = self.store.load(self._account)
                    if stored is not None:
                        self._hold(stored)
                    # Without a refresh token, read again at the next call: another process may log in.
                    self._looked = self._held[0].refresh_token is not None
        return self._held[0]

    def current(self) -> tuple[str | None, bool]:
        """The access token to use now (None: refresh first), and whether it is time for an early refresh."""
        grant = self.grant
        _, advisory, mandatory = self._held
        now = self._clock()
        if grant.access_token is None or now >= mandatory or self._unsaved is not None:
            return None, False
        return grant.access_token.reveal(), now >= max(advisory, self._quiet_until)

    def renew(self, stale: str | None, fetch: Fetch, *, early: bool = False) -> str | None:
        """A token other than `stale`: one that another process has just stored, or the result of `fetch`.

        `fetch` gets the refresh token and returns the token operation's answer. With `early` nothing waits: None
        means that another process refreshes, or that it failed for now. Raises LoginNeeded, StoreError, and the
        exceptions of `fetch`.
        """
        began, lock = self._clock(), self._lock  # a fork in between replaces it
        if not lock.acquire(blocking=not early):
            return None
        try:
            token, due = self.current()
            if token is not None and token != stale and not (early and due):
                return token
            return self._look(stale, fetch, began, early=early)
        except StoreError:
            if not early or self._unsaved is not None:
                raise
            self._quiet_until = self._clock() + QUIET  # no refresh token was used, and the current token is still valid
            return None
        finally:
            lock.release()

    def _look(self, stale: str | None, fetch: Fetch, began: float, *, early: bool) -> str | None:
        """Read the store until it has a token, or a refresh is possible."""
        waited, pause = 0.0, _FIRST_LOOK
        while True:
            spent = max(waited, self._clock() - began)  # before the read: the last one comes after the wait
            with self.store.exclusive(self._account, wait=not early) as slot:
                token = self._renew(slot, stale, fetch) if slot is not None else None
            if token is not None or early:
                return token
            if spent >= UNANSWERED + _TURN:
                words = "a token refresh was sent, and no answer came"
                raise TokenError(f"{words}: the refresh token is sent again {UNANSWERED:.0f} seconds later")
            self._sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LOOK)

    def _renew(self, slot: Slot, stale: str | None, fetch: Fetch) -> str | None:
        """None: a refresh was sent, and its outcome is unknown."""
        self._catch_up(slot)
        token, due = self.current()
        if token is not None and token != stale and not due:
            return token
        refresh_token = self._held[0].refresh_token
        if refresh_token is None:
            raise LoginNeeded("there is no refresh token for this account: log in (`ocreg login`)")
        now, good = self._clock(), token if token != stale else None
        if self._in_doubt(slot, now):
            return self._go_on_with(good)
        self._mark(slot, now)
        if self._asked_at(slot) != now:  # a login happened meanwhile
            return None
        try:
            answer = fetch(refresh_token.reveal())
        except OcregError as error:
            if not isinstance(error, CallError) or error.happened == "no":
                with suppress(StoreError):  # the others then wait for nothing
                    self._mark(slot, None)
            if isinstance(error, CallError) and good is not None:
                return self._go_on_with(good)
            if isinstance(error, CallError) and answers.is_over(error):
                raise LoginNeeded(f"the refresh token was refused: log in again (`ocreg login`)\n  {error}") from error
            raise
        self._keep(slot, granted(answer, now, refresh_token))
        new = self._held[0].access_token
        if new is None:  # after saving: a refresh token in the answer is kept
            raise TokenError("the new access token is missing, or not valid in a header", reply=None)
        return new.reveal()

    def _catch_up(self, slot: Slot) -> None:
        """Take newer tokens from the store, or save unsaved ones in it."""
        stored = slot.load()
        if self._unsaved is not None and (stored is None or stored.obtained_at <= self._unsaved.obtained_at):
            self._keep(slot, self._unsaved)
        elif stored is not None:
            if stored != self._held[0]:
                self._asked = None
            self._unsaved = None  # the store has a newer one
            self._hold(stored)

    def _go_on_with(self, good: str | None) -> str | None:
        """Keep using the current token, and try again later."""
        if good is not None:
            self._quiet_until = self._clock() + QUIET
        return good

    def _in_doubt(self, slot: Slot, now: float) -> bool:
        asked = self._asked_at(slot)
        if asked is not None and asked != self._seen[0]:
            self._seen = (asked, now)  # the clock of another host may be ahead
        return asked is not None and now - min(self._seen) < UNANSWERED

    def _asked_at(self, slot: Slot) -> float | None:
        return slot.asked() if isinstance(slot, Marked) else self._asked

    def _mark(self, slot: Slot, at: float | None) -> None:
        self._asked = at
        if isinstance(slot, Marked):
            slot.mark(at)

    def accept(self, answer: dict[str, Any]) -> None:
        """Store the tokens of a login: the token operation's answer to an authorization code.

        Raises TokenError if a token is missing, after the others were stored.
        """
        with self._lock, self.store.exclusive(self._account, wait=True) as slot:
            assert slot is not None
            self._looked = True
            grant = granted(answer, self._clock(), None)
            self._keep(slot, grant)
        for name in ("access_token", "refresh_token"):
            if getattr(grant, name) is None:
                facts = {"operation": "oauth.token", "happened": "yes", "message_id": "", "reply": None}
                raise TokenError(f"the login returned no usable {name}; the other token was stored", **facts)

    def _keep(self, slot: Slot, grant: Grant) -> None:
        self._unsaved = grant
        slot.save(grant)
        self._unsaved = self._asked = None
        self._hold(grant)

    def _hold(self, grant: Grant) -> None:
        short = grant.lifetime
        advisory = grant.ends_at - min(ADVISORY, short / 4)
        self._held = (grant, advisory, grant.ends_at - min(MANDATORY, short / 10))


def granted(answer: dict[str, Any], asked_at: float, refresh_token: Secret | None) -> Grant:
    """The grant in a token operation's answer; without a new refresh token the old one stays."""
    access, new = answers.access_token(answer), answers.refresh_token(answer)
    lifetime = answers.lifetime(answer.get("expires_in"))
    return Grant(Secret(access) if access else None, Secret(new) if new else refresh_token, asked_at, lifetime)
