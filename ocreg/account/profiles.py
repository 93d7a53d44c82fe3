"""Profiles: named sets of settings in a TOML file, with secrets by reference.

    [profiles.shop-uk]
    env = "production"
    client_key = "env:SHOP_UK_CLIENT_KEY"
    secret_key = "keyring:ocreg/shop-uk"
    store = "sqlite:////var/lib/shop/tokens.db"
    account = "shop-uk"

The file is the one that OCREG_CONFIG names, else `ocreg.toml` in the current directory, else `ocreg.toml` in the user's
configuration directory. Keys are the settings (`ocreg.settings`). A secret may be written as

    env:NAME        an environment variable
    file:PATH       the first line of a file
    keyring:NAME    the system's keyring (extra `keyring`): service "ocreg", or SERVICE/NAME
    cmd:COMMAND     the first line that a command prints, such as a password manager's

and is fetched when the profile is used. So may the URL of a store, wherever it is given. A secret in clear text works,
with a warning when others can read the file.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .. import redact
from ..errors import SettingInvalid
from ..registry.explain import closest_name

REFERENCES = ("env", "file", "keyring", "cmd")
_COMMAND_SECONDS = 60


class Profile(NamedTuple):
    """One profile as it stands in its file."""

    name: str
    file: str
    values: dict[str, Any]


def config_file() -> Path | None:
    """The configuration file that counts, or None. Raises SettingInvalid where OCREG_CONFIG names none."""
    named = os.environ.get("OCREG_CONFIG")
    if named:
        if not Path(named).is_file():
            raise _invalid(f"OCREG_CONFIG: there is no file {named}")
        return Path(named)
    places = [Path("ocreg.toml")]
    try:
        import platformdirs
    except ImportError:
        pass
    else:
        places.append(Path(platformdirs.user_config_dir("ocreg")) / "ocreg.toml")
    return next((place for place in places if place.is_file()), None)


def read(name: str, known: tuple[str, ...], secrets: tuple[str, ...]) -> Profile:
    """The profile of this name; `known` are the settings there are. Raises SettingInvalid."""
    file = config_file()
    if file is None:
        raise _invalid(f"there is no ocreg.toml to take the profile {name!r} from (OCREG_CONFIG names one)")
    found = profiles(file)
    if name not in found:
        near = closest_name(name, list(found))
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(found) or 'none'}"
        raise _invalid(f"{file}: there is no profile {name!r}; {hint}")
    values = found[name]
    if not isinstance(values, dict):
        raise _invalid(f"{file}: profiles.{name} must be a table of settings")
    for key in values:
        if key not in known:
            near = closest_name(key, list(known))
            hint = f"; did you mean {near!r}?" if near else ""
            raise _invalid(f"{file}: profiles.{name}: unknown key {key!r}{hint}")
    _warn_of_readable(file, name, values, secrets)
    return Profile(name, str(file), values)


def profiles(file: Path) -> dict[str, Any]:
    """All profiles of a file, by name. Raises SettingInvalid for what is not TOML."""
    try:
        import tomllib
    except ModuleNotFoundError:  # before Python 3.11
        import tomli as tomllib  # type: ignore[no-redef]
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:  # a number of thousands of digits is no TOMLDecodeError
        raise _invalid(f"{file}: {error}") from None
    unknown = [key for key in document if key != "profiles"]
    if unknown:
        raise _invalid(f"{file}: unknown key {unknown[0]!r}; settings stand under [profiles.<name>]")
    found = document.get("profiles", {})
    if not isinstance(found, dict):
        raise _invalid(f"{file}: profiles must be a table of profiles")
    return found


def _warn_of_readable(file: Path, name: str, values: dict[str, Any], secrets: tuple[str, ...]) -> None:
    clear = [key for key in secrets if isinstance(values.get(key), str) and not is_reference(values[key])]
    if clear and os.name == "posix" and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        words = f"{file}: others can read {', '.join(clear)} of profile {name!r}: chmod 600, or use env:, file:, cmd:"
        warnings.warn(words, stacklevel=2)


def is_reference(value: str) -> bool:
    return value.partition(":")[0] in REFERENCES and ":" in value


def resolve(setting: str, value: str) -> str:
    """The secret that a reference means; a text that is no reference means itself. Raises SettingInvalid."""
    kind, _, rest = value.partition(":")
    if not is_reference(value):
        return value
    # a command line, and what it or the keyring said, may hold something secret: the kind of failure must do
    shown = kind if kind == "cmd" else f"{kind}:{redact.text(rest)}"
    try:
        found = _FETCH[kind](rest)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _invalid(f"{setting}: {shown}: {type(error).__name__}", setting) from None
    if not found:
        raise _invalid(f"{setting}: {shown} gives nothing", setting)
    return found


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()


def _from_file(path: str) -> str:
    return _first_line(Path(path).expanduser().read_text("utf-8"))


def _from_command(command: str) -> str:
    done = subprocess.run(  # noqa: S603  # the user's own configuration says what to run
        shlex.split(command), capture_output=True, text=True, check=True, timeout=_COMMAND_SECONDS
    )
    return _first_line(done.stdout)


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
    except ImportError:
        raise _invalid("keyring: needs the extra `keyring`: pip install 'ocreg[keyring]'") from None
    service, _, user = name.rpartition("/")
    try:
        found: str | None = keyring.get_password(service or "ocreg", user)
    except keyring.errors.KeyringError as error:
        raise ValueError(type(error).__name__) from None
    return found


_FETCH: dict[str, Callable[[str], str | None]] = {
    "env": os.environ.get,
    "file": _from_file,
    "keyring": _from_keyring,
    "cmd": _from_command,
}


def _invalid(words: str, setting: str = "profile") -> SettingInvalid:
    return SettingInvalid(words, setting=setting)
