"""What is made at first use: imported modules, and properties."""

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
"""How many seconds a fork waits for imports, at most: a module may itself wait for the thread that forks."""


def load(name: str) -> ModuleType:
    """Import a module by its full name, with the garbage collector switched off.

    Importing makes many objects and hardly any garbage. The collector would scan them several times in vain, which
    takes about a twentieth of the time from start to first answer.
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
    """Wait until other threads have finished importing: a child would wait for those threads forever.

    This covers all imports, because requests, urllib3 and codecs import late, too. A fork during `load` would also
    leave the child without a garbage collector.
    """
    until = time.monotonic() + _PATIENCE
    _loading.acquire()
    while _imports_elsewhere() and time.monotonic() < until:
        _loading.release()  # the imported module may call `load`
        time.sleep(0.001)
        _loading.acquire()


def _imports_elsewhere() -> bool:
    """Whether another thread holds a module's import lock. Python has no public API for this."""
    locks = [lock() for lock in list(getattr(sys.modules["_frozen_importlib"], "_module_locks", {}).values())]
    return any(getattr(lock, "owner", None) not in (None, get_ident()) for lock in locks)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_loading.release, after_in_child=_loading.release)


class cached_property(Generic[Value]):  # noqa: N801  # a drop-in for functools.cached_property
    """`functools.cached_property` without the lock that it has before Python 3.12.

    That lock is held while a value is made. All instances share it, and a forked child may find it locked forever.
    Here, several threads may make the same value; one of the results is kept.
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, thing: Any, owner: Any = None) -> Value:
        value = thing.__dict__[self._make.__name__] = self._make(thing)
        return value
