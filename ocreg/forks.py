"""What a forked child must not share with its parent and its siblings: locks, connections, caches in mid-change.

A child is a copy of the parent's memory with one thread, the one that forked. A lock that another thread held stays
locked forever. Data that another thread was changing stays half changed. A connection belongs to several processes,
and each of them reads the answers of the others. So a child makes such objects anew before it does anything else, and
never waits for an old one. Data that is set in one step (a number, a tuple, an item of a dict) is whole and is kept.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from threading import Condition, Lock, get_ident
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cachetools import LRUCache

Key = TypeVar("Key")
Value = TypeVar("Value")


class ForkSafe:
    """An object that owns such things. A subclass's `__init__` calls this one, which calls `_make_own`."""

    def __init__(self) -> None:
        self._make_own()
        _all.add(self)

    def _make_own(self) -> None:
        """Make the things that no two processes may share."""
        raise NotImplementedError

    def _forked(self) -> None:
        """The same in a child, which may replace only what needs it. Must not wait for anything."""
        self._make_own()


_all: WeakSet[ForkSafe] = WeakSet()


def _in_child() -> None:
    for each in list(_all):
        try:
            each._forked()
        except Exception:  # noqa: BLE001  # one failure (in a user's adapter, say) must not stop the others
            sys.excepthook(*sys.exc_info())


class Undivided(ForkSafe):
    """Work that no fork may interrupt, because a child could not repair it: a fork waits, at most `patience` seconds.

    It does not wait for work of the thread that forks. After the wait it calls `at_rest`.
    """

    def __init__(self, patience: float, at_rest: Callable[[], None] = lambda: None) -> None:
        self._patience, self._at_rest = patience, at_rest
        self._busy: dict[int, int] = {}  # how many such pieces of work each thread is doing
        super().__init__()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before, after_in_parent=self._after)

    def _make_own(self) -> None:
        self._changed, self._forks = Condition(Lock()), 0
        self._busy = {thread: times for thread, times in self._busy.items() if thread == get_ident()}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        me = get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._forks or me in self._busy)
            self._busy[me] = self._busy.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._busy[me] -= 1
                if not self._busy[me]:
                    del self._busy[me]
                    self._changed.notify_all()

    def _before(self) -> None:
        with self._changed:
            self._forks += 1
            self._changed.wait_for(lambda: self._busy.keys() <= {get_ident()}, self._patience)
        self._at_rest()

    def _after(self) -> None:
        with self._changed:
            self._forks -= 1
            self._changed.notify_all()


def copied(cache: LRUCache[Key, Value]) -> LRUCache[Key, Value]:
    """A new cache with the contents of one that another thread may have been changing."""
    fresh = type(cache)(cache.maxsize)
    for key in list(cache):
        with suppress(KeyError):
            fresh[key] = cache[key]
    return fresh


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
