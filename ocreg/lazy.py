"""What is made when it is first needed: imported rooms, and properties."""

import gc
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from threading import RLock, get_ident
from types import ModuleType
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

_loading = RLock()
_PATIENCE = 10.0
"""Seconds that a fork waits for imports at most: a module may wait for the thread that forks."""


def load(name: str) -> ModuleType:
    """Import a module by its full name, with the garbage collector waiting.

    Importing makes many objects and no garbage; the collector would look through them several times in vain, which is
    a good twentieth of the time from start to first answer.
    """
    with _loading:
        waiting = gc.isenabled()
        gc.disable()
        try:
            return import_module(name)
        finally:
            if waiting:
                gc.enable()


def _before_fork() -> None:
    """Wait for what other threads are importing: a child would wait for these threads for ever.

    Whoever imports, for requests, urllib3 and codecs do so late, too. And with `load` under way a child would have no
    garbage collector.
    """
    until = time.monotonic() + _PATIENCE
    _loading.acquire()
    while _imports_elsewhere() and time.monotonic() < until:
        _loading.release()  # what is imported may load something
        time.sleep(0.001)
        _loading.acquire()


def _imports_elsewhere() -> bool:
    """Whether another thread holds the lock of a module. Python keeps no public record of them."""
    locks = [lock() for lock in list(getattr(sys.modules["_frozen_importlib"], "_module_locks", {}).values())]
    return any(getattr(lock, "owner", None) not in (None, get_ident()) for lock in locks)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_loading.release, after_in_child=_loading.release)


class cached_property(Generic[Value]):  # noqa: N801  # it stands in for functools' own
    """`functools.cached_property` without the lock that it has before Python 3.12.

    That lock is held while a value is made, for all instances together, and by a forked child for ever. Here threads
    may make a value twice; one of them is kept.
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, thing: Any, owner: Any = None) -> Value:
        value = thing.__dict__[self._make.__name__] = self._make(thing)
        return value
