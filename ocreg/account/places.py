"""Where a user's own files are: the configuration, what of others' was trusted, the tokens that `ocreg login` keeps.

Nothing here fails because a directory is missing, unreadable, or not known: such a place is not there.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

NAME = "ocreg.toml"
_LARGEST = 1 << 20


class Content(NamedTuple):
    """A file's bytes and its mode, as `stat` gives it."""

    data: bytes
    mode: int

    def __repr__(self) -> str:
        return f"<Content: {len(self.data)} bytes>"  # they may hold secrets


class Unusable(Exception):
    """In words that follow the file's name, why it is not used."""


def config_file() -> Path | None:
    """The configuration file of the user, whether it is there or not."""
    return _below(lambda: _home("config", "/.config"), NAME)


def current_file() -> Path | None:
    """The configuration file of the current directory, unless it is the user's own."""
    try:
        here = Path(os.getcwd(), NAME)  # noqa: PTH109  # a real path: what a link leads to is not what was trusted
    except OSError:
        return None
    own = config_file()
    return None if own is not None and _real(own.parent) == here.parent else here


def state_file(*names: str) -> Path | None:
    """A file in the user's state directory, whether it is there or not."""
    return _below(lambda: _home("state", "/.local/state"), *names)


def tokens(*, needed: bool) -> str | None:
    """The URL of the user's own token store; None if nothing was kept there and it is not `needed`, or cannot be."""
    file = state_file("tokens.db")
    if file is None or not (needed or is_there(file)) or find_spec("sqlalchemy") is None:
        return None
    return f"sqlite:///{file}"


def contents(file: Path) -> Content | None:
    """What stands in a file; None where there is none.

    Raises Unusable for one that somebody else wrote or may write: whoever does so decides where secrets go.
    """
    try:
        number = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None
    try:
        facts = os.fstat(number)
        why = _flaw(facts)
        if why is not None:
            raise Unusable(why)
        with open(number, "rb", closefd=False) as stream:  # it is open: what was looked at is read
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(number)
    if len(data) > _LARGEST:
        raise Unusable(f"is larger than {_LARGEST:,} bytes")
    return Content(data, facts.st_mode)


def _flaw(facts: os.stat_result) -> str | None:
    if not stat.S_ISREG(facts.st_mode):
        return "is not a file"
    if not hasattr(os, "geteuid"):
        return None
    if facts.st_uid not in (0, os.geteuid()):
        return f"belongs to another user (uid {facts.st_uid}): whoever owns it decides where your keys and tokens go"
    if facts.st_mode & stat.S_IWOTH:
        return "may be changed by everyone: chmod o-w"
    return None


def _home(kind: str, usual: str) -> str:
    """The user's directory of this kind, as platformdirs says; the usual case is known without loading it."""
    base, home = os.environ.get(f"XDG_{kind.upper()}_HOME", ""), os.environ.get("HOME", "")
    if sys.platform == "linux" and (base or home).startswith("/"):
        return f"{base or home + usual}/ocreg"
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_dir")("ocreg"))


def _below(folder: Callable[[], str], *names: str) -> Path | None:
    """A path below a directory. A relative one is none: it would mean something else in each current directory."""
    try:
        path = Path(folder())
    except (OSError, RuntimeError, KeyError):  # no HOME, and no entry for the user either
        return None
    return path.joinpath(*names) if path.is_absolute() else None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def is_there(file: Path) -> bool:
    """Whether a file can be seen."""
    try:
        return file.exists()
    except OSError:
        return False
