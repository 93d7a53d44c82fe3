"""`ocreg whoami`"""

from __future__ import annotations

import time
from typing import Any

import click

from .. import redact
from . import arguments, output


@click.command("whoami")
@arguments.settings
@click.option("-v", "--verbose", is_flag=True, help="Say where each value came from.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(verbose: bool, as_json: bool, **where: Any) -> None:
    """Show which profile, host and account a call would use, and how old the tokens are. Nothing secret is shown."""
    with arguments.client(**where) as client:
        facts = _facts(client)
        if as_json:
            output.as_json({**facts, "came_from": client.came_from} if verbose else facts, compact=True)
            return
        for name, value in facts.items():
            source = client.came_from.get(name, "") if verbose else ""
            click.echo(f"{name:<22}{redact.line(value)}" + (f"   ({source})" if source else ""))
        if verbose:
            for name in [n for n in client.came_from if n not in facts]:
                click.echo(f"{name:<22}{redact.line(client.came_from[name])}")


def _facts(client: Any) -> dict[str, Any]:
    settings, grant = client.settings, client.tokens.grant
    held = {name: getattr(settings, name) for name in ("client_key", "secret_key")}
    return {
        "env": settings.env,
        "host": settings.origin or ("in this process" if settings.in_process else "as the endpoint files say"),
        "account": settings.account,
        "store": arguments.store_name(client),
        **{name: "set" if value is not None else "not set" for name, value in held.items()},
        "access_token": _access(grant),
        "refresh_token": "set" if grant.refresh_token is not None else "not set",
        "sign": settings.sign,
    }


def _access(grant: Any) -> str:
    if grant.access_token is None:
        return "not set"
    if grant.ends_at == float("inf"):
        return "set; its end is not known"
    left = int(grant.ends_at - time.time())
    age = int(time.time() - grant.obtained_at)
    return f"{age // 60} minutes old, " + (f"good for {left // 60} more" if left > 0 else "expired")
