"""Who writes into a journal, and whether they still live.

A run is on the books from its first claim until it ends, and says every half minute that it lives. One that was killed
says nothing more: on its own host its process is seen to be gone, from elsewhere it counts as dead after a while.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

LEASE = 900.0
"""Seconds of silence after which a run counts as dead."""
BEAT = 30.0
"""Seconds between two signs of life."""
FORGOTTEN = 24 * 3600.0
"""Seconds of silence after which a run is taken off the books."""

_living: set[str] = set()
"""The runs of this process."""


class Holder(NamedTuple):
    """The run that a row belongs to; `silent` is for how many seconds it gave no sign of life, None: it has ended."""

    run: str
    host: str | None
    pid: int | None
    silent: float | None

    @property
    def lives(self) -> bool:
        if self.silent is None or self.silent > LEASE:
            return False
        if self.host != host() or self.pid is None:
            return True
        if self.pid == os.getpid():
            return self.run in _living  # after a restart somebody else may have had this number
        return _exists(self.pid)


def begin() -> str:
    """The name of a new run of this process."""
    run = uuid4().hex
    _living.add(run)
    return run


def end(run: str) -> None:
    _living.discard(run)


@cache
def host() -> str:
    """This host, in so far as its process numbers are its own: containers may share a name, not a namespace."""
    parts = [platform.node()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()]
        parts += [os.readlink("/proc/self/ns/pid")]  # noqa: PTH115  # it is no path
    return "|".join(parts)


def _exists(pid: int) -> bool:
    if os.name != "posix":
        return True  # nothing harmless tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
