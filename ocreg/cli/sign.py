"""`ocreg sign ID ...`"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from .. import redact
from ..account import settings as settings_room
from ..engine.signing import signature
from ..interchange.signatures import Parts, explain, oddity
from ..redact import Secret
from . import arguments, output

_WIDTH = 14


class Signed(NamedTuple):
    """The hashed parts, and which fields are not shown."""

    parts: Parts
    hidden: frozenset[str]
    given: bool
    """Whether the body is one that was sent, rather than one made now."""

    def forms(self) -> dict[str, str]:
        path, body, key, secret = self.parts[:4]
        return {form: signature(path, body, key, secret, form) for form in settings_room.SIGNATURES}


@click.command("sign")
@arguments.payload
@arguments.settings
@click.option("--body", metavar="TEXT|@FILE|-", help="The exact body that was sent, with its envelope.")
@click.option("--explain", "explained", is_flag=True, help="Show what is hashed, part by part.")
@click.option("--against", metavar="VALUE", help="A vAuthorization to compare with: report how it was made.")
@click.option("--show-sensitive", is_flag=True, help="Show personal data in the body (never secrets).")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(
    id: str,
    words: tuple[str, ...],
    source: str | None,
    body: str | None,
    explained: bool,
    against: str | None,
    show_sensitive: bool,
    as_json: bool,
    **where: Any,
) -> int:
    """Show the signature of a call (`vAuthorization`), its parts, and why another signature does not match.

    Nothing is sent and no token is needed. Each body has its own time and message id. To compare a
    signature of another program, give the body that it sent: --body. Exit code 1: --against VALUE does not match.
    """
    data, query = arguments.read(words, source)
    with arguments.client(**where) as client:
        parts = (data, *arguments.placed(client.registry[id], query).values())
        signed = _signed(client, id, parts, None if body is None else _bytes(body))
        came_from = client.came_from
    if show_sensitive:
        signed = signed._replace(hidden=client.registry[id].secret)
    changes = explain(against, signed.parts) if against is not None else None
    if as_json:
        facts = {"operation": id, "path": signed.parts.path, "bytes": len(signed.parts.body or b"")}
        result = {**facts, "sign": signed.parts.form, "forms": signed.forms()}
        compared = {"against": {"known": changes is not None, "changes": changes or []}} if against else {}
        output.as_json({**result, **compared}, compact=True)
    else:
        if explained:
            _explain(signed, came_from)
        elif against is None:
            click.echo(f"vAuthorization: {signed.forms()[signed.parts.form]}")
        if against is not None:
            _compare(against, changes, signed)
    return 1 if against is not None and changes != [] else 0


def _signed(client: Any, id: str, parts: tuple[Any, Any, Any], body: bytes | None) -> Signed:
    endpoint, settings = client.registry[id], client.settings
    endpoint.callable_by_us()
    if not endpoint.sends_token:
        raise click.UsageError(f"{id} is not signed (auth: {endpoint.auth})")
    gaps = [name for name in ("client_key", "secret_key") if getattr(settings, name) is None]
    if gaps:
        raise settings_room.missing(*gaps)
    url = endpoint.url(settings.env, settings.origin, {}, parts[2] or {})
    if body is None:
        complete = settings._replace(access_token=settings.access_token or Secret("not-needed"))
        request = client.caller.prepare(endpoint, parts, None, complete).request
        url, made = request.url, request.body
    split = urlsplit(url)
    keys = (settings.client_key.reveal(), settings.secret_key.reveal())
    found = Parts(split.path, made if body is None else body, *keys, settings.sign, f"{split.scheme}://{split.netloc}")
    return Signed(found._replace(query=split.query), endpoint.sensitive, body is not None)


def _bytes(source: str) -> bytes:
    """The body, byte for byte: a line break at the end of a file may be what breaks the signature."""
    try:
        if source == "-":
            return sys.stdin.buffer.read()
        return Path(source[1:]).read_bytes() if source.startswith("@") else source.encode("utf-8", "surrogateescape")
    except OSError as error:
        raise click.UsageError(f"--body {source}: {error.strerror}") from None


def _explain(signed: Signed, came_from: dict[str, str]) -> None:
    parts = signed.parts
    click.echo("MD5 over four parts, joined by |, as lower-case hexadecimal digits:\n")
    _row("path", parts.path)
    first, *rest = _body(signed)
    _row("body", first)
    for line in rest:
        _row("", line)
    for name, text in (("client_key", parts.client_key), ("secret_key", parts.secret_key)):
        _row(name, f"{redact.MASK} ({len(text)} characters; {came_from[name]})")
    click.echo("\nThe host, query, time and token are not hashed.\n")
    for form, value in signed.forms().items():
        empty = "" if form == "body" else ", the body left out"
        _row(f"--sign {form}", f"{value}   ({'used' if form == parts.form else 'not used'}{empty})")


def _body(signed: Signed) -> list[str]:
    """The body for people: its length, invisible characters at its end, and its text with hidden values masked."""
    body = signed.parts.body
    if body is None:
        return ["(none: both forms are the same)"]
    notes = [f"{len(body):,} bytes"]
    if body != body.rstrip():
        notes.append(f"the last of them {body[len(body.rstrip()) :]!r}"[:60].replace("b'", "'"))
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ["; ".join([*notes, "not JSON, so it is not shown"])]
    shown = redact.data(value, signed.hidden)
    if shown != value:
        notes.append("the hidden values are hashed unmasked")
    text = body.decode("utf-8-sig", "replace").strip() if shown == value else json.dumps(shown, ensure_ascii=False)
    return ["; ".join(notes), text]


def _row(name: str, value: str) -> None:
    click.echo(f"{name:<{_WIDTH}}{value}")


def _compare(against: str, changes: list[str] | None, signed: Signed) -> None:
    if changes == []:
        click.echo("It matches: the signature is correct.")
    elif changes is not None:
        click.echo("It does not match: it was made")
        for words in changes:
            click.echo(f"  {words}")
    else:
        click.echo("It does not match, and no known difference explains it.")
        odd = oddity(against)
        hints = [odd] if odd is not None else []
        if signed.parts.body is not None and not signed.given:
            hints.append(
                "this body was made now, with its own time and message id: give the body that was sent, --body @FILE"
            )
        hints.append("it may be another key pair: sandbox and production have separate ones (`ocreg whoami -v`)")
        for hint in hints:
            click.echo(f"  {hint}")
