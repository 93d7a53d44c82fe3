"""The tokens that the sandbox has issued, and the codes that obtain them: which are valid, and for how long.

They are dropped in time: access tokens a day after they expire (until then the answer says that they expired), refresh
tokens when they expire after a year, codes after ten minutes; and the oldest of each kind if there are more than MOST.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, NamedTuple

from ..account.settings import DEMO, DEMO_CODE
from ..forks import ForkSafe

MOST = 10_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_CODE_LIFETIME = 600  # the maximum that RFC 6749 recommends; the vendor's is not known
_DAY = 24 * 3600
_YEAR = 365 * _DAY


class Code(NamedTuple):
    until: float
    redirect_uri: str


class IssuedTokens(ForkSafe):
    """For one client key and one seller. The demo refresh token and the demo code are valid from the start: the token
    for a year, the code until it is used.
    """

    def __init__(self, client_key: str, lifetime: int, clock: Callable[[], float], chance: random.Random) -> None:
        self.client_key = client_key
        self.lifetime = lifetime
        self._clock, self._chance = clock, chance
        self._demo_codes: dict[str, str] = dict(DEMO_CODE)
        self._demo_until = clock() + _YEAR
        self._codes: dict[str, Code] = {}  # all in order of expiry, or nearly
        self._access: dict[str, float] = {}
        self._refresh: dict[str, float] = {}
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def new_code(self, redirect_uri: str) -> str:
        """A code for the redirect: long and base64-like, with `+`, `/` and `=`, as the vendor's codes have."""
        with self._lock:
            now = self._clock()
            _forget(self._codes, lambda code: code.until <= now)
            code = self._word(190) + "+/=="
            self._codes[code] = Code(now + _CODE_LIFETIME, redirect_uri)
            return code

    def spend_code(self, code: str, redirect_uri: str) -> str | None:
        """Why the code is refused, or None: then it is used up."""
        with self._lock:
            known = self._codes.get(code)
            target = known.redirect_uri if known and known.until > self._clock() else self._demo_codes.get(code)
            if target is None:
                return "the code is unknown, too old or already used"
            if target != redirect_uri:
                return "redirect_uri is not the one of the authorization"
            self._codes.pop(code, None)
            self._demo_codes.pop(code, None)
            return None

    def new_access(self) -> str:
        with self._lock:
            now = self._clock()
            _forget(self._access, lambda until: until <= now - _DAY)
            token = self._word(40)
            self._access[token] = now + self.lifetime
            return token

    def new_refresh(self) -> str:
        with self._lock:
            now = self._clock()
            _forget(self._refresh, lambda until: until <= now)
            token = self._word(40)
            self._refresh[token] = now + _YEAR
            return token

    def may_refresh(self, token: str) -> bool:
        until = self._demo_until if token == DEMO["refresh_token"] else self._refresh.get(token, 0.0)
        return until > self._clock()

    def expire(self, access_token: str) -> None:
        """Let a valid token expire now."""
        with self._lock:
            if access_token in self._access:
                self._access[access_token] = min(self._access[access_token], self._clock())

    def problem(self, access_token: str) -> str | None:
        """Why an access token is refused, or None."""
        until = self._access.get(access_token)
        if until is None:
            return "Access-Token invalid"
        return None if until > self._clock() else "Access-Token expired"

    def _word(self, length: int) -> str:
        return "".join(self._chance.choices(_ALPHABET, k=length))


def _forget(kept: dict[str, Any], over: Callable[[Any], bool]) -> None:
    """Drop the oldest expired entries, and make room for another one."""
    while kept and (len(kept) >= MOST or over(next(iter(kept.values())))):
        del kept[next(iter(kept))]


def credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Scheme and token of the `Access-Token` header; empty if there is none."""
    sent = next((value for name, value in headers.items() if name.lower() == "access-token"), "")
    scheme, _, token = sent.strip().partition(" ")
    return scheme, token.strip()
