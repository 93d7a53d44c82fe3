"""Grants in two SQL tables, through SQLAlchemy Core.

A slot is a transaction that holds the account's row: no other process or host gets the slot before it ends. `save`
commits at once, because a grant must be durable before its access token is used, and that ends the lock. Nothing needs
it after the last save; a `load` or `save` that follows all the same takes the lock again first, so what it sees and
does is as safe as before.

Every failure becomes a StoreError in plain words. It is raised `from None`: the errors of SQLAlchemy and of the drivers
know the parameters of the statement.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ..errors import SettingInvalid, StoreError
from ..redact import Secret
from ..tokens import Grant

if TYPE_CHECKING:
    from ..tokens import Slot

VERSION = 1
PATIENCE = 120.0
"""Seconds to wait for a slot that somebody else has."""
_GLANCE = 5
"""Seconds for which SQLite waits by itself, deaf to Ctrl-C."""
_FERNET, _PLAIN = b"fernet:", b"plain:"
_CREATING = 0x6F63726567  # "ocreg": the number of the advisory lock

# SQLAlchemy puts parameters into its errors and, at the level DEBUG, rows into its log.
_SILENT: dict[str, Any] = {"hide_parameters": True, "logging_name": "ocreg"}
logging.getLogger("sqlalchemy.engine.Engine.ocreg").addFilter(lambda record: record.levelno >= logging.WARNING)

_metadata = sa.MetaData()
_tokens = sa.Table(
    "ocreg_tokens",
    _metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("access_token", sa.LargeBinary),
    sa.Column("refresh_token", sa.LargeBinary),
    sa.Column("obtained_at", sa.Double),  # null: the row was made ready, no grant was saved yet
    sa.Column("lifetime", sa.Double),
    sa.Column("updated_at", sa.Double, nullable=False),
)
_store = sa.Table("ocreg_store", _metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))

_LOCKED = "is locked by somebody else: another process fetches a token, or hangs while it does; try again, or end it"
_FULL = "cannot be written, there is no room: free disk space (or raise the limit on it), then try again"
_READ_ONLY = "cannot be written: check the owner and the permissions of it and of the directory or server that holds it"
_REFUSED = "refused the user or the password: check both in OCREG_STORE"
_MISSING = "does not exist: create the database, or name another one in OCREG_STORE"
_GONE = "cannot be reached, or the connection was lost: check that the server runs and that its address is right"
_SAID = {
    "database is locked": _LOCKED,
    "disk is full": _FULL,
    "disk I/O error": _FULL,
    "readonly database": _READ_ONLY,
    "unable to open database file": "cannot be opened: check that its directory exists and that you may write there",
    "not a database": "is not an SQLite database: name another file, or move this one away",
    "malformed": "is damaged: move the file away, then log in again (`ocreg login`)",
    "FATAL:  database": _MISSING,
    "authentication failed": _REFUSED,
    "pg_hba.conf": _REFUSED,
    "connection": _GONE,
}
"""What SQLite says, or PostgreSQL to one who is not connected yet: what that means, and what helps."""
_CODES = {
    "55P03": _LOCKED,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": "lacks a permission: the user must be allowed to create, read and write ocreg_tokens and ocreg_store",
    "28": _REFUSED,
    "3D000": _MISSING,
    "08": _GONE,
    "57P": _GONE,
}
"""The same for the beginnings of PostgreSQL's codes."""


class Cipher:
    """Texts to bytes and back; encrypted where there is a key."""

    def __init__(self, key: Secret | None) -> None:
        self._fernet: Any = None
        if key is None:
            return
        from cryptography.fernet import Fernet, MultiFernet

        try:
            self._fernet = MultiFernet([Fernet(one) for one in key.reveal().split(",")])
        except ValueError:
            words = "must be a Fernet key, or several with commas between: 44 characters of base64 each"
            raise SettingInvalid(f"store_key (OCREG_STORE_KEY) {words}", setting="store_key") from None

    def seal(self, secret: Secret | None) -> bytes | None:
        if secret is None:
            return None
        raw = secret.reveal().encode("utf-8", "surrogatepass")
        return _PLAIN + raw if self._fernet is None else _FERNET + self._fernet.encrypt(raw)

    def open(self, sealed: bytes | None) -> Secret | None:
        """The text again; ValueError says in words why not."""
        sealed = bytes(sealed or b"").rstrip(b"\0")
        if not sealed:
            return None
        raw = sealed.removeprefix(_PLAIN)
        if sealed.startswith(_FERNET):
            raw = self._decrypted(sealed.removeprefix(_FERNET))
        elif raw == sealed:
            raise ValueError("holds a token in a form that this version does not know")
        return Secret(raw.decode("utf-8", "surrogatepass"))

    def _decrypted(self, sealed: bytes) -> bytes:
        if self._fernet is None:
            raise ValueError("holds encrypted tokens: give the key they were encrypted with (OCREG_STORE_KEY)")
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed)  # type: ignore[no-any-return]
        except InvalidToken:
            words = "holds tokens that are encrypted with another key, or damaged: give that key too (OCREG_STORE_KEY)"
            raise ValueError(words) from None


class SqlStore:
    """What the two databases have in common. Threads may share one; after a fork each process has its connections."""

    room = 0
    """Bytes kept free for each token, so that saving a longer one takes no space that was not there before."""

    def __init__(
        self, url: sa.URL, cipher: Cipher, patience: float = PATIENCE, clock: Callable[[], float] = time.time
    ) -> None:
        self._cipher, self._patience, self._clock = cipher, patience, clock
        self._engine = self._new_engine(url)
        self._lock = Lock()
        self._process: int | None = None
        self.name = self._named(url)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def load(self, account: str) -> Grant | None:
        with self._connection() as connection, self._plainly():
            return self._read(connection, account)

    @contextmanager
    def exclusive(self, account: str, *, wait: bool) -> Iterator[Slot | None]:
        with self._connection() as connection:
            with self._plainly():
                taken = self._take(connection, account, wait=wait)
            yield _SqlSlot(self, connection, account) if taken else None

    def delete(self, account: str) -> None:
        with self._connection() as connection, self._plainly():
            self._begin(connection, wait=True)
            connection.execute(_tokens.delete().where(_tokens.c.account == account))
            self._commit(connection)

    def close(self) -> None:
        """Close what is open; a later use opens it again."""
        self._engine.dispose()

    # What differs

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        raise NotImplementedError

    def _named(self, url: sa.URL) -> str:
        """The store in words, without a user or a password."""
        raise NotImplementedError

    def _begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        raise NotImplementedError

    def _commit(self, connection: sa.Connection) -> None:
        connection.commit()

    def _lock_creation(self, connection: sa.Connection) -> None:
        """Keep others from creating the tables at the same time."""

    def _lock_row(self, connection: sa.Connection, account: str, *, wait: bool) -> bool:
        """Whether the row is there and, from now on, ours."""
        raise NotImplementedError

    # What does not

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        with self._plainly():
            self._make_ready()
            connection = self._engine.connect()
        try:
            yield connection
        finally:
            with self._plainly():
                connection.close()  # rolls back what was not committed

    def _make_ready(self) -> None:
        """Before the first use in this process: forget what a fork brought along, see to file, tables and version."""
        with self._lock:
            if self._process == os.getpid():
                return
            self._engine.dispose(close=False)
            self._before_use()
            with self._engine.connect() as connection:
                self._check(connection)
            self._process = os.getpid()

    def _before_use(self) -> None:
        pass

    def _check(self, connection: sa.Connection) -> None:
        if not sa.inspect(connection).has_table(_store.name):
            self._create(connection)
        version = connection.scalar(sa.select(sa.func.max(_store.c.version)))
        if version is None or version > VERSION:
            words = f"was made by a newer ocreg (its version is {version}, this one knows {VERSION}): upgrade ocreg"
            raise StoreError(f"the token store {self.name} {words}")

    def _create(self, connection: sa.Connection) -> None:
        connection.rollback()
        self._begin(connection, wait=True)
        self._lock_creation(connection)
        _metadata.create_all(connection)
        if connection.scalar(sa.select(_store.c.version)) is None:
            connection.execute(_store.insert().values(version=VERSION))
        self._commit(connection)

    def _take(self, connection: sa.Connection, account: str, *, wait: bool) -> bool:
        """Lock the account's row, which is made if there is none, and prove that it can be written."""
        while self._begin(connection, wait=wait):
            if not self._exists(connection, account):
                self._insert(connection, account)
            elif self._lock_row(connection, account, wait=wait):
                self._write(connection, account)
                return True
            elif not wait:
                break
            connection.rollback()  # and again: the row was made or, in between, deleted
        return False

    def _exists(self, connection: sa.Connection, account: str) -> bool:
        return connection.scalar(sa.select(1).where(_tokens.c.account == account)) is not None

    def _insert(self, connection: sa.Connection, account: str) -> None:
        """Make an empty row, with its room, unless somebody else does so at the same time."""
        columns = "account, access_token, refresh_token, updated_at"
        words = f"INSERT INTO ocreg_tokens ({columns}) VALUES (:a, :r, :r, :now) ON CONFLICT DO NOTHING"  # noqa: S608
        room = bytes(self.room)
        connection.execute(sa.text(words), {"a": account, "r": room, "now": self._clock()})
        self._commit(connection)

    def _write(self, connection: sa.Connection, account: str, **values: Any) -> None:
        values["updated_at"] = self._clock()
        connection.execute(_tokens.update().where(_tokens.c.account == account).values(values))

    def _read(self, connection: sa.Connection, account: str) -> Grant | None:
        row = connection.execute(_tokens.select().where(_tokens.c.account == account)).one_or_none()
        if row is None or row.obtained_at is None:
            return None
        try:
            access, refresh = self._cipher.open(row.access_token), self._cipher.open(row.refresh_token)
        except ValueError as error:
            raise StoreError(f"the token store {self.name} {error}") from None
        return Grant(access, refresh, row.obtained_at, row.lifetime)

    def _save(self, connection: sa.Connection, account: str, grant: Grant) -> None:
        sealed = {name: self._cipher.seal(getattr(grant, name)) for name in ("access_token", "refresh_token")}
        padded = {name: (value or b"").ljust(self.room, b"\0") for name, value in sealed.items()}
        self._write(connection, account, **padded, obtained_at=grant.obtained_at, lifetime=grant.lifetime)
        self._commit(connection)

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            words = _meaning(error)
        except OSError as error:
            words = f"cannot be opened: {error.strerror}"
        else:
            return
        raise StoreError(f"the token store {self.name} {words}") from None


def _meaning(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or ""
    said = str(cause).partition("\n")[0]  # further lines may show the row
    known = [words for sign, words in _CODES.items() if code.startswith(sign)]
    known += [words for sign, words in _SAID.items() if sign in said]
    return known[0] if known else f"failed: {said}"


class _SqlSlot:
    def __init__(self, store: SqlStore, connection: sa.Connection, account: str) -> None:
        self._store, self._connection, self._account = store, connection, account
        self._held = True

    def load(self) -> Grant | None:
        with self._store._plainly():
            self._hold()
            return self._store._read(self._connection, self._account)

    def save(self, grant: Grant) -> None:
        with self._store._plainly():
            self._hold()
            self._held = False
            try:
                self._store._save(self._connection, self._account, grant)
            except SQLAlchemyError:
                self._connection.rollback()
                raise

    def _hold(self) -> None:
        if not self._held:
            self._store._take(self._connection, self._account, wait=True)
            self._held = True


class SqliteStore(SqlStore):
    """One file, for the processes of one host. The slot is the write lock of the file.

    The journal is truncated, not deleted: with `synchronous = FULL` a commit is then on the disk when it returns. What
    a save needs is taken when the slot is: the room is in the row, and both pages that change are in the journal.
    """

    room = 1024
    _opening = Lock()

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        self._path = Path(url.database or "")
        engine = sa.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",  # BEGIN is ours
            **_SILENT,
            connect_args={"timeout": _GLANCE},
        )
        sa.event.listen(engine, "connect", _configure)
        return engine

    def _named(self, url: sa.URL) -> str:
        return f"sqlite:///{url.database}"

    def _before_use(self) -> None:
        """Make the file, for its owner's eyes only; warn if others can read the one that is there.

        One thread at a time: closing a file takes away the locks that SQLite has on it elsewhere in the process.
        """
        with self._opening:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                if os.name == "posix" and self._path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    words = "the token store %s can be opened by other users: chmod 600 it"
                    logging.getLogger("ocreg").warning(words, self.name)

    def _begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        """Take the file's write lock. SQLite waits a little by itself; between, Ctrl-C is heard."""
        glance = min(_GLANCE, self._patience) if wait else 0
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(glance * 1000)}")
        deadline = time.monotonic() + self._patience
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except SQLAlchemyError as error:
                if _meaning(error) != _LOCKED or (wait and time.monotonic() > deadline):
                    raise
                if not wait:
                    return False
            else:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_GLANCE * 1000}")
                return True

    def _lock_row(self, connection: sa.Connection, account: str, *, wait: bool) -> bool:
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")  # puts the first page into the journal
        return True

    def _commit(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("COMMIT")


def _configure(connection: Any, record: object) -> None:
    for setting in ("journal_mode = TRUNCATE", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {setting}").close()


class PostgresStore(SqlStore):
    """A database for any number of hosts. The slot is a row lock.

    Not an advisory lock: those belong to a session, which a pooler such as PgBouncer may give to somebody else between
    two transactions, and their numbers are shared with every other program in the database. A row lock ends with its
    transaction: when it is committed, when the process dies, and (the keep-alives see to it) when its host does.
    """

    def _new_engine(self, url: sa.URL) -> sa.Engine:
        return sa.create_engine(
            url,
            isolation_level="READ COMMITTED",
            **_SILENT,
            pool_pre_ping=True,
            pool_timeout=self._patience,
            connect_args={"connect_timeout": 10, "prepare_threshold": None},
        )

    def _named(self, url: sa.URL) -> str:
        host = url.host or url.query.get("host") or "localhost"
        return f"postgresql://{host}:{url.port or url.query.get('port') or 5432}/{url.database or ''}"

    def _begin(self, connection: sa.Connection, *, wait: bool) -> bool:
        settings = {
            "lock_timeout": f"'{int(self._patience * 1000)}ms'",
            "synchronous_commit": "on",
            "idle_in_transaction_session_timeout": "0",  # fetching takes as long as it takes
            "tcp_keepalives_idle": "30",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "3",
        }
        connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items()))
        return True

    def _lock_creation(self, connection: sa.Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))

    def _lock_row(self, connection: sa.Connection, account: str, *, wait: bool) -> bool:
        row = sa.select(1).where(_tokens.c.account == account).with_for_update(skip_locked=not wait)
        return connection.scalar(row) is not None
