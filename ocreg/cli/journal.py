"""`ocreg journal`: what was pushed, what is in doubt and what to run next; a row's history; export; prune"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import arguments, output

if TYPE_CHECKING:
    from ..store.history import History, Which

_RUNS = 20
_STATES = ("done", "refused", "not-sent", "in-doubt", "open")
_DAY = 24 * 3600.0


def _where(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose the journal."""
    for option in (
        click.option("--journal", "url", metavar="URL", help="As for push: a URL, env:NAME or file:PATH."),
        click.option("--profile", help="The profile of ocreg.toml whose `store` holds it."),
        click.option("--env", type=click.Choice(["sandbox", "production", "local"]), help="As for push."),
        click.option("--json", "as_json", is_flag=True, help="JSON, for programs."),
    ):
        function = option(function)
    return function


def _which(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option("--account", metavar="NAME", help="Rows of this account only.")(function)
    return click.option("--operation", metavar="ID", help="Rows of this operation only.")(function)


def _chosen(operation: str | None, account: str | None, state: str | None = None) -> Which:
    from ..store.history import Which

    return Which(operation, account, state and state.replace("-", " "))


@contextmanager
def _opened(url: str | None, where: dict[str, Any]) -> Iterator[History | None]:
    """The journal; None if there is none yet. It is never created here."""
    from ..account import settings
    from ..store import open_history

    loaded = settings.load(**where)
    with open_history(*arguments.journal_url(loaded, url)) as history:
        yield history if history.is_there() else None


def _nothing(as_json: bool = False, **empty: Any) -> None:
    if as_json:
        output.as_json({"journal": None, **empty}, compact=True)
        return
    click.echo("nothing was pushed yet: there is no journal here (use --journal for another one)", err=True)


@click.group("journal", invoke_without_command=True)
@_where
@click.option("--runs", type=click.IntRange(0), default=_RUNS, show_default=True, help="How many runs to show.")
@click.pass_context
def command(context: click.Context, /, url: str | None, as_json: bool, runs: int, **where: Any) -> None:
    """Show what was pushed by account and operation, the last runs, what is in doubt, and what to run next."""
    if context.invoked_subcommand is not None:
        if url is not None or as_json or any(where.values()):
            raise click.UsageError(f"put these options after {context.invoked_subcommand!r}")
        return
    with _opened(url, where) as history:
        if history is None:
            _nothing(as_json, accounts=[], runs=[], next=[])
            return
        from . import histories

        groups, past = history.overview()
        if as_json:
            output.as_json(histories.overview(history.name, groups, past), compact=True)
        else:
            histories.say_overview(history.name, groups, past, runs)


@command.command("show")
@click.argument("key")
@_where
@_which
def show(key: str, url: str | None, as_json: bool, operation: str | None, account: str | None, **where: Any) -> int:
    """Show the history of the row with this KEY: its natural key, or the `key` in the results of push."""
    with _opened(url, where) as history:
        if history is None:
            output.as_json([], compact=True) if as_json else _nothing()
            return 1
        from . import histories

        rows, runs = history.find(key, _chosen(operation, account))
        if as_json:
            output.as_json([histories.row(row, runs) for row in rows], compact=True)
        elif rows:
            histories.say_rows(rows, runs)
        else:
            click.echo(f"{key} is not in the journal {history.name}", err=True)
    return 0 if rows else 1


@command.command("export")
@_where
@_which
@click.option("--state", type=click.Choice(_STATES), help="Rows in this state only.")
@click.option("--out", metavar="FILE.jsonl|FILE.csv", help="Default: JSON lines on standard output.")
def export(url: str | None, out: str | None, state: str | None, as_json: bool, **options: Any) -> None:
    """Write a line for each row: its state, when and by which run, and the answer. It has no content of rows."""
    chosen = (options.pop("operation"), options.pop("account"), state)
    target = None if out is None else Path(out)
    if target is not None and target.suffix not in (".jsonl", ".csv"):
        raise click.UsageError(f"--out {out}: the name must end in .jsonl or .csv")
    with _opened(url, options) as history:
        if history is None:
            _nothing()
            return
        from . import histories

        try:
            count = histories.write(history.rows(_chosen(*chosen)), target)
        except OSError as error:
            if target is None:
                raise
            raise click.ClickException(f"{out} cannot be written: {error.strerror or error}") from None
    if target is not None:
        click.echo(f"{output.counted(count, 'row')} in {target}", err=True)


@command.command("prune")
@_where
@_which
@click.option("--older-than", "age", metavar="DAYS", required=True, help="Days since a row last changed, as in 90d.")
@click.option("--yes", is_flag=True, help="Remove the rows. Without --yes they are only counted.")
def prune(url: str | None, age: str, yes: bool, as_json: bool, **options: Any) -> None:
    """Remove old rows, but never those in doubt or of a live run. A removed row is sent again if it is pushed again."""
    chosen = (options.pop("operation"), options.pop("account"))
    days = _days(age)
    with _opened(url, options) as history:
        if history is None:
            _nothing(as_json, removed=0, accounts=[])
            return
        from . import histories

        before, which = history.now() - days * _DAY, _chosen(*chosen)
        groups, kept = history.old(before, which)
        if not as_json:
            histories.say_old(groups, kept, before)
        removed = history.prune(before, which) if yes else 0
        if as_json:
            output.as_json({"removed": removed, **histories.old(groups, kept, before)}, compact=True)
    if as_json:
        return
    if yes:
        click.echo(f"{output.counted(removed, 'row')} removed")
    elif groups:
        sys.stdout.flush()
        click.echo("nothing was removed: add --yes. A removed row is sent again if its file is pushed again", err=True)


def _days(text: str) -> int:
    found = re.fullmatch("([0-9]{1,6})d", text)
    if found is None or int(found[1]) < 1:
        raise click.UsageError(f"--older-than {text}: give whole days, at least one, as in 90d")
    return int(found[1])
