"""What each kind of failure means: one table a way of failing, and nothing decided anywhere else.

`happened` is about the operation at the vendor's side. Only "no" lets an effect be sent again. `renew` means: get
another access token and try once more, which is safe because the vendor refused before doing anything. `passing` means
that it may go better in a while: such a failure of a read, or of an effect that certainly did not happen, is tried
again after a pause, as `Patience` says. An endpoint file adds rows with the categories it gives to codes.
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
"""Seconds: the span from which the first pause is drawn, doubled each time, and the longest of all."""


class Ruling(NamedTuple):
    happened: Happened
    words: str
    renew: bool = False
    passing: bool = False


# Where a conversation broke off (`TransportError.kind`).
TRANSPORT: dict[str, Ruling] = {
    "connect": Ruling("no", "no connection: refused, unreachable, or the name is not known", passing=True),
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

# HTTP statuses, the first row that covers one counts. 2xx is judged by its body.
STATUS: tuple[tuple[range, Ruling], ...] = (
    (range(100, 200), Ruling("unknown", "an interim answer where a final one was due")),
    # 301, 305, 307 and 308 ask to send the same request to another address: here nothing was done. 302 and 303 are also
    # how a server that did it shows where the result is; what 300, 304 and the rest mean after a POST nobody says.
    *((range(status, status + 1), _ELSEWHERE) for status in (301, 305, 307, 308)),
    (range(300, 400), Ruling("unknown", "a redirect, which is never followed, perhaps to the result")),
    (range(401, 402), Ruling("no", "not authenticated: the access token or the signature was refused", renew=True)),
    (range(403, 404), Ruling("no", "forbidden: the keys do not allow this")),
    (range(404, 405), Ruling("no", "not found: the path is not served by this host")),
    # The request was written. Whoever stopped waiting for it may have passed it on: a gateway says 408, nginx says 499
    # and AWS 460 for a client behind it that is gone.
    (range(408, 409), Ruling("unknown", "the server, or a gateway, stopped waiting for the request", passing=True)),
    (range(460, 461), Ruling("unknown", "a gateway saw the connection close before the answer")),
    (range(499, 500), Ruling("unknown", "a gateway saw the connection close before the answer")),
    (range(425, 426), Ruling("no", "too early: the server did not want to risk it on a new connection", passing=True)),
    (range(429, 430), Ruling("no", "too many requests: wait before the next", passing=True)),
    (range(400, 500), Ruling("no", "the request was refused")),
    (range(501, 502), Ruling("no", "the server does not know this method")),
    *((statuses, _SERVER_FAILED) for statuses in (range(500, 505), range(520, 525), range(529, 530))),
    (range(500, 600), Ruling("unknown", "the server failed")),
)

_SIGNATURE = """
  check the key pair: sandbox and production have separate ones (`ocreg whoami -v`)
  try the other form of the signature: sign="path" (--sign path)
  check the clock: the time goes along in TimeStamp
  see what is signed: `ocreg sign ID ... --explain`; with --against VALUE why another one differs"""

# The answer's own `code`. Which of several items failed is not known of any batch, hence `happened` for many.
CODE: dict[int, Ruling] = {
    1: Ruling("no", f"authentication failed: clientKey, signature or token{_SIGNATURE}", renew=True),
    3: Ruling("no", "a parameter or a business rule was refused"),
}
CODE_OF_BATCH = Ruling("unknown", "the batch was refused; what became of its single items is not known")
CODE_UNKNOWN = Ruling("unknown", "a code that no source explains")
NO_WITH_ROW = Ruling(
    "unknown", "it was refused, yet the answer has its row: perhaps it was made before, or by this call"
)

# What an endpoint file's `errors` may say of a code. Where an answer has several codes, the first row here counts.
CATEGORY: dict[str, Ruling] = {
    "exists": Ruling("unknown", "there is one with this number: perhaps from before, perhaps made by this very call"),
    "refused": Ruling("no", "a business rule was refused"),
    "absent": Ruling("no", "what was asked for is not there"),
    "token": Ruling("no", "the access token was refused", renew=True),
    "passing": Ruling("no", "refused for now", passing=True),
}

# Bodies that cannot be judged by their code.
FOREIGN = Ruling("unknown", "the answer belongs to another request", passing=True)
NOT_JSON = Ruling("unknown", "the answer is not JSON")
NO_CODE = Ruling("unknown", "the answer says neither yes nor no")
ODD_SUCCESS = Ruling("yes", "the vendor reports success, but not in the described form")

# What token operations say: by the code in their `error`, else by the status. A refresh token may be spent by each of
# them, so only what certainly was not carried out is tried again.
OAUTH = Ruling("no", "no token was issued")
OAUTH_PAGE = Ruling("unknown", "the answer is an error page")
_KEYS = Ruling(
    "no",
    "the keys were refused: check client_key (OCREG_CLIENT_KEY), and that it belongs to this env and host (OCREG_ENV, "
    "OCREG_HOST); a server that wants the secret, too, needs oauth_secret=True (OCREG_OAUTH_SECRET=1)",
)
OAUTH_CODE: dict[str, Ruling] = {
    **dict.fromkeys(KEYS_REFUSED, _KEYS),
    "temporarily_unavailable": Ruling("no", "no token was issued, for now", passing=True),
    "server_error": Ruling("unknown", "the server failed while it issued a token", passing=True),
}
OAUTH_STATUS: dict[int, Ruling] = {
    404: Ruling("no", "not found: the path is not served by this host, or not yet again", passing=True)
}
OAUTH_LATER = Ruling("no", "the server asks to come back later", passing=True)


def on_status(status: int) -> Ruling:
    """The ruling for an HTTP status other than 2xx."""
    for statuses, ruling in STATUS:
        if status in statuses:
            return ruling
    return Ruling("unknown", "no HTTP status")


def on_oauth(status: int, code: str | None, *, later: bool) -> Ruling:
    """The ruling for a token operation's answer without a token; `later`: it says when to come back."""
    if code in OAUTH_CODE:
        return OAUTH_CODE[code]
    if 200 <= status < 300:
        return OAUTH if code is not None else OAUTH_PAGE
    return OAUTH_LATER if status == 503 and later else OAUTH_STATUS.get(status) or on_status(status)


def category(categories: Iterable[str | None]) -> str | None:
    """The category that counts for an answer: the most cautious of its codes'; None where one of them has none."""
    found = set(categories)
    return next((name for name in CATEGORY if name in found), None) if None not in found else None


def on_code(code: object, items: int, category: str | None = None) -> Ruling:
    """The ruling for an answer that says no with `code`, to a request of so many items."""
    if category is not None:
        ruling = CATEGORY[category]
        return CODE_OF_BATCH if items > 1 and not (ruling.renew or ruling.passing) else ruling
    number = int(code) if isinstance(code, str) and re.fullmatch("-?[0-9]{1,9}", code) else code
    ruling = CODE.get(number, CODE_UNKNOWN) if type(number) is int else CODE_UNKNOWN
    return CODE_OF_BATCH if items > 1 and ruling.happened == "no" and not ruling.renew else ruling


class Quota(ForkSafe):
    """How many retries a host may cost before it is left alone: a broken service is not hammered.

    Each retry takes one; each call that went well at once gives a tenth back. Thread-safe.
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
    """How long a call is tried: `deadline` seconds in all.

    `jitter` gives a number from 0 to 1, `clock` seconds; both are passed in for tests.
    """

    retries: int
    deadline: float
    clock: Callable[[], float]
    jitter: Callable[[], float]
    quota: Quota

    def left(self, began: float) -> float:
        """The seconds that are left of a call."""
        return self.deadline - (self.clock() - began)

    def pause(self, ruling: Ruling, effect: str, attempt: int, began: float, asked: float | None) -> float | None:
        """Seconds to wait before trying again, or None: give up.

        `asked` is what the server's Retry-After says, in seconds; else the pause is drawn from a doubling span.
        """
        certain = effect == "read" or ruling.happened == "no"
        if not (ruling.passing and certain and attempt <= self.retries):
            return None
        span = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
        seconds = self.jitter() * span if asked is None else min(max(asked, 0.0), LONGEST_PAUSE)
        if seconds >= self.left(began) or not self.quota.take():
            return None
        return seconds
