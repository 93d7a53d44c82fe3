"""A row of a journal as it stands, and what a run would do with its item."""

from __future__ import annotations

from typing import NamedTuple

from .runs import Holder

BUSY = ("claimed", "sending")
"""States of what a living run has in its hands."""
AGAIN = ("refused", "not sent")
"""States of what may be sent again, with another content, too."""


class Record(NamedTuple):
    """A row of the journal as it stands."""

    key: str
    digest: str
    state: str
    message_id: str | None
    together: int | None
    result: str | None
    holder: Holder

    def fate(self, digest: str, run: str | None = None) -> str:
        """What a run would do with an item of this content: "send", "ask", "done", "changed" or "busy"."""
        busy = self.state in BUSY and self.holder.run != run and self.holder.lives
        if self.state in AGAIN or (self.state == "claimed" and not busy):
            return "send"
        if self.digest != digest:
            return "changed"
        return "done" if self.state == "done" else "busy" if busy else "ask"

    def claimed(self, digest: str, run: str) -> Claim:
        return Claim(self.fate(digest, run), self.message_id, self.together or 1)


class Claim(NamedTuple):
    """What became of the wish to send an item: its `fate`, and with which request it was sent before."""

    fate: str
    message_id: str | None = None
    together: int = 1
