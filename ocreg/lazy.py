"""Importing a room when it is first needed."""

import gc
from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """Import a module by its full name, with the garbage collector waiting.

    Importing makes many objects and no garbage; the collector would look through them several times in vain, which is
    a good twentieth of the time from start to first answer.
    """
    waiting = gc.isenabled()
    gc.disable()
    try:
        return import_module(name)
    finally:
        if waiting:
            gc.enable()
