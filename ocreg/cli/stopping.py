"""Signals that ask for an end while rows are sent."""

from __future__ import annotations

import signal
import sys
from threading import Event
from typing import Any

_HANGUP = getattr(signal, "SIGHUP", None)
_SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, _HANGUP) if number is not None]


class Stopping:
    """Ctrl-C, SIGTERM and SIGHUP: the first asks for an end (`asked`); Ctrl-C and SIGTERM are then obeyed at once.

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
        for known in self._former.keys() - {_HANGUP}:  # a terminal that is closed says so more than once
            signal.signal(known, signal.SIG_DFL)
        if not told:
            sys.stderr.write(
                "\nwaiting for what is on its way (Ctrl-C or SIGTERM: at once; it is asked for next time)\n"
            )
            sys.stderr.flush()
