"""Databases for tokens and journals: transactions, locks, and errors in plain words. This module has SQLite.

Every failure becomes a StoreError. It is raised `from None`, because the errors of SQLAlchemy and of the drivers
contain the parameters of the statement.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ..errors import StoreError
from ..forks import ForkSafe, Undivided
from .failures import LOCKED, meaning

VERSION = 1
PATIENCE = 120.0
"""Seconds to wait for a lock."""
_GLANCE = 5
"""Seconds for which SQLite itself waits, during which Ctrl-C has no effect."""

# SQLAlchemy puts parameters into its errors and, at the level DEBUG, rows into its log.
SILENT: dict[str, Any] = {"hide_parameters": True, "logging_name": "ocreg"}
logging.getLogger("sqlalchemy.engine.Engine.ocreg").addFilter(lambda record: record.levelno >= logging.WARNING)

_versions = sa.Table(
    "ocreg_store", sa.MetaData(), sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)
)


def _at_rest() -> None:
    for reference in _open.valuerefs():
        each = reference()
        if each is not None:
            each.rest()


_open: WeakValueDictionary[int, Database] = WeakValueDictionary()
_undivided = Undivided(PATIENCE, _at_rest)
"""SQLite counts the locks of its process: a child that inherits one would find the file locked forever. And a row lock
of PostgreSQL would outlive the parent."""


class Database(ForkSafe):
    """The common part of both databases. Threads may share one; after a fork each process has its own connections.

    `what` is its purpose, as text for errors; missing `tables` are made at the first use.
    """

    former: Database | None = None
    """The place of its rows until it has its own tables."""
    room = 0
    """Bytes reserved for each secret, so that saving a longer one needs no more space."""

    def __init__(self, url: sa.URL, what: str, tables: sa.MetaData, patience: float = PATIENCE) -> None:
        self._what, self._tables, self._patience = what, tables, patience
        self._url, self.name = url, self._named(url)
        super().__init__()
        _open[id(self)] = self

    def _make_own(self) -> None:
        self._engine = self._new_engine(self._url)
        self._compiled: dict[sa.ClauseElement, Any] = {}
        self._lock = Lock()
        self._ready = False

    def close(self) -> None:
        """Close open connections. A later use opens them again."""
        self._engine.dispose()

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        with _undivided.under_way():
            with self.plainly():
                self._make_ready()
                connection = self._engine.connect()
            try:
                yield connection
            finally:
                with self.plainly():
                    connection.close()  # this rolls back uncommitted changes

    @contextmanager
    def plainly(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            words = meaning(error)
        except OSError as error:
            words = f"cannot be opened: {error.strerror}"
        else:
            return
        raise StoreError(f"{self._what} {self.name} {words}") from None

    whole = False
    """Whether `each` executes a statement once, with a list for each column, and not once for each row."""

    def each(
        self,
        connection: sa.Connection,
        statement: sa.ClauseElement,
        same: Mapping[str, Any],
        columns: Mapping[str, Sequence[Any]],
    ) -> int:
        """Execute a cached statement for each row of `columns`. Returns how many rows it changed.

        SQLAlchemy prepares each row anew, which takes longer than the database needs.
        """
        text, same, order = self._kept(connection, statement, same)
        if self.whole:
            parameters: Any = {**same, **{name: list(values) for name, values in columns.items()}}
        else:
            assert order is not None  # parameters of SQLite have places, not names
            parameters = list(zip(*(columns[name] if name in columns else repeat(same[name]) for name in order)))  # noqa: B905
        return connection.exec_driver_sql(text, parameters).rowcount

    def first(self, connection: sa.Connection, statement: sa.ClauseElement, **values: Any) -> Any:
        """The first row of a cached statement's result, or None."""
        text, same, order = self._kept(connection, statement, values)
        parameters: Any = same if order is None else tuple(same[name] for name in order)
        return connection.exec_driver_sql(text, parameters).first()

    def _kept(
        self, connection: sa.Connection, statement: sa.ClauseElement, values: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], list[str] | None]:
        compiled: Any = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = statement.compile(dialect=connection.dialect)
        return str(compiled), {**compiled.params, **values}, compiled.positiontup

    def has(self, table: sa.Table) -> bool:
        """Whether a table exists. Nothing is made."""
        with _undivided.under_way(), self.plainly(), self._lock:
            with self._engine.connect() as connection:
                found = sa.inspect(connection).has_table(table.name)
            if not self._ready:
                self._engine.dispose()
            return found

    # What differs between databases

    def rest(self) -> None:
        """Called before a fork: close idle connections that a child could damage."""

    def begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        """Begin a writing transaction; False if it would have to wait and `wait` is false."""
        raise NotImplementedError

    def commit(self, connection: sa.Connection) -> None:
        connection.commit()

    def lasting(self, connection: sa.Connection, lasts: bool) -> None:
        """Set whether the next commit must survive a power cut. Databases without this choice always do."""

    def hold(self, connection: sa.Connection, row: sa.Select[Any], *, wait: bool) -> bool:
        """Whether the row exists and is locked by us until the transaction ends."""
        raise NotImplementedError

    def lock_rows(self, connection: sa.Connection, rows: Callable[[], sa.Select[Any]]) -> None:
        """Lock rows with a select for update, unless the transaction has locked everything."""

    clock: sa.ColumnElement[Any] | None = None
    """The time on the database's own clock, in seconds since the epoch, if it has one."""

    def now(self, clock: Callable[[], float]) -> sa.ColumnElement[Any]:
        """The time in seconds since the epoch, on a clock that all users of the database share."""
        return sa.literal(clock()) if self.clock is None else self.clock

    def read(self, moment: sa.ColumnElement[Any], connection: sa.Connection) -> float:
        """The value of a moment of `now`, in seconds."""
        known = isinstance(moment, sa.BindParameter)
        return float((moment.value if known else connection.scalar(sa.select(moment))) or 0)

    def in_order(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """Sort texts as Python does, whatever the database's language: all lock rows in this order."""
        return text

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        raise NotImplementedError

    def _named(self, url: sa.URL) -> str:
        """The database as text, without a user or a password."""
        raise NotImplementedError

    def lock_all(self, connection: sa.Connection) -> None:
        """Keep others from changing the tables, or rows in all of them, at the same time."""

    def _before_use(self) -> None:
        pass

    def _fill(self, connection: sa.Connection) -> None:
        """Fill new tables, in the transaction that makes them."""

    # What is the same for all

    def _make_ready(self) -> None:
        """Before the first use in this process: prepare the file and the tables, and check the version."""
        with self._lock:
            if self._ready:
                return
            self._before_use()
            with self._engine.connect() as connection:
                self._check(connection)
            self._ready = True

    def _check(self, connection: sa.Connection) -> None:
        if not sa.inspect(connection).has_table(_versions.name) or self._lacking(connection):
            self._create(connection)
        version = connection.scalar(sa.select(sa.func.max(_versions.c.version)))
        if version is None or version > VERSION:
            words = f"was made by a newer ocreg (it has version {version}, this one supports {VERSION}): upgrade ocreg"
            raise StoreError(f"{self._what} {self.name} {words}")

    def _lacking(self, connection: sa.Connection) -> list[sa.Column[Any]]:
        """The missing columns."""
        there, found = sa.inspect(connection), []
        for table in self._tables.sorted_tables:
            names = {column["name"] for column in there.get_columns(table.name)} if there.has_table(table.name) else ()
            found += [column for column in table.columns if column.name not in names]
        return found

    def _create(self, connection: sa.Connection) -> None:
        connection.rollback()
        self.begin(connection, wait=True)
        self.lock_all(connection)
        _versions.create(connection, checkfirst=True)
        new = not any(sa.inspect(connection).has_table(table) for table in self._tables.tables)
        self._tables.create_all(connection)
        if new:
            self._fill(connection)
        for column in self._lacking(connection):  # in a table that an older version made
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}")
        if connection.scalar(sa.select(_versions.c.version)) is None:
            connection.execute(_versions.insert().values(version=VERSION))
        self.commit(connection)


class Sqlite(Database):
    """One file, for the processes of one host. A writer has the write lock of the file.

    SQLite's journal is truncated, not deleted: with `synchronous = FULL`, a commit is then on the disk when it returns.
    Space for a save is reserved together with the lock: in the row, and in SQLite's journal for both pages that change.
    """

    room = 1024
    _opening = Lock()

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        self._path = Path(url.database or "")
        engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",  # ocreg executes BEGIN itself
            **SILENT,
            **self._pool(),
            connect_args={"timeout": _GLANCE},
        )
        sa.event.listen(engine, "connect", lambda connection, _: self._configure(connection))
        return engine

    def _pool(self) -> dict[str, Any]:
        return {"poolclass": NullPool}

    def _configure(self, connection: Any) -> None:
        """Set up a new connection. If a journal has put the file into WAL mode, it stays: it is as durable."""
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        for setting in ([] if mode == "wal" else ["journal_mode = TRUNCATE"]) + [
            "synchronous = FULL",
            "secure_delete = ON",
        ]:
            connection.execute(f"PRAGMA {setting}").close()

    def _named(self, url: sa.URL) -> str:
        return f"sqlite:///{url.database}"

    def has(self, table: sa.Table) -> bool:
        with self.plainly():
            there = self._path.stat().st_size > 0 if self._path.exists() else False
        return there and super().has(table)

    def _before_use(self) -> None:
        """Make the file, readable for its owner only; warn if others can read an existing one.

        One thread at a time: closing a file releases all locks that SQLite has on it in this process.
        """
        with self._opening:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                if os.name == "posix" and self._path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    words = "%s %s can be opened by other users: chmod 600 it"
                    logging.getLogger("ocreg").warning(words, self._what, self.name)

    def begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        """Take the file's write lock. SQLite waits for short times; between them, Ctrl-C works."""
        glance = min(_GLANCE, self._patience) if wait else 0
        if glance != _GLANCE:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(glance * 1000)}")
        deadline = time.monotonic() + self._patience
        try:
            while True:
                try:
                    self._take(connection)
                except SQLAlchemyError as error:
                    if meaning(error) != LOCKED or (wait and time.monotonic() > deadline):
                        raise
                    if not wait:
                        return False
                else:
                    return True
        finally:
            if glance != _GLANCE:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_GLANCE * 1000}")

    def _take(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def hold(self, connection: sa.Connection, row: sa.Select[Any], *, wait: bool) -> bool:
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")  # puts the first page into SQLite's journal
        return True

    def commit(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("COMMIT")
