"""A journal that was in the file of the tokens, as older versions kept it, moves into a file of its own.

Its rows are copied in the transaction that makes the new tables, so they are there whole or not at all. Before that the
old tables are frozen: an older ocreg that would still write there is told so before it sends anything. They are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ..errors import StoreError
from . import runs
from .databases import Database

ROWS = "ocreg_journal"
_CHUNK = 1000
_FROZEN = (("runs", "INSERT", ROWS.replace("journal", "runs")), ("rows", "INSERT", ROWS), ("states", "UPDATE", ROWS))


@contextmanager
def looking(database: Database, table: sa.Table) -> Iterator[sa.Connection | None]:
    """A connection to where a table is, if need be in the file that it will move out of; None: it is nowhere."""
    for where in (database, database.former):
        if where is not None and where.has(table):
            with where.connection() as connection, where.plainly():
                yield connection
            return
    yield None


def freeze(connection: sa.Connection, file: Path, name: str) -> None:
    """Let nobody write into the tables any more. Raises StoreError while somebody does."""
    if runs.living(connection, sa.true(), sa.literal(_now())):
        words = "is in use by an older ocreg, or by one that has just died elsewhere"
        raise StoreError(f"the journal {name} {words}: it moves to {file} once that has ended; try again then")
    words = f"this journal is in {file} now: upgrade ocreg".replace("'", "''").replace(":", r"\:")
    for mark, event, table in _FROZEN:
        trigger = f"CREATE TRIGGER IF NOT EXISTS ocreg_moved_{mark} BEFORE {event} ON {table}"
        connection.execute(sa.text(f"{trigger} BEGIN SELECT RAISE(ABORT, '{words}'); END"))


def copy(old: sa.Connection, new: sa.Connection, table: sa.Table) -> None:
    """Copy all rows."""
    there = {column["name"] for column in sa.inspect(old).get_columns(table.name)}
    names = [column.name for column in table.columns if column.name in there]
    found = old.execution_options(yield_per=_CHUNK).execute(sa.select(*(table.c[name] for name in names)))
    for rows in found.mappings().partitions():
        new.execute(table.insert(), [dict(row) for row in rows])


def _now() -> float:
    import time

    return time.time()
