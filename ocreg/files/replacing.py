"""Atomic replacement of a file: the new one appears when it is complete."""

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
    """Write the new content of `file`. A symbolic link stays a link, and the file behind it keeps its mode.

    With `private`, only the user can read the file, even if others could before.

    The temporary file is beside it and always new. Anything that has its name, such as a link to another place, is
    removed and never written to. `mark` tells writers apart. Raises OSError.
    """
    target = file.resolve() if file.is_symlink() else file
    temporary = target.with_name(f"{target.name}.{mark}")
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600 if private else 0o666), "w+b") as out:
            with contextlib.suppress(FileNotFoundError):
                if not private:
                    os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))  # noqa: PTH101  # not every system can do it by descriptor
            yield out
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target)


class _Enough(Exception):
    """The file is writable: end without replacing it."""


def writable(file: Path) -> None:
    """Raises OSError if `replacing` would. Leaves nothing behind."""
    with contextlib.suppress(_Enough), replacing(file, f"{os.getpid()}.tried"):
        raise _Enough


def sync_folder(file: Path) -> None:
    """Sync a changed file name to the disk, if the system can."""
    with contextlib.suppress(OSError):
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
