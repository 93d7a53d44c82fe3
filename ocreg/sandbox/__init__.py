"""The local sandbox: it plays the vendor's API, from the same endpoint files and with the same validators.

    with ocreg.sandbox(faults=["drop:outbound.create"], seed=1) as box:
        client = box.client()

This package can be called; the result is a `running.RunningSandbox`, which serves over HTTP. Read `core` first: its
`Sandbox` takes one request and returns one reply. An operation's file declares what it does (`sandbox:`), and `verbs`
executes it. There are two ways in: `local` inside the process, and `server`. In both, `gateway` applies the `faults`
and `log` records the requests. Where no source shows the vendor's text, the sandbox uses its own, which begins with
`sandbox`.

A module imports only from modules to its left; `bodies`, `faults`, `replies`, `routes` and `verdict` import none:

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


sandbox = sys.modules[__name__]  # `ocreg.sandbox` finds it here, however it is first imported
sandbox.__class__ = _Callable
