"""`ocreg whoami`"""

from __future__ import annotations

import os
import time
from textwrap import fill
from typing import Any

import click

from .. import redact
from ..account import places, profiles
from ..account import settings as settings_room
from ..account.grants import Grant
from ..errors import OcregError, SettingInvalid, StoreError
from . import arguments, output

_WIDTH = 22
_SECRETS = [name for name in settings_room.SECRETS if name != "store_key"]
"""Those that an argument can stand in for."""


@click.command("whoami")
@arguments.settings
@click.option("-v", "--verbose", is_flag=True, help="Say where each value came from, and where was looked.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(verbose: bool, as_json: bool, **where: Any) -> None:
    """Show which profile, host and account a call would use, and how old the tokens are. Nothing secret is shown.

    Whatever is missing is listed, with all files and variables that were looked for.
    """
    try:
        client, problems = _client(where)
        with client:
            facts, missing = _facts(client, problems)
    except OcregError:
        if not as_json:
            _print_places(looked_at(where["config"]))
        raise
    sources = _sources(client.came_from, facts) if verbose else {}
    if as_json:
        result = {**facts, "missing": missing, "looked_at": looked_at(where["config"])}
        output.as_json({**result, "came_from": sources} if verbose else result, compact=True)
        return
    _print(facts, sources)
    if missing:
        click.echo(f"\n{'missing':<{_WIDTH}}{', '.join(missing)}")
        click.echo(f"{'':<{_WIDTH}}{settings_room.next_steps(missing)}")
    if missing or verbose:
        _print_places(looked_at(where["config"]))


def _client(where: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """A client in which others stand in for secrets that cannot be fetched or used, and why that is, by their names."""
    problems: dict[str, str] = {}
    while True:
        try:
            return arguments.client(**{**where, **dict.fromkeys(problems, "stand-in")}), problems
        except SettingInvalid as error:
            if error.setting not in _SECRETS or error.setting in problems:
                raise
            problems[error.setting] = str(error).removeprefix(f"{error.setting}: ")


def _facts(client: Any, problems: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What a call would use, and the settings that it would lack."""
    settings, problem, grant = client.settings, "", Grant()
    try:
        grant = client.tokens.grant
    except StoreError as error:
        problem = f"not known: {str(error).splitlines()[0]}"
    held = {name: "set" if getattr(settings, name) is not None else "not set" for name in ("client_key", "secret_key")}
    missing = [name for name, state in held.items() if state == "not set"]
    if not problem and grant.access_token is None and grant.refresh_token is None:
        missing.append("access_token")
    facts = {
        "env": settings.env,
        "host": settings.origin or ("in this process" if settings.in_process else "as the endpoint files say"),
        "account": settings.account,
        "store": arguments.store_name(client),
        **held,
        "access_token": problem or _access(grant),
        "refresh_token": problem or ("set" if grant.refresh_token is not None else "not set"),
        "sign": settings.sign,
    }
    facts |= {name: f"not usable: {why}" for name, why in problems.items()}
    return facts, [*missing, *problems]


def _sources(came_from: dict[str, str], facts: dict[str, Any]) -> dict[str, str]:
    """Where each value came from. A token that no setting gave is one that the store holds."""
    tokens = ("access_token", "refresh_token")
    stored = [name for name in tokens if came_from[name] == "default" and facts[name] != "not set"]
    return {**came_from, **dict.fromkeys(stored, "the store")}


def _access(grant: Grant) -> str:
    if grant.access_token is None:
        return "not set"
    if grant.ends_at == float("inf"):
        return "set; its end is not known"
    return age(grant.obtained_at, grant.ends_at)


def age(obtained_at: float, ends_at: float) -> str:
    """How old an access token is and how long it is good, in words."""
    now = time.time()
    left = int(ends_at - now)
    return f"{int(now - obtained_at) // 60} minutes old, " + (f"good for {left // 60} more" if left > 0 else "expired")


def looked_at(config: str | None) -> dict[str, str]:
    """Every file and variable that settings and tokens may come from, and what came of it."""
    found: dict[str, str] = {}
    try:
        counted = False
        for place in profiles.look(config):
            counts = "not used: the one above counts" if counted else "counts"
            found[place.label] = counts if place.content is not None else place.why
            counted = counted or place.content is not None
    except SettingInvalid as error:
        found[config or os.environ.get("OCREG_CONFIG", "")] = str(error)
    store = places.state_file("tokens.db")
    if store is not None:
        found[str(store)] = "there" if places.is_there(store) else "not there"
    names = ("profile", "config", *settings_room.NAMES)
    variables = [f"OCREG_{name.upper()}" for name in names]
    return {**found, **{name: "set" if os.environ.get(name) else "not set" for name in variables}}


def _print(facts: dict[str, Any], came_from: dict[str, str]) -> None:
    for name, value in facts.items():
        source = came_from.get(name, "")
        click.echo(redact.line(f"{name:<{_WIDTH}}{value}" + (f"   ({source})" if source else "")))
    for name in [name for name in came_from if name not in facts]:
        click.echo(redact.line(f"{name:<{_WIDTH}}{came_from[name]}"))


def _print_places(found: dict[str, str]) -> None:
    """Files on a line each; of the variables, which are many, those that are set and those that are not."""
    click.echo("\nLooked at:")
    variables = {name: state for name, state in found.items() if name.startswith("OCREG_")}
    files = {name: state for name, state in found.items() if name not in variables}
    width = max(map(len, files), default=0)
    for name, state in files.items():
        click.echo(redact.line(f"  {name:<{width}}  {state}"))
    for wanted in ("set", "not set"):
        names = [name for name, state in variables.items() if state == wanted]
        words = f"variables {wanted}: {', '.join(names) or 'none'}"
        click.echo(fill(words, 100, initial_indent="  ", subsequent_indent="    "))
