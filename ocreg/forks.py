"""What a forked child must not share with its parent and its siblings: locks, connections, caches in mid-change.

A child is a copy of the parent's memory with one thread, the one that forked. A lock that another thread held is held
for ever, what another thread was changing stays half changed, and a connection belongs to several processes, each of
which reads the answers of the others. So a child makes such things anew, before it does anything else; it never waits
for an old one. What is kept in one step (a number, a tuple, an item of a dict) is whole and stays.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from cachetools import LRUCache

Key = TypeVar("Key")
Value = TypeVar("Value")


class ForkSafe:
    """An object with such things. Its `__init__` calls this one, which calls `_make_own`."""

    def __init__(self) -> None:
        self._make_own()
        _all.add(self)

    def _make_own(self) -> None:
        """Make what no two processes may share."""
        raise NotImplementedError

    def _forked(self) -> None:
        """The same in a child, where there is something to be replaced. Must not wait for anything."""
        self._make_own()


_all: WeakSet[ForkSafe] = WeakSet()


def _in_child() -> None:
    for each in list(_all):
        try:
            each._forked()
        except Exception:  # noqa: BLE001  # one that cannot (somebody's adapter, say) keeps no other from it
            sys.excepthook(*sys.exc_info())


def copied(cache: LRUCache[Key, Value]) -> LRUCache[Key, Value]:
    """What is in a cache that another thread may have been changing, in a new one."""
    fresh = type(cache)(cache.maxsize)
    for key in list(cache):
        with suppress(KeyError):
            fresh[key] = cache[key]
    return fresh


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
