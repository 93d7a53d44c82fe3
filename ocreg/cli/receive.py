"""`ocreg receive`"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import click

from ..interchange import learning, proposals
from ..observe import folder
from ..observe.sightings import Seen, Sightings
from ..registry.addresses import is_loopback
from ..registry.files import Registry
from ..sandbox.receiver import Delivery, Kept, Receiver
from . import arguments, learn, output


@click.command("receive")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="The port; 0 for any free one.")
@click.option("--bind", "host", default="127.0.0.1", show_default=True, help="The address to bind to.")
@click.option("--id", type=arguments.OperationId(), default="webhook.outbound", show_default=True)
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append deliveries to this file, as JSON lines.",
)
@click.option("--observe", type=click.Path(path_type=Path, file_okay=False), help="Record shapes in this directory.")
@click.option("--count", type=click.IntRange(1), help="Stop after this many deliveries.")
@click.option("--into", type=click.Path(path_type=Path), help="The directory for the overlay, as for `ocreg learn`.")
@click.option("--yes", is_flag=True, help="Write the overlay without asking.")
def command(
    port: int,
    host: str,
    id: str,
    file: Path | None,
    observe: Path | None,
    count: int | None,
    into: Path | None,
    yes: bool,
) -> int:
    """Receive what the vendor sends to you, and draft the overlay that describes it.

    Each delivery is answered with 200 and an empty body. Ctrl-C stops it. With --out, bodies are kept unchanged, with
    their personal data. The values of headers with credentials are masked.

    Exit code 0: done; 2: usage.
    """
    registry = Registry()
    endpoint = registry[id]
    if endpoint.caller != "vendor":
        raise click.UsageError(f"{id} is a request that you send, not one that you receive")
    seen = Sightings(registry.__getitem__)
    catcher = _Catcher(id, seen, count)
    try:
        catcher.kept = Kept(file, id)
        catcher.server = Receiver(host, port, catcher.take)
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {host}:{port}, or cannot write --out: {error.strerror or error}"
        ) from None
    if not is_loopback(host):
        click.echo(f"warning: anyone who reaches {host} can send; deliveries are not authenticated", err=True)
    click.echo(f"ocreg receive listening on http://{host}:{catcher.server.port}")
    sys.stdout.flush()
    _run(catcher)
    if not seen:
        click.echo("no delivery came", err=True)
        return 0
    sighting = dict(seen.of(id))
    click.echo(f"{id}: {learning.summary('received', sighting['received'])}")
    if observe is not None:
        _observed(observe, seen)
    try:
        made, found = learning.proposal(proposals.Proposer(registry), endpoint, sighting)
    except proposals.NoProposal as error:
        raise click.UsageError(str(error)) from None
    learn.show(found, sighting)
    learn.offer(made, into, yes)
    return 0


class _Catcher:
    """Keeps and reports deliveries, until there are enough."""

    server: Receiver
    kept: Kept

    def __init__(self, id: str, seen: Sightings, count: int | None) -> None:
        self._id, self._seen, self._left = id, seen, count

    def close(self) -> None:
        """Accept no more deliveries."""
        with self.server.taking:
            self._left = 0
            self.kept.close()

    def take(self, delivery: Delivery) -> None:
        if self._left == 0:
            return
        self._seen.add(Seen(self._id, "received", delivery.body, 200, None))
        words = f"{delivery.method} {delivery.path}: {output.counted(len(delivery.body), 'byte')}"
        try:
            words += "" if self.kept.add(delivery) else "; not kept, the file is full"
        except OSError as error:
            words += f"; not kept: {error.strerror or error}"
        click.echo(words)
        if self._left is not None:
            self._left -= 1
            if not self._left:  # another thread calls `shutdown`, since it waits for this one
                Thread(target=self.server.shutdown, daemon=True).start()


def _run(catcher: _Catcher) -> None:
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        catcher.server.run()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        catcher.server.server_close()
        catcher.close()


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _observed(directory: Path, seen: Sightings) -> None:
    try:
        folder.write(directory, seen, None)
    except OSError as error:
        click.echo(f"the shapes cannot be written to {directory}: {error.strerror or error}", err=True)
