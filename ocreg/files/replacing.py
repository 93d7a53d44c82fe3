"""A file that takes another one's place when it is complete, and not before."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def replacing(file: Path, mark: str = "tmp", *, private: bool = False) -> Iterator[BinaryIO]:
    """Write what is to stand in `file`. A symbolic link stays one, and the file behind it keeps its mode.

    With `private` only the user can read it, whatever was there before.

    The temporary file stands beside it and is always a new one: what lies there under its name, be it a link to
    somewhere else, is taken away and never written to. `mark` keeps two writers apart. Raises OSError.
    """
    target = file.resolve() if file.is_symlink() else file
    temporary = target.with_name(f"{target.name}.{mark}")
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600 if private else 0o666), "w+b") as out:
            with contextlib.suppress(FileNotFoundError):
                if not private:
                    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))  # noqa: PTH101  # not every system can by descriptor
            yield out
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target)


class _Enough(Exception):
    """It could be written."""


def writable(file: Path) -> None:
    """Raises OSError where `replacing` would; nothing is left behind."""
    with contextlib.suppress(_Enough), replacing(file, f"{os.getpid()}.tried"):
        raise _Enough


def sync_folder(file: Path) -> None:
    """Bring a change of names to the disk, where the system has a way to."""
    with contextlib.suppress(OSError):
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
