"""`ocreg call ID ...`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from . import arguments, output

if TYPE_CHECKING:
    from ..client import Client


@click.command("call")
@arguments.payload
@arguments.unknown
@arguments.settings
@click.option("--example", is_flag=True, help="Start from the endpoint file's first example (sandboxes only).")
@click.option("--timeout", type=float, help="Seconds to wait for the connection, and for data.")
@click.option("--message-id", help="The envelope's messageId. Default: a new UUID.")
@click.option(
    "--on-unknown",
    type=click.Choice(["raise", "confirm"]),
    default="raise",
    show_default=True,
    help="A create whose answer was lost: raise, or look it up and send it again only if it is certainly absent.",
)
@click.option("--yes", is_flag=True, help="Do not ask before a change on production.")
@click.option("-v", "--verbose", is_flag=True, help="Also print the request (secrets and personal data masked).")
@click.option("--json", "as_json", is_flag=True, help="Print the answer on one line, and errors as JSON.")
def command(
    id: str,
    words: tuple[str, ...],
    source: str | None,
    unknown: tuple[str, ...],
    example: bool,
    timeout: float | None,
    message_id: str | None,
    on_unknown: str,
    yes: bool,
    verbose: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Call an operation and print the whole answer.

    Exit code 0: done; 1: the API refused the request; 2: usage or an invalid payload, nothing was sent; 3: no usable
    answer.
    """
    data, query = arguments.read(words, source)
    message_id = message_id or str(uuid4())
    with arguments.client(**where) as client:
        if example:
            data, query = _with_example(client, id, data, query)
        named = arguments.placed(client.registry[id], query)
        if verbose:
            _request(client.plan(id, data, **named, message_id=message_id, unknown=unknown))
        effect = client.registry[id].effect
        if client.settings.env == "production" and effect != "read" and not yes:
            ask_first(id, effect)
        how: dict[str, Any] = {
            "timeout": timeout,
            "message_id": message_id,
            "on_unknown": on_unknown,
            "unknown": unknown,
        }
        answer = client.call(id, data, **named, **how)
    if verbose:
        click.echo("\n< answer")
    output.as_json(answer, compact=as_json)


def _with_example(client: Client, id: str, data: Any, query: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The first example, overridden by the given fields. Sandboxes only: the numbers in it belong to somebody else."""
    if client.settings.env == "production":
        raise click.UsageError("--example is for sandboxes only: add --env sandbox or --env local")
    known, named = arguments.first_example(client.registry[id])
    if data is None or not isinstance(known, dict) or not isinstance(data, dict):
        return (known if data is None else data), {**named, **query}
    return {**known, **data}, {**named, **query}


def _request(plan: dict[str, Any]) -> None:
    if not plan["valid"]:
        return  # the call itself reports why
    click.echo(f"> {plan['method']} {plan['url']}")
    for name, value in plan["headers"].items():
        click.echo(f"> {name}: {value}")
    if plan["body"] is not None:
        output.as_json(plan["body"])


def ask_first(id: str, effect: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{id} has an effect ({effect}) on production: add --yes to run it without asking")
    click.confirm(f"{id} has an effect ({effect}) on production. Continue?", abort=True, err=True)
