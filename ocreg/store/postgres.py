"""PostgreSQL for tokens and journals: row locks, and one clock for all hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from .databases import SILENT, Database

_CREATING = 0x6F63726567  # "ocreg": the number of the advisory lock


class Postgres(Database):
    """A database for any number of hosts. A writer has row locks.

    Advisory locks would not do: they belong to a session, which a pooler such as PgBouncer may give to another client
    between two transactions, and all programs in the database share their numbers. A row lock ends with its
    transaction: at the commit, when the process dies, and (thanks to keep-alives) when its host dies.
    """

    idle = 0.0
    """Seconds for which a transaction may be idle. 0 means no limit, because a token refresh may take long."""
    clock = sa.extract("epoch", sa.func.clock_timestamp())
    whole = True
    """Statements for single rows would go out as a pipeline, which libpq may end with a flush. While PostgreSQL waits
    for the message after a flush, it does not count the transaction as idle."""

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        return sa.create_engine(
            url,
            isolation_level="READ COMMITTED",
            **SILENT,
            pool_pre_ping=True,
            pool_timeout=self._patience,
            connect_args={"connect_timeout": 10, "prepare_threshold": None},
        )

    def _named(self, url: sa.URL) -> str:
        host = url.host or url.query.get("host") or "localhost"
        return f"postgresql://{host}:{url.port or url.query.get('port') or 5432}/{url.database or ''}"

    def begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        settings = {
            "lock_timeout": f"'{int(self._patience * 1000)}ms'",
            "synchronous_commit": "on",
            "idle_in_transaction_session_timeout": f"'{int(self.idle * 1000)}ms'",
            "tcp_keepalives_idle": "30",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
        }
        connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items()))
        return True

    def hold(self, connection: sa.Connection, row: sa.Select[Any], *, wait: bool) -> bool:
        return connection.scalar(row.with_for_update(skip_locked=not wait)) is not None

    def lock_rows(self, connection: sa.Connection, rows: Callable[[], sa.Select[Any]]) -> None:
        connection.execute(rows())

    def in_order(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        return text.collate("C")

    def lock_all(self, connection: sa.Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
