"""What the user trusts: an `ocreg.toml` that came with a directory counts after `ocreg trust`, as it was then.

Such a file may name the host that keys and tokens are sent to, and commands to run. A record in the user's state
directory holds the digest of what was trusted, by the file's path; a file that was changed or moved is trusted anew.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from .places import Unusable, contents, state_file


class Record(NamedTuple):
    """What was trusted: its digest, and its settings as lines without secrets."""

    digest: str
    lines: list[str]


def flaw(file: Path, data: bytes) -> str | None:
    """Why a file does not count, in words that follow its name; None where it does."""
    record = recorded(file)
    if record is None:
        return "is not trusted: read it, then run `ocreg trust`"
    if record.digest != _digest(data):
        return "has changed since it was trusted: run `ocreg trust` to see the changes"
    return None


def recorded(file: Path) -> Record | None:
    """What was trusted of a file; None where nothing was, or nobody can tell."""
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
    """Trust a file no longer. Raises OSError."""
    place = _place(file)
    if place is not None:
        with suppress(FileNotFoundError):
            place.unlink()


def _place(file: Path) -> Path | None:
    return state_file("trusted", f"{_digest(str(file).encode('utf-8', 'surrogateescape'))[:32]}.json")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
