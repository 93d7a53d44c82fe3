"""Rate limits: when the next request of an operation to a host may go, for all threads of a client together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

from ..forks import ForkSafe


class Rates(ForkSafe):
    """A queue for each operation at each host. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turns: dict[tuple[str, str], deque[float]] = {}
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def take(self, host: str, operation: str, calls: int, seconds: float) -> float:
        """Take the next place: so many calls in so many seconds. Gives the seconds until it is due."""
        with self._lock:
            turns = self._turns.setdefault((host, operation), deque(maxlen=calls))
            now = self._clock()
            due = max(now, turns[0] + seconds) if len(turns) == calls else now
            turns.append(due)
            return due - now
