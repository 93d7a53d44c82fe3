"""`ocreg logout`"""

from __future__ import annotations

from typing import Any

import click

from . import arguments


@click.command("logout")
@arguments.settings
def command(**where: Any) -> None:
    """Delete the account's tokens from the store. The vendor accepts them until they expire."""
    with arguments.client(**where, keep=True) as client:
        client.tokens.store.delete(client.identity().name)
        click.echo(f"Deleted the tokens of account {client.settings.account} from {arguments.store_name(client)}.")
