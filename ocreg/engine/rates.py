"""When the next request may leave: rate limits for all threads of a client together, and the server's Retry-After."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock

from ..forks import ForkSafe

DAY = 86_400


class Rates(ForkSafe):
    """A queue for each operation at each host. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turns: dict[tuple[str, str], deque[float]] = {}
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def take(self, host: str, operation: str, calls: int, seconds: float) -> float:
        """Take the next place in the queue of `calls` in `seconds`. Returns the seconds until it is due."""
        with self._lock:
            turns = self._turns.setdefault((host, operation), deque(maxlen=calls))
            now = self._clock()
            due = max(now, turns[0] + seconds) if len(turns) == calls else now
            turns.append(due)
            return due - now


def retry_after(headers: Mapping[str, str], now: float | None) -> float | None:
    """The seconds that an answer asks to wait; None if it asks for none, for more than a day, or unreadably.

    A date is compared with the server's own `Date`, else with `now`, our time in seconds since the epoch.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    text = lower.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        seconds = float(text)
    else:
        until, since = _moment(text), _moment(lower.get("date", ""))
        since = now if since is None else since
        if until is None or since is None:
            return None
        seconds = max(until - since, 0.0)
    return seconds if seconds <= DAY else None


def _moment(text: str) -> float | None:
    """The seconds since the epoch of an HTTP date."""
    if not text:
        return None
    from calendar import timegm  # imported here, since it is rarely needed and slows down the start
    from email.utils import parsedate_tz

    try:
        found = parsedate_tz(text)
        if found is None or abs(offset := found[9] or 0) > DAY:
            return None
        return timegm(found[:6]) - offset
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
