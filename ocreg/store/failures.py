"""What goes wrong with a database: what SQLite and PostgreSQL say of it, and what that means in plain words."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

LOCKED = "is locked by somebody else: another process fetches a token, or hangs while it does; try again, or end it"
_FULL = "cannot be written, there is no room: free disk space (or raise the limit on it), then try again"
_READ_ONLY = "cannot be written: check the owner and the permissions of it and of the directory or server that holds it"
_REFUSED = "refused the user or the password: check both in its URL"
_MISSING = "does not exist: create the database, or name another one in its URL"
_GONE = "cannot be reached, or the connection was lost: check that the server runs and that its address is right"
_DAMAGED = (
    "is damaged: move the file away, then log in again (`ocreg login`); what was pushed from files is forgotten with "
    "it: look before you push those files again"
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
"""What SQLite says, or PostgreSQL to one who is not connected yet: what that means, and what helps."""
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
    "25P03": "ended a transaction of this process that stood still, as this machine did: run the same command again",
}
"""The same for the beginnings of PostgreSQL's codes."""


def meaning(error: SQLAlchemyError) -> str:
    """Why it failed and what helps; goes on a sentence that names the database."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or ""
    said = str(cause).partition("\n")[0]  # further lines may show the row
    known = [words for sign, words in _CODES.items() if code.startswith(sign)]
    known += [words for sign, words in _SAID.items() if sign in said]
    return known[0] if known else f"failed: {said}"
