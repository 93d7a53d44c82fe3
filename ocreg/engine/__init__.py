"""One call, from arguments to a checked answer: a small generic engine. No operation has code of its own.

Read `exchange` first: it is the whole call, without I/O. Imports run

    envelope, signing, messages, policy, rates < words < exchange
    < preparation, logs, curl, others < plans, driver < caller

`caller` is what higher packages get. There is no socket in here: the transport is passed in (`wire`).
"""

__all__ = ["caller", "curl", "driver", "envelope", "exchange", "logs", "messages", "plans", "policy", "signing"]
