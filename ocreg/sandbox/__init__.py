"""The local sandbox: the vendor's API, played from the same endpoint files and by the same validators.

`Sandbox.handle` takes one HTTP request and gives one reply; `local` calls it inside the process, `server` over HTTP.
What it does per operation is declared in the files (`sandbox:`); the verbs are in `verbs`. Where no source says how the
vendor words something, the sandbox uses words of its own, and they begin with `sandbox`.
"""

from .core import Sandbox

__all__ = ["Sandbox"]
