"""The story of a row: what became of it, when, by which run, and what was said; written along with its state.

Events are lines of JSON in the row itself, so they cost no statement of their own:

    [1764262122.123, "sending", "0f3a5c7e9b1d", "the message id of the request"]

The last part is there for `sending` and for errors. A long story loses its beginning.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

MARK = 12
"""Letters by which a story tells runs apart."""
_SAID = 200
_MOST = 8000
"""Letters after which a story loses its older half: a row may be refused every day for years."""


class Event(NamedTuple):
    """`at` is in seconds since the epoch; `detail` a message id or the first line of an error."""

    at: float
    state: str
    run: str
    detail: str | None = None


@lru_cache(64)  # the rows of a request mostly share one
def event(at: float, state: str, run: str, detail: str | None = None) -> str:
    parts = [round(at, 3), state, run[:MARK], *([] if detail is None else [detail[:_SAID]])]
    return json.dumps(parts, separators=(",", ":")) + "\n"


def kept(result: str | None) -> dict[str, Any]:
    """What a result says: the vendor's `row`, or the `error`."""
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
    """The new value of a row's story: it goes on with an event."""
    older = sa.func.substr(story, _MOST // 2)
    recent = sa.case((sa.func.length(story) > _MOST, older), else_=sa.func.coalesce(story, ""))
    return recent.concat(event)


def events(story: str | None) -> list[Event]:
    """The events, oldest first; a line that was cut is left out."""
    found = []
    for line in (story or "").splitlines():
        try:
            found.append(Event(*json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found
