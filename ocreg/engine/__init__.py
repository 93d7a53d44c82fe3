"""One call, from arguments to a checked answer: the tiny generic engine. No operation has code of its own.

Read `exchange` first: it is the whole call, without I/O. Imports run

    envelope, signing, policy, rates < exchange < preparation, transport, logs, plans < driver < caller

`caller` is what the wings above are given; `transport` and `plans` are loaded when they are needed.
"""

__all__ = ["caller", "exchange", "plans", "signing", "transport"]
