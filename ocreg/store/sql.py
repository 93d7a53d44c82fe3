"""Grants in an SQL table, through SQLAlchemy Core.

A slot is a transaction that locks the account's row: no other process or host gets the slot before it ends. `save`
commits at once, because a grant must be durable before its access token is used, and that releases the lock. After the
last save nothing needs the lock; any further `load` or `save` takes it again first, so it is as safe as before. `mark`
also commits, and takes the lock again before it returns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..account.grants import Grant
from ..errors import SettingInvalid, StoreError
from ..redact import Secret
from .databases import PATIENCE, Sqlite
from .postgres import Postgres

if TYPE_CHECKING:
    from ..account.grants import Slot

_FERNET, _PLAIN = b"fernet:", b"plain:"

_metadata = sa.MetaData()
_tokens = sa.Table(
    "ocreg_tokens",
    _metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("access_token", sa.LargeBinary),
    sa.Column("refresh_token", sa.LargeBinary),
    sa.Column("obtained_at", sa.Double),  # null: the row is prepared, but no grant was saved yet
    sa.Column("lifetime", sa.Double),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("asked_at", sa.Double),  # a new grant was requested and has not come
)


class Cipher:
    """Converts texts to bytes and back, encrypted if there is a key."""

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
        """The text; ValueError says why it cannot be read."""
        sealed = bytes(sealed or b"").rstrip(b"\0")
        if not sealed:
            return None
        raw = sealed.removeprefix(_PLAIN)
        if sealed.startswith(_FERNET):
            raw = self._decrypted(sealed.removeprefix(_FERNET))
        elif raw == sealed:
            raise ValueError("has a token in a form that this version does not support")
        return Secret(raw.decode("utf-8", "surrogatepass"))

    def _decrypted(self, sealed: bytes) -> bytes:
        if self._fernet is None:
            raise ValueError("has encrypted tokens: give the key with which they were encrypted (OCREG_STORE_KEY)")
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed)  # type: ignore[no-any-return]
        except InvalidToken:
            words = "has tokens that are encrypted with another key, or damaged: add that key (OCREG_STORE_KEY)"
            raise ValueError(words) from None


class SqlStore:
    """Grants in a database. Threads may share one; after a fork each process has its own connections."""

    def __init__(
        self, url: sa.URL, cipher: Cipher, patience: float = PATIENCE, clock: Callable[[], float] = time.time
    ) -> None:
        self._cipher, self._clock = cipher, clock
        kind = Sqlite if url.get_backend_name() == "sqlite" else Postgres
        self._database = kind(url, "the token store", _metadata, patience)
        self.name = self._database.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def load(self, account: str) -> Grant | None:
        with self._database.connection() as connection, self._database.plainly():
            return self._read(connection, account)

    def accounts(self) -> list[tuple[str, float, float]]:
        """The accounts that are logged in: name, start and end of the access token. No token is read."""
        rows = sa.select(_tokens.c.account, _tokens.c.obtained_at, _tokens.c.lifetime).order_by(_tokens.c.account)
        with self._database.connection() as connection, self._database.plainly():
            found = connection.execute(rows.where(_tokens.c.obtained_at.is_not(None))).all()
        return [(row.account, row.obtained_at, row.obtained_at + row.lifetime) for row in found]

    @contextmanager
    def exclusive(self, account: str, *, wait: bool) -> Iterator[Slot | None]:
        with self._database.connection() as connection:
            with self._database.plainly():
                taken = self._take(connection, account, wait=wait)
            yield _SqlSlot(self, connection, account) if taken else None

    def delete(self, account: str) -> None:
        with self._database.connection() as connection, self._database.plainly():
            self._database.begin(connection, wait=True)
            connection.execute(_tokens.delete().where(_tokens.c.account == account))
            self._commit(connection)

    def close(self) -> None:
        """Close open connections. A later use opens them again."""
        self._database.close()

    def _commit(self, connection: sa.Connection) -> None:
        self._database.commit(connection)

    def _take(self, connection: sa.Connection, account: str, *, wait: bool) -> bool:
        """Lock the account's row, which is made if it is missing, and check that it can be written."""
        row = sa.select(1).where(_tokens.c.account == account)
        while self._database.begin(connection, wait=wait):
            if connection.scalar(row) is None:
                self._insert(connection, account)
            elif self._database.hold(connection, row, wait=wait):
                self._write(connection, account)
                return True
            elif not wait:
                break
            connection.rollback()  # try again: the row was made or deleted meanwhile
        return False

    def _insert(self, connection: sa.Connection, account: str) -> None:
        """Make an empty row with reserved space, unless another process has just made it."""
        columns = "account, access_token, refresh_token, updated_at"
        words = f"INSERT INTO ocreg_tokens ({columns}) VALUES (:a, :r, :r, :now) ON CONFLICT DO NOTHING"  # noqa: S608
        room = bytes(self._database.room)
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
        padded = {name: (value or b"").ljust(self._database.room, b"\0") for name, value in sealed.items()}
        times = {"obtained_at": grant.obtained_at, "lifetime": grant.lifetime, "asked_at": None}
        self._write(connection, account, **padded, **times)
        self._commit(connection)

    def _asked(self, connection: sa.Connection, account: str) -> float | None:
        row = connection.execute(_tokens.select().where(_tokens.c.account == account)).one_or_none()
        if row is None or row.asked_at is None:
            return None
        # an older ocreg with the same store saves a grant, but does not clear the mark
        return row.asked_at if row.obtained_at is None or row.obtained_at <= row.asked_at else None


class _SqlSlot:
    def __init__(self, store: SqlStore, connection: sa.Connection, account: str) -> None:
        self._store, self._connection, self._account = store, connection, account
        self._held = True

    def load(self) -> Grant | None:
        with self._store._database.plainly():
            self._hold()
            return self._store._read(self._connection, self._account)

    def save(self, grant: Grant) -> None:
        with self._committing():
            self._store._save(self._connection, self._account, grant)

    def asked(self) -> float | None:
        with self._store._database.plainly():
            self._hold()
            return self._store._asked(self._connection, self._account)

    def mark(self, at: float | None) -> None:
        with self._committing():
            self._store._write(self._connection, self._account, asked_at=at)
            self._store._commit(self._connection)
        with self._store._database.plainly():
            self._hold()

    @contextmanager
    def _committing(self) -> Iterator[None]:
        with self._store._database.plainly():
            self._hold()
            self._held = False
            try:
                yield
            except SQLAlchemyError:
                self._connection.rollback()
                raise

    def _hold(self) -> None:
        if not self._held:
            self._store._take(self._connection, self._account, wait=True)
            self._held = True
