"""`ocreg logout`"""

from __future__ import annotations

from typing import Any

import click

from . import arguments


@click.command("logout")
@arguments.settings
def command(**where: Any) -> None:
    """Forget the account's tokens. They stay good at the vendor's until they end."""
    with arguments.client(**where, keep=True) as client:
        client.tokens.store.delete(client.identity().name)
        click.echo(f"Forgot the tokens of account {client.settings.account} in {arguments.store_name(client)}.")
