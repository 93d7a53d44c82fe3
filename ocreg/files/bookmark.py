"""Where the last complete pull of a query ended, kept in the user's state directory."""

from __future__ import annotations

import json
from pathlib import Path

from .replacing import replacing


class Bookmark:
    """The second at which the window of a query ended; `name` identifies the query. Writing it raises OSError."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.json"

    def read(self) -> int | None:
        try:
            until = json.loads(self._file.read_text("utf-8"))["until"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return until if isinstance(until, int) else None

    def write(self, until: int) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._file) as out:
            out.write(json.dumps({"until": until}).encode())
