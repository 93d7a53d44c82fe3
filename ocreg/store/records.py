"""The journal's record of an item: a row of its table, and what a run may do with it.

A row of the journal is an item to send: its `key`, a digest of its content (never the content itself), and its `state`:

    claimed     a run will send it; nothing was sent
    sending     it was being sent; if the run has died, only a lookup shows its outcome
    done        it took effect; `result` has the vendor's row
    refused     it certainly did not take effect; `result` has the error
    not sent    certainly not sent, for lack of a connection or a token; `result` has the error
    unknown     in doubt; `result` has the error
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
    sa.Column("together", sa.Integer),  # the number of items in its request
    sa.Column("result", sa.Text),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("story", sa.Text),
)
BUSY = ("claimed", "sending")
"""States of items that a live run has claimed."""
AGAIN = ("refused", "not sent")
"""States of items that may be sent again, also with other content."""


class Record(NamedTuple):
    """A row of the journal."""

    key: str
    digest: str
    state: str
    message_id: str | None
    together: int | None
    result: str | None
    holder: Holder

    def fate(self, digest: str, run: str | None = None) -> str:
        """What a run does with an item of this content: "send", "ask", "done", "changed" or "busy"."""
        busy = self.state in BUSY and self.holder.run != run and self.holder.lives
        if self.state in AGAIN or (self.state == "claimed" and not busy):
            return "send"
        if self.digest != digest:
            return "changed"
        return "done" if self.state == "done" else "busy" if busy else "ask"

    def claimed(self, digest: str, run: str) -> Claim:
        return Claim(self.fate(digest, run), self.message_id, self.together or 1)


class Claim(NamedTuple):
    """The result of a claim: the item's `fate`, and the request in which it was sent before."""

    fate: str
    message_id: str | None = None
    together: int = 1
