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
"""The secrets that an argument can replace."""


@click.command("whoami")
@arguments.settings
@click.option(
    "-v", "--verbose", is_flag=True, help="Show where each value came from, and which files and variables were read."
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(verbose: bool, as_json: bool, **where: Any) -> None:
    """Show which profile, host and account a call would use, and how old the tokens are. No secret is shown.

    If something is missing, it is listed, with all files and variables that were read.
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
    """A client with stand-ins for unusable secrets, and by their names why they are unusable."""
    problems: dict[str, str] = {}
    while True:
        try:
            return arguments.client(**{**where, **dict.fromkeys(problems, "stand-in")}), problems
        except SettingInvalid as error:
            if error.setting not in _SECRETS or error.setting in problems:
                raise
            problems[error.setting] = str(error).removeprefix(f"{error.setting}: ")


def _facts(client: Any, problems: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What a call would use, and which settings it lacks."""
    settings, problem, grant = client.settings, "", Grant()
    try:
        grant = client.tokens.grant
    except StoreError as error:
        problem = f"unknown: {str(error).splitlines()[0]}"
    held = {name: "set" if getattr(settings, name) is not None else "not set" for name in ("client_key", "secret_key")}
    missing = [name for name, state in held.items() if state == "not set"]
    if not problem and grant.access_token is None and grant.refresh_token is None:
        missing.append("access_token")
    facts = {
        "env": settings.env,
        "host": settings.origin or ("in this process" if settings.in_process else "from the endpoint files"),
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
        return "set; its expiry is unknown"
    return age(grant.obtained_at, grant.ends_at)


def age(obtained_at: float, ends_at: float) -> str:
    """The age of an access token and its remaining life, as text."""
    now = time.time()
    left = int(ends_at - now)
    return f"{int(now - obtained_at) // 60} minutes old, " + (f"valid for {left // 60} more" if left > 0 else "expired")


def looked_at(config: str | None) -> dict[str, str]:
    """Every file and variable that settings and tokens may come from, and its state."""
    found: dict[str, str] = {}
    try:
        counted = False
        for place in profiles.look(config):
            counts = "not used: the one above is used" if counted else "used"
            found[place.label] = counts if place.content is not None else place.why
            counted = counted or place.content is not None
    except SettingInvalid as error:
        found[config or os.environ.get("OCREG_CONFIG", "")] = str(error)
    store = places.state_file("tokens.db")
    if store is not None:
        found[str(store)] = "exists" if places.is_there(store) else "does not exist"
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
    """Print a line for each file, one for the variables that are set, and one for those that are not."""
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
