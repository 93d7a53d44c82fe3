"""Profiles: named sets of settings in a TOML file, with secrets by reference.

    [profiles.shop-uk]
    env = "production"
    client_key = "env:SHOP_UK_CLIENT_KEY"
    secret_key = "keyring:ocreg/shop-uk"
    store = "sqlite:////var/lib/shop/tokens.db"
    account = "shop-uk"

The file is the one that `config` or OCREG_CONFIG names, else `ocreg.toml` in the current directory, else `ocreg.toml`
in the user's configuration directory. The one in the current directory may come from somebody's repository, so it is
used only with the content that the user trusted with `ocreg trust` (`trust`). Keys are the settings (`ocreg.settings`).
A secret may be a reference (`references`), which is followed when the profile is used. Clear text works too, with a
warning if others can read the file.
"""

from __future__ import annotations

import json
import os
import stat
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from .. import redact
from ..errors import SettingInvalid
from ..lazy import load
from ..registry.explain import closest_name
from . import places
from .references import is_reference

DEFAULT = "default"
"""The profile that is used by default, if it exists."""


class Place(NamedTuple):
    """A possible place of the file: `content` if it is usable, else why it is not."""

    path: Path
    label: str
    content: places.Content | None = None
    why: str = "does not exist"
    ignored: bool = False
    """Whether it exists and is ignored, which must be reported."""


class Profile(NamedTuple):
    """One profile, as written in its file. Paths are relative to `folder`."""

    name: str
    file: str
    folder: Path
    values: dict[str, Any]


def look(config: str | os.PathLike[str] | None = None) -> list[Place]:
    """All possible places of the configuration. The first one with content is used.

    Raises SettingInvalid if a file is named and cannot be used.
    """
    named = config or os.environ.get("OCREG_CONFIG")
    if named:
        return [_named(Path(named), "config" if config else "OCREG_CONFIG")]
    current, own = places.current_file(), places.config_file()
    found = [_place(current, places.NAME, trusted=False)] if current is not None else []
    return found + ([_place(own, str(own), trusted=True)] if own is not None else [])


def counts(config: str | os.PathLike[str] | None = None) -> Place | None:
    """The file in use, or None. Warns about one that exists and is ignored."""
    found = look(config)
    for place in found:
        if place.ignored:
            warnings.warn(f"{place.label} is ignored: it {place.why}", stacklevel=2)
    return next((place for place in found if place.content is not None), None)


def _named(file: Path, by: str) -> Place:
    try:
        content = places.contents(file.absolute())
    except places.Unusable as flaw:
        raise _invalid(f"{by}: {file} {flaw}") from None
    if content is None:
        raise _invalid(f"{by}: {file} does not exist")
    return Place(file.absolute(), str(file), content)


def _place(file: Path, label: str, *, trusted: bool) -> Place:
    try:
        content = places.contents(file)
    except places.Unusable as flaw:
        return Place(file, label, None, str(flaw), ignored=True)
    if content is None:
        return Place(file, label)
    why: str | None = None if trusted else load("ocreg.account.trust").flaw(file, content.data)
    return Place(file, label, content) if why is None else Place(file, label, None, why, ignored=True)


def read(
    name: str | None, known: tuple[str, ...], secrets: tuple[str, ...], config: str | os.PathLike[str] | None = None
) -> Profile | None:
    """The profile with this name, or the default profile if it exists. `known` are all settings.

    Raises SettingInvalid.
    """
    place = counts(config)
    if place is None:
        if name is None:
            return None
        raise _invalid(f"there is no profile {name!r}: {searched(look(config))}; create one with `ocreg init`")
    assert place.content is not None
    found = profiles(place.label, place.content.data)
    if name is None and DEFAULT not in found:
        return None
    name = DEFAULT if name is None else name
    if name not in found:
        near = closest_name(name, list(found))
        hint = f"did you mean {near!r}?" if near else f"profiles: {', '.join(found) or 'none'}"
        raise _invalid(f"{place.label}: there is no profile {name!r}; {hint}")
    values = found[name]
    if not isinstance(values, dict):
        raise _invalid(f"{place.label}: profiles.{name} must be a table of settings")
    for key in values:
        if key not in known:
            near = closest_name(key, list(known))
            hint = f"; did you mean {near!r}?" if near else ""
            raise _invalid(f"{place.label}: profiles.{name}: unknown key {key!r}{hint}")
    _warn_of_readable(place, name, values, secrets)
    return Profile(name, place.label, place.path.parent, _with_store(values, place.path.parent))


def searched(found: list[Place]) -> str:
    """The places and their states, as text."""
    return ", ".join(f"{place.label}: {place.why}" for place in found) or "no possible place of ocreg.toml"


def profiles(label: str, data: bytes) -> dict[str, Any]:
    """All profiles of a file, by name. Raises SettingInvalid for invalid TOML."""
    try:
        import tomllib
    except ModuleNotFoundError:  # before Python 3.11
        import tomli as tomllib  # type: ignore[no-redef]
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # a number with thousands of digits raises no TOMLDecodeError
        raise _invalid(f"{label}: {error}") from None
    unknown = [key for key in document if key != "profiles"]
    if unknown:
        raise _invalid(f"{label}: unknown key {unknown[0]!r}; put settings under [profiles.<name>]")
    found = document.get("profiles", {})
    if not isinstance(found, dict):
        raise _invalid(f"{label}: profiles must be a table of profiles")
    return found


def shown(found: dict[str, Any], known: tuple[str, ...], secrets: tuple[str, ...]) -> list[str]:
    """The settings of all profiles, a line each, in ASCII, for the user who should trust the file.

    A secret is shown only if it is a reference. Unknown keys and structured values may be misspelled secrets.
    """
    lines = []
    for name, values in found.items():
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            simple = key in known and isinstance(value, (str, int, float))
            hidden = not simple or (key in secrets and not (isinstance(value, str) and is_reference(value)))
            text = redact.MASK if hidden else json.dumps(_without_password(value))
            refers = key in (*secrets, "store") and not hidden and is_reference(str(value))
            what = str(value).partition(":")[0] if refers else key
            lines.append(f"{json.dumps(name)[1:-1]}.{json.dumps(key)[1:-1]} = {text}{_MEANINGS.get(what, '')}")
    return lines


_MEANINGS = {
    "cmd": "   <- runs this command",
    "file": "   <- reads this file",
    "host": "   <- keys and tokens are sent there",
    "observe": "   <- shapes of answers are kept there",
    "store": "   <- tokens are kept there",
}
"""What a reference or a setting lets the file do, if it is more than a value."""


def _without_password(value: Any) -> str:
    """A value for people. A URL may have a password before its host and in its query, which are masked."""
    text, mark, query = redact.text(str(value)).partition("?")
    return f"{text}{mark}{redact.MASK if '://' in text and mark else query}"


def _with_store(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make a relative path of an SQLite store relative to the file's folder, like all paths."""
    store = values.get("store")
    prefix = "sqlite:///"
    if not isinstance(store, str) or not store.startswith(prefix) or store[len(prefix) :][:1] in ("", "/", "~", ":"):
        return values
    return {**values, "store": f"{prefix}{folder / store[len(prefix) :]}"}


def _warn_of_readable(place: Place, name: str, values: dict[str, Any], secrets: tuple[str, ...]) -> None:
    assert place.content is not None
    clear = [key for key in secrets if isinstance(values.get(key), str) and not is_reference(values[key])]
    if clear and os.name == "posix" and place.content.mode & (stat.S_IRGRP | stat.S_IROTH):
        words = f"{place.label}: others can read {', '.join(clear)} of profile {name!r}"
        warnings.warn(f"{words}: chmod 600, or use env:, file:, cmd:", stacklevel=2)


def _invalid(words: str) -> SettingInvalid:
    return SettingInvalid(words, setting="profile")
