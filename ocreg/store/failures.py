"""Failures of a database: the messages of SQLite and PostgreSQL, and their meaning in plain words."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

LOCKED = "is locked: another process is refreshing a token, or hangs; try again, or end that process"
_FULL = "cannot be written, the disk is full: free disk space (or raise the limit on it), then try again"
_READ_ONLY = "cannot be written: check the owner and the permissions of it and of its directory or server"
_REFUSED = "refused the user or the password: check both in its URL"
_MISSING = "does not exist: create the database, or name another one in its URL"
_GONE = "cannot be reached, or the connection was lost: check that the server runs and that its address is right"
_DAMAGED = (
    "is damaged: move the file away, then log in again (`ocreg login`); it also recorded what was pushed from "
    "files: check with the vendor before you push those files again"
)
_SAID = {
    "database is locked": LOCKED,
    "disk is full": _FULL,
    "disk I/O error": _FULL,
    "readonly database": _READ_ONLY,
    "unable to open database file": "cannot be opened: check that its directory exists and that you may write there",
    "not a database": "is not an SQLite database: name another file, or move this one away",
    "malformed": _DAMAGED,
    "FATAL:  database": _MISSING,
    "authentication failed": _REFUSED,
    "pg_hba.conf": _REFUSED,
    "connection": _GONE,
}
"""Messages of SQLite, or of PostgreSQL before a connection exists, and their meaning and fix."""
_CODES = {
    "55P03": LOCKED,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": "lacks a permission: the user must be allowed to create, alter, read and write ocreg_tokens, ocreg_store, "
    "ocreg_journal, ocreg_runs and ocreg_history",
    "28": _REFUSED,
    "3D000": _MISSING,
    "08": _GONE,
    "57P": _GONE,
    "25P03": "ended an idle transaction, because this machine was suspended: run the same command again",
}
"""The same for prefixes of PostgreSQL's codes."""


def meaning(error: SQLAlchemyError) -> str:
    """Why it failed, and the fix; it continues a sentence that names the database."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or ""
    said = str(cause).partition("\n")[0]  # further lines may contain the row
    known = [words for sign, words in _CODES.items() if code.startswith(sign)]
    known += [words for sign, words in _SAID.items() if sign in said]
    return known[0] if known else f"failed: {said}"
