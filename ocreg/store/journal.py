"""What was sent from files, item by item, so that a run that ended anywhere goes on without sending anything twice.

A row of the journal is an item that somebody wanted to send: which one (`key`), a digest of its content, never the
content itself, and its `state`:

    claimed     a run will send it; nothing was sent
    sending     it was on its way; only asking tells what became of it, once the run is dead
    done        carried out; `result` has the vendor's row
    refused     certainly not carried out; `result` has the error
    not sent    certainly not sent, as there was no connection or no token; `result` has the error
    unknown     nobody knows; `result` has the error

Claims are atomic: of any number of runs on any number of hosts one gets a row. `sending` is written durably before the
item leaves, its outcome right after.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ..errors import StoreError
from ..forks import ForkSafe
from . import runs
from .databases import PATIENCE, database
from .runs import Holder

if TYPE_CHECKING:
    from typing_extensions import Self

_metadata = sa.MetaData()
_journal = sa.Table(
    "ocreg_journal",
    _metadata,
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
)
_runs = sa.Table(
    "ocreg_runs",
    _metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("seen", sa.Double, nullable=False),
)

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
        busy = self.state in ("claimed", "sending") and self.holder.run != run and self.holder.lives
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


class Journal(ForkSafe):
    """The journal of one operation of one account. Threads may share it. A context manager.

    Nothing is made before the first `claim`. All of it raises StoreError.
    """

    def __init__(
        self,
        url: sa.URL,
        account: str,
        operation: str,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database(url, "the journal", _metadata, patience)
        self._whose = {"account": account, "operation": operation}
        self._clock = clock
        self._there = False
        self.name = self._database.name
        super().__init__()

    def _make_own(self) -> None:
        """A run, too: what the parent's has claimed is none of a child's."""
        self._lock = Lock()  # one writer a process: waiting for each other inside the database takes longer
        self._run: str | None = None
        self._ended = Event()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        """What the journal has of so many items (a thousand at a time, say). Nothing is made or written."""
        if not self._there:
            self._there = self._database.has(_journal)
            if not self._there:
                return {}
        with self._database.connection() as connection, self._database.plainly():
            return self._read(connection, keys)

    def claim(self, items: Sequence[tuple[str, str]]) -> dict[str, Claim]:
        """Claim items, given as key and digest. Those whose fate is "send" or "ask" are ours from now on."""
        run = self._begun()
        rows: list[dict[str, Any]] = [{"key": key, "digest": digest} for key, digest in sorted(items)]
        with self._writing() as (connection, now):
            before = self._read(connection, [row["key"] for row in rows], lock=True)
            fresh = {**self._whose, "run": run, "state": "claimed", "updated_at": now}
            new = [{**fresh, **row} for row in rows if row["key"] not in before]
            if new:
                connection.execute(_INSERT, new)
                before |= self._read(connection, [row["key"] for row in new], lock=True)
            claims = {row["key"]: before[row["key"]].claimed(row["digest"], run) for row in rows}
            mine = {key for key, record in before.items() if (record.state, record.holder.run) == ("claimed", run)}
            again = [row for row in rows if claims[row["key"]].fate == "send" and row["key"] not in mine]
            self._each(connection, again, now, digest=sa.bindparam("new_digest"), state="claimed", run=run, result=None)
            asked = [{"key": row["key"]} for row in rows if claims[row["key"]].fate == "ask"]
            self._each(connection, asked, now, state="sending", run=run)
        return claims

    def sending(self, keys: Sequence[str], message_id: str) -> None:
        """Durable when this returns: these items, all of them ours, are on their way in one request."""
        values = {"state": "sending", "message_id": message_id, "together": len(keys)}
        with self._writing() as (connection, now):
            if self._each(connection, [{"key": key} for key in sorted(keys)], now, **values) != len(keys):
                words = "was changed by another run, which took this one for dead: run the same command again"
                raise StoreError(f"the journal {self.name} {words}")

    def settled(self, outcomes: Iterable[tuple[str, str, str | None]]) -> None:
        """Write down what became of items: key, state and result."""
        rows = [{"key": key, "new_state": state, "new_result": result} for key, state, result in sorted(outcomes)]
        with self._writing() as (connection, now):
            self._each(connection, rows, now, state=sa.bindparam("new_state"), result=sa.bindparam("new_result"))

    def release(self) -> None:
        """End the run: what it claimed and did not send is free again."""
        if self._run is None:
            return
        self._ended.set()
        with self._writing() as (connection, _):
            left = [*self._conditions(), _journal.c.run == self._run, _journal.c.state == "claimed"]
            connection.execute(sa.select(_journal.c.key).where(*left).order_by(_journal.c.key).with_for_update())
            connection.execute(_journal.delete().where(*left))
            connection.execute(_runs.delete().where(_runs.c.run == self._run))
        runs.end(self._run)
        self._run = None

    def close(self) -> None:
        """End the run, if that can be written down (if not, the next one sees that it is dead); close what is open."""
        with suppress(StoreError):
            self.release()
        if self._run is not None:
            runs.end(self._run)
        self._database.close()

    # The run

    def _begun(self) -> str:
        """This run, on the books from now on."""
        if self._run is None:
            run = runs.begin()
            try:
                self._beat(run)
            except BaseException:
                runs.end(run)
                raise
            self._run, self._ended = run, Event()
            Thread(target=self._beating, args=(run, self._ended), name="ocreg-journal", daemon=True).start()
        return self._run

    def _beating(self, run: str, ended: Event) -> None:
        while not ended.wait(runs.BEAT):
            with suppress(StoreError):  # whatever it is, the next claim says it
                self._beat(run)

    def _beat(self, run: str) -> None:
        with self._writing() as (connection, now):
            connection.execute(_BEAT, {"run": run, "host": runs.host(), "pid": os.getpid(), "seen": now})
            connection.execute(_runs.delete().where(_runs.c.seen < now - runs.FORGOTTEN))

    # The tables

    @contextmanager
    def _writing(self) -> Iterator[tuple[sa.Connection, float]]:
        """A transaction, and the time of all who share the journal."""
        with self._lock, self._database.connection() as connection, self._database.plainly():
            self._database.begin(connection, wait=True)
            yield connection, float(connection.scalar(sa.select(self._database.now(self._clock))) or 0)
            self._database.commit(connection)

    def _conditions(self) -> list[sa.ColumnElement[bool]]:
        return [_journal.c[name] == value for name, value in self._whose.items()]

    def _each(self, connection: sa.Connection, rows: list[dict[str, Any]], now: float, **values: Any) -> int:
        """Change rows, each by its key: those of this run, or any where `run` is given. Gives how many."""
        if not rows:
            return 0
        whose = self._conditions() + ([] if "run" in values else [_journal.c.run == self._run])
        change = _journal.update().where(*whose, _journal.c.key == sa.bindparam("this"))
        parameters = [{_PARAMETERS.get(name, name): value for name, value in row.items()} for row in rows]
        return connection.execute(change.values(**values, updated_at=now), parameters).rowcount

    def _read(self, connection: sa.Connection, keys: Sequence[str], *, lock: bool = False) -> dict[str, Record]:
        silent = (self._database.now(self._clock) - _runs.c.seen).label("silent")
        names = ("key", "digest", "state", "message_id", "together", "result", "run")
        chosen = (
            sa.select(*(_journal.c[name] for name in names), _runs.c.host, _runs.c.pid, silent)
            .select_from(_journal.outerjoin(_runs, _runs.c.run == _journal.c.run))
            .where(*self._conditions(), _journal.c.key.in_(keys))
        )
        if lock:
            chosen = chosen.order_by(_journal.c.key).with_for_update(of=_journal)
        found = connection.execute(chosen).all()
        return {row[0]: Record(*row[:6], Holder(*row[6:9], None if row[9] is None else float(row[9]))) for row in found}


_PARAMETERS = {"key": "this", "digest": "new_digest"}
_COLUMNS = "account, operation, key, digest, state, run, updated_at"
_INSERT = sa.text(
    f"INSERT INTO ocreg_journal ({_COLUMNS}) VALUES (:account, :operation, :key, :digest, :state, :run, :updated_at) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
_BEAT = sa.text(
    "INSERT INTO ocreg_runs (run, host, pid, seen) VALUES (:run, :host, :pid, :seen) "
    "ON CONFLICT (run) DO UPDATE SET seen = excluded.seen"
)
