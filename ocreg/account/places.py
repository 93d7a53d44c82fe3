"""The places of a user's files: the configuration, the trusted files, the tokens of `ocreg login`.

Nothing here fails because a directory is missing, unreadable or unknown: such a place does not exist.
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
        return f"<Content: {len(self.data)} bytes>"  # they may contain secrets


class Unusable(Exception):
    """Why a file is not used, as text after its name."""


def config_file() -> Path | None:
    """The configuration file of the user, which may not exist."""
    return _below(lambda: _home("config", "/.config"), NAME)


def current_file() -> Path | None:
    """The configuration file of the current directory, unless it is the user's own."""
    try:
        here = Path(os.getcwd(), NAME)  # noqa: PTH109  # a real path, because the target of a link was not trusted
    except OSError:
        return None
    own = config_file()
    return None if own is not None and _real(own.parent) == here.parent else here


def state_file(*names: str) -> Path | None:
    """A file in the user's state directory, which may not exist."""
    return _below(lambda: _home("state", "/.local/state"), *names)


def tokens(*, needed: bool) -> str | None:
    """The URL of the user's own token store; None if it does not exist and is not `needed`, or cannot exist."""
    file = state_file("tokens.db")
    if file is None or not (needed or is_there(file)) or find_spec("sqlalchemy") is None:
        return None
    return f"sqlite:///{file}"


def contents(file: Path) -> Content | None:
    """The content of a file; None if it does not exist.

    Raises Unusable for a file that another user wrote or may write, because its author decides where secrets go.
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
        with open(number, "rb", closefd=False) as stream:  # the same descriptor: read the file that was checked
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
        return f"belongs to another user (uid {facts.st_uid}), who could decide where your keys and tokens go"
    if facts.st_mode & stat.S_IWOTH:
        return "can be changed by everyone: chmod o-w"
    return None


def _home(kind: str, usual: str) -> str:
    """The user's directory of this kind, as in platformdirs, which is loaded only in unusual cases."""
    base, home = os.environ.get(f"XDG_{kind.upper()}_HOME", ""), os.environ.get("HOME", "")
    if sys.platform == "linux" and (base or home).startswith("/"):
        return f"{base or home + usual}/ocreg"
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_dir")("ocreg"))


def _below(folder: Callable[[], str], *names: str) -> Path | None:
    """A path below a directory. Relative ones are ignored, because they would depend on the current directory."""
    try:
        path = Path(folder())
    except (OSError, RuntimeError, KeyError):  # no HOME, and no password entry for the user
        return None
    return path.joinpath(*names) if path.is_absolute() else None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def is_there(file: Path) -> bool:
    """Whether a file exists and is visible."""
    try:
        return file.exists()
    except OSError:
        return False
