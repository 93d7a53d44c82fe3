"""`ocreg sandbox`"""

from __future__ import annotations

from typing import Any

import click

from ..account.settings import DEMO


@click.command("sandbox")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="The port; 0 for any free one."
)
@click.option("--client-key", default=DEMO["client_key"], show_default=True)
@click.option("--secret-key", default=DEMO["secret_key"], show_default=True)
@click.option(
    "--sign",
    type=click.Choice(["body", "path", "either"]),
    default="either",
    show_default=True,
    help="The form of the signature to accept.",
)
@click.option("--seed", type=int, help="Make numbers, tokens and random faults repeatable.")
@click.option("--empty", is_flag=True, help="Start without the demo records.")
@click.option(
    "--speed", type=click.FloatRange(0, min_open=True), default=1, help="Seconds of its clock per real second."
)
@click.option("--token-lifetime", type=click.IntRange(1), default=3600, show_default=True, help="Seconds.")
@click.option(
    "--repeats",
    type=click.Choice(["accept", "refuse"]),
    default="accept",
    show_default=True,
    help="How to answer a create whose natural key exists already.",
)
@click.option(
    "--refuse",
    "refuses",
    type=click.Choice(["repeat", "unknown-region", "unknown-sku", "no-stock"]),
    multiple=True,
    help="Refuse creates for this reason. Repeatable.",
)
@click.option(
    "--oauth-errors",
    type=click.Choice(["400", "200"]),
    default="400",
    show_default=True,
    help="The HTTP status of refused token requests.",
)
@click.option("--notify", metavar="URL", help="Post changes of outbound orders to this URL, in the sandbox's own form.")
@click.option(
    "--allow-host", "hosts", metavar="NAME", multiple=True, help="Also accept requests to this host name. Repeatable."
)
@click.option("--strict", is_flag=True, help="Refuse every field that no endpoint file describes.")
@click.option(
    "--fault",
    "faults",
    metavar="SPEC",
    multiple=True,
    help="A fault to inject, as KIND[:OPERATION][:key=value]..., such as drop:outbound.create. Repeatable.",
)
@click.option("--page/--no-page", default=True, help="Serve a page at / to explore it (the default).")
def command(port: int, oauth_errors: str, hosts: tuple[str, ...], page: bool, **world: Any) -> int:
    """Serve the local sandbox on 127.0.0.1 until Ctrl-C or SIGTERM.

    Point any client that signs as the vendor requires to the URL it prints. `ocreg init --host URL` sets up a profile.
    The refresh token `demo-refresh-token` is valid from the start. /oauth/authorize redirects at once, to any https
    address. When it stops, it prints how often each fault fired.
    """
    from ..sandbox import Sandbox
    from ..sandbox.server import serve

    sandbox = Sandbox(oauth_errors=int(oauth_errors), **world)
    try:
        serve(sandbox, port, hosts, page=page)
    except KeyboardInterrupt:
        for text, times in sandbox.faults.fired.items():
            click.echo(f"fault {text}: fired {times} time{'' if times == 1 else 's'}", err=True)
    except OSError as error:
        raise click.UsageError(f"cannot listen on 127.0.0.1:{port}: {error.strerror}") from None
    finally:
        sandbox.close()
    return 0
