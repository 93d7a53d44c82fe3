"""The file of a journal, in SQLite's write-ahead (WAL) mode: a commit is one fsync, and readers never wait.

It is a separate file, because the mode applies to a whole file: tokens stay in a file that works on any file system and
keeps nothing that was deleted. Connections are kept, since opening one costs more than using it. Before a fork they
are closed, because a child can neither share nor close them. With `synchronous = FULL` each commit syncs the log, so
committed data survives a power cut; SQLite's default in this mode does not ensure that.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from ..errors import StoreError
from . import moved, records, runs
from .databases import PATIENCE, Database, Sqlite
from .postgres import Postgres

_OWN = ".journal"
"""Added to the file's name: `tokens.journal.db` is beside `tokens.db`."""
_KEPT = 8
"""How many idle connections stay open."""
_MOUNTS = Path("/proc/self/mounts")
_REMOTE = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "coda", "ncpfs", "9p", "ceph", "lustre", "glusterfs", "beegfs"),
    *("gpfs", "pvfs2", "orangefs", "ocfs2", "gfs2", "davfs"),
    *(f"fuse.{name}" for name in ("sshfs", "glusterfs", "ceph", "s3fs", "rclone", "gcsfuse", "davfs2", "smbnetfs")),
}
"""Network file systems, by Linux's names: they share no memory between hosts, which this mode needs."""


class Wal(Sqlite):
    """`former` is the file with tokens where older versions kept the journal: the first use copies its rows."""

    def __init__(self, url: sa.URL, what: str, tables: sa.MetaData, patience: float = PATIENCE) -> None:
        path = Path(url.database or "")
        old = path.with_name(path.stem.removesuffix(_OWN) + path.suffix)
        self.former = None if old == path else Sqlite(url.set(database=str(old)), what, sa.MetaData(), patience)
        super().__init__(url, what, tables, patience)

    def _make_own(self) -> None:
        super()._make_own()
        self._file: tuple[int, int] | None = None  # the open file
        self._switched = False

    def _pool(self) -> dict[str, Any]:
        return {"poolclass": QueuePool, "pool_size": _KEPT, "max_overflow": -1}

    def _configure(self, connection: Any) -> None:
        for setting in ("synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {setting}").close()

    def lasting(self, connection: sa.Connection, lasts: bool) -> None:
        """The log is one file: the next durable commit makes the earlier ones durable too."""
        if connection.info.get("lasting", True) != lasts:
            connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if lasts else 'NORMAL'}")
            connection.info["lasting"] = lasts

    def rest(self) -> None:
        self._engine.dispose()

    def _make_ready(self) -> None:
        if self._ready and self._file != _identity(self._path):  # it was replaced: another file is open
            with self._lock:
                self._engine.dispose()
                self._ready = self._switched = False
        super()._make_ready()

    def _before_use(self) -> None:
        kind = file_system(self._path)
        if kind in _REMOTE:
            words = f"is on a network file system ({kind}), where SQLite's locks and shared memory do not work"
            raise StoreError(f"{self._what} {self.name} {words}: use a local disk, or PostgreSQL (--journal URL)")
        super()._before_use()
        self._file = _identity(self._path)

    def _take(self, connection: sa.Connection) -> None:
        """As for any file. The first writer sets the mode, which stays with the file."""
        if not self._switched:
            mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar()
            if mode != "wal":
                words = f"cannot be used there (its mode stays {mode!r}): use a local disk, or PostgreSQL"
                raise StoreError(f"{self._what} {self.name} {words} (--journal URL)")
            self._switched = True
        super()._take(connection)

    def _fill(self, connection: sa.Connection) -> None:
        if self.former is not None and self.former.has(records.table):
            with self.former.connection() as old, self.former.plainly():
                self.former.begin(old, wait=True)
                moved.freeze(old, self._path, self.former.name)
                self.former.commit(old)
                for table in (records.table, runs.past):
                    moved.copy(old, connection, table)

    def close(self) -> None:
        super().close()
        if self.former is not None:
            self.former.close()


class Shared(Postgres):
    """PostgreSQL for a journal. Its transactions wait only for the database, so an idle one means that its machine was
    suspended. The server ends it before the others, which wait for its rows, lose their patience.
    """

    idle = PATIENCE / 2


def database(url: sa.URL, patience: float = PATIENCE) -> Database:
    """The database of a journal. Nothing is opened or made before the first use."""
    kind = Wal if url.get_backend_name() == "sqlite" else Shared
    return kind(url, "the journal", runs.metadata, patience)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def file_system(path: Path) -> str:
    """The system's name for the type of a file's file system; empty if unknown."""
    if os.name == "nt" and str(path.resolve()).startswith("\\\\"):
        return "cifs"
    try:
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    where, best, kind = os.path.realpath(path), -1, ""
    for line in lines:
        _, point, found, *_ = line.split(" ")
        point = (
            point.encode("latin-1", "backslashreplace").decode("unicode_escape", "replace") if "\\" in point else point
        )
        if (where + "/").startswith(point.rstrip("/") + "/") and len(point) >= best:
            best, kind = len(point), found
    return kind


def beside(url: sa.URL) -> sa.URL:
    """The URL of the journal's file beside a file with tokens."""
    path = Path(url.database or "")
    return url.set(database=str(path.with_name(f"{path.stem}{_OWN}{path.suffix}")))


def holds_tokens(url: sa.URL) -> bool:
    """Whether a file is a token store. It is not changed. An unreadable file is none."""
    path = Path(url.database or "")
    try:
        with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ocreg_tokens'").fetchone()
    except sqlite3.Error:
        return False
    return found is not None
