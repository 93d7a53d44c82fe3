"""`ocreg push ID FILE`"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from ..account.identity import words
from ..confirm.confirming import lookup_of
from ..files import results
from ..files.pushing import Plan, Push, Summary, pushable
from ..files.replacing import writable
from ..files.spool import Spool, checked
from ..store import open_journal
from . import arguments, output, reading
from .call import ask_first

if TYPE_CHECKING:
    from ..client import Client
    from ..files.reading import Reading
    from ..files.rejects import Rejects
    from ..registry.endpoint import Endpoint
    from ..store.journal import Journal

_SHOWN = 20
_PATIENCE = 300.0
"""Seconds to wait for the journal: longer than a token takes to be fetched in the same store."""


_OWN = [
    "threads",
    "size",
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
@click.argument("file", metavar="FILE|-", required=False)
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
        endpoint = client.registry[id]
        pushable(endpoint)
        confirms = how["on_unknown"] == "confirm" or (how["on_unknown"] is None and bool(endpoint.confirm))
        lookup = lookup_of(client.caller, endpoint) if confirms else None
        spool = stack.enter_context(_spooled(file, endpoint, how_read, rejects, skip=how["on_invalid"] == "skip"))
        where, said = stack.enter_context(_journal_url(client, url))
        whose, told = client.identity(id), {"setting": said, "command": arguments.typed()}
        journal = stack.enter_context(open_journal(where, whose.name, id, _PATIENCE, whose.former, **told))
        stopping = _Stopping()
        run: dict[str, Any] = {"size": how["size"], "threads": how["threads"], "stop": how["on_failure"] == "stop"}
        push = Push(client, endpoint, spool, journal, lookup=lookup, stopping=stopping.asked.is_set, **run)
        plan = push.plan()
        invalid = {"invalid": spool.rejected, "rejects": str(rejects.file)} if rejects and spool.rejected else {}
        if how["dry_run"]:
            _say_plan(plan, endpoint, client, as_json, invalid)
            click.echo("".join(_elsewhere(push)), nl=False, err=True)
            return 1 if invalid else 0
        _ask(push, plan, client, how, invalid)
        with stopping, _bar(id, plan.send + plan.ask) as progress:
            summary = _sent(push, progress, once=run["stop"], stopping=stopping.asked)
        if target is not None:
            with _in_words(target):
                results.write(
                    target, push.results(), results.columns(push.results()) if _is_csv(target) else (), **marks
                )
        _say_end(push, summary, journal, target, as_json, invalid, stopped=stopping.asked.is_set())
    return summary.exit_code or (1 if invalid else 0)


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


def _elsewhere(push: Push) -> Iterator[str]:
    """What is known of the rows from other accounts, in lines."""
    for name, rows in push.elsewhere.items():
        known = f"{output.counted(rows, 'row')} to send {'is' if rows == 1 else 'are'} in the journal"
        yield f"{known} from {words(name)}\n"


def _ask(push: Push, plan: Plan, client: Client, how: dict[str, Any], invalid: dict[str, Any]) -> None:
    """Whether to send at all, where a person should decide. Raises Abort and UsageError."""
    if push.elsewhere and not how["send_known_elsewhere"]:
        _ask_about(push)
    if plan.send + plan.ask and client.settings.env == "production" and not how["yes"]:
        _say_plan(plan, push.endpoint, client, as_json=False, invalid=invalid, err=True)
        ask_first(push.endpoint.id, push.endpoint.effect)


def _ask_about(push: Push) -> None:
    """Whether rows are sent that another account has sent: perhaps it is this one, called otherwise."""
    click.echo("".join(_elsewhere(push)), nl=False, err=True)
    if not sys.stdin.isatty():
        advice = "Is that this account, give host and account as then; is it another one, add --send-known-elsewhere"
        raise click.UsageError(f"these rows may have been sent before; nothing was sent. {advice}")
    click.confirm("If that is this account, they would be sent twice. Send them?", abort=True, err=True)


def _sent(push: Push, progress: Callable[[int], None], *, once: bool, stopping: Event) -> Summary:
    """Send, and once more what did not get out for reasons that may be gone, for as long as that helps."""
    push.send(progress)
    summary = push.summary()
    while summary.not_sent and not once and not stopping.is_set():
        push.send(unsent_only=True)
        before, summary = summary, push.summary()
        if summary.not_sent >= before.not_sent:
            break
    return summary


def _target(out: str | None, source: str) -> Path | None:
    """The file for the results, which is seen to be writable before anything is sent."""
    if out is None:
        return None
    target = Path(out)
    if target.suffix not in results.FORMS:
        raise click.UsageError(f"--out {out}: the name must end in .jsonl or .csv, so that the form is known")
    if source != "-" and target.exists() and Path(source).exists() and target.samefile(source):
        raise click.UsageError(f"--out {out} is the file with the rows itself, and would replace it: name another one")
    with _in_words(target, "nothing was sent"):
        writable(target)
    return target


def _is_csv(target: Path) -> bool:
    return target.suffix == ".csv"


@contextmanager
def _in_words(
    target: Path, after: str = "the same command writes it, and sends nothing that is done"
) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror or error}; {after}") from None


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


class _Stopping:
    """Ctrl-C and SIGTERM: the first asks for an end, the second is obeyed at once."""

    def __init__(self) -> None:
        self.asked = Event()
        self._former: dict[int, Any] = {}

    def __enter__(self) -> None:
        self._former = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self.asked.set()
        signal.signal(number, signal.SIG_DFL)
        sys.stderr.write("\nwaiting for what is on its way (once more: at once; it is asked for next time)\n")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """What to call with the rows that were settled; elsewhere than on a terminal nothing comes of it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"))
    with Progress(*shown, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as display:
        task = display.add_task(title, total=total)
        yield lambda rows: display.advance(task, rows)


def _say_plan(
    plan: Plan, endpoint: Endpoint, client: Client, as_json: bool, invalid: dict[str, Any], *, err: bool = False
) -> None:
    if as_json:
        output.as_json({**plan._asdict(), **invalid}, compact=True)
        return
    click.echo(
        f"{endpoint.id} on {client.settings.env}: {output.counted(plan.rows, 'row')}, {plan.done:,} done before; "
        f"{plan.send:,} to send in {output.counted(plan.requests, 'request')}, {plan.ask:,} to ask for first, "
        f"{plan.busy:,} in the hands of another run",
        err=err,
    )
    _say_invalid(**invalid)


def _say_invalid(invalid: int = 0, rejects: str = "") -> None:
    if invalid:
        rows = output.counted(invalid, "more row")
        click.echo(f"{rows} cannot be sent: repair {rejects}, which says why, and push it", err=True)


def _say_end(
    push: Push,
    summary: Summary,
    journal: Journal,
    target: Path | None,
    as_json: bool,
    invalid: dict[str, Any],
    *,
    stopped: bool,
) -> None:
    """The summary; without a file for the results, the first rows that are not done, too."""
    if as_json:
        facts = {**summary._asdict(), **invalid, "seconds": round(summary.seconds, 3), "journal": journal.name}
        output.as_json({**facts, "out": None if target is None else str(target)}, compact=True)
        return
    left = summary.rows - summary.done
    if target is None and left:
        shown = 0
        for result in push.results():
            if result.state != "done" and (result.error or not stopped) and shown < _SHOWN:
                shown += 1
                text = str((result.error or {}).get("text", "")).partition("\n")[0]
                click.echo(
                    f"line {result.line}: {result.key}: {result.state}" + (f": {text}" if text else ""), err=True
                )
        if left > shown:
            click.echo(f"... and {left - shown:,} more; --out FILE says it of every row", err=True)
    click.echo(_line(summary), err=True)
    _say_invalid(**invalid)
    if left:
        click.echo("the same command goes on from here" + _AFTER.get(summary.exit_code, ""), err=True)


def _line(summary: Summary) -> str:
    done = f"{summary.done:,} done ({summary.before:,} before)"
    rest = f"{summary.refused:,} refused, {summary.unknown:,} unknown, {summary.not_sent:,} not sent"
    end = f"{output.counted(summary.requests, 'request')}, {summary.seconds:.0f} s"
    return f"{output.counted(summary.rows, 'row')}: {done}, {rest}; {end}"


_AFTER = {1: "; refused rows are sent again, as the file has them then"}
