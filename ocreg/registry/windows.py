"""Time windows in payloads: two fields, the widest span, and what is wrong with a pair."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..violation import Violation


def moment_of(text: Any, *, end: bool = False) -> datetime | None:
    """The time of an `oc-date-time` or `oc-date`; for a day its beginning, or its `end`. None for anything else."""
    if not isinstance(text, str):
        return None
    for form, day in (("%Y-%m-%dT%H:%M:%S%z", False), ("%Y-%m-%d%z", True)):
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007  # both forms end in %z
        except ValueError:
            continue
        return moment + timedelta(days=1, microseconds=-1) if day and end else moment
    return None


def violations(data: Any, window: dict[str, Any] | None) -> list[Violation]:
    """What is wrong with the time window in a payload, by the file's `limits.window`."""
    if not window or not isinstance(data, dict):
        return []
    start, stop = window["from"], window["to"]
    since, until = moment_of(data.get(start)), moment_of(data.get(stop), end=True)
    if since is None or until is None:
        return []
    if until < since:
        return [Violation((stop,), "window", f"is before {start}", f"give {stop} a time after {start}")]
    days = window.get("days")
    if days and until - since > timedelta(days=days):
        words = f"is {_span(until - since)} after {start}; the widest window is {days} days"
        return [Violation((stop,), "window", words, f"use time windows of at most {days} days, one after the other")]
    return []


def _span(delta: timedelta) -> str:
    hours = delta.seconds // 3600
    return f"{delta.days} days" + (f" and {hours} hours" if hours else "")
