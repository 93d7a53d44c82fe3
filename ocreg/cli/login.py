"""`ocreg login`"""

from __future__ import annotations

import os
import secrets
import sys
from typing import Any

import click

from ..account.oauth import is_private
from . import arguments


@click.command("login")
@arguments.settings
@click.option("--redirect-uri", prompt="Your redirect address (public, https)", help="The address registered for you.")
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser, or only print its address.")
def command(redirect_uri: str, browser: bool, **where: Any) -> None:
    """Log a seller in: open the vendor's page, read the address it redirects to, and store the tokens.

    Tokens go to the configured store, or to a database in your state directory that only you can read.
    """
    if is_private(redirect_uri):
        click.echo("The vendor refuses intranet and IP addresses as redirect address; continuing anyway.", err=True)
    with arguments.client(**where, keep=True) as client:
        state = secrets.token_urlsafe(16)
        url = client.oauth.authorize_url(redirect_uri, state)
        click.echo(f"Log in and agree on this page:\n\n{url}\n")
        if browser and sys.stdout.isatty() and _has_a_screen():
            click.launch(url)
        click.echo("The browser then goes to an address that begins with your redirect address.")
        pasted = _paste()
        client.oauth.exchange(pasted, redirect_uri, state=state)
        click.echo(f"Logged in. Tokens are kept in {arguments.store_name(client)}.")


def _has_a_screen() -> bool:
    """Without a screen, as on servers, the browser's launcher would print errors into the prompt below."""
    return sys.platform in ("win32", "darwin") or bool({"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys())


def _paste() -> str:
    """Read the address with the terminal's line mode off, because that mode cuts lines at 4,096 characters."""
    click.echo("Paste that whole address here and press Enter: ", nl=False)
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    try:
        import termios
    except ImportError:
        return sys.stdin.readline()
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    after = [*before]
    after[3] &= ~termios.ICANON
    termios.tcsetattr(number, termios.TCSADRAIN, after)
    try:
        return sys.stdin.readline()
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
