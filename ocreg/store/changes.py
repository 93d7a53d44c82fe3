"""Changes of rows by the threads of a process. Waiting changes share one transaction, because commits are slow.

    thread 1    change, wait ......... done
    thread 2           change, wait .. done
    thread 3    (its commit goes on) | one commit for both

The first thread writes for all that wait by then. A change may also wait without a thread: then it is written with the
next one, at the latest by a flush.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from threading import Lock
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError
from . import stories


class Change:
    """New values of rows: `values` are shared by all; each of `rows` is a key and the row's own values, named by `own`.

    It applies to all of its rows or, if one is not ours, to none; with `partly`, to the others.
    """

    def __init__(
        self, rows: Iterable[tuple[Any, ...]], own: tuple[str, ...] = (), *, partly: bool = False, **values: Any
    ) -> None:
        self.rows, self.own, self.partly, self.values = sorted(rows, key=lambda row: str(row[0])), own, partly, values
        self.done, self.failed = False, ""
        self.awaited = True  # a thread waits for it and gets its error; else the writing thread does


class NotOurs(Exception):
    """A row of a change is not ours: another run has taken it over."""


class Changes:
    """`write` makes changes in one transaction, durable when it returns. It raises StoreError and NotOurs."""

    def __init__(self, write: Callable[[Sequence[Change]], None], taken: Callable[[], StoreError]) -> None:
        self._write, self._taken = write, taken
        self._waiting: deque[Change] = deque()
        self._lock = Lock()

    def later(self, change: Change) -> None:
        """Write the change with the next one."""
        change.awaited = False
        self._waiting.append(change)

    def make(self, *changes: Change) -> None:
        """Write these and all waiting changes, durable on return. Raises StoreError if any could not be written."""
        self._waiting.extend(changes)
        with self._lock:
            told = [] if changes and all(change.done for change in changes) else self._all()
        mine = [*changes, *(change for change in told if not change.awaited)]
        failed = [change.failed for change in mine if change.failed]
        if failed:
            raise StoreError(failed[0])

    def _all(self) -> list[Change]:
        """Write the waiting changes, and return them."""
        group = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._together(group)
        except BaseException:
            self._waiting.extendleft(change for change in reversed(group) if not change.done)
            raise
        return group

    def _together(self, group: list[Change]) -> None:
        try:
            if group:
                self._write(group)
        except NotOurs:
            if len(group) > 1:  # make the others nevertheless
                for change in group:
                    self._together([change])
                return
            group[0].failed = str(self._taken())
        except StoreError as error:
            for change in group:
                change.failed = str(error)
        for change in group:
            change.done = True


@cache
def statement(
    table: sa.Table, names: tuple[str, ...], listed: tuple[str, ...], *, anybodys: bool, whole: bool
) -> sa.Update:
    """The statement that changes a row `this` of ours: its columns, to the parameters `new_...`, and its `event`.

    With `whole` it changes many rows, and the parameters `listed` are lists. It is cached: making it takes time.
    """
    row, text = table.c, sa.ARRAY(sa.Text)
    given = sa.func.unnest(*(sa.bindparam(name, type_=text) for name in listed)) if whole else None
    rows = None if given is None else given.table_valued(*listed, name="given").render_derived()

    def value(name: str, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        return rows.c[name] if rows is not None and name in listed else sa.bindparam(name, type_=column.type)

    ours = ("account", "operation", *(() if anybodys else ("run",)))
    whose = [row.key == value("this", row.key), *(row[name] == sa.bindparam(f"our_{name}") for name in ours)]
    values: dict[str, Any] = {name: value(f"new_{name}", row[name]) for name in names}
    values |= {"updated_at": sa.bindparam("now", type_=sa.Double)}
    return table.update().where(*whose).values(**values, story=stories.appended(row.story, value("event", row.story)))
