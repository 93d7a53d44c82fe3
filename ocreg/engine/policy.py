"""What each kind of failure means: one table for each kind, and nothing is decided anywhere else.

`happened` tells whether the request took effect at the vendor. Only with "no" may a request with an effect be sent
again. `renew`: refresh the access token and retry once, which is safe because the vendor refused before doing anything.
`passing`: it may work later. Such a failure is retried after a backoff (`Patience`), if it was a read or certainly took
no effect. An endpoint file adds rows with the categories it gives to codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from ..account.answers import KEYS_REFUSED
from ..errors import Happened
from ..forks import ForkSafe

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0
"""Seconds: the range of the first backoff, which doubles each time, and the longest range."""


class Ruling(NamedTuple):
    happened: Happened
    words: str
    renew: bool = False
    passing: bool = False


# Where a conversation failed (`TransportError.kind`).
TRANSPORT: dict[str, Ruling] = {
    "connect": Ruling("no", "no connection: refused, unreachable, or an unknown host name", passing=True),
    "connect-timeout": Ruling("no", "no connection within the time-out", passing=True),
    "proxy": Ruling("no", "the proxy could not be used"),
    "tls": Ruling("no", "no secure connection: the certificate or the handshake was refused"),
    "unusable": Ruling("no", "the address, a header or the proxy's address cannot be used"),
    "write-timeout": Ruling("no", "the request could not be written within the time-out", passing=True),
    "unsent": Ruling("no", "the connection broke before the whole request was written", passing=True),
    "reset": Ruling("unknown", "the connection broke after the request was written, before its answer", passing=True),
    "read-timeout": Ruling("unknown", "no answer within the time-out", passing=True),
    "truncated": Ruling("unknown", "the answer broke off before its end", passing=True),
    "garbled": Ruling("unknown", "the answer's compression is broken", passing=True),
    "deadline": Ruling("no", "the call's deadline passed before it was sent"),
    "cancelled": Ruling("unknown", "cancelled after the request was written, before its answer was read"),
    "cancelled-unsent": Ruling("no", "cancelled before the whole request was written"),
    "too-large": Ruling("unknown", "the answer is larger than this client reads"),
    "other": Ruling("unknown", "the transport failed"),
}

_ELSEWHERE = Ruling("no", "a redirect, which is never followed: signed calls go to the configured host")
_SERVER_FAILED = Ruling("unknown", "the server failed", passing=True)

# HTTP statuses; the first row that covers one applies. 2xx is judged by its body.
STATUS: tuple[tuple[range, Ruling], ...] = (
    (range(100, 200), Ruling("unknown", "an interim answer instead of a final one")),
    # 301, 305, 307 and 308 ask for the same request at another address: it took no effect here. With 302 and 303, a
    # server that did it may show where the result is. The meaning of 300, 304 and the rest after a POST is undefined.
    *((range(status, status + 1), _ELSEWHERE) for status in (301, 305, 307, 308)),
    (range(300, 400), Ruling("unknown", "a redirect, which is never followed; it may lead to the result")),
    (range(401, 402), Ruling("no", "not authenticated: the access token or the signature was refused", renew=True)),
    (range(403, 404), Ruling("no", "forbidden: the keys do not allow this")),
    (range(404, 405), Ruling("no", "not found: the path is not served by this host")),
    # The request was written, and a gateway that stopped waiting may have passed it on: with 408, or with 499 (nginx)
    # and 460 (AWS) when the client has gone.
    (range(408, 409), Ruling("unknown", "the server, or a gateway, stopped waiting for the request", passing=True)),
    (range(460, 461), Ruling("unknown", "a gateway saw the connection close before the answer")),
    (range(499, 500), Ruling("unknown", "a gateway saw the connection close before the answer")),
    (range(425, 426), Ruling("no", "too early: the server does not accept it on a new connection yet", passing=True)),
    (range(429, 430), Ruling("no", "too many requests: wait before you send the next", passing=True)),
    (range(400, 500), Ruling("no", "the request was refused")),
    (range(501, 502), Ruling("no", "the server does not know this method")),
    *((statuses, _SERVER_FAILED) for statuses in (range(500, 505), range(520, 525), range(529, 530))),
    (range(500, 600), Ruling("unknown", "the server failed")),
)

_SIGNATURE = """
  check the key pair: sandbox and production have separate ones (`ocreg whoami -v`)
  try the other form of the signature: sign="path" (--sign path)
  check the clock: its time is sent in TimeStamp
  show what is signed: `ocreg sign ID ... --explain`; --against VALUE explains another signature"""

# The answer's own `code`. For a batch it does not show which items failed, so `happened` differs for many.
CODE: dict[int, Ruling] = {
    1: Ruling("no", f"authentication failed: clientKey, signature or token{_SIGNATURE}", renew=True),
    3: Ruling("no", "a parameter or a business rule was refused"),
}
CODE_OF_BATCH = Ruling("unknown", "the batch was refused; the outcome of its items is unknown")
CODE_UNKNOWN = Ruling("unknown", "a code without a documented meaning")
NO_WITH_ROW = Ruling(
    "unknown", "it was refused, but the answer has its row: it may have been created before, or by this call"
)

# The categories of codes in an endpoint file's `errors`. Of several codes in an answer, the first row here applies.
CATEGORY: dict[str, Ruling] = {
    "exists": Ruling("unknown", "one with this natural key exists: it may have been created before, or by this call"),
    "refused": Ruling("no", "a business rule was refused"),
    "absent": Ruling("no", "the requested object does not exist"),
    "token": Ruling("no", "the access token was refused", renew=True),
    "passing": Ruling("no", "refused for now", passing=True),
}

# Bodies that cannot be judged by their code.
FOREIGN = Ruling("unknown", "the answer belongs to another request", passing=True)
NOT_JSON = Ruling("unknown", "the answer is not JSON")
NO_CODE = Ruling("unknown", "the answer shows neither success nor a refusal")
ODD_SUCCESS = Ruling("yes", "the vendor reports success, but the answer breaks the schema")

# Token operations: by the code in `error`, else by the status. Each attempt may use up a refresh token, so only
# requests that certainly took no effect are retried.
OAUTH = Ruling("no", "no token was issued")
OAUTH_PAGE = Ruling("unknown", "the answer is an error page")
_KEYS = Ruling(
    "no",
    "the keys were refused: check client_key (OCREG_CLIENT_KEY), and that it belongs to this env and host (OCREG_ENV, "
    "OCREG_HOST); a server that also requires the secret needs oauth_secret=True (OCREG_OAUTH_SECRET=1)",
)
OAUTH_CODE: dict[str, Ruling] = {
    **dict.fromkeys(KEYS_REFUSED, _KEYS),
    "temporarily_unavailable": Ruling("no", "no token was issued, for now", passing=True),
    "server_error": Ruling("unknown", "the server failed while it issued a token", passing=True),
}
OAUTH_STATUS: dict[int, Ruling] = {
    404: Ruling("no", "not found: the path is not served by this host, or not at the moment", passing=True)
}
OAUTH_LATER = Ruling("no", "the server asks for a later request", passing=True)


def on_status(status: int) -> Ruling:
    """The ruling for an HTTP status other than 2xx."""
    for statuses, ruling in STATUS:
        if status in statuses:
            return ruling
    return Ruling("unknown", "no HTTP status")


def on_oauth(status: int, code: str | None, *, later: bool) -> Ruling:
    """The ruling for a token operation's answer without a token; `later`: it has a Retry-After."""
    if code in OAUTH_CODE:
        return OAUTH_CODE[code]
    if 200 <= status < 300:
        return OAUTH if code is not None else OAUTH_PAGE
    return OAUTH_LATER if status == 503 and later else OAUTH_STATUS.get(status) or on_status(status)


def category(categories: Iterable[str | None]) -> str | None:
    """The category of an answer: the most cautious of its codes' categories; None if a code has none."""
    found = set(categories)
    return next((name for name in CATEGORY if name in found), None) if None not in found else None


def on_code(code: object, items: int, category: str | None = None) -> Ruling:
    """The ruling for a refusal with `code`, of a request with this many items."""
    if category is not None:
        ruling = CATEGORY[category]
        return CODE_OF_BATCH if items > 1 and not (ruling.renew or ruling.passing) else ruling
    number = int(code) if isinstance(code, str) and re.fullmatch("-?[0-9]{1,9}", code) else code
    ruling = CODE.get(number, CODE_UNKNOWN) if type(number) is int else CODE_UNKNOWN
    return CODE_OF_BATCH if items > 1 and ruling.happened == "no" and not ruling.renew else ruling


class Quota(ForkSafe):
    """The retry budget of a host, so that a broken service is not flooded with retries.

    Each retry takes one; each call that succeeds at once returns a tenth. Thread-safe.
    """

    def __init__(self, retries: int = 100) -> None:
        self._size = self._left = 10 * retries
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def take(self) -> bool:
        with self._lock:
            if self._left < 10:
                return False
            self._left -= 10
            return True

    def give(self) -> None:
        if self._left < self._size:
            with self._lock:
                self._left = min(self._size, self._left + 1)


class Patience(NamedTuple):
    """How long a call is retried: `deadline` seconds in all.

    `jitter` gives a number from 0 to 1, `clock` seconds; both are passed in for tests.
    """

    retries: int
    deadline: float
    clock: Callable[[], float]
    jitter: Callable[[], float]
    quota: Quota

    def left(self, began: float) -> float:
        """The remaining seconds of a call."""
        return self.deadline - (self.clock() - began)

    def pause(self, ruling: Ruling, effect: str, attempt: int, began: float, asked: float | None) -> float | None:
        """Seconds to wait before a retry, or None: give up.

        `asked` is the server's Retry-After in seconds; without it, the pause is a random backoff.
        """
        certain = effect == "read" or ruling.happened == "no"
        if not (ruling.passing and certain and attempt <= self.retries):
            return None
        span = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
        seconds = self.jitter() * span if asked is None else min(max(asked, 0.0), LONGEST_PAUSE)
        if seconds >= self.left(began) or not self.quota.take():
            return None
        return seconds
