"""What the journal has of an item: a row of its table, and what a run may do with it.

A row of the journal is an item that somebody wanted to send: which one (`key`), a digest of its content, never the
content itself, and its `state`:

    claimed     a run will send it; nothing was sent
    sending     it was on its way; only asking tells what became of it, once the run is dead
    done        carried out; `result` has the vendor's row
    refused     certainly not carried out; `result` has the error
    not sent    certainly not sent, as there was no connection or no token; `result` has the error
    unknown     nobody knows; `result` has the error
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from . import runs
from .runs import Holder

table = sa.Table(
    "ocreg_journal",
    runs.metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("together", sa.Integer),  # how many items were sent in its request
    sa.Column("result", sa.Text),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("story", sa.Text),
)
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
