"""`ocreg plan ID ...`"""

from __future__ import annotations

from typing import Any

import click

from . import arguments, output


@click.command("plan")
@arguments.payload
@arguments.unknown
@arguments.settings
@click.option("--show-sensitive", is_flag=True, help="Show personal data (never secrets).")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(
    id: str,
    words: tuple[str, ...],
    source: str | None,
    unknown: tuple[str, ...],
    show_sensitive: bool,
    as_json: bool,
    **where: Any,
) -> int:
    """Show what a call would send, without sending it. Exit code 2 if the payload is invalid."""
    data, query = arguments.read(words, source)
    with arguments.client(**where) as client:
        named = arguments.placed(client.registry[id], query)
        plan = client.plan(id, data, **named, show_sensitive=show_sensitive, unknown=unknown)
        if as_json:
            output.as_json(plan, compact=True)
        elif plan["valid"]:
            _text(plan)
        else:
            client.registry[id].allowing(unknown).check(data, **named)  # raises the error that the command prints
    return 0 if plan["valid"] else 2


def _text(plan: dict[str, Any]) -> None:
    click.echo(f"{plan['operation']} on {plan['environment']}, effect: {plan['effect']}. Nothing is sent.\n")
    click.echo(f"{plan['method']} {plan['url']}")
    for name, value in plan["headers"].items():
        click.echo(f"{name}: {value}")
    if plan["body"] is not None:
        click.echo()
        output.as_json(plan["body"])
    for setting in plan["missing"]:
        click.echo()
        output.styled(f"missing setting: {setting}", fg="yellow")
    click.echo(f"\n{plan['curl']}")
