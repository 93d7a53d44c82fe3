"""`ocreg mcp`"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from . import arguments


@click.command("mcp")
@partial(arguments.settings, env="The environment. Default: local, regardless of OCREG_ENV and profiles.")
@click.option("--read-only", is_flag=True, help="Refuse every operation with an effect.")
@click.option("--tools", "each", is_flag=True, help="Offer one tool for each operation instead of call_operation.")
@click.option("--show-sensitive", is_flag=True, help="Show personal data to the agent (never secrets).")
@click.option(
    "--answer-size",
    type=click.IntRange(1_000, 1_000_000),
    default=20_000,
    show_default=True,
    help="The most characters of an answer. A longer one is cut, and the agent can ask for the rest.",
)
def command(read_only: bool, each: bool, show_sensitive: bool, answer_size: int, **where: Any) -> int:
    """Serve the operations to an agent, as tools of the Model Context Protocol, on standard input and output.

    It uses the local sandbox unless --env names another environment. A call with an effect is checked first, then
    confirmed by the user in the agent's program. If that program cannot ask, the call is refused. Needs the
    extra `mcp`.
    """
    try:
        from ..agents.desk import Desk, Rules
        from ..agents.server import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio"):
            raise
        raise click.UsageError("this needs the extra `mcp`: pip install 'ocreg[mcp]'") from None
    named = [name for name in ("profile", "config", "account", "client_key") if where[name] is not None]
    if where["env"] is None and named:
        option = f"--{named[0].replace('_', '-')}"
        raise click.UsageError(f"{option} has no effect on the local sandbox: add --env sandbox or --env production")
    where["env"] = where["env"] or "local"
    shown = [(f"--{name.replace('_', '-')}", str(where[name])) for name in _SHOWN if where[name] is not None]
    rules = Rules(read_only, show_sensitive, tuple(word for pair in shown for word in pair))
    with arguments.client(**where, unknown="refuse") as client:
        serve(Desk(client, rules), each=each, most=answer_size)
    return 0


_SHOWN = ("env", "profile", "config", "host", "account", "sign")
"""The options that are repeated in commands shown to the user. Keys are not shown."""
