"""`ocreg init`"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from shlex import quote
from typing import Any

import click

from ..account import places, profiles
from ..account import settings as settings_room
from ..account.references import is_reference, resolve
from ..errors import OcregError, SettingInvalid
from ..files.replacing import replacing
from . import login

REGIONS = {
    "sandbox": {name: f"https://openapi-stage-{name}.orangeconnex.com" for name in ("hk", "au", "uk", "cn")},
    "production": {name: f"https://openapi-{name}.orangeconnex.com" for name in ("hk", "au", "de")},
}
"""The hosts in the vendor's documents and Postman collections. Ask the vendor which one serves your account."""
_USUAL = "hk"
"""The region whose hosts the endpoint files name."""
_CHECK = "warehouse.services"
"""A signed read that needs no token: it checks the key pair before anybody has logged in."""
_REFERENCES = "env:NAME, file:PATH, keyring:NAME or cmd:COMMAND"


@click.command("init")
@click.option("--profile", default=profiles.DEFAULT, show_default=True, help="The profile's name.")
@click.option("--config", metavar="FILE", help="The file to write to. Default: OCREG_CONFIG, then your own.")
@click.option("--env", type=click.Choice(list(REGIONS)), help="The environment; each has its own key pair.")
@click.option("--host", metavar="REGION|HOST", help="Such as au, or https://openapi-au.orangeconnex.com. Default: hk.")
@click.option("--client-key", metavar="REFERENCE", help=f"Where to find the client key: {_REFERENCES}.")
@click.option("--secret-key", metavar="REFERENCE", help="Where to find the secret key. (The key itself is refused.)")
@click.option("--account", help="A name for the seller's account.")
@click.option("--no-input", is_flag=True, help="Do not prompt: take everything from options.")
@click.option("--no-check", is_flag=True, help="Do not read or check the keys, which may not exist yet.")
def command(profile: str, config: str | None, no_input: bool, no_check: bool, **given: Any) -> None:
    """Set up: write a profile, check the key pair with a call that only reads, and offer the login.

    The profile holds references to the keys, never the keys. `Client()` in Python and every command use
    the profile named default. Choose another with --profile, OCREG_PROFILE or Client(profile=...).
    """
    if not no_input and not sys.stdin.isatty():
        raise click.UsageError("cannot prompt without a terminal: use --no-input with --client-key and --secret-key")
    if no_input and (lacking := [f"--{name}-key" for name in ("client", "secret") if not given[f"{name}_key"]]):
        raise click.UsageError(f"--no-input needs {' and '.join(lacking)}: {_REFERENCES}")
    file = _target(config)
    before = _before(file, profile)
    values = _values(given, file.parent, ask=not no_input, fetch=not no_check)
    _write(file, before, profile, values)
    click.echo(f"Wrote profile {profile} to {file}.")
    where = {"profile": None if profile == profiles.DEFAULT else profile, "config": config}
    other = profiles.counts(config)
    if other is not None and other.path != file:
        click.echo(f"In this directory {other.label} is used instead. To use this one: --config {file}", err=True)
        where["config"] = str(file)
    for name, value in values.items():
        variable = f"OCREG_{name.upper()}"
        if os.environ.get(variable) and value != f"env:{variable}":
            click.echo(f"{variable} is set and overrides the profile.", err=True)
    if not no_check:
        _check(where)
    _go_on(where, ask=not no_input)


def _target(config: str | None) -> Path:
    named = config or os.environ.get("OCREG_CONFIG")
    file = Path(named).absolute() if named else places.config_file()
    if file is None:
        raise click.UsageError("there is no home directory: name a file with --config")
    return file


def _before(file: Path, profile: str) -> str:
    """The file's content so far. The profile must be new."""
    if not profile or not profile.isprintable():
        raise click.UsageError("the profile needs a name of visible characters")
    try:
        content = places.contents(file)
    except places.Unusable as why:
        raise click.UsageError(f"{file} {why}") from None
    if content is None:
        return ""
    if profile in profiles.profiles(str(file), content.data):
        words = f"{file} already has a profile {profile!r}: edit it there, or name another with --profile"
        raise click.UsageError(words)
    return content.data.decode("utf-8-sig")


def _values(given: dict[str, Any], folder: Path, *, ask: bool, fetch: bool) -> dict[str, str]:
    """The settings of the profile. With `fetch`, the keys must already exist."""
    if ask:
        click.echo("The profile holds references to your keys, not the keys themselves. To keep a key in the system's")
        click.echo("keyring, run `keyring set ocreg NAME` and enter keyring:NAME here.")
    kinds = click.Choice(list(REGIONS))
    env = given["env"] or (click.prompt("Environment", default="sandbox", type=kinds) if ask else "sandbox")

    def to_host(text: str) -> str:
        return _host(env, text)

    regions = f"Region ({', '.join(REGIONS[env])}) or host"
    host = to_host(given["host"]) if given["host"] else click.prompt(regions, _USUAL, value_proc=to_host) if ask else ""
    values = {"env": env, **({"host": host} if host else {})}
    for name in ("client_key", "secret_key"):

        def to_reference(text: str, name: str = name) -> str:
            return _reference(name, text, folder, fetch=fetch)

        words = f"Where is the {name.replace('_', ' ')}? ({_REFERENCES})"
        found = given[name]
        usual = f"env:OCREG_{name.upper()}"
        values[name] = to_reference(found) if found else click.prompt(words, usual, value_proc=to_reference)
    account = given["account"] or (click.prompt("A name for the account", default="default") if ask else "default")
    if not account.isprintable():
        raise click.UsageError("the account needs a name of visible characters")
    return {**values, "account": account}


def _host(env: str, text: str) -> str:
    """A region or host as written in the profile; empty if the endpoint files have the same host."""
    text = text.strip()
    if text == _USUAL:
        return ""
    try:
        return settings_room.origin(REGIONS[env].get(text, text))
    except SettingInvalid as error:
        why = str(error).partition(") ")[2]
        raise click.BadParameter(f"not one of the regions {', '.join(REGIONS[env])}; and as a host it {why}") from None


def _reference(name: str, text: str, folder: Path, *, fetch: bool) -> str:
    """A reference that can be followed. Anything else may be the secret itself, so errors do not repeat it."""
    text = text.strip()
    if not is_reference(text):
        raise click.BadParameter(f"{name} must be a reference, not the key itself: {_REFERENCES}")
    kind, _, rest = text.partition(":")
    if kind == "file" and not rest.startswith("~"):
        text = f"file:{Path(rest).absolute()}"  # a relative path in the profile starts at the profile's folder
    if fetch:
        try:
            resolve(name, text, folder if folder.is_dir() else Path(os.sep))
        except OcregError as error:
            raise click.BadParameter(f"{error} (--no-check writes the profile anyway)") from None
    return text


def _write(file: Path, before: str, profile: str, values: dict[str, str]) -> None:
    """Append the profile. Existing content is not touched."""
    name = profile if re.fullmatch("[A-Za-z0-9_-]+", profile) else json.dumps(profile)
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    text = f"{before.rstrip()}\n\n[profiles.{name}]\n{table}".lstrip("\n")
    profiles.profiles(str(file), text.encode())  # write only what can be read again
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(file, f"{os.getpid()}.new", private=True) as out:
            out.write(text.encode())
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from None


def _check(where: dict[str, Any]) -> None:
    from ..client import Client

    try:
        with Client(**where) as client:
            rows = client.call(_CHECK).get("data") or []
    except OcregError:
        click.echo(f"The check ({_CHECK}) failed. The profile was written; correct it:", err=True)
        raise
    regions = [row["serviceRegion"] for row in rows]
    click.echo(f"The key pair works: {_CHECK} lists {', '.join(regions) or 'no region'}.")


def _go_on(where: dict[str, Any], *, ask: bool) -> None:
    """Offer the login, and print the next step."""
    options = "".join(f" --{name} {quote(value)}" for name, value in where.items() if value)
    if not ask or not click.confirm("Log a seller in now?", default=True):
        click.echo(f"Next: `ocreg login{options}` obtains tokens, `ocreg whoami{options}` shows what a call would use.")
        return
    address = click.prompt("Your redirect address (public, https)")
    empty = dict.fromkeys(("env", "host", "account", "client_key", "sign"))
    click.get_current_context().invoke(login.command, redirect_uri=address, browser=True, **{**empty, **where})
    click.echo(f"Next: `ocreg whoami{options}` shows what a call uses, `ocreg list` shows all operations.")
