"""The runs that write to a journal, and whether they are alive.

A run is registered from its first claim until it ends, and gives a sign of life every half minute. A killed run gives
none: on its own host its process is gone; for other hosts it counts as dead when its lease (15 minutes) has passed. Any
run that finds it dead unregisters it. A run is never registered again, so a suspended one notices before it sends.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from .databases import Database

metadata = sa.MetaData()
table = sa.Table(
    "ocreg_runs",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("seen", sa.Double, nullable=False),
)
past = sa.Table(
    "ocreg_history",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("begun", sa.Double, nullable=False),
    sa.Column("ended", sa.Double),  # null: it is alive, or died
    sa.Column("command", sa.Text),
)
"""All runs, for people. No decision depends on it."""
Moment = sa.ColumnElement[float]
"""The time on the database's clock, which all runs share, in seconds since the epoch."""

LEASE = 900.0
"""The lease: seconds without a sign of life after which a run on another host counts as dead."""
BEAT = 30.0
"""Seconds between two signs of life."""
FORGOTTEN = 24 * 3600.0
"""Seconds without a sign of life after which a run is unregistered."""

_living: set[str] = set()
"""The runs of this process."""


class Holder(NamedTuple):
    """The run that a row belongs to; `silent` is the seconds since its last sign of life, None if it has ended."""

    run: str
    host: str | None = None
    pid: int | None = None
    silent: float | None = None

    @property
    def lives(self) -> bool:
        if self.silent is None:
            return False
        if self.host != host() or self.pid is None or os.name != "posix":  # no safe way on others
            return self.silent <= LEASE
        if self.pid == os.getpid():
            return self.run in _living  # after a restart another process may have had this number
        there, started = _process(self.pid)
        born = self.run.partition("-")[2]
        return there and (started == born if started and born else self.silent <= LEASE)

    def __str__(self) -> str:
        """A live run, for people."""
        where, silent = (self.host or "").partition("|")[0], max(self.silent or 0, 0)
        who = f"a run on {where} (process {self.pid}, last sign of life {silent:.0f} s ago)"
        if self.host == host():
            return who
        return f"{who}, which counts as dead after {LEASE / 60:.0f} minutes without a sign of life,"


def begin() -> str:
    """The name of a new run of this process. It contains the start time of the process."""
    run = f"{uuid4().hex}-{_process(os.getpid())[1]}"
    _living.add(run)
    return run


def end(run: str) -> None:
    _living.discard(run)


# Registration


def enter(connection: sa.Connection, run: str, now: float, **facts: str | None) -> None:
    """Register a run; `facts` are its account, operation and command."""
    connection.execute(table.insert().values(run=run, host=host(), pid=os.getpid(), seen=now))
    node = host().partition("|")[0]
    connection.execute(past.insert().values(run=run, host=node, pid=os.getpid(), begun=now, **facts))


def beat(connection: sa.Connection, run: str, now: float) -> bool:
    """Give a sign of life; False if the run is no longer registered."""
    return bool(connection.execute(table.update().where(table.c.run == run).values(seen=now)).rowcount)


def silence(database: Database, connection: sa.Connection, run: str, clock: Callable[[], float]) -> float | None:
    """Seconds since a run's last sign of life; None if it is not registered."""
    found = database.first(connection, _seen(database.clock), this=run)
    return None if found is None else float(found[1] or clock()) - float(found[0])


@cache
def _seen(now: Moment | None) -> sa.Select[Any]:
    return sa.select(table.c.seen, sa.null() if now is None else now).where(table.c.run == sa.bindparam("this"))


def leave(connection: sa.Connection, run: str, now: float) -> None:
    connection.execute(table.delete().where(table.c.run == run))
    connection.execute(past.update().where(past.c.run == run).values(ended=now))


def living(connection: sa.Connection, which: sa.ColumnElement[bool], now: Moment) -> dict[str, Holder]:
    """The live runs among some. The others are unregistered, unless they have just given a sign of life."""
    chosen = sa.select(table.c.run, table.c.host, table.c.pid, now - table.c.seen, table.c.seen).where(which)
    while True:
        rows = connection.execute(chosen).all()
        found = {row[0]: Holder(row[0], row[1], row[2], float(row[3])) for row in rows}
        dead = sorted((row[0], row[4]) for row in rows if not found[row[0]].lives)
        if not dead:
            return found
        for run, seen in dead:  # in a fixed order: other processes may do the same
            connection.execute(table.delete().where(table.c.run == run, table.c.seen == seen))


@cache
def host() -> str:
    """This host, with its process namespace: containers may share a host name, but not process numbers."""
    parts = [platform.node()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()]
        parts += [os.readlink("/proc/self/ns/pid")]  # noqa: PTH115  # it is not a path
    return "|".join(parts)


def _process(pid: int) -> tuple[bool, str]:
    """Whether a process exists, and its start time in the system's units; empty if that is unavailable.

    A stopped process exists; a killed one that was not yet waited for does not.
    """
    try:
        if os.name == "posix":
            os.kill(pid, 0)
    except ProcessLookupError:
        return False, ""
    except OSError:
        pass  # of another user
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return True, ""
    return state not in ("Z", "X"), fields[18]
