"""The record of what was sent from files, item by item, so that any run can be resumed without sending an item twice.

`records` describes a row and its states.

Claims are atomic: of any number of runs on any number of hosts, one gets a row. `sending` is written durably before the
item leaves. Its outcome is written right after, or together with the `sending` of the request that follows at once.

Fencing: a suspended run (a closed lid, a stopped machine) may wake up after another run has taken over. So `check`
comes right before every request. It finds the run registered, and nobody unregisters it before half a lease has passed.
The remaining gap: a machine that stops between this check and the request, for longer than that.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..errors import StoreError
from ..forks import ForkSafe
from . import accounts, changes, runs, stories, wal
from .changes import Change, Changes, NotOurs
from .databases import PATIENCE
from .moved import looking
from .records import BUSY, Claim, Record
from .records import table as _journal
from .runs import Holder

if TYPE_CHECKING:
    from typing_extensions import Self


class Journal(ForkSafe):
    """The journal of one operation of one account. Threads may share it. A context manager.

    Nothing is made before the first `claim`. All methods raise StoreError.
    """

    def __init__(
        self,
        url: sa.URL,
        account: str,
        operation: str,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.time,
        former: Callable[[list[str]], list[str]] = lambda _: [],
        command: str | None = None,
    ) -> None:
        self._database = wal.database(url, patience)
        self._whose = {"account": account, "operation": operation}
        self._clock = clock
        self._former, self._command = former, command
        self._old: list[str] | None = None  # the account's old names that have rows
        self.name = self._database.name
        super().__init__()

    def _make_own(self) -> None:
        """Also start a new run: a child has no claims of its parent."""
        self._lock = Lock()  # one writer per process: waiting for each other in the database is slower
        self._run: str | None = None
        self._ended = Event()
        self._changes = Changes(self._change, self._taken)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        """The journal's records of some items, such as a thousand. Nothing is made or written."""
        with looking(self._database) as connection:
            return {} if connection is None else self._read(connection, keys)

    def accounts(self) -> list[str]:
        """The names of all accounts that have rows of this operation."""
        with looking(self._database) as connection:
            return [] if connection is None else accounts.names(connection, self._whose["operation"])

    def elsewhere(self, others: Sequence[str], keys: Sequence[str]) -> Counter[str]:
        """How many of these items took effect, or may have, for other accounts."""
        with looking(self._database) as connection:
            if connection is None:
                return Counter()
            return accounts.elsewhere(connection, _journal, others, self._whose["operation"], keys)

    def claim(self, items: Sequence[tuple[str, str]]) -> dict[str, Claim]:
        """Claim items, given as key and digest. Those with the fate "send" or "ask" are ours from now on."""
        run = self._begun()
        while (claims := self._claimed(dict(sorted(items)), run)) is None:
            pass  # a run ended at this moment, and removed its rows
        return claims

    def _claimed(self, digests: dict[str, str], run: str) -> dict[str, Claim] | None:
        """As `claim`; None if an existing row disappeared meanwhile.

        Rows are locked first, and their holders are read after that: if a statement waits for a row, other values that
        it reads may be older. A claim need not be durable: nothing is sent before `sending`, which is.
        """
        with self._writing(lasts=False) as (connection, now):
            known = self._read(connection, list(digests))
            new = {key: digest for key, digest in digests.items() if key not in known}
            fresh = self._insert(connection, new, now, run) == len(new)  # if not, another run was faster with some
            unfinished = [key for key, record in known.items() if record.state != "done"]
            unfinished = sorted([*unfinished, *([] if fresh else new)])
            known |= (locked := self._locked(connection, unfinished))
            if len(locked) < len(unfinished):
                return None
            claims = {
                key: known[key].claimed(digest, run) if key in known else Claim("send")
                for key, digest in digests.items()
            }
            mine = {key for key, record in known.items() if (record.state, record.holder.run) == ("claimed", run)}
            again = [(key, digests[key]) for key in known if claims[key].fate == "send" and key not in mine]
            self._each(connection, Change(again, ("digest",), state="claimed", run=run, result=None), now)
            asked = [(key,) for key in known if claims[key].fate == "ask"]
            self._each(connection, Change(asked, state="sending", run=run), now)
        return claims

    def sending(self, keys: Sequence[str], message_id: str) -> None:
        """Record durably that these items, all of them ours, are being sent in one request."""
        values: dict[str, Any] = {"state": "sending", "message_id": message_id, "together": len(keys)}
        self._changes.make(Change(zip(keys, strict=True), **values))

    def check(self) -> None:
        """Check right before each request that no run takes this one for dead, now or during the request.

        It reads, and writes only after a long silence. Raises StoreError if this run must not send anything.
        """
        run, long = str(self._run), True
        while long:  # check again if the machine stopped during the check: other clocks went on
            began = time.time()
            with self._database.connection() as connection, self._database.plainly():
                silent = runs.silence(self._database, connection, run, self._clock)
            if silent is None or (silent > runs.LEASE / 2 and not self._beat(run)):
                raise self._taken()
            long = abs(time.time() - began) > runs.LEASE / 2

    def settled(self, outcomes: Iterable[tuple[str, str, str | None]], *, later: bool = False) -> None:
        """Record the outcomes of items: key, state and result. Raises StoreError if one is no longer ours.

        With `later`, it is durable when the next `sending`, `settled` or `flush` returns, which also raises its error.
        """
        change = Change(outcomes, ("state", "result"), partly=True)
        if later:
            self._changes.later(change)
        else:
            self._changes.make(change)

    def flush(self) -> None:
        """Make all settled outcomes durable."""
        self._changes.make()

    def release(self) -> None:
        """End the run, and release items that it claimed and did not send."""
        if self._run is None:
            return
        self._ended.set()
        try:
            self.flush()
        finally:
            self._leave(self._run)

    def _leave(self, run: str) -> None:
        with self._writing() as (connection, now):
            left = [*self._conditions(), _journal.c.run == run, _journal.c.state == "claimed"]
            ordered = sa.select(_journal.c.key).where(*left).order_by(self._database.in_order(_journal.c.key))
            connection.execute(ordered.with_for_update())
            told = {"event": stories.event(now, "not sent", run)}  # a row that was sent before keeps its history
            kept = _journal.update().where(*left, _journal.c.message_id.is_not(None))
            connection.execute(
                kept.values(
                    state="not sent",
                    updated_at=now,
                    story=stories.appended(_journal.c.story, sa.bindparam("event", type_=sa.Text)),
                ),
                told,
            )
            connection.execute(_journal.delete().where(*left))
            runs.leave(connection, run, now)
        runs.end(run)
        self._run = None

    def close(self) -> None:
        """End the run, if that can be recorded (if not, the next run finds it dead), and close connections."""
        with suppress(StoreError):
            self.release()
        if self._run is not None:
            runs.end(self._run)
        self._database.close()

    # The run

    def _begun(self) -> str:
        """This run, which is registered from now on."""
        if self._run is None:
            run = runs.begin()
            try:
                self._enter(run)
            except BaseException:
                runs.end(run)
                raise
            self._run, self._ended = run, Event()
            Thread(target=self._beating, args=(run, self._ended), name="ocreg-journal", daemon=True).start()
        return self._run

    def _enter(self, run: str) -> None:
        with self._writing(lasts=False) as (connection, now):  # it lasts with the first rows that are on their way
            if old := self._old_names(connection):
                self._database.lock_all(connection)
                accounts.adopt(connection, old, **self._whose)
                self._old = []
            runs.enter(connection, run, now, **self._whose, command=self._command)
            runs.living(connection, runs.table.c.seen < now - runs.FORGOTTEN, self._now())

    def _beating(self, run: str, ended: Event) -> None:
        while not ended.wait(runs.BEAT):
            with suppress(StoreError):  # the next check reports the failure
                if not self._beat(run):
                    return

    def _beat(self, run: str) -> bool:
        with self._writing() as (connection, now):
            return runs.beat(connection, run, now)

    def _taken(self) -> StoreError:
        words = "was changed by another run, which took this one for dead: run the same command to resume"
        return StoreError(f"the journal {self.name} {words}")

    # The tables

    @contextmanager
    def _writing(self, *, lasts: bool = True) -> Iterator[tuple[sa.Connection, float]]:
        """A transaction, and the time on the shared clock. `lasts`: it survives a power cut. Without it, a power cut
        may undo it as a whole, unless a later one that lasts has ended.
        """
        with self._lock, self._database.connection() as connection, self._database.plainly():
            self._database.lasting(connection, lasts)
            self._database.begin(connection, wait=True)
            yield connection, self._database.read(self._now(), connection)
            self._database.commit(connection)

    def _change(self, several: Sequence[Change]) -> None:
        """Make changes of rows of ours. The rows are locked first, in the order that all runs use."""
        with self._writing() as (connection, now):
            keys = [row[0] for change in several for row in change.rows]
            if len(keys) > 1:
                self._database.lock_rows(connection, partial(self._rows, keys))
            for change in several:
                kept = self._each(connection, change, now)
                if kept < len(change.rows):
                    if len(several) > 1 or not change.partly:
                        raise NotOurs
                    change.failed = str(self._taken())  # raised after the others are recorded

    def _now(self) -> runs.Moment:
        return self._database.now(self._clock)

    def _conditions(self) -> list[sa.ColumnElement[bool]]:
        return [_journal.c[name] == value for name, value in self._whose.items()]

    def _old_names(self, connection: sa.Connection) -> list[str]:
        if self._old is None:
            self._old = self._former(accounts.names(connection, self._whose["operation"]))
        return self._old

    def _insert(self, connection: sa.Connection, digests: dict[str, str], now: float, run: str) -> int:
        if not digests:
            return 0
        same = {**self._whose, "run": run, "state": "claimed", "updated_at": now}
        same["story"] = stories.event(now, "claimed", run)
        columns = {"key": list(digests), "digest": list(digests.values())}
        return self._database.each(connection, _INSERT_ALL if self._database.whole else _INSERT, same, columns)

    def _each(self, connection: sa.Connection, change: Change, now: float) -> int:
        """Change rows of this run, or any rows if the change assigns them to a `run`. Returns how many."""
        if not change.rows:
            return 0
        keys, *own = zip(*change.rows, strict=True)
        columns = {"this": keys, **{f"new_{name}": values for name, values in zip(change.own, own, strict=True)}}
        same = {f"new_{name}": value for name, value in change.values.items()}
        same |= {**{f"our_{name}": value for name, value in self._whose.items()}, "now": now, "our_run": self._run}
        run, detail = str(change.values.get("run", self._run)), change.values.get("message_id")
        if "new_result" in columns:
            facts = zip(columns["new_state"], columns["new_result"], strict=True)
            told = [(state, None if state == "done" else stories.said(result)) for state, result in facts]
            columns["event"] = tuple([stories.event(now, state, run, said) for state, said in told])
        else:
            same["event"] = stories.event(now, change.values["state"], run, detail)
        names = (*change.own, *change.values)
        how = {"anybodys": "run" in change.values, "whole": self._database.whole}
        statement = changes.statement(_journal, names, tuple(columns), **how)
        return self._database.each(connection, statement, same, columns)

    def _read(self, connection: sa.Connection, keys: Sequence[str]) -> dict[str, Record]:
        run, row = runs.table.c, _journal.c
        names = (self._whose["account"], *self._old_names(connection))
        chosen = (
            sa.select(*_RECORD, run.host, run.pid, self._now() - run.seen)
            .select_from(_journal.outerjoin(runs.table, run.run == row.run))
            .where(row.account.in_(names), row.operation == self._whose["operation"], _WANTED)
        )
        found = connection.execute(chosen, {"keys": list(keys)}).all()
        if len(names) > 1:  # if a key has rows under several names, the last one counts
            found = sorted(found, key=lambda one: one[2] in accounts.HAPPENED)
        return {row[0]: Record(*row[:6], Holder(*row[6:9], None if row[9] is None else float(row[9]))) for row in found}

    def _rows(self, keys: Sequence[str]) -> sa.Select[Any]:
        """Rows, in the order in which all runs lock them."""
        chosen = sa.select(*_RECORD).where(*self._conditions(), _WANTED).params(keys=list(keys))
        return chosen.order_by(self._database.in_order(_journal.c.key)).with_for_update()

    def _locked(self, connection: sa.Connection, keys: Sequence[str]) -> dict[str, Record]:
        """The rows, locked until the transaction ends, and their holders."""
        if not keys:
            return {}
        found = connection.execute(self._rows(keys)).all()
        names = {row.run for row in found if row.state in BUSY} - {self._run}
        living = runs.living(connection, runs.table.c.run.in_(names), self._now()) if names else {}
        return {row[0]: Record._make((*row[:6], living.get(row[6]) or Holder(row[6]))) for row in found}


_RECORD = [_journal.c[name] for name in ("key", "digest", "state", "message_id", "together", "result", "run")]
_WANTED = _journal.c.key.in_(sa.bindparam("keys", expanding=True))
_COLUMNS = "account, operation, key, digest, state, run, updated_at, story"
_INSERT = sa.text(
    f"INSERT INTO ocreg_journal ({_COLUMNS}) VALUES "  # noqa: S608
    "(:account, :operation, :key, :digest, :state, :run, :updated_at, :story) "
    "ON CONFLICT DO NOTHING"
)
_INSERT_ALL = sa.text(
    f"INSERT INTO ocreg_journal ({_COLUMNS}) "  # noqa: S608
    "SELECT :account, :operation, given.key, given.digest, :state, :run, CAST(:updated_at AS DOUBLE PRECISION), :story "
    "FROM unnest(CAST(:key AS TEXT[]), CAST(:digest AS TEXT[])) AS given (key, digest) "
    "ON CONFLICT DO NOTHING"
)
