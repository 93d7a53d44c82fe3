"""Secrets by reference: the text in a profile in place of a secret, and how the secret is fetched.

    env:NAME        an environment variable
    file:PATH       the first line of a file
    keyring:NAME    the system's keyring (extra `keyring`): service "ocreg", or SERVICE/NAME
    cmd:COMMAND     the first line that a command prints, such as a password manager's

Paths are relative to the folder of the profile's file, and commands run there, not in the current directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .. import redact
from ..errors import SettingInvalid

REFERENCES = ("env", "file", "keyring", "cmd")
_COMMAND_SECONDS = 60


class _Reason(Exception):
    """Why there is no secret, as text after the reference."""


def is_reference(value: str) -> bool:
    return value.partition(":")[0] in REFERENCES and ":" in value


def resolve(setting: str, value: str, folder: Path) -> str:
    """The secret for a reference. Other text is returned unchanged. Raises SettingInvalid.

    Paths are relative to `folder`. No error shows a command line, or messages of a command or a keyring: they may
    contain secrets.
    """
    kind, _, rest = value.partition(":")
    if not is_reference(value):
        return value
    shown = "cmd: the command" if kind == "cmd" else f"{kind}:{redact.text(rest)}"
    try:
        found = _FETCH[kind](rest, folder)
    except _Reason as why:
        raise _invalid(setting, f"{shown}{why}") from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None)
        raise _invalid(setting, f"{shown}: {type(error).__name__}{f' ({reason})' if reason else ''}") from None
    if not found:
        raise _invalid(setting, f"{shown} returned no value")
    return found


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()


def _from_variable(name: str, folder: Path) -> str | None:
    return os.environ.get(name)


def _from_file(path: str, folder: Path) -> str:
    return _first_line((folder / Path(path).expanduser()).read_text("utf-8-sig"))


def _from_command(command: str, folder: Path) -> str:
    import shlex  # imported here, since few profiles run commands
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603  # the command is from a file that the user wrote or trusts
            shlex.split(command), cwd=folder, capture_output=True, text=True, check=True, timeout=_COMMAND_SECONDS
        )
    except subprocess.CalledProcessError as error:
        raise _Reason(f" ended with exit code {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise _Reason(f" took longer than {_COMMAND_SECONDS} seconds") from None
    return _first_line(done.stdout)


def _from_keyring(name: str, folder: Path) -> str | None:
    try:
        import keyring
    except ImportError:
        raise _Reason(": needs the extra `keyring`: pip install 'ocreg[keyring]'") from None
    service, _, user = name.rpartition("/")
    try:
        found: str | None = keyring.get_password(service or "ocreg", user)
    except keyring.errors.NoKeyringError:
        raise _Reason(": NoKeyringError (this machine has no keyring)") from None
    except Exception as error:  # noqa: BLE001  # each backend has its own exceptions
        raise _Reason(f": {type(error).__name__}") from None
    return found


_FETCH: dict[str, Callable[[str, Path], str | None]] = {
    "env": _from_variable,
    "file": _from_file,
    "keyring": _from_keyring,
    "cmd": _from_command,
}


def _invalid(setting: str, words: str) -> SettingInvalid:
    return SettingInvalid(f"{setting}: {words}", setting=setting)
