"""The local sandbox: the vendor's API, played from the same endpoint files and by the same validators.

    with ocreg.sandbox(faults=["drop:outbound.create"], seed=1) as box:
        client = box.client()

This package can be called: that gives a `running.RunningSandbox`, which serves over HTTP. Read `core` first: a `Sandbox`
takes one request and gives one reply. What an operation does is declared in its file (`sandbox:`); `verbs` carry it out.
There are two doors, `local` inside the process and `server`; faults are done at both, by `gateway`. Where no source says
how the vendor words something, the words are the sandbox's own and begin with `sandbox`.

Imports run one way, from left to right never:

    collection, ledger < records, tokens < request < stock, oauth < verbs < core < gateway < local, server < running
"""

import sys
from types import ModuleType
from typing import Any

from .core import Sandbox

__all__ = ["Sandbox"]


class _Callable(ModuleType):
    def __call__(self, **world: Any) -> Any:
        from .running import RunningSandbox

        return RunningSandbox(**world)


sandbox = sys.modules[__name__]  # as which `ocreg.sandbox` is found, whoever asks for it first
sandbox.__class__ = _Callable
