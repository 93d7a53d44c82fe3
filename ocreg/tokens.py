"""The access token of one account: which one is good, and when another is needed.

A token given as it is (`access_token`) is used until the vendor refuses it. With a `refresh_token` a new one is
fetched before the old one ends, and once after a refusal. However many threads ask, one fetches and the others wait:
a refresh token is not spent twice. Everything is kept in memory.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Any

from .redact import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings

AHEAD = 60.0
"""Seconds before its end at which a token counts as used up, so that no call sets out with a dying one."""


class Tokens:
    """Thread-safe. `clock` gives seconds and is a parameter so that a test can pass time without waiting."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._refresh = settings.refresh_token
        # One tuple, replaced as a whole: readers need no lock.
        self._held: tuple[Secret | None, float] = (settings.access_token, float("inf"))

    def __repr__(self) -> str:
        return f"<Tokens access={self._held[0]} refresh={self._refresh}>"

    @property
    def renewable(self) -> bool:
        """Whether a new token can be fetched at all."""
        return self._refresh is not None

    def current(self) -> str | None:
        """The access token to use now, or None when there is none or it is about to end."""
        token, until = self._held
        return token.reveal() if token is not None and self._clock() < until else None

    def renew(self, stale: str | None, fetch: Callable[[str], dict[str, Any]]) -> str:
        """A token other than `stale`: one that another thread has just brought, or what `fetch` gets.

        `fetch` is given the refresh token and returns the token operation's answer, with `access_token`, and perhaps
        `expires_in` (seconds) and a new `refresh_token`. Its errors pass through and change nothing here.
        """
        with self._lock:
            token = self.current()
            if token is not None and token != stale:
                return token
            if self._refresh is None:
                raise LookupError("no refresh token")
            asked = self._clock()
            answer = fetch(self._refresh.reveal())
            lifetime = float(answer.get("expires_in") or 3600)
            if answer.get("refresh_token"):
                self._refresh = Secret(answer["refresh_token"])
            self._held = (Secret(answer["access_token"]), asked + lifetime - min(AHEAD, lifetime / 10))
            return str(answer["access_token"])
