"""A create, exactly once: if its outcome is unknown, it is looked up by its natural key before it is sent again.

Read `fulfilment` first: the conversation about one batch, without I/O. Imports run

    create < lookup < outcomes < fulfilment < confirming

`confirming` is the public interface: it makes the batch from a caller's arguments.
"""

__all__ = ["confirming", "fulfilment"]
