"""Notifications about outbound orders, posted to a URL: one JSON object for each change, in the sandbox's own form.

    {"sandboxNotification": 3, "sandboxAt": "2026-01-05T10:00:00+0800", "sandboxOperation": "outbound.query",
     "sandboxNumber": "OCO...", "sandboxChanged": {"orderStatus": "Outbound", ...}}

The vendor's webhook is not known: neither its content, nor its retries and order. Here each notification is sent once,
in order of time. Faults for the operation `sandbox.notify` lose notifications (`drop`), send them twice (`duplicate`),
or later (`late`).
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
"""How many notifications may wait, and of how many the outcome is kept."""
_TICK = 0.25
_TIMEOUT = 5.0
_HEADERS = {"Content-Type": "application/json", "User-Agent": "ocreg-sandbox"}
_COLLECTION, _OPERATION = "outbound", "outbound.query"


class Notifier(ForkSafe):
    """Sends in a thread of its own, which also does what is due in the sandbox. A forked child sends nothing.

    `clock` is the sandbox's, `progress` does what is due in it. `sent` holds the outcomes, oldest first: each with
    `status`, the HTTP status of the answer (None: there was none), and `why` it was not sent.
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
        """Record what changed in a record. The code that changes it calls this, so it never waits."""
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
        """Wait until everything due has been sent, up to a limit."""
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
    """The URL's parts. Raises SettingInvalid."""
    try:
        split = urlsplit(url)
        port = split.port
    except (ValueError, AttributeError):
        raise SettingInvalid("notify must be a URL such as http://127.0.0.1:8000/hook", setting="notify") from None
    odd = not url.isprintable() or " " in url or "@" in split.netloc
    if split.scheme not in ("http", "https") or not split.hostname or odd:
        raise SettingInvalid("notify must be a URL such as http://127.0.0.1:8000/hook", setting="notify")
    kind = HTTPSConnection if split.scheme == "https" else HTTPConnection
    return kind, split.hostname, port, (split.path or "/") + (f"?{split.query}" if split.query else "")
