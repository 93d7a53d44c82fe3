"""The requests that one part takes: its pages or, if answers are cut at a number of rows, its halves.

A short page may have shrunk while it was read, so pages are read until one is empty. Some servers have no empty page
and repeat the last one forever; they are recognized by a page that equals the one before. Rows that were already in
the page before were pushed down by new rows, and are dropped.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import PagingError
from .answers import before, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .parts import Part, Parts

MOST_PAGES = 100_000
Mark = int | str | None
"""A place in a part: a page's number, the path to a half (`01`: the second half of the first), or None (its start)."""


class Entry(NamedTuple):
    """A row; `place` counts the rows of the answer up to it. If not `sure`, the span before may have had it too."""

    place: int
    row: Any
    sure: bool = True


class Unit(NamedTuple):
    """The result of one request. `mark` leads here, `next` to what follows in the part; None if nothing does."""

    mark: Mark
    entries: list[Entry]
    next: Mark
    cut: bool = False
    """Its rows are not used: the answer was cut, and halves of it follow; or it was needed only for a comparison."""
    answer: Sequence[Entry] = ()
    """The rows of the cut answer. Those that were given before are not given again."""


class Ask(NamedTuple):
    """One request for a part: for a page by its number, or for all of it."""

    part: Part
    page: int | None = None


Units = Generator["Ask | Unit", Any, None]
"""Yields Ask and is sent the rows, or None if they are out of reach; yields each Unit and is sent nothing."""


def units(parts: Parts, index: int, start: Mark) -> Units:
    """The requests for a part from `start` on, and their results. This makes no request itself."""
    if parts.endpoint.limits.get("page") and isinstance(parts.data, dict):
        return _Pages(parts, parts.part(index)).units(start if isinstance(start, int) else None)
    return _halves(parts, index, start if isinstance(start, str) else "")


class _Pages:
    def __init__(self, parts: Parts, part: Part) -> None:
        rule = parts.endpoint.limits["page"]
        self.parts, self.part = parts, part
        self.first: int = _given(parts.data.get(rule["number"]), rule.get("first", 1))
        self.size: int = _given(parts.data.get(rule["size"]), rule["most"])
        self.rule = rule

    def units(self, start: int | None) -> Units:
        number = self.first if start is None else max(start, self.first)
        page: list[bytes] = []
        if number > self.first:  # to compare it with
            page = [digest(item) for item in (yield Ask(self.part, number - 1)) or ()]
            yield Unit(number, [], number, cut=True)
        seen: set[bytes] = set()
        while True:
            found = (yield Ask(self.part, number)) or []
            digests = [digest(item) for item in found]
            if not found or (digests == page and self._ends(number, len(found))):
                yield Unit(number, [], None)
                return
            whole = digest([item.hex() for item in digests])
            if whole in seen:
                words = "is the same as an earlier one, so the pages go in a circle"
                raise self._error(number, words, "read it when the data does not change, or request less at a time")
            if number - self.first >= MOST_PAGES:
                words = f"would exceed {MOST_PAGES:,} pages"
                raise self._error(number, words, f"narrow the query, or give a larger {self.rule['size']}")
            seen.add(whole)
            known = set(page)
            fresh = [Entry(n, item) for n, item in enumerate(found, 1) if digests[n - 1] not in known]
            yield Unit(number, _bordered(self.parts, self.part, fresh), number + 1)
            number, page = number + 1, digests

    def _ends(self, number: int, rows: int) -> bool:
        """Whether a page that equals the one before is the end: if it is short, or the last of several."""
        if rows < self.size or number - self.first > 1:
            return True
        words = f"is full and equals the first one, so the server seems to ignore {self.rule['number']}"
        fix = f"check with call() whether there is more; if this is the only page, give a larger {self.rule['size']}"
        raise self._error(number, words, fix)

    def _error(self, number: int, words: str, fix: str) -> PagingError:
        id = self.parts.endpoint.id
        return PagingError(f"{id}: page {number} {words}\n  fix: {fix}", operation=id, page=number, resume=None)


def _given(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _halves(parts: Parts, index: int, start: str) -> Units:
    most = parts.endpoint.limits.get("results")
    waiting = _way(parts, parts.part(index), start)
    while waiting:
        mark, part = waiting.pop()
        found = yield Ask(part)
        if found is None:
            continue
        if most is not None and len(found) >= most:
            two = parts.halves(part)
            if two is None:
                raise _cut(parts, part, len(found))
            waiting += [(mark + "1", two[1]), (mark + "0", two[0])]
            yield Unit(mark, [], mark + "0", cut=True, answer=[Entry(n, item) for n, item in enumerate(found, 1)])
            continue
        entries = _bordered(parts, part, [Entry(n, item) for n, item in enumerate(found, 1)])
        yield Unit(mark, entries, waiting[-1][0] if waiting else None)


def _way(parts: Parts, part: Part, start: str) -> list[tuple[str, Part]]:
    """The parts to request from `start` on, in reverse order."""
    waiting = [("", part)]
    for step in start:
        mark, whole = waiting.pop()
        two = parts.halves(whole)
        if two is None:
            return [(mark, whole)]
        waiting += [(mark + "1", two[1])] + ([(mark + "0", two[0])] if step == "0" else [])
    return waiting


def _cut(parts: Parts, part: Part, rows: int) -> PagingError:
    id, most, window = parts.endpoint.id, parts.endpoint.limits["results"], parts.endpoint.limits.get("window")
    words = f"{id}: the answer has {rows:,} rows and may be cut: one answer has at most {most:,}"
    if part.span is not None and window:
        fix = "all of it is within the shortest time window; narrow the query in another way"
    elif window:
        fix = f"give {window['from']} (and {window['to']}), so that it can be read in shorter time windows"
    else:
        fix = "narrow the query"
    return PagingError(f"{words}\n  fix: {fix}, or give one list of ids", operation=id, page=None, resume=None)


def _bordered(parts: Parts, part: Part, entries: list[Entry]) -> list[Entry]:
    """The entries without those that the next span also has. If a row does not show it, the entry is not sure."""
    if part.span is None or parts.window is None or parts.window.offset is not None:
        return entries
    path = parts.rule.get("at")
    if path is None:
        return [entry._replace(sure=False) for entry in entries]
    found = []
    for entry in entries:
        kept, sure = before(entry.row, path.split("."), part.span.until if part.span.open else _NEVER)
        found += [Entry(entry.place, item, sure) for item in kept]
    return found


_NEVER = 1 << 62
