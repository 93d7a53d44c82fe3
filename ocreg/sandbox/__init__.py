"""The local sandbox: the vendor's API, played from the same endpoint files and by the same validators.

    with ocreg.sandbox(faults=["drop:outbound.create"], seed=1) as box:
        client = box.client()

This package can be called: that gives a `running.RunningSandbox`, which serves over HTTP. Read `core` first: its
`Sandbox` takes one request and gives one reply. What an operation does is declared in its file (`sandbox:`), and
`verbs` carries it out. There are two doors, `local` inside the process and `server`; at both, `gateway` makes things go
wrong as `faults` says, and `log` keeps what came. Where no source says how the vendor words something, the sandbox uses
words of its own, and they begin with `sandbox`.

A room imports only from rooms to its left; `bodies`, `faults`, `replies`, `routes` and `verdict` import none:

    collection, ledger < records, tokens < request < parameters, oauth, refusals, stock; parameters < log
    collection < story; request, faults < notifier; oauth, refusals, stock < verbs; story, verbs < demo
    demo, log, notifier < core < gateway < local < trial; core < worldview
    catalogue, trial, worldview < page (what a browser sees)
    bodies < guard; guard, page < connection; connection, listening < server; bodies, listening < receiver
    local, server < running
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
