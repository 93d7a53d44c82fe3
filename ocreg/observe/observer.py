"""Observes the answers of a client's calls without slowing the calls.

A call only runs `Observer.__call__`: it puts the answer into a short queue, or drops it if the queue is full. There is
no lock, no file access and no wake-up of a thread (except to start one after a pause), and nothing can make the call
fail. A thread reads the queue now and then, and ends when nothing has come for a while. It spends half a percent of
its time on this (a few milliseconds at once), so it reads only some of the answers if they come faster. The result is
written to the folder after a second, then every few seconds, when the client is closed, and when the process ends.
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
"""How many answers the queue holds."""
MOST_BYTES = 1 << 20
"""Larger answers are skipped, because the queue is bounded in bytes, too."""
SHARE = 0.005
"""The share of its time that the thread may spend, in processor time."""
AT_ONCE = 0.002
"""How many seconds may be spent at once. If a large answer takes longer, the next pause is longer."""
_PAUSE = 0.1
_IDLE = 5.0
_FIRST, _EVERY = 1.0, 15.0
"""Seconds until the folder is written for the first time, and between later writes."""
_GOODBYE = 2.0
_log = logging.getLogger("ocreg")


def of(settings: Settings, registry: Registry) -> Observer:
    """The observer of a client with these settings."""
    return Observer(str(settings.observe), settings.env, settings.origin, registry)


class Observer(ForkSafe):
    """Called with each request and its outcome. `directory` is created with the first write."""

    def __init__(self, directory: str, env: str, origin: str | None, registry: Registry) -> None:
        here = origin is not None and is_loopback(urlsplit(origin).hostname)
        self._env = "local" if here else env  # a server on this machine is never the vendor's
        self.directory, self._registry = Path(directory), registry
        super().__init__()
        _everyone.add(self)

    def _make_own(self) -> None:
        """A child starts empty: what the parent observed is written by the parent."""
        self._waiting: deque[Seen] = deque()
        self._working, self._looking = Lock(), Lock()
        self._fresh = Sightings(self._registry.__getitem__)
        self._last: Path | None = None
        self._allowed, self._since = AT_ONCE, time.monotonic()
        self._told = False

    def __call__(self, request: Request, outcome: Any) -> None:
        """Never raises, never waits. Token calls are skipped, because their answers are secrets."""
        if len(self._waiting) >= MOST_WAITING and self._working.locked():
            return
        try:
            reply = getattr(outcome, "body", None)  # a failure has none
            if reply is not None and len(self._waiting) < MOST_WAITING and not request.private:
                if len(reply) + len(request.body or b"") <= MOST_BYTES:
                    self._waiting.append(Seen(request.operation, self._env, request.body, outcome.status, reply))
                if not self._working.locked():
                    self._begin()
        except Exception:  # noqa: BLE001  # a user's transport may return anything
            self._tell("an answer could not be observed")

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
            except Exception:  # noqa: BLE001  # a failure here must not affect the program
                self._tell("observing answers failed")
                self._waiting.clear()
            with suppress(RuntimeError):  # the thread that started it was interrupted, and released it
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
        except IndexError:  # `flush` was faster
            return
        try:
            self._fresh.add(seen)
        except Exception:  # noqa: BLE001  # one odd answer must not hide the others
            self._tell("an answer could not be observed")

    def flush(self, *, everything: bool = True) -> None:
        """Write what was observed; with `everything`, also what is still queued. Never raises."""
        if not self._looking.acquire(timeout=_GOODBYE):
            return
        try:
            for _ in range(MOST_WAITING if everything else 0):
                self._look()
            if self._fresh:
                self._last = folder.write(self.directory, self._fresh, self._last)
                self._fresh = Sightings(self._registry.__getitem__)
        except Exception as error:  # noqa: BLE001  # a full disk must not make a call fail
            self._tell(f"the observed shapes cannot be written: {type(error).__name__}: {error}")
        finally:
            self._looking.release()

    def _tell(self, words: str) -> None:
        """Log a warning, once per process."""
        if not self._told:
            self._told = True
            _log.warning("%s (observe=%s); calls are not affected", words, self.directory)


_everyone: weakref.WeakSet[Observer] = weakref.WeakSet()
_process = 0
"""The process in which multiprocessing was asked to call back at its end."""


@atexit.register
def _at_the_end() -> None:
    for observer in list(_everyone):
        observer.flush()


def _at_the_end_of_workers() -> None:
    """Processes of multiprocessing end without running `atexit`."""
    global _process
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None and _process != os.getpid():
        _process = os.getpid()
        util.Finalize(None, _at_the_end, exitpriority=0)
