"""`ocreg learn ID`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..interchange import learning, proposals
from ..observe import folder
from ..observe.sightings import Seen, Sightings
from ..registry.files import Registry
from ..sandbox import receiver
from . import arguments, importing, output
from .new import write

if TYPE_CHECKING:
    from ..interchange.comparison import Finding
    from ..observe.sightings import Sighting

LIVE = ("production", "sandbox", "received")
"""Environments whose answers are evidence; `local` is ocreg's own sandbox."""
_ENVS = click.Choice([*LIVE, "local"])


def sources(function: click.decorators.FC) -> click.decorators.FC:
    """The options that choose the observations."""
    words = "A directory of observations, or a file of `receive --out`. Repeatable. Default: OCREG_OBSERVE."
    where = click.Path(path_type=Path, exists=True)
    function = click.option("--from", "folders", multiple=True, type=where, help=words)(function)
    words = "Only answers of this environment. Default: all but the local sandbox."
    return click.option("--env", type=_ENVS, help=words)(function)


def read(folders: tuple[Path, ...], registry: Registry) -> Sightings:
    """The observations. Unusable files are reported."""
    from ..account import settings

    own = settings.load().observe if not folders else None
    if not folders and own is None:
        raise click.UsageError("no directory of observations: give --from DIR, or set OCREG_OBSERVE")
    paths = folders or (Path(str(own)),)
    caught = [path for path in paths if path.is_file() and not folder.is_one(path)]
    try:
        found = folder.read(path for path in paths if path not in caught)
        for path in caught:
            _deliveries(path, registry, found.sightings)
    except OSError as error:
        raise click.UsageError(str(error)) from None
    for words in found.refused:
        click.echo(f"not read: {words}", err=True)
    return found.sightings


def _deliveries(file: Path, registry: Registry, into: Sightings) -> None:
    """Add the deliveries in a file of `ocreg receive --out`."""
    seen = Sightings(registry.__getitem__)
    try:
        for id, body in receiver.kept_in(file):
            seen.add(Seen(id, "received", body, 200, None))
    except ValueError as error:
        raise click.UsageError(f"{file} is neither a file of shapes nor of deliveries: {error}") from None
    into.merge(seen)


def of(seen: Sightings, id: str, env: str | None) -> dict[str, Sighting]:
    """What was observed of an operation, by environment."""
    return {name: sighting for name, sighting in seen.of(id) if name == env or (env is None and name in LIVE)}


@click.command("learn")
@click.argument("id", type=arguments.OperationId())
@sources
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The directory to write to. Default: the first of OCREG_ENDPOINTS, or the current one.",
)
@click.option("--yes", is_flag=True, help="Write the overlay without asking.")
def command(id: str, folders: tuple[Path, ...], env: str | None, into: Path | None, yes: bool) -> int:
    """Compare an operation's endpoint file with what live servers answered, and write an overlay with the differences.

    The overlay is shown before it is written. Nothing is overwritten.

    Exit code 0: done; 2: usage, or no answer of ID was observed.
    """
    registry = Registry()
    endpoint = registry[id]
    everything = read(folders, registry)
    seen = of(everything, id, env)
    if not seen:
        local = env is None and any(name == "local" for name, _ in everything.of(id))
        more = "; answers of the local sandbox are no evidence (--env local shows them)" if local else ""
        raise click.UsageError(f"no answer of {id} was observed{f' in {env}' if env else ''}{more}")
    for name, sighting in seen.items():
        click.echo(f"{id}: {learning.summary(name, sighting)}")
    try:
        made, found = learning.proposal(proposals.Proposer(registry), endpoint, seen)
    except proposals.NoProposal as error:
        raise click.UsageError(str(error)) from None
    show(found, seen)
    offer(made, into, yes)
    return 0


def show(found: list[Finding], seen: dict[str, Sighting]) -> None:
    """Print a line for each finding. An exclamation mark shows a difference from the file."""
    for finding in found:
        output.folded(f"{'!' if finding.leaves else '-'} {finding.where}", finding.message, 30)
    if not found:
        said = any(sighting.accepted for sighting in seen.values())
        click.echo(
            "the file has all of it already" if said else "no request was accepted, so the answer's form is unknown"
        )


def offer(made: proposals.Proposal, into: Path | None, yes: bool) -> None:
    """Show the overlay, and write it if the user agrees."""
    if not made.text:
        return
    root = into or Path(next((p for p in os.environ.get("OCREG_ENDPOINTS", "").split(os.pathsep) if p), "."))
    file = importing.file_of(root, made)
    if os.path.lexists(file):
        words = "name another directory with --into, and put it before this one in OCREG_ENDPOINTS"
        raise click.UsageError(f"{file} exists; ocreg learn never overwrites: {words}")
    importing.show(made, file)
    if importing.agreed([(made, file)], yes):
        write(file, made.text)
        click.echo(f"wrote {file}")
