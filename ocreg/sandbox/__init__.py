"""The local sandbox: the vendor's API, played from the same endpoint files and by the same validators.

    with ocreg.sandbox(faults=["drop:outbound.create"], seed=1) as box:
        client = box.client()

This package can be called: that gives a `box.Box`, which serves over HTTP. `Sandbox.handle` takes one request and gives
one reply; there are two doors to it, `local` inside the process and `server`, and what goes wrong on the way (`faults`)
is done at both by `gateway`. What it does per operation is declared in the files (`sandbox:`); the verbs are in
`verbs`. Where no source says how the vendor words something, the sandbox uses words of its own, and they begin with
`sandbox`.
"""

import sys
from types import ModuleType
from typing import Any

from .core import Sandbox

__all__ = ["Sandbox"]


class _Callable(ModuleType):
    def __call__(self, **world: Any) -> Any:
        from .running import Box

        return Box(**world)


sandbox = sys.modules[__name__]  # as which `ocreg.sandbox` is found, whoever asks for it first
sandbox.__class__ = _Callable
