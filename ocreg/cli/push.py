"""`ocreg push ID FILE`"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from .. import redact
from ..confirm.confirming import lookup_of
from ..files import results
from ..files.pushing import Plan, Push, Summary, pushable
from ..files.replacing import writable
from ..files.spool import Spool, checked
from ..store import open_journal
from . import arguments, ending, progress, reading, summary
from .call import ask_first
from .stopping import Stopping

if TYPE_CHECKING:
    from ..client import Client
    from ..files.reading import Reading
    from ..files.rejects import Rejects
    from ..registry.endpoint import Endpoint

_PATIENCE = 300.0
"""Seconds to wait for the journal: longer than a token takes to be fetched in the same store."""


_OWN = [
    "threads",
    "size",
    "unknown",
    "on_unknown",
    "on_failure",
    "dry_run",
    "yes",
    "send_known_elsewhere",
    "template",
    "on_invalid",
    "rejects",
]
"""Options of this command alone."""


@click.command("push")
@click.argument("id", type=arguments.OperationId())
@click.argument("file", metavar="FILE|-", required=False, type=click.Path())
@arguments.unknown
@arguments.settings
@reading.options
@click.option("--template", is_flag=True, help="Print a file to begin with: all fields, and an example row.")
@click.option(
    "--on-invalid",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="Send nothing when a row cannot be sent, or the others.",
)
@click.option(
    "--rejects", metavar="FILE", help="Rows that cannot be sent, and why. With skip: FILE.rejects.csv or .jsonl."
)
@click.option("--out", metavar="FILE.jsonl|FILE.csv", help="What became of each row, in the order of the file.")
@click.option("--bom", is_flag=True, help="Begin --out with a byte-order mark, for Excel.")
@click.option("--excel", is_flag=True, help="As --bom; and text that Excel would take for a formula is made harmless.")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests at a time.")
@click.option("--size", type=click.IntRange(1), help="Rows in a request. Default: as many as the operation takes.")
@click.option(
    "--on-unknown",
    type=click.Choice(["confirm", "report"]),
    help="Ask for what is in doubt (default, where the operation's file has `confirm`), or only say so.",
)
@click.option("--on-failure", type=click.Choice(["go-on", "stop"]), default="go-on", show_default=True)
@click.option(
    "--journal", "url", metavar="URL", help="Where it is kept what was sent, or env:NAME, file:PATH. Default: `store`."
)
@click.option(
    "--send-known-elsewhere", is_flag=True, help="Send, unasked, also what the journal knows from another account."
)
@click.option("--dry-run", is_flag=True, help="Check the rows, say what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before an effect on production.")
@click.option("--json", "as_json", is_flag=True, help="The summary on standard output as JSON, errors as JSON.")
def command(id: str, file: str | None, out: str | None, url: str | None, as_json: bool, **options: Any) -> int:
    """Send the rows of a file (.csv, .xlsx, .jsonl, .json), each exactly once.

    The same command goes on where the last one ended, whatever ended it. Exit code 0: all done; 1: some were refused;
    2: the file or the settings, nothing was sent; 3: some are unknown or were not sent.
    """
    how = {name: options.pop(name) for name in _OWN}
    marks = {name: options.pop(name) for name in ("bom", "excel")}
    how_read = reading.taken(options)
    if how["template"]:
        return _template(id, options)
    if file is None:
        raise click.UsageError("name the FILE with the rows, or - for standard input (or ask for a --template)")
    if any(marks.values()) and not (out or "").endswith(".csv"):
        raise click.UsageError("--bom and --excel are for --out FILE.csv")
    target = _target(out, file)
    rejects = reading.rejects(file, how["rejects"], how_read, skip=how["on_invalid"] == "skip")
    with ExitStack() as stack:
        client = stack.enter_context(arguments.client(**options))
        endpoint = client.registry[id].allowing(how["unknown"])
        pushable(endpoint)
        confirms = how["on_unknown"] == "confirm" or (how["on_unknown"] is None and bool(endpoint.confirm))
        lookup = lookup_of(client.caller, endpoint) if confirms else None
        spool = stack.enter_context(_spooled(file, endpoint, how_read, rejects, skip=how["on_invalid"] == "skip"))
        where, said = stack.enter_context(_journal_url(client, url))
        whose, told = client.identity(id), {"setting": said, "command": arguments.typed()}
        journal = stack.enter_context(open_journal(where, whose.name, id, _PATIENCE, whose.former, **told))
        stopping = Stopping()
        run: dict[str, Any] = {"size": how["size"], "threads": how["threads"], "stop": how["on_failure"] == "stop"}
        push = Push(client, endpoint, spool, journal, lookup=lookup, stopping=stopping.asked.is_set, **run)
        plan = push.plan()
        invalid = {"invalid": spool.rejected, "rejects": str(rejects.file)} if rejects and spool.rejected else {}
        if how["dry_run"]:
            summary.before(plan, endpoint, client, as_json, invalid)
            summary.elsewhere(push)
            return 1 if invalid else 0
        _ask(push, plan, client, how, invalid)
        work = progress.Sending(id, plan.send + plan.ask)
        with stopping, progress.shown(work, as_json=as_json):
            ended = _sent(push, work, once=run["stop"], stopping=stopping.asked)
        written = target is None or _written(target, push, marks)
        summary.after(push, ended, journal, target, as_json, invalid, stopped=stopping.asked.is_set())
    return ended.exit_code or (ending.NOT_SHOWN if not written else 1 if invalid else 0)


def _template(id: str, options: dict[str, Any]) -> int:
    from ..files.table import Writer
    from ..files.template import template

    with arguments.client(**options) as client:
        endpoint = client.registry[id]
        pushable(endpoint)
        table = Writer(sys.stdout)
        for cells in template(endpoint):
            table.put(cells)
    return 0


def _ask(push: Push, plan: Plan, client: Client, how: dict[str, Any], invalid: dict[str, Any]) -> None:
    """Whether to send at all, where a person should decide. Raises Abort and UsageError."""
    if push.elsewhere and not how["send_known_elsewhere"]:
        _ask_about(push)
    if plan.send + plan.ask and client.settings.env == "production" and not how["yes"]:
        summary.before(plan, push.endpoint, client, as_json=False, invalid=invalid, err=True)
        ask_first(push.endpoint.id, push.endpoint.effect)


def _ask_about(push: Push) -> None:
    """Whether rows are sent that another account has sent: perhaps it is this one, called otherwise."""
    summary.elsewhere(push)
    if not sys.stdin.isatty():
        advice = "Is that this account, give host and account as then; is it another one, add --send-known-elsewhere"
        raise click.UsageError(f"these rows may have been sent before; nothing was sent. {advice}")
    click.confirm("If that is this account, they would be sent twice. Send them?", abort=True, err=True)


def _sent(push: Push, work: progress.Sending, *, once: bool, stopping: Event) -> Summary:
    """Send, and once more what did not get out for reasons that may be gone, for as long as that helps."""
    push.send(work.settled, work.doubt)
    ended = push.summary()
    while ended.not_sent and not once and not stopping.is_set():
        push.send(doubt=work.doubt, unsent_only=True)
        before, ended = ended, push.summary()
        if ended.not_sent >= before.not_sent:
            break
    return ended


def _target(out: str | None, source: str) -> Path | None:
    """The file for the results, which is seen to be writable before anything is sent."""
    if out is None:
        return None
    target = Path(out)
    if target.suffix not in results.FORMS:
        raise click.UsageError(f"--out {out}: the name must end in .jsonl or .csv, so that the form is known")
    if source != "-" and target.exists() and Path(source).exists() and target.samefile(source):
        raise click.UsageError(f"--out {out} is the file with the rows itself, and would replace it: name another one")
    try:
        writable(target)
    except OSError as error:
        raise click.UsageError(f"{_unwritable(target, error)}; nothing was sent") from None
    return target


def _written(target: Path, push: Push, marks: dict[str, bool]) -> bool:
    """Whether the results are in their file; what has become of the rows does not hang on that."""
    names = results.columns(push.results()) if target.suffix == ".csv" else ()
    try:
        results.write(target, push.results(), names, **marks)
    except OSError as error:
        again = "the same command writes it, and sends nothing that is done"
        click.echo(f"{_unwritable(target, error)}; {again}", err=True)
        return False
    return True


def _unwritable(target: Path, error: OSError) -> str:
    return f"{redact.line(target)} cannot be written: {error.strerror or error}"


def _spooled(file: str, endpoint: Endpoint, how: Reading, rejects: Rejects | None, *, skip: bool) -> Spool:
    try:
        source = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115  # closed below
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    try:
        with nullcontext(source) if file == "-" else source, rejects or nullcontext():  # who asks looks at stdin
            name = "standard input" if file == "-" else file
            return checked(source, name, endpoint, how, rejects=rejects, skip=skip)
    except OSError as error:
        room = f"checked rows take room in {tempfile.gettempdir()}"
        where = "" if rejects is None else f", rejected ones in {rejects.file.parent.absolute()}"
        raise click.UsageError(f"{file} cannot be checked: {error.strerror or error}; {room}{where}") from None


@contextmanager
def _journal_url(client: Client, given: str | None) -> Iterator[tuple[str, str]]:
    """Where the journal is, and what says so."""
    if client.settings.in_process and given is None:
        with tempfile.TemporaryDirectory() as directory:  # the sandbox in this process ends with it, too
            yield f"sqlite:///{directory}/journal.db", arguments.JOURNAL
        return
    yield arguments.journal_url(client.settings, given)
