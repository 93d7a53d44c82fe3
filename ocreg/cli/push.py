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
"""Seconds to wait for the journal. A token refresh in the same store takes less."""


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
"""Options that only this command has."""


@click.command("push")
@click.argument("id", type=arguments.OperationId())
@click.argument("file", metavar="FILE|-", required=False, type=click.Path())
@arguments.unknown
@arguments.settings
@reading.options
@click.option("--template", is_flag=True, help="Print a template of the file: all fields, and an example row.")
@click.option(
    "--on-invalid",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="If a row cannot be sent: send nothing, or skip it and send the others.",
)
@click.option(
    "--rejects",
    metavar="FILE",
    help="Write rows that cannot be sent, and why. Default with skip: FILE.rejects.csv or .jsonl.",
)
@click.option("--out", metavar="FILE.jsonl|FILE.csv", help="Write the result of each row, in the order of the file.")
@click.option("--bom", is_flag=True, help="Start --out with a byte-order mark, for Excel.")
@click.option("--excel", is_flag=True, help="As --bom, and escape text that Excel would take for a formula.")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests to send at a time.")
@click.option("--size", type=click.IntRange(1), help="Rows per request. Default: the most that the operation accepts.")
@click.option(
    "--on-unknown",
    type=click.Choice(["confirm", "report"]),
    help="Rows in doubt: look them up (default, if the endpoint file has `confirm`), or only report them.",
)
@click.option(
    "--on-failure",
    type=click.Choice(["go-on", "stop"]),
    default="go-on",
    show_default=True,
    help="After a row has failed: send the others, or stop.",
)
@click.option(
    "--journal",
    "url",
    metavar="URL",
    help="The journal of what was sent: a URL, env:NAME or file:PATH. Default: `store`.",
)
@click.option(
    "--send-known-elsewhere",
    is_flag=True,
    help="Also send rows that the journal has from another account, without asking.",
)
@click.option("--dry-run", is_flag=True, help="Check the rows, report what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before a change on production.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary and errors as JSON.")
def command(id: str, file: str | None, out: str | None, url: str | None, as_json: bool, **options: Any) -> int:
    """Send the rows of a file (.csv, .xlsx, .jsonl, .json), each exactly once.

    If it is interrupted, run the same command to resume. Exit code 0: all done; 1: some rows were refused; 2: the file
    or the settings are wrong, nothing was sent; 3: some rows are in doubt or were not sent.
    """
    how = {name: options.pop(name) for name in _OWN}
    marks = {name: options.pop(name) for name in ("bom", "excel")}
    how_read = reading.taken(options)
    if how["template"]:
        return _template(id, options)
    if file is None:
        raise click.UsageError("name the FILE with the rows, or - for standard input (or use --template)")
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
    """Ask whether to send at all, if a person should decide. Raises Abort and UsageError."""
    if push.elsewhere and not how["send_known_elsewhere"]:
        _ask_about(push)
    if plan.send + plan.ask and client.settings.env == "production" and not how["yes"]:
        summary.before(plan, push.endpoint, client, as_json=False, invalid=invalid, err=True)
        ask_first(push.endpoint.id, push.endpoint.effect)


def _ask_about(push: Push) -> None:
    """Ask whether to send rows that another account has sent. It may be the same account under another name."""
    summary.elsewhere(push)
    if not sys.stdin.isatty():
        advice = "If it was this account, use the same host and account as then; if another, add --send-known-elsewhere"
        raise click.UsageError(f"these rows may have been sent before; nothing was sent. {advice}")
    click.confirm("If that is this account, they would be sent twice. Send them?", abort=True, err=True)


def _sent(push: Push, work: progress.Sending, *, once: bool, stopping: Event) -> Summary:
    """Send; then send again what was not sent, as long as that makes progress."""
    push.send(work.settled, work.doubt)
    ended = push.summary()
    while ended.not_sent and not once and not stopping.is_set():
        push.send(doubt=work.doubt, unsent_only=True)
        before, ended = ended, push.summary()
        if ended.not_sent >= before.not_sent:
            break
    return ended


def _target(out: str | None, source: str) -> Path | None:
    """The file for the results. It must be writable before anything is sent."""
    if out is None:
        return None
    target = Path(out)
    if target.suffix not in results.FORMS:
        raise click.UsageError(f"--out {out}: the name must end in .jsonl or .csv")
    if source != "-" and target.exists() and Path(source).exists() and target.samefile(source):
        raise click.UsageError(f"--out {out} is the file with the rows, which it would replace: name another file")
    try:
        writable(target)
    except OSError as error:
        raise click.UsageError(f"{_unwritable(target, error)}; nothing was sent") from None
    return target


def _written(target: Path, push: Push, marks: dict[str, bool]) -> bool:
    """Whether the results were written. The rows' outcome does not depend on it."""
    names = results.columns(push.results()) if target.suffix == ".csv" else ()
    try:
        results.write(target, push.results(), names, **marks)
    except OSError as error:
        again = "run the same command to write it; it sends no row that is done"
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
        with nullcontext(source) if file == "-" else source, rejects or nullcontext():  # prompts read stdin later
            name = "standard input" if file == "-" else file
            return checked(source, name, endpoint, how, rejects=rejects, skip=skip)
    except OSError as error:
        room = f"checked rows need space in {tempfile.gettempdir()}"
        where = "" if rejects is None else f", rejected ones in {rejects.file.parent.absolute()}"
        raise click.UsageError(f"{file} cannot be checked: {error.strerror or error}; {room}{where}") from None


@contextmanager
def _journal_url(client: Client, given: str | None) -> Iterator[tuple[str, str]]:
    """The journal's URL, and which setting gave it."""
    if client.settings.in_process and given is None:
        with tempfile.TemporaryDirectory() as directory:  # the sandbox in this process ends too
            yield f"sqlite:///{directory}/journal.db", arguments.JOURNAL
        return
    yield arguments.journal_url(client.settings, given)
