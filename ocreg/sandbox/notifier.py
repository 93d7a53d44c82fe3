"""News about outbound orders, posted to an address: as one JSON object for each change, in a form of the sandbox's own.

    {"sandboxNotification": 3, "sandboxAt": "2026-01-05T10:00:00+0800", "sandboxOperation": "outbound.query",
     "sandboxNumber": "OCO...", "sandboxChanged": {"orderStatus": "Outbound", ...}}

What the vendor's webhook sends is not known, and neither are its retries and its order; here each is sent once, in the
order of time. Faults for the operation `sandbox.notify` lose news (`drop`), send them twice (`duplicate`), or later
(`late`).
"""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

from ..errors import SettingInvalid
from ..forks import ForkSafe
from .collection import Record
from .faults import NOTIFY, Faults
from .records import copied
from .request import stamp

MOST = 1000
"""News that wait, and those of which it is kept what became of them."""
_TICK = 0.25
_TIMEOUT = 5.0
_HEADERS = {"Content-Type": "application/json", "User-Agent": "ocreg-sandbox"}
_COLLECTION, _OPERATION = "outbound", "outbound.query"


class Notifier(ForkSafe):
    """Sends in a thread of its own, which also lets happen what is due. A forked child sends nothing.

    `clock` is the sandbox's, `progress` lets happen in it what is due. `sent` is what became of the news, oldest first:
    each with `status`, the HTTP status of the answer (None: there was none), and `why` it was not sent.
    """

    def __init__(self, url: str, faults: Faults, clock: Callable[[], float], progress: Callable[[], None]) -> None:
        self._address = _address(url)
        self._faults, self._clock, self._progress = faults, clock, progress
        self._waiting: list[tuple[float, int, dict[str, Any]]] = []
        self._count, self._busy, self._stopped = 0, False, False
        self.sent: deque[dict[str, Any]] = deque(maxlen=MOST)
        super().__init__()
        self._thread = Thread(target=self._run, name="ocreg sandbox news", daemon=True)
        self._thread.start()

    def _make_own(self) -> None:
        self._changed = Condition()

    def _forked(self) -> None:
        self._make_own()
        self._stopped, self._busy, self._waiting = True, False, []

    def note(self, collection: str, record: Record, changed: Record) -> None:
        """Take note of what changed in a record. Called by whoever changes it, so it waits for nothing."""
        shown = {name: copied(value) for name, value in changed.items() if name[:1] != "_"}
        if collection != _COLLECTION or not shown or self._stopped:
            return
        now = self._clock()
        fault = self._faults.at(NOTIFY)
        with self._changed:
            self._count += 1
            news = {
                "sandboxNotification": self._count,
                "sandboxAt": stamp(now),
                "sandboxOperation": _OPERATION,
                "sandboxNumber": record["_key"],
                "sandboxChanged": shown,
            }
            kind = None if fault is None else fault.kind
            if kind == "drop" or len(self._waiting) >= MOST:
                self.sent.append({**news, "status": None, "why": "lost by a fault" if kind else "too many wait"})
                return
            due = now + fault.seconds if fault is not None and kind == "late" else now
            for again in range(2 if kind == "duplicate" else 1):
                heapq.heappush(self._waiting, (due, 2 * self._count + again, news))
            self._changed.notify_all()

    def settle(self) -> None:
        """Wait until all that is due has been sent, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._busy or self._due()) or self._stopped, 2 * _TIMEOUT)

    def close(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(_TIMEOUT)

    def _due(self) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= self._clock()

    def _run(self) -> None:
        while not self._stopped:
            self._progress()
            with self._changed:
                if not self._due():
                    self._changed.wait(_TICK)
                    continue
                _, _, news = heapq.heappop(self._waiting)
                self._busy = True
            became = self._post(news)
            with self._changed:
                self.sent.append({**news, **became})
                self._busy = False
                self._changed.notify_all()

    def _post(self, news: dict[str, Any]) -> dict[str, Any]:
        kind, host, port, target = self._address
        connection = kind(host, port, timeout=_TIMEOUT)
        try:
            connection.request("POST", target, json.dumps(news, ensure_ascii=False).encode(), _HEADERS)
            return {"status": connection.getresponse().status, "why": None}
        except (OSError, HTTPException) as error:
            return {"status": None, "why": f"{type(error).__name__}: {error}"}
        finally:
            connection.close()


def _address(url: str) -> tuple[type[HTTPConnection], str, int | None, str]:
    """How to get there. Raises SettingInvalid."""
    try:
        split = urlsplit(url)
        port = split.port
    except (ValueError, AttributeError):
        raise SettingInvalid("notify must be an address such as http://127.0.0.1:8000/hook", setting="notify") from None
    odd = not url.isprintable() or " " in url or "@" in split.netloc
    if split.scheme not in ("http", "https") or not split.hostname or odd:
        raise SettingInvalid("notify must be an address such as http://127.0.0.1:8000/hook", setting="notify")
    kind = HTTPSConnection if split.scheme == "https" else HTTPConnection
    return kind, split.hostname, port, (split.path or "/") + (f"?{split.query}" if split.query else "")
