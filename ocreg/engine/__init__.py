"""One call, from arguments to a checked answer: the tiny generic engine. No operation has code of its own.

Read `exchange` first: it is the whole call, without I/O. Imports run

    envelope, signing, messages, policy, rates < words < exchange
    < preparation, logs, curl, others < plans, driver < caller

`caller` is what the wings above are given. There is no socket in here: what sends is handed in (`wire`).
"""

__all__ = ["caller", "curl", "driver", "envelope", "exchange", "logs", "messages", "plans", "policy", "signing"]
