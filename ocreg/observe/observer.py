"""Looks at the answers of a client's calls, beside them.

The way of a call is `Observer.__call__`: it leaves the answer in a queue that holds a few and drops it where that is
full. No lock, no file, no thread's wake-up (but one is begun after a pause), and nothing that could fail a call. A
thread looks at what lies there every now and then, and ends when nothing came for a while. It spends half a percent of
its time on that (a few milliseconds at once), so where answers come faster it looks at some of them. What it saw goes
into the folder after a second, then every few, when the client is closed, and at the end of the process.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
import weakref
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..forks import ForkSafe
from ..registry.addresses import is_loopback
from . import folder
from .sightings import Seen, Sightings

if TYPE_CHECKING:
    from ..account.settings import Settings
    from ..engine.messages import Request
    from ..registry.files import Registry

MOST_WAITING = 16
"""Answers in the queue."""
MOST_BYTES = 1 << 20
"""Larger answers are not looked at: what is in the queue has a bound, too."""
SHARE = 0.005
"""The part of the time that looking may take, in processor time of one thread."""
AT_ONCE = 0.002
"""Seconds of it that may be spent at once; what a large answer takes beyond is made up for."""
_PAUSE = 0.1
_IDLE = 5.0
_FIRST, _EVERY = 1.0, 15.0
"""Seconds until the folder is written to for the first time, and from then on."""
_GOODBYE = 2.0
_log = logging.getLogger("ocreg")


def of(settings: Settings, registry: Registry) -> Observer:
    """The observer of a client with these settings."""
    return Observer(str(settings.observe), settings.env, settings.origin, registry)


class Observer(ForkSafe):
    """Called with each request and what came of it. `directory` is made when there is something to write."""

    def __init__(self, directory: str, env: str, origin: str | None, registry: Registry) -> None:
        here = origin is not None and is_loopback(urlsplit(origin).hostname)
        self._env = "local" if here else env  # whatever env says, a server on this machine is not the vendor's
        self.directory, self._registry = Path(directory), registry
        super().__init__()
        _everyone.add(self)

    def _make_own(self) -> None:
        """A child begins with nothing: what its parent saw is the parent's to write."""
        self._waiting: deque[Seen] = deque()
        self._working, self._looking = Lock(), Lock()
        self._fresh = Sightings(self._registry.__getitem__)
        self._last: Path | None = None
        self._allowed, self._since = AT_ONCE, time.monotonic()
        self._told = False

    def __call__(self, request: Request, outcome: Any) -> None:
        """Never raises, never waits. Token calls are left out: their answers are secrets."""
        if len(self._waiting) >= MOST_WAITING and self._working.locked():
            return
        try:
            reply = getattr(outcome, "body", None)  # a failure has none
            if reply is not None and len(self._waiting) < MOST_WAITING and not request.private:
                if len(reply) + len(request.body or b"") <= MOST_BYTES:
                    self._waiting.append(Seen(request.operation, self._env, request.body, outcome.status, reply))
                if not self._working.locked():
                    self._begin()
        except Exception:  # noqa: BLE001  # somebody's transport may answer with whatever it likes
            self._tell("an answer could not be looked at")

    def _begin(self) -> None:
        if self._working.acquire(blocking=False):
            try:
                Thread(target=self._work, name="ocreg observer", daemon=True).start()
            except BaseException:
                self._working.release()
                raise
            _at_the_end_of_workers()

    def _work(self) -> None:
        while True:
            try:
                self._look_until_idle()
            except Exception:  # noqa: BLE001  # a failure here is nobody's else
                self._tell("looking at answers failed")
                self._waiting.clear()
            with suppress(RuntimeError):  # whoever began it was interrupted, and has done so
                self._working.release()
            if not self._waiting or not self._working.acquire(blocking=False):
                return

    def _look_until_idle(self) -> None:
        came = time.monotonic()
        due = came + _FIRST
        while (now := time.monotonic()) < came + _IDLE:
            began = time.thread_time()
            self._allowed = min(AT_ONCE, self._allowed + SHARE * (now - self._since))
            self._since = now
            if self._waiting:
                came = now
            while self._waiting and time.thread_time() - began < self._allowed:
                with self._looking:
                    self._look()
            if self._fresh and now >= due:
                self.flush(everything=False)
                due = now + _EVERY
            self._allowed -= time.thread_time() - began
            time.sleep(_PAUSE)
        self.flush(everything=False)

    def _look(self) -> None:
        try:
            seen = self._waiting.popleft()
        except IndexError:  # `flush` was quicker
            return
        try:
            self._fresh.add(seen)
        except Exception:  # noqa: BLE001  # one odd answer hides no others
            self._tell("an answer could not be looked at")

    def flush(self, *, everything: bool = True) -> None:
        """Write what was seen; with `everything` also what still waits. Never raises."""
        if not self._looking.acquire(timeout=_GOODBYE):
            return
        try:
            for _ in range(MOST_WAITING if everything else 0):
                self._look()
            if self._fresh:
                self._last = folder.write(self.directory, self._fresh, self._last)
                self._fresh = Sightings(self._registry.__getitem__)
        except Exception as error:  # noqa: BLE001  # a full disk fails no call
            self._tell(f"what was seen of answers cannot be written: {type(error).__name__}: {error}")
        finally:
            self._looking.release()

    def _tell(self, words: str) -> None:
        """Once for each process, in the log."""
        if not self._told:
            self._told = True
            _log.warning("%s (observe=%s); calls go on", words, self.directory)


_everyone: weakref.WeakSet[Observer] = weakref.WeakSet()
_process = 0
"""The process in which multiprocessing was asked to tell of the end."""


@atexit.register
def _at_the_end() -> None:
    for observer in list(_everyone):
        observer.flush()


def _at_the_end_of_workers() -> None:
    """Processes of multiprocessing end without `atexit`."""
    global _process
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None and _process != os.getpid():
        _process = os.getpid()
        util.Finalize(None, _at_the_end, exitpriority=0)
