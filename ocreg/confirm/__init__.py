"""A create, exactly once: when its outcome is unknown it is looked for by its natural key before it is sent again.

Read `fulfilment` first: the conversation about one batch, without I/O. Imports run

    create < lookup < outcomes < fulfilment < confirming

`confirming` is the door: it makes the batch of a caller's arguments.
"""

__all__ = ["confirming", "fulfilment"]
