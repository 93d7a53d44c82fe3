"""A folder in which processes, also on several machines, write what they observed: one file each, merged by readers.

    shapes-20261127-3f9c2b7a1d04.json                            what one process observed
    shapes-20261127-3f9c2b7a1d04.json.into-51e0a7c49b22          being merged into the file with that number

A file is written once, as a whole, and never changed. A process that writes merges the file that it wrote before (and
all files, if there are many) into a new one: it renames each (only one process can), reads them, writes the new file,
and deletes them. A reader reads a renamed file only while the file that it is merged into does not exist. So whenever
a process dies, nothing is lost or counted twice, and no process waits for another.

To merge the folders of several machines, copy their files into one, or name several folders when reading.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from . import sightings
from .sightings import Sightings

MOST_FILES = 32
"""From this number of files on, they are merged into one."""
MOST_BYTES = 32 * 1024 * 1024
_NAME = re.compile(r"shapes-[0-9]{8}-([0-9a-f]{12})\.json(?:\.into-([0-9a-f]{12}))?\Z")
_ROUNDS = 100
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Found(NamedTuple):
    """What the files contain, and for each file that cannot be used, the reason."""

    sightings: Sightings
    refused: list[str]


def read(folders: Iterable[Path]) -> Found:
    """All that the files of these folders contain, each file once; a folder may also be one file. Raises OSError."""
    found = Found(Sightings(), [])
    known: set[str] = set()
    for folder in folders:
        for name, one in _steady(folder).items():
            if name in known:  # another folder has a copy of it
                continue
            known.add(name)
            if isinstance(one, Sightings):
                found.sightings.merge(one)
            else:
                found.refused.append(f"{folder / name}: {one}")
    return found


def is_one(file: Path) -> bool:
    """Whether a file has a name of the form that is written here."""
    return _NAME.match(file.name) is not None


def _steady(folder: Path) -> dict[str, Sightings | str]:
    """The files of one moment, by name. They are read again if some were merged meanwhile."""
    if folder.is_file():
        return {folder.name: _told(folder)}
    for _ in range(_ROUNDS):
        names = _names(folder)
        there = {match[1] for match in names.values()}
        with suppress(FileNotFoundError):
            found = {n: _told(folder / n) for n, match in names.items() if match[2] is None or match[2] not in there}
            if _names(folder).keys() == names.keys():
                return found
    raise OSError(f"{folder}: its files change faster than they can be read; try again")


def _names(folder: Path) -> dict[str, re.Match[str]]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    return {name: match for name in names if (match := _NAME.match(name))}


def _told(file: Path) -> Sightings | str:
    """What a file contains, or why it cannot be used. Raises FileNotFoundError."""
    try:
        return _read(file)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        return str(error)


def _read(file: Path) -> Sightings:
    if not S_ISREG(file.stat().st_mode):  # opening a pipe waits for a writer
        raise ValueError("is not a regular file")
    with file.open("rb") as opened:
        raw = opened.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"has more than {MOST_BYTES:,} bytes")
    return sightings.read(json.loads(raw.decode("utf-8")))


def write(folder: Path, seen: Sightings, last: Path | None) -> Path:
    """Write `seen` into the folder, merged with the file `last`, which this process wrote before; returns the new file.

    Raises OSError; then `seen` may be written again.
    """
    folder.mkdir(0o700, parents=True, exist_ok=True)
    number = os.urandom(6).hex()
    taken = _take(folder, number, last)
    try:
        together = Sightings()
        for one in taken.values():
            together.merge(one)
        together.merge(sightings.read(seen.as_json()))  # a copy: `merge` consumes its argument
        file = folder / f"shapes-{time.strftime('%Y%m%d', time.gmtime())}-{number}.json"
        _replace(file, json.dumps(together.as_json(), separators=(",", ":")).encode())
    except BaseException:
        for renamed in taken:
            _give_back(renamed)
        raise
    for renamed in taken:
        with suppress(OSError):
            renamed.unlink()
    return file


def _take(folder: Path, number: str, last: Path | None) -> dict[Path, Sightings]:
    """The files that become part of the new one, renamed. A file that cannot be read stays."""
    there = [name for name, match in _names(folder).items() if match[2] is None]
    many = len(there) >= MOST_FILES
    taken = {}
    for file in [folder / name for name in there] if many else [last] if last is not None else []:
        renamed = file.with_name(f"{file.name}.into-{number}")
        with suppress(OSError):  # another process took it
            _leave_nothing_of(file)
            file.rename(renamed)
            told = _told(renamed)
            if isinstance(told, Sightings):
                taken[renamed] = told
            else:
                _give_back(renamed)
    return taken


def _leave_nothing_of(file: Path) -> None:
    """Delete the files that a process merged into this one but could not delete: without it, they would count again."""
    match = _NAME.match(file.name)
    assert match is not None
    for old in file.parent.glob(f"shapes-*.into-{match[1]}"):
        old.unlink()


def _give_back(renamed: Path) -> None:
    with suppress(OSError):
        renamed.rename(renamed.with_name(renamed.name.partition(".into-")[0]))


def _replace(file: Path, data: bytes) -> None:
    """Write a file atomically: it exists as a whole or not at all. Only its owner can read it."""
    temporary = file.with_name(f"{file.name}.tmp")
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600), "wb") as out:
            out.write(data)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
