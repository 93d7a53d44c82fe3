"""The history of a row: its states, with time, run and message; written together with its state.

Events are lines of JSON in the row itself, so they cost no statement of their own:

    [1764262122.123, "sending", "0f3a5c7e9b1d", "the message id of the request"]

The last part exists for `sending` and for errors. A long history loses its beginning.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

MARK = 12
"""How many letters of a run's name a history keeps."""
_SAID = 200
_MOST = 8000
"""The most letters of a history, before it loses its older half: a row may be refused every day for years."""


class Event(NamedTuple):
    """`at` is in seconds since the epoch; `detail` a message id or the first line of an error."""

    at: float
    state: str
    run: str
    detail: str | None = None


@lru_cache(64)  # the rows of a request usually share one
def event(at: float, state: str, run: str, detail: str | None = None) -> str:
    parts = [round(at, 3), state, run[:MARK], *([] if detail is None else [detail[:_SAID]])]
    return json.dumps(parts, separators=(",", ":")) + "\n"


def kept(result: str | None) -> dict[str, Any]:
    """The content of a result: the vendor's `row`, or the `error`."""
    try:
        found = json.loads(result or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def said(result: str | None) -> str | None:
    """The first line of the error in a result, if there is one."""
    error = kept(result).get("error")
    return str(error.get("text", "")).partition("\n")[0] if isinstance(error, dict) else None


def appended(story: sa.ColumnElement[Any], event: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The new value of a row's history, with an event appended."""
    older = sa.func.substr(story, _MOST // 2)
    recent = sa.case((sa.func.length(story) > _MOST, older), else_=sa.func.coalesce(story, ""))
    return recent.concat(event)


def events(story: str | None) -> list[Event]:
    """The events, oldest first, without a line that was cut."""
    found = []
    for line in (story or "").splitlines():
        try:
            found.append(Event(*json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found
