"""Moves a journal from the file with the tokens, where older versions kept it, into its own file.

Its rows are copied in the transaction that makes the new tables, so the copy is complete or absent. Before that, the
old tables are frozen: an older ocreg that still writes there fails before it sends anything. The old tables are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ..errors import StoreError
from . import records, runs
from .databases import Database

_ROWS = records.table.name
_CHUNK = 1000
_FROZEN = (("runs", "INSERT", runs.table.name), ("rows", "INSERT", _ROWS), ("states", "UPDATE", _ROWS))


def place(database: Database) -> Database | None:
    """The database with the rows, which may be the file that they will move out of; None if there are none."""
    found = (where for where in (database, database.former) if where is not None and where.has(records.table))
    return next(found, None)


@contextmanager
def looking(database: Database, *, whole: bool = False) -> Iterator[sa.Connection | None]:
    """A connection to the database with the rows. Nothing is written. `whole`: all tables and columns are read."""
    where = place(database)
    if where is None:
        yield None
        return
    with where.connection() as connection, where.plainly():
        if whole and where is not database:
            _complete(connection)
        yield connection


def _complete(connection: sa.Connection) -> None:
    """Show columns and tables that an older version lacks as empty, for this connection."""
    there = sa.inspect(connection)
    for table in runs.metadata.sorted_tables:
        known = {one["name"] for one in there.get_columns(table.name)} if there.has_table(table.name) else set()
        lacking = ", ".join(f"NULL AS {column.name}" for column in table.columns if column.name not in known)
        if lacking:
            source = f"*, {lacking} FROM main.{table.name}" if known else f"{lacking} WHERE 0"
            connection.exec_driver_sql(f"CREATE TEMP VIEW {table.name} AS SELECT {source}")


def freeze(connection: sa.Connection, file: Path, name: str) -> None:
    """Block all writes to the tables. Raises StoreError if they are in use."""
    if runs.living(connection, sa.true(), sa.literal(_now())):
        words = "is in use by an older ocreg, or by one that has just died on another host"
        raise StoreError(f"the journal {name} {words}: it moves to {file} when that has ended; try again then")
    words = f"this journal has moved to {file}: upgrade ocreg".replace("'", "''").replace(":", r"\:")
    for mark, event, table in _FROZEN:
        trigger = f"CREATE TRIGGER IF NOT EXISTS ocreg_moved_{mark} BEFORE {event} ON {table}"
        connection.execute(sa.text(f"{trigger} BEGIN SELECT RAISE(ABORT, '{words}'); END"))


def copy(old: sa.Connection, new: sa.Connection, table: sa.Table) -> None:
    """Copy all rows of a table, if it exists."""
    if not sa.inspect(old).has_table(table.name):
        return
    there = {column["name"] for column in sa.inspect(old).get_columns(table.name)}
    names = [column.name for column in table.columns if column.name in there]
    found = old.execution_options(yield_per=_CHUNK).execute(sa.select(*(table.c[name] for name in names)))
    for rows in found.mappings().partitions():
        new.execute(table.insert(), [dict(row) for row in rows])


def _now() -> float:
    import time

    return time.time()
