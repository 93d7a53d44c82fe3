"""`ocreg accounts`"""

from __future__ import annotations

from typing import Any

import click

from ..account.identity import parts_of
from ..store import open_store
from . import arguments, output
from .whoami import age

_COLUMNS = ["", "account", "environment", "host", "access token"]


@click.command("accounts")
@arguments.settings
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def command(as_json: bool, **where: Any) -> None:
    """List the accounts that are logged in: those with tokens in the configured store, or in your own.

    A star marks the account that a call would use now.
    """
    with arguments.client(**where) as client:
        url = client.settings.store or arguments.default_store(needed=False)
        rows, name = [], "no store: no tokens were kept yet"
        if url is not None:
            store: Any = open_store(url, client.settings.store_key)
            rows, name = store.accounts(), store.name
            store.close()
        current = client.identity()
        mine = {current.name, *current.former([row[0] for row in rows])}
    found = [_account(*row, used=row[0] in mine) for row in rows]
    if as_json:
        output.as_json(found, compact=True)
    elif found:
        table = [["*" if one["used"] else "", *(str(one[column]) for column in _COLUMNS[1:])] for one in found]
        output.table(_COLUMNS, table)
    else:
        click.echo(f"No account is logged in ({name}). Run `ocreg login`.")


def _account(name: str, obtained_at: float, ends_at: float, *, used: bool) -> dict[str, Any]:
    env, origin, _, account = parts_of(name) or ["", "", "", name]
    host = origin or "from the endpoint files"
    return dict(zip(_COLUMNS[1:], (account, env, host, age(obtained_at, ends_at)), strict=True)) | {"used": used}
