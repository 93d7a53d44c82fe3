"""Trusted files: an `ocreg.toml` of a directory is used only after `ocreg trust`, and with that content.

Such a file can set the host for keys and tokens, and commands to run. A record in the user's state directory has the
digest of the trusted content, by the file's path. A changed or moved file must be trusted again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from .places import Unusable, contents, state_file


class Record(NamedTuple):
    """The trusted content: its digest, and its settings as lines without secrets."""

    digest: str
    lines: list[str]


def flaw(file: Path, data: bytes) -> str | None:
    """Why a file is not trusted, as text after its name; None if it is trusted."""
    record = recorded(file)
    if record is None:
        return "is not trusted: read it, then run `ocreg trust`"
    if record.digest != _digest(data):
        return "has changed since it was trusted: run `ocreg trust` to see the changes"
    return None


def recorded(file: Path) -> Record | None:
    """The record of a file; None if there is none, or it is unreadable."""
    place = _place(file)
    try:
        found = contents(place) if place is not None else None
        known = json.loads(found.data) if found is not None else None
    except (Unusable, ValueError):
        return None
    if not isinstance(known, dict) or known.get("file") != str(file):
        return None
    return Record(str(known.get("sha256")), list(known.get("settings", [])))


def remember(file: Path, data: bytes, lines: list[str]) -> None:
    """Trust a file with this content. Raises OSError."""
    place = _place(file)
    if place is None:
        raise FileNotFoundError("there is no state directory: set HOME or XDG_STATE_HOME")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.write_text(json.dumps({"file": str(file), "sha256": _digest(data), "settings": lines}), "utf-8")
    place.chmod(0o600)


def forget(file: Path) -> None:
    """Stop trusting a file. Raises OSError."""
    place = _place(file)
    if place is not None:
        with suppress(FileNotFoundError):
            place.unlink()


def _place(file: Path) -> Path | None:
    return state_file("trusted", f"{_digest(str(file).encode('utf-8', 'surrogateescape'))[:32]}.json")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
