"""Signals that stop a command while rows are sent."""

from __future__ import annotations

import signal
import sys
from threading import Event
from typing import Any

_HANGUP = getattr(signal, "SIGHUP", None)
_SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, _HANGUP) if number is not None]


class Stopping:
    """Ctrl-C, SIGTERM and SIGHUP: the first sets `asked`; after that, Ctrl-C and SIGTERM stop at once.

    A signal that is ignored (`nohup`, a script's job in the background) stays ignored.
    """

    def __init__(self) -> None:
        self.asked = Event()
        self._former: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        told = self.asked.is_set()
        self.asked.set()
        for known in self._former.keys() - {_HANGUP}:  # a closing terminal sends SIGHUP more than once
            signal.signal(known, signal.SIG_DFL)
        if not told:
            sys.stderr.write(
                "\nwaiting for requests under way (Ctrl-C or SIGTERM: stop now; the next run looks their rows up)\n"
            )
            sys.stderr.flush()
