"""What threads, processes and hosts share: tokens, and journals of what was sent (extra `store`).

    sqlite:////home/me/tokens.db                         a file of yours alone, for the processes of one host
    postgresql+psycopg://user:password@host/database     for any number of hosts

The tables are made at the first use. With a key (`store_key`) tokens are encrypted with it before they are written;
several keys, separated by commas, let you change it: the first encrypts, all of them decrypt.

Read `databases` first: connections, transactions and what a database may refuse. Imports run failures < databases <
postgres < sql (tokens), and runs, stories < records < moved < wal; accounts (whose a row is), changes < journal (what
was pushed); wal < history (the same for people).
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
    """The store at `url`. Nothing is opened or made before it is used. `patience`: how long to wait for a slot.

    Raises SettingInvalid for a URL or a key that cannot be used, StoreError where the extra is not installed.
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
    """The journal of one operation of one account, in the store at `url`. Nothing is opened or made before it is used.

    A file that holds tokens has its journal beside it, see `journal_beside`.

    `former` picks, of the names of all accounts in it, the old ones of this account: the first claim takes them over.
    `setting` is where the URL comes from, for errors; `command` what to run again, for people (no secrets).

    Raises SettingInvalid for a URL that cannot be used, StoreError where the extra is not installed.
    """
    try:
        from . import journal

        return journal.Journal(_place(url, setting), account, operation, patience, former=former, command=command)
    except ImportError as error:
        raise StoreError(f"a journal needs {error.name or error}: pip install 'ocreg[store]'") from None


def open_history(url: str, setting: str = _STORE) -> History:
    """The journal in the store at `url` for people, where `open_journal` has it. Raises as that does."""
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
    except ImportError:  # said when it is opened
        return False
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return bool(parsed.password or parsed.query.get("password"))


def _place(url: str, setting: str) -> URL:
    """Where the journal of a URL is."""
    from . import wal

    parsed = _parsed(url, setting)
    lite = parsed.get_backend_name() == "sqlite"
    return wal.beside(parsed) if lite and wal.holds_tokens(parsed) else parsed


def _parsed(url: str, setting: str) -> URL:
    """The URL with the driver named and, for SQLite, the path made absolute. No error repeats any part of it."""
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
        raise _invalid(setting, f"must name a file and nothing more: {_FORMS}")
    return url.set(database=os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111  # no `..` resolved through links


def _invalid(setting: str, why: str) -> SettingInvalid:
    return SettingInvalid(f"{setting} {why}", setting="store" if setting == _STORE else setting)
