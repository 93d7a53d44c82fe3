"""The owners of a journal's rows: names of accounts, rows of other accounts, rows under an account's old name.

A key may have rows under several names. Any row that took effect, or may have, counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

HAPPENED = ("done", "unknown", "sending")
"""States of rows that took effect, or may have."""

_NAMES = sa.text(
    "WITH RECURSIVE names (account) AS (SELECT min(account) FROM ocreg_journal UNION ALL "
    "SELECT (SELECT min(account) FROM ocreg_journal WHERE account > names.account) FROM names "
    "WHERE account IS NOT NULL) "
    "SELECT account FROM names WHERE account IS NOT NULL AND EXISTS "
    "(SELECT 1 FROM ocreg_journal j WHERE j.account = names.account AND j.operation = :operation)"
)  # jumps from name to name in the index, whatever the number of rows
_WEAKER = sa.text(
    "DELETE FROM ocreg_journal WHERE account = :new AND operation = :operation AND state IN ('refused', 'not sent') "
    "AND EXISTS (SELECT 1 FROM ocreg_journal o WHERE o.account = :old AND o.operation = :operation "
    "AND o.key = ocreg_journal.key AND o.state IN ('done', 'unknown', 'sending'))"
)
_RENAMED = sa.text(
    "UPDATE ocreg_journal SET account = :new WHERE account = :old AND operation = :operation "
    "AND NOT EXISTS (SELECT 1 FROM ocreg_journal o WHERE o.account = :new AND o.operation = :operation "
    "AND o.key = ocreg_journal.key)"
)


def names(connection: sa.Connection, operation: str) -> list[str]:
    """The accounts that have rows of an operation."""
    return list(connection.scalars(_NAMES, {"operation": operation}))


def adopt(connection: sa.Connection, former: Sequence[str], account: str, operation: str) -> None:
    """Move the rows of former names to an account."""
    for old in former:
        for statement in (_WEAKER, _RENAMED):
            connection.execute(statement, {"old": old, "new": account, "operation": operation})


def elsewhere(
    connection: sa.Connection, table: sa.Table, others: Sequence[str], operation: str, keys: Sequence[str]
) -> Counter[str]:
    """For how many of these keys other accounts have rows that took effect, or may have, by the accounts' names."""
    row = table.c
    chosen = sa.select(row.account, sa.func.count()).where(row.account.in_(others), row.operation == operation)
    chosen = chosen.where(row.key.in_(keys), row.state.in_(HAPPENED)).group_by(row.account)
    return Counter({found[0]: int(found[1]) for found in connection.execute(chosen)})
