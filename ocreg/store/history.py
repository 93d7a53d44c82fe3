"""A journal for people: its accounts, its runs, the history of a row; and the removal of old rows.

Only `prune` writes. It never removes a row that is in doubt, or that belongs to a registered run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ..errors import StoreError
from . import moved, runs, stories, wal
from .databases import PATIENCE
from .records import BUSY
from .records import table as journal
from .runs import Holder, past

if TYPE_CHECKING:
    from typing_extensions import Self

FATES = ("done", "refused", "not sent", "in doubt", "open")
"""States of a row for its owner: `open` is claimed by a live run, `in doubt` may have taken effect."""
_CHUNK = 1000
_ONE_MOMENT = {"sqlite": "BEGIN", "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"}
_NOTHING: tuple[Any, ...] = ("", "", "")
_NAMES = (journal.c.account, journal.c.operation, journal.c.key)
_FINAL = ("done", "refused", "not sent", "claimed")
"""States of rows that may be removed, once no run has claimed them."""


class Group(NamedTuple):
    """The rows of one operation of one account, counted by their fate; the times are of the last changes of rows."""

    account: str
    operation: str
    counts: dict[str, int]
    oldest: float
    newest: float

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


class Past(NamedTuple):
    """A run; `counts` are of the rows that no later run has taken over. Older versions of ocreg recorded only those.

    `state`: "ended", "alive" or "died"; `silent` is the seconds since the last sign of life of a registered run.
    """

    run: str
    account: str
    operation: str
    host: str | None
    pid: int | None
    begun: float | None
    ended: float | None
    command: str | None
    state: str
    silent: float | None
    counts: dict[str, int]


class Row(NamedTuple):
    """A row with its history; `said` is the text of the error, `result` the recorded JSON."""

    account: str
    operation: str
    key: str
    digest: str
    state: str
    run: str
    message_id: str | None
    together: int | None
    result: str | None
    updated_at: float
    fate: str
    events: list[stories.Event]

    @property
    def said(self) -> str | None:
        return stories.said(self.result)

    @property
    def requests(self) -> int:
        """The number of requests in which it was sent. A request that was looked up and sent again counts once."""
        ids = [event.detail for event in self.events if event.state == "sending" and event.detail]
        return len(set(ids)) or (1 if self.message_id else 0)


class Which(NamedTuple):
    """A selection of rows: by operation, by account (its whole name, or the last part of it), by state."""

    operation: str | None = None
    account: str | None = None
    fate: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found = [] if self.operation is None else [journal.c.operation == self.operation]
        if self.account is not None:
            last = journal.c.account.endswith(f"|{self.account}", autoescape=True)
            found.append(sa.or_(journal.c.account == self.account, last))
        return found

    def has(self, fate: str) -> bool:
        return self.fate is None or self.fate == fate


ALL = Which()


class History:
    """The journal of all accounts and operations, to read and to prune. A context manager; raises StoreError."""

    def __init__(self, url: sa.URL, patience: float = PATIENCE, clock: Callable[[], float] = time.time) -> None:
        self._database = wal.database(url, patience)
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @property
    def name(self) -> str:
        """The database as text. A journal that has not moved yet is where an older version kept it."""
        return (moved.place(self._database) or self._database).name

    def is_there(self) -> bool:
        return moved.place(self._database) is not None

    def overview(self) -> tuple[list[Group], list[Past]]:
        """The rows by account and operation, and all runs, newest first."""
        with self._reading() as (connection, held):
            found = list(_counted(connection, held))
            told: dict[str, tuple[Any, ...]] = {row[0]: tuple(row)[1:] for row in connection.execute(sa.select(past))}
        counts: dict[str, dict[str, int]] = {}
        for one in found:
            counts.setdefault(one.run, _none())[one.fate] += one.rows
            told.setdefault(one.run, (one.account, one.operation, *_UNTOLD))
        known = [_past(run, facts, held.get(run), counts.get(run, _none())) for run, facts in told.items()]
        return _groups(found), sorted(known, key=lambda run: (run.begun or 0.0, run.run), reverse=True)

    def find(self, key: str, which: Which = ALL) -> tuple[list[Row], dict[str, Past]]:
        """The rows with this key, and the runs in their histories, by name."""
        with self._reading() as (connection, held):
            chosen = sa.select(journal).where(journal.c.key == key, *which.conditions())
            rows = [_row(one, held) for one in connection.execute(chosen.order_by(journal.c.account)).all()]
            marks = {event.run for row in rows for event in row.events}
            known = connection.execute(sa.select(past)).all()
        found = {one.run[: stories.MARK]: one for one in known if one.run[: stories.MARK] in marks}
        return rows, {mark: _past(one.run, tuple(one)[1:], held.get(one.run), _none()) for mark, one in found.items()}

    def rows(self, which: Which = ALL) -> Iterator[Row]:
        """All rows in the order of account, operation and key. Reading them blocks no writer."""
        chosen, last = sa.select(journal).where(*which.conditions()).order_by(*_NAMES).limit(_CHUNK), _NOTHING
        while True:
            with self._reading() as (connection, held):
                found = [_row(one, held) for one in connection.execute(_beyond(chosen, last)).all()]
            yield from (row for row in found if which.has(row.fate))
            if len(found) < _CHUNK:
                return
            last = found[-1][:3]

    # Removal

    def now(self) -> float:
        """The time on the clock that all users of the journal share."""
        with self._looking() as connection:
            return self._database.read(self._database.now(self._clock), connection)

    def old(self, before: float, which: Which = ALL) -> tuple[list[Group], dict[str, int]]:
        """What `prune` would remove, and how many rows of the same age it would keep, by reason."""
        with self._reading() as (connection, held):
            conditions = [journal.c.updated_at < before, *which.conditions()]
            found = list(_counted(connection, held, *conditions))
        kept, free = dict.fromkeys(("in doubt", "open"), 0), []
        for one in found:
            why = "open" if one.run in held and held[one.run].lives else one.fate
            if why in kept:
                kept[why] += one.rows
            else:
                free.append(one)
        return _groups(free), kept

    def prune(self, before: float, which: Which = ALL) -> int:
        """Remove rows that were last changed before a moment. Returns how many. Runs without rows are removed too.

        It removes a thousand at a time, so that nobody waits long. Locked rows are skipped.
        """
        books, row = sa.select(runs.table.c.run), journal.c
        free = [row.updated_at < before, row.state.in_(_FINAL), row.run.not_in(books), *which.conditions()]
        some = sa.select(*_NAMES).where(*free).order_by(*_NAMES).limit(_CHUNK).with_for_update(skip_locked=True)
        one = [column == sa.bindparam(f"this_{column.name}") for column in _NAMES]
        removed, last = 0, _NOTHING
        self._bury()
        while True:
            with self._writing() as connection:
                found = connection.execute(_beyond(some, last)).mappings().all()
                gone = [{f"this_{name}": value for name, value in keys.items()} for keys in found]
                removed += connection.execute(journal.delete().where(*one), gone).rowcount if gone else 0
            if len(found) < _CHUNK:
                break
            last = tuple(found[-1].values())
        with self._writing() as connection:
            idle = [past.c.run.not_in(books), past.c.run.not_in(sa.select(row.run))]
            connection.execute(past.delete().where(past.c.begun < before, *idle))
        return removed

    def _bury(self) -> None:
        """Unregister dead runs, which releases their rows."""
        with self._writing() as connection:
            runs.living(connection, sa.true(), self._database.now(self._clock))

    # The tables

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._database.connection() as connection, self._database.plainly():
            self._database.begin(connection, wait=True)
            yield connection
            self._database.commit(connection)

    @contextmanager
    def _looking(self) -> Iterator[sa.Connection]:
        with moved.looking(self._database, whole=True) as connection:
            if connection is None:
                raise StoreError(f"there is no journal in {self._database.name}: nothing was pushed yet")
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[tuple[sa.Connection, dict[str, Holder]]]:
        """A consistent view at one moment, and the runs that are registered then."""
        run, now = runs.table.c, self._database.now(self._clock)
        with self._looking() as connection:
            connection.exec_driver_sql(_ONE_MOMENT[connection.dialect.name])
            books = connection.execute(sa.select(run.run, run.host, run.pid, now - run.seen)).all()
            yield connection, {one[0]: Holder(*one[:3], float(one[3])) for one in books}


def _beyond(chosen: sa.Select[Any], last: tuple[str, ...]) -> sa.Select[Any]:
    """The rows after a given one, in the order of `_NAMES`."""
    return chosen.where(sa.tuple_(*_NAMES) > sa.tuple_(*map(sa.literal, last)))


def _none() -> dict[str, int]:
    return dict.fromkeys(FATES, 0)


def _fate(state: str, holder: Holder | None) -> str:
    if state in BUSY and holder is not None and holder.lives:
        return "open"
    return {"unknown": "in doubt", "sending": "in doubt", "claimed": "not sent"}.get(state, state)


class _Count(NamedTuple):
    """The number of rows of one run in one state."""

    account: str
    operation: str
    run: str
    fate: str
    rows: int
    oldest: float
    newest: float


def _counted(
    connection: sa.Connection, held: dict[str, Holder], *conditions: sa.ColumnElement[bool]
) -> Iterator[_Count]:
    row = journal.c
    parts = (row.account, row.operation, row.run, row.state)
    chosen = sa.select(*parts, sa.func.count(), sa.func.min(row.updated_at), sa.func.max(row.updated_at))
    for account, operation, run, state, *numbers in connection.execute(chosen.where(*conditions).group_by(*parts)):
        yield _Count(account, operation, run, _fate(state, held.get(run)), *numbers)


def _groups(found: Iterable[_Count]) -> list[Group]:
    groups: dict[tuple[str, str], Group] = {}
    for one in found:
        place = (one.account, one.operation)
        group = groups.get(place) or Group(*place, _none(), one.oldest, one.newest)
        group.counts[one.fate] += one.rows
        oldest, newest = min(group.oldest, one.oldest), max(group.newest, one.newest)
        groups[place] = group._replace(oldest=oldest, newest=newest)
    return [groups[place] for place in sorted(groups)]


_UNTOLD = (None,) * 5
"""What older versions did not record of a run: host, process, begin, end, command."""


def _past(run: str, facts: tuple[Any, ...], holder: Holder | None, counts: dict[str, int]) -> Past:
    ended = facts[5]
    alive = holder is not None and holder.lives
    state = "alive" if alive else "died" if ended is None and facts[4] is not None else "ended"
    return Past._make((run, *facts, state, holder.silent if holder is not None else None, counts))


def _row(found: Any, held: dict[str, Holder]) -> Row:
    """A row. Its last event is reconstructed if an older version changed the row without recording an event."""
    *facts, story = found
    events = stories.events(story)
    account, operation, key, digest, state, run, message_id, together, result, updated_at = facts
    if not events or round(updated_at, 3) > events[-1].at:
        events.append(stories.Event(updated_at, state, run[: stories.MARK], stories.said(result)))
    fate = _fate(state, held.get(run))
    return Row(account, operation, key, digest, state, run, message_id, together, result, updated_at, fate, events)
