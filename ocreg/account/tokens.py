"""The tokens of one account: which access token is good, when another is needed, where they are kept.

A token has two windows before its end. In the *advisory* one, one thread fetches the next while the others go on with
what they have; a failure that may pass is let pass. In the *mandatory* one (and after the vendor refused a token) all
wait for one. However many threads, processes and hosts share a store, one of them spends the refresh token and the
others find what it brought.

A new grant is saved, durably, before its access token is used. If it cannot be saved it is kept in memory and saved
before anything else happens; the calls until then fail with StoreError, and nothing is lost.

A server may take a refresh token that comes twice for a stolen one. So it is written down, durably, that one is asked
for before the request leaves, and that an answer came. Where none did (a time-out, a status 500, a killed process) the
others wait; after `UNANSWERED` seconds one of them asks again.
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
"""Seconds before a token's end at which each window begins; of short-lived tokens a tenth and a quarter."""
QUIET = 30.0
"""Seconds between attempts to fetch a token ahead of time that failed."""
UNANSWERED = 90.0
"""Seconds after a request for a token, of which nobody knows what became, before it is sent again.

Longer than a request lasts by default (10 seconds to connect, 60 to answer): who still lives has its answer by then.
"""
_TURN = 15.0
"""Seconds that those who waited so long give to the one who asks again."""
_FIRST_LOOK, _LOOK = 0.05, 1.0
"""Seconds between two looks at a store where somebody else has asked: the first, then doubled up to the other."""


class Tokens(ForkSafe):
    """The tokens of `account` in `store`. `given` is what the settings brought; the store's word is newer.

    Thread-safe. `clock` gives seconds since the epoch; it and `sleep` are parameters so that a test can pass time.
    """

    def __init__(
        self,
        given: Grant = Grant(),  # noqa: B008  # a NamedTuple of nothing cannot change
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
        # One tuple, replaced as a whole: readers need no lock. It holds the grant and where its two windows begin.
        self._held = (given, float("inf"), float("inf"))
        self._looked = store is None or given.access_token is not None
        super().__init__()

    def _make_own(self) -> None:
        """Locks. A grant that the parent could not save stays: whoever of the two comes first saves it."""
        self._lock, self._looking = Lock(), Lock()
        self._asked: float | None = None  # no child waits for its parent's answer

    def __repr__(self) -> str:
        grant = self._held[0]
        return f"<Tokens access={grant.access_token} refresh={grant.refresh_token}>"

    @property
    def looked(self) -> bool:
        """Whether what is held is all there is to know, so that no question waits for the store."""
        return self._looked

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
        began, lock = self._clock(), self._lock  # a fork in between makes another one
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
            self._quiet_until = self._clock() + QUIET  # nothing was spent, and what is held still does
            return None
        finally:
            lock.release()

    def _look(self, stale: str | None, fetch: Fetch, began: float, *, early: bool) -> str | None:
        """Look into the store until there is a token, or one can be fetched."""
        waited, pause = 0.0, _FIRST_LOOK
        while True:
            spent = max(waited, self._clock() - began)  # asked before the look: the last one comes after the wait
            with self.store.exclusive(self._account, wait=not early) as slot:
                token = self._renew(slot, stale, fetch) if slot is not None else None
            if token is not None or early:
                return token
            if spent >= UNANSWERED + _TURN:
                words = "a new access token was asked for, and no answer came"
                raise TokenError(f"{words}: the refresh token is sent again {UNANSWERED:.0f} seconds later")
            self._sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LOOK)

    def _renew(self, slot: Slot, stale: str | None, fetch: Fetch) -> str | None:
        """None: somebody has asked, and it is not known what came of it."""
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
        if self._asked_at(slot) != now:  # a login came in between
            return None
        try:
            answer = fetch(refresh_token.reveal())
        except OcregError as error:
            if not isinstance(error, CallError) or error.happened == "no":
                with suppress(StoreError):  # then the others wait, in vain
                    self._mark(slot, None)
            if isinstance(error, CallError) and good is not None:
                return self._go_on_with(good)
            if isinstance(error, CallError) and answers.is_over(error):
                raise LoginNeeded(f"the refresh token was refused: log in again (`ocreg login`)\n  {error}") from error
            raise
        self._keep(slot, granted(answer, now, refresh_token))
        new = self._held[0].access_token
        if new is None:  # only now: a refresh token that came along is kept
            raise TokenError("the new access token is missing, or cannot travel in a header", reply=None)
        return new.reveal()

    def _catch_up(self, slot: Slot) -> None:
        """Hold what the store has, or give it what it lacks."""
        stored = slot.load()
        if self._unsaved is not None and (stored is None or stored.obtained_at <= self._unsaved.obtained_at):
            self._keep(slot, self._unsaved)
        elif stored is not None:
            if stored != self._held[0]:
                self._asked = None
            self._unsaved = None  # somebody has brought a later one since
            self._hold(stored)

    def _go_on_with(self, good: str | None) -> str | None:
        """What is held still does; look again in a while."""
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
        """Keep what a login brought: the token operation's answer to an authorization code.

        Raises TokenError, after everything is kept, where a token is missing.
        """
        with self._lock, self.store.exclusive(self._account, wait=True) as slot:
            assert slot is not None
            self._looked = True
            grant = granted(answer, self._clock(), None)
            self._keep(slot, grant)
        for name in ("access_token", "refresh_token"):
            if getattr(grant, name) is None:
                facts = {"operation": "oauth.token", "happened": "yes", "message_id": "", "reply": None}
                raise TokenError(f"the login brought no {name} that can be used; what it brought is kept", **facts)

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
