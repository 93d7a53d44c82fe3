"""Reading and sending beyond the limits of one request: `iterate` reads, `call_many` sends.

Read `reading` first for `iterate`, `sending` for `call_many`; both give a `stream`. Imports run

    spans < answers < parts < pages < position < deduplication < reading
    workers < stream < reading, sending

`sending` uses `confirm` for its batches.
"""

__all__ = ["answers", "flat", "reading", "sending", "stream"]
