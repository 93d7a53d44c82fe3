"""The output of `ocreg journal`: values for programs, text for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click

from ..account.identity import words
from ..errors import OcregError
from ..files.replacing import replacing
from ..files.table import Writer
from ..registry.files import Registry
from ..store import stories
from ..store.history import FATES, Group, Past, Row
from . import output

_SILENT = 90.0
"""Seconds without a sign of life after which a run is shown as silent: three signs are then missing."""
_COLUMNS = (
    *("account", "operation", "key", "digest", "state", "fate", "requests", "message_id", "together", "updated_at"),
    *("run", "error"),
)


def moment(at: float | None, unit: str = "seconds") -> str | None:
    """A time in UTC, as text for people and programs."""
    return (
        None if at is None else f"{datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None).isoformat('T', unit)}Z"
    )


def _counts(counts: dict[str, int]) -> dict[str, int]:
    return {fate.replace(" ", "_"): counts[fate] for fate in FATES}


def _group(group: Group) -> dict[str, Any]:
    times = {"oldest": moment(group.oldest), "newest": moment(group.newest)}
    return {**{"account": group.account, "operation": group.operation}, **_counts(group.counts), **times}


def _env(account: str) -> str:
    return account.partition("|")[0]


# The overview


def overview(name: str, groups: list[Group], past: list[Past]) -> dict[str, Any]:
    runs = [
        {**run._asdict(), "begun": moment(run.begun), "ended": moment(run.ended), "counts": _counts(run.counts)}
        for run in past
    ]
    advice = [
        {"operation": g.operation, "account": g.account, "why": why, "command": c} for g, why, c in _next(groups, past)
    ]
    return {"journal": name, "accounts": [_group(group) for group in groups], "runs": runs, "next": advice}


def say_overview(name: str, groups: list[Group], past: list[Past], most: int) -> None:
    click.echo(f"journal {name}")
    for group, why, command in _next(groups, past):
        click.echo(f"\n{group.operation}, {_env(group.account)}, {words(group.account)}: {why}")
        click.echo(f"    {command}")
    heads = ["environment", "account", "operation", "rows", *FATES, "last change"]
    cells = [
        [
            _env(g.account),
            words(g.account).removeprefix("account "),
            g.operation,
            f"{g.rows:,}",
            *_numbers(g.counts),
            moment(g.newest) or "",
        ]
        for g in groups
    ]
    click.echo()
    output.table(heads, cells)
    click.echo()
    shown = past[:most]
    output.table(["run", "begun", "state", "host", "process", "operation", *FATES], [_run_cells(run) for run in shown])
    if len(past) > len(shown):
        click.echo(f"... and {output.counted(len(past) - len(shown), 'older run')}; --runs N shows more")


def _numbers(counts: dict[str, int]) -> list[str]:
    return [f"{counts[fate]:,}" for fate in FATES]


def _run_cells(run: Past) -> list[str]:
    state = run.state
    if state == "ended" and run.ended is not None:
        state = f"ended {moment(run.ended)}"
    elif state == "alive" and (run.silent or 0) > _SILENT:
        state = f"silent for {run.silent:.0f} s"
    pid = "" if run.pid is None else str(run.pid)
    return [run.run[:12], moment(run.begun) or "", state, run.host or "", pid, run.operation, *_numbers(run.counts)]


def _next(groups: list[Group], past: list[Past]) -> list[tuple[Group, str, str]]:
    """What to do next: the rows, the reason, and the command."""
    found = []
    for group in groups:
        for fate in [fate for fate in ("in doubt", "not sent") if group.counts[fate]][:1]:
            lost = fate == "in doubt" and not _asks(group.operation)
            why = _UNASKABLE if lost else _WHY[fate]
            command = f"ocreg journal export --operation {group.operation} --state in-doubt"
            again = command if lost else _again(group, past, fate)
            found.append((group, f"{output.counted(group.counts[fate], 'row')} {why}", again))
    return found


_WHY = {
    "in doubt": "in doubt: they may have taken effect. This looks them up, and sends those that are certainly absent:",
    "not sent": "certainly not sent. This sends them:",
}
_UNASKABLE = (
    "in doubt: they may have taken effect, and cannot be looked up. Check yourself, then remove or change them. "
    "This lists them:"
)


def _again(group: Group, past: list[Past], fate: str) -> str:
    """The command of the last run that left such rows, or else of the last run."""
    runs = [run for run in past if run.command and (run.account, run.operation) == group[:2]]
    last = next((run for run in runs if run.counts[fate]), runs[0] if runs else None)
    return (last.command if last is not None else None) or f"ocreg push {group.operation} FILE"


def _asks(operation: str) -> bool:
    try:
        return bool(Registry()[operation].confirm)
    except OcregError:  # its endpoint file is gone
        return True


# Rows


def row(found: Row, runs: dict[str, Past]) -> dict[str, Any]:
    kept = stories.kept(found.result)
    story = []
    for event in found.events:
        run = runs.get(event.run)
        by = {"run": event.run, "host": run and run.host, "pid": run and run.pid}
        story.append({"at": moment(event.at, "milliseconds"), "state": event.state, **by, "detail": event.detail})
    return {**flat(found), "row": kept.get("row"), "error": kept.get("error"), "story": story}


def flat(found: Row) -> dict[str, Any]:
    facts = {**found._asdict(), "requests": found.requests, "error": found.said, "updated_at": moment(found.updated_at)}
    return {name: facts[name] for name in _COLUMNS}


def say_rows(rows: list[Row], runs: dict[str, Past]) -> None:
    for found in rows:
        value = row(found, runs)
        click.echo(f"{found.key}: {found.fate} ({found.operation}, {_env(found.account)}, {words(found.account)})")
        click.echo(f"  fingerprint  {found.digest}")
        click.echo(
            f"  requests     {found.requests}" + (f"; the last one: {found.message_id}" if found.message_id else "")
        )
        if value["row"] is not None:
            click.echo(f"  answer       {json.dumps(value['row'], ensure_ascii=False)}")
        if found.said is not None:
            click.echo(f"  error        {found.said}")
        click.echo()
        output.table(
            ["time", "state", "run", "host", "process", "detail"], [_event_cells(event) for event in value["story"]]
        )
        click.echo()


def _event_cells(event: dict[str, Any]) -> list[str]:
    state = "taken over, to be looked up" if event["state"] == "sending" and not event["detail"] else event["state"]
    detail = f"request {event['detail']}" if event["state"] == "sending" and event["detail"] else event["detail"] or ""
    return [event["at"], state, event["run"], event["host"] or "", str(event["pid"] or ""), detail]


def write(rows: Iterable[Row], target: Path | None) -> int:
    """Write rows to a file, which appears complete or not at all, or to standard output. Returns how many."""
    if target is None:
        return _lines(rows, sys.stdout)
    with replacing(target, f"{os.getpid()}.part") as raw:
        out = TextIOWrapper(raw, "utf-8", "backslashreplace", newline="")
        try:
            return _table(rows, out) if target.suffix == ".csv" else _lines(rows, out)
        finally:
            out.detach()


def _lines(rows: Iterable[Row], out: TextIO) -> int:
    count = 0
    for count, found in enumerate(rows, 1):  # noqa: B007  # it is the result
        out.write(json.dumps(flat(found), ensure_ascii=False, separators=(",", ":")) + "\n")
    return count


def _table(rows: Iterable[Row], out: TextIO) -> int:
    table, count = Writer(out), 0
    table.put(list(_COLUMNS))
    for count, found in enumerate(rows, 1):  # noqa: B007
        table.put([table.cell(value) for value in flat(found).values()])
    return count


# Old rows


def old(groups: list[Group], kept: dict[str, int], before: float) -> dict[str, Any]:
    named = {f"kept_{fate.replace(' ', '_')}": rows for fate, rows in kept.items()}
    return {"before": moment(before), **named, "accounts": [_group(group) for group in groups]}


def say_old(groups: list[Group], kept: dict[str, int], before: float) -> None:
    click.echo(f"rows not changed since {moment(before)}:")
    if groups:
        heads = ["environment", "account", "operation", "rows", *FATES[:3], "oldest", "newest"]
        output.table(heads, [_old_cells(group) for group in groups])
    else:
        click.echo("no rows that may be removed")
    for fate, rows in kept.items():
        if rows:
            why = "is in doubt" if fate == "in doubt" else "belongs to a live run"
            click.echo(f"{output.counted(rows, 'row')} of the same age kept: what {why} is never removed")


def _old_cells(group: Group) -> list[str]:
    whose = [_env(group.account), words(group.account).removeprefix("account "), group.operation]
    numbers = [f"{group.rows:,}", *_numbers(group.counts)[:3]]
    return [*whose, *numbers, moment(group.oldest) or "", moment(group.newest) or ""]
