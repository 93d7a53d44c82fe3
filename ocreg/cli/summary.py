"""What `push` reports about the rows, before it sends and at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import redact
from ..account.identity import words
from . import output

if TYPE_CHECKING:
    from ..client import Client
    from ..files.pushing import Plan, Push, Summary
    from ..registry.endpoint import Endpoint
    from ..store.journal import Journal

_SHOWN = 20


def elsewhere(push: Push) -> None:
    """Report rows that the journal has from other accounts."""
    for name, rows in push.elsewhere.items():
        known = f"{output.counted(rows, 'row')} to send {'is' if rows == 1 else 'are'} in the journal"
        click.echo(f"{known} from {redact.line(words(name))}", err=True)


def before(
    plan: Plan, endpoint: Endpoint, client: Client, as_json: bool, invalid: dict[str, Any], *, err: bool = False
) -> None:
    if as_json:
        output.as_json({**plan._asdict(), **invalid}, compact=True)
        return
    click.echo(
        f"{endpoint.id} on {client.settings.env}: {output.counted(plan.rows, 'row')}, {plan.done:,} already done; "
        f"{plan.send:,} to send in {output.counted(plan.requests, 'request')}, {plan.ask:,} to look up first, "
        f"{plan.busy:,} claimed by another run",
        err=err,
    )
    _invalid(**invalid)


def _invalid(invalid: int = 0, rejects: str = "") -> None:
    if invalid:
        rows = output.counted(invalid, "more row")
        click.echo(f"{rows} cannot be sent: correct {rejects}, which says why, and push it", err=True)


def after(
    push: Push,
    summary: Summary,
    journal: Journal,
    target: Path | None,
    as_json: bool,
    invalid: dict[str, Any],
    *,
    stopped: bool,
) -> None:
    """Print the summary. Without a file for the results, also print the first rows that are not done."""
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
                known = f"line {result.line}: {redact.line(result.key)}: {result.state}"
                click.echo(known + (f": {redact.line(text)}" if text else ""), err=True)
        if left > shown:
            click.echo(f"... and {left - shown:,} more; --out FILE lists every row", err=True)
    click.echo(_line(summary), err=True)
    _invalid(**invalid)
    if left:
        click.echo("run the same command to resume" + _AFTER.get(summary.exit_code, ""), err=True)


def _line(summary: Summary) -> str:
    done = f"{summary.done:,} done ({summary.before:,} before)"
    rest = f"{summary.refused:,} refused, {summary.unknown:,} unknown, {summary.not_sent:,} not sent"
    end = f"{output.counted(summary.requests, 'request')}, {summary.seconds:.0f} s"
    return f"{output.counted(summary.rows, 'row')}: {done}, {rest}; {end}"


_AFTER = {1: "; refused rows are sent again, with the file's values at that time"}
