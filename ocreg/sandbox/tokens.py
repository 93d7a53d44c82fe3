"""The tokens that the sandbox has given out, and the codes that buy them: which are good, and how long."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from threading import Lock

from ..account.settings import DEMO, DEMO_CODE
from ..forks import ForkSafe

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_YEAR = 365 * 24 * 3600


class IssuedTokens(ForkSafe):
    """One client key, one seller. The demo refresh token and the demo code are good from the start."""

    def __init__(self, client_key: str, lifetime: int, clock: Callable[[], float], chance: random.Random) -> None:
        self.client_key = client_key
        self.lifetime = lifetime
        self._clock, self._chance = clock, chance
        self._codes: dict[str, str] = dict(DEMO_CODE)
        self._access: dict[str, float] = {}
        self._refresh: dict[str, float] = {DEMO["refresh_token"]: clock() + _YEAR}
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def new_code(self, redirect_uri: str) -> str:
        """A code for the redirect: long and base64-like, with `+`, `/` and `=` as the vendor's have them."""
        with self._lock:
            code = self._word(190) + "+/=="
            self._codes[code] = redirect_uri
            return code

    def spend_code(self, code: str, redirect_uri: str) -> str | None:
        """Why the code buys nothing, or None: then it is used up."""
        with self._lock:
            if code not in self._codes:
                return "the code is unknown or was used already"
            if self._codes[code] != redirect_uri:
                return "redirect_uri is not the one of the authorization"
            del self._codes[code]
            return None

    def new_access(self) -> str:
        with self._lock:
            token = self._word(40)
            self._access[token] = self._clock() + self.lifetime
            return token

    def new_refresh(self) -> str:
        with self._lock:
            token = self._word(40)
            self._refresh[token] = self._clock() + _YEAR
            return token

    def may_refresh(self, token: str) -> bool:
        return self._refresh.get(token, 0) > self._clock()

    def expire(self, access_token: str) -> None:
        """Let a token that is good end now."""
        with self._lock:
            if access_token in self._access:
                self._access[access_token] = min(self._access[access_token], self._clock())

    def problem(self, access_token: str) -> str | None:
        """Why an access token is not good, or None."""
        until = self._access.get(access_token)
        if until is None:
            return "Access-Token invalid"
        return None if until > self._clock() else "Access-Token expired"

    def _word(self, length: int) -> str:
        return "".join(self._chance.choices(_ALPHABET, k=length))


def credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Scheme and token of the `Access-Token` header; empty where there is none."""
    sent = next((value for name, value in headers.items() if name.lower() == "access-token"), "")
    scheme, _, token = sent.strip().partition(" ")
    return scheme, token.strip()
