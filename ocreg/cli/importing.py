"""`ocreg import FILE...`"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ..interchange import documents, proposals
from ..registry.files import ID, Registry
from .new import setting, write

_EFFECTS = ["read", "create", "update", "cancel"]


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The directory to write to. Default: the first of OCREG_ENDPOINTS, or the current one.",
)
@click.option(
    "--id", help="The operation's id, if FILE holds one operation. Default: found in FILE, or made from the path."
)
@click.option("--effect", type=click.Choice(_EFFECTS), help="The operation's effect. Default: guessed from its name.")
@click.option(
    "--host", "hosts", multiple=True, help="Also read calls to this host or base URL, such as a proxy or a mock."
)
@click.option("--yes", is_flag=True, help="Write the files without asking.")
def command(
    files: tuple[Path, ...], into: Path | None, id: str | None, effect: str | None, hosts: tuple[str, ...], yes: bool
) -> int:
    """Make endpoint files from documents of an API. The format of each FILE is detected.

    Formats: OpenAPI (JSON or YAML), an Apifox page's Markdown or copied text, Postman v2.1, HAR, curl lines.

    An operation that the registry already has gets an overlay with the differences. Nothing is fetched or overwritten,
    and each file is shown before it is written.

    Exit code 0: done; 2: usage, or something could not be imported.
    """
    if id is not None and not ID.match(id):
        raise click.UsageError(f"--id {id!r} is not an id: use <group>.<name>, such as stickers.order")
    own = next((p for p in os.environ.get("OCREG_ENDPOINTS", "").split(os.pathsep) if p), ".")
    root = into or Path(own)
    proposer = proposals.Proposer(Registry(), hosts)
    found, refused = _read(files, proposer)
    if id is not None and len(found) > 1:
        raise click.UsageError(
            f"--id names one operation, but {len(found)} were found: leave it out, or import one page"
        )
    made, more = proposals.all_of(found, proposer, id=id, effect=effect)
    refused += more
    todo = [(proposal, file_of(root, proposal)) for proposal in made if proposal.text]
    refused += [f"{file} exists; ocreg import never overwrites" for _, file in todo if os.path.lexists(file)]
    todo = [(proposal, file) for proposal, file in todo if not os.path.lexists(file)]
    for proposal in made:
        if not proposal.text:
            click.echo(f"{proposal.id}: the registry has all of it already")
    for proposal, file in todo:
        show(proposal, file)
    for words in refused:
        click.echo(f"not imported: {words}", err=True)
    if todo and agreed(todo, yes):
        for proposal, file in todo:
            write(file, proposal.text)
            click.echo(f"wrote {file}")
        _say_what_is_next(root, [proposal for proposal, _ in todo])
    return 2 if refused else 0


def _read(files: tuple[Path, ...], proposer: proposals.Proposer) -> tuple[list[proposals.Found], list[str]]:
    found: list[proposals.Found] = []
    refused: list[str] = []
    for file in files:
        try:
            source = proposer.read(file)
        except documents.NotReadable as error:
            refused.append(f"{file}: {error}")
            continue
        found += [(operation, source.secrets) for operation in source.operations]
        refused += [f"{file}: {words}" for words in source.refused]
        for words in source.said:
            click.echo(f"{file}: {words}", err=True)
    return found, refused


def file_of(root: Path, proposal: proposals.Proposal) -> Path:
    return root.joinpath(*proposal.id.split(".")).with_suffix(".yaml")


def show(proposal: proposals.Proposal, file: Path) -> None:
    """Print contradictions first, then the file as a diff against an empty one."""
    kind = "an overlay of an operation in the registry" if proposal.overlay else f"a new operation ({proposal.effect})"
    click.echo(f"\n{proposal.id}: {kind}")
    for words in proposal.contradictions:
        click.echo(f"! {words}")
    for words in proposal.changes:
        click.echo(f"~ {words}")
    for words in proposal.notes:
        click.echo(f"- {words}")
    lines = proposal.text.splitlines()
    click.echo(f"--- /dev/null\n+++ {file}\n@@ -0,0 +1,{len(lines)} @@")
    for line in lines:
        click.echo(f"+{line}")


def agreed(todo: list[tuple[proposals.Proposal, Path]], yes: bool) -> bool:
    if yes:
        return True
    count = f"{len(todo)} file{'' if len(todo) == 1 else 's'}"
    if not sys.stdin.isatty():
        click.echo(f"nothing was written: add --yes to write {count}", err=True)
        return False
    guessed = [f"{p.id} is {p.an_effect}" for p, _ in todo if p.guessed and p.effect != "read"]
    for words in guessed:
        click.echo(f"guessed: {words}; correct it with --effect", err=True)
    return click.confirm(f"Write {count}?", err=True)


def _say_what_is_next(root: Path, made: list[proposals.Proposal]) -> None:
    """For each file, print how to call it, and on one line what is still missing."""
    for proposal in made:
        if proposal.callable_locally:
            click.echo(f"try: {setting(root)}ocreg call {proposal.id}{_example(proposal)} --env local")
    for proposal in made:
        click.echo(f"{proposal.id}: still missing: {'; '.join(proposal.missing) or 'nothing'}")


def _example(proposal: proposals.Proposal) -> str:
    return " --example" if proposal.request else ""
