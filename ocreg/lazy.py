"""What is made when it is first needed: imported rooms, and properties."""

import gc
import os
from collections.abc import Callable
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

_loading = RLock()


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


if hasattr(os, "register_at_fork"):
    # A child forked in the middle of an import in another thread would wait for that thread for ever, and have no
    # garbage collector: a fork waits for the import instead.
    _done = _loading.release
    os.register_at_fork(before=_loading.acquire, after_in_parent=_done, after_in_child=_done)


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
