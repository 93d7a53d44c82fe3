"""The shipped endpoint files as JSON, so that a first call needs no YAML parser.

Importing PyYAML takes about a tenth of the time from start to first answer. The build of a wheel therefore adds the
values of each file, in `_parsed/` (`write`). They count only for the exact text that they were read from: an edited
file is parsed anew. A source tree, and any other registry directory, have no `_parsed/`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import yaml12

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FOLDER = "_parsed"


def parsed(root: Traversable, group: str, name: str, text: bytes) -> dict[str, Any] | None:
    """The values of the file with this text, if the build has written them."""
    with suppress(OSError, KeyError, ValueError):
        digest, _, values = (root / FOLDER / group / f"{name}.json").read_bytes().partition(b"\n")
        return json.loads(values) if digest == sha256(text).hexdigest().encode() else None
    return None


def write(root: Path, folder: Path) -> None:
    """Parse all files of a registry directory into `folder`."""
    for file in sorted(root.glob("*/*.yaml")):
        text = file.read_bytes()
        values = json.dumps(yaml12.parse(text, str(file)), ensure_ascii=False, separators=(",", ":"))
        target = folder / file.parent.name / f"{file.stem}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{sha256(text).hexdigest()}\n{values}", "utf-8", newline="\n")
