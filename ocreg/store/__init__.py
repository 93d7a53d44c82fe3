"""State that threads, processes and hosts share: tokens, and journals of what was sent (extra `store`).

    sqlite:////home/me/tokens.db                         a file that only you can read, for the processes of one host
    postgresql+psycopg://user:password@host/database     for any number of hosts

The tables are made at the first use. With a key (`store_key`), tokens are encrypted before they are written. To change
the key, give several keys separated by commas: the first encrypts, all of them decrypt.

Read `databases` first: connections, transactions and their errors. Imports run failures < databases <
postgres < sql (tokens), and runs, stories < records < moved < wal; accounts (owners of rows), changes < journal (what
was pushed); wal < history (the journal for people).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import SettingInvalid, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from ..account.grants import Store
    from ..redact import Secret
    from .history import History
    from .journal import Journal

__all__ = [
    "history",
    "holds_password",
    "journal",
    "journal_beside",
    "open_history",
    "open_journal",
    "open_store",
    "records",
    "stories",
]

_SCHEMES = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_STORE = "store (OCREG_STORE)"
_FORMS = "write sqlite:////path/to/tokens.db or postgresql+psycopg://user:password@host:port/database"


def open_store(url: str, key: Secret | None, patience: float = 120.0) -> Store:
    """The store at `url`. Nothing is opened or made before the first use. `patience`: seconds to wait for a slot.

    Raises SettingInvalid for a URL or a key that cannot be used, StoreError if the extra is not installed.
    """
    try:
        from . import sql

        return sql.SqlStore(_parsed(url, _STORE), sql.Cipher(key), patience)
    except ImportError as error:
        raise StoreError(f"a token store needs {error.name or error}: pip install 'ocreg[store]'") from None


def open_journal(
    url: str,
    account: str,
    operation: str,
    patience: float = 120.0,
    former: Callable[[list[str]], list[str]] = lambda _: [],
    *,
    setting: str = _STORE,
    command: str | None = None,
) -> Journal:
    """The journal of one operation of one account, in the store at `url`. Nothing is opened before the first use.

    A file with tokens has its journal beside it: see `journal_beside`.

    `former` selects this account's old names from all names in the journal: the first claim takes their rows over.
    `setting` is the source of the URL, for errors; `command` is the command to run again, without secrets.

    Raises SettingInvalid for a URL that cannot be used, StoreError if the extra is not installed.
    """
    try:
        from . import journal

        return journal.Journal(_place(url, setting), account, operation, patience, former=former, command=command)
    except ImportError as error:
        raise StoreError(f"a journal needs {error.name or error}: pip install 'ocreg[store]'") from None


def open_history(url: str, setting: str = _STORE) -> History:
    """The journal in the store at `url` for people, in the same place as for `open_journal`. Raises as that does."""
    try:
        from . import history

        return history.History(_place(url, setting))
    except ImportError as error:
        raise StoreError(f"a journal needs {error.name or error}: pip install 'ocreg[store]'") from None


def journal_beside(store: str, setting: str = _STORE) -> str:
    """The URL of the journal that belongs to a token store: the same database or, for SQLite, a file of its own.

    The journal of `tokens.db` is `tokens.journal.db`, in the same directory. Raises as `open_journal` does.
    """
    try:
        from . import wal

        parsed = _parsed(store, setting)
        lite = parsed.get_backend_name() == "sqlite"
        return f"sqlite:///{wal.beside(parsed).database}" if lite else store
    except ImportError as error:
        raise StoreError(f"a journal needs {error.name or error}: pip install 'ocreg[store]'") from None


def holds_password(url: str) -> bool:
    """Whether a database's password is part of a URL."""
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:  # reported when it is opened
        return False
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return bool(parsed.password or parsed.query.get("password"))


def _place(url: str, setting: str) -> URL:
    """The URL of the journal for a store's URL."""
    from . import wal

    parsed = _parsed(url, setting)
    lite = parsed.get_backend_name() == "sqlite"
    return wal.beside(parsed) if lite and wal.holds_tokens(parsed) else parsed


def _parsed(url: str, setting: str) -> URL:
    """The URL with its driver and, for SQLite, an absolute path. No error repeats any part of it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise _invalid(setting, f"is not a database URL: {_FORMS}") from None
    if parsed.drivername not in {*_SCHEMES, *_SCHEMES.values()}:
        raise _invalid(setting, f"names a database or a driver that is not supported: {_FORMS}")
    if "@" in (parsed.host or ""):
        raise _invalid(setting, "has a second @: write the one in the user's name or password as %40")
    parsed = parsed.set(drivername=_SCHEMES[backend])
    return _file(parsed, setting) if backend == "sqlite" else parsed


def _file(url: URL, setting: str) -> URL:
    path = url.database or ""
    if path in ("", ":memory:") or path.startswith("file:") or url.host or url.query:
        raise _invalid(setting, f"must name a file and have no other parts: {_FORMS}")
    return url.set(database=os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111  # keeps links


def _invalid(setting: str, why: str) -> SettingInvalid:
    return SettingInvalid(f"{setting} {why}", setting="store" if setting == _STORE else setting)
