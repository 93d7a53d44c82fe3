"""The requests that one part takes: its pages or, where answers are cut at a number of rows, its halves.

A page that is short may be one that shrank while it was read, so pages are asked for until one is empty. Servers that
have no empty page, because they answer with the last one for ever, are known by a page that is the same as the one
before. What stood in the page before was pushed down by rows that came in between, and is dropped.
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
"""Where in a part: the number of a page, the way to a half (`01`: the second half of the first), or its beginning."""


class Entry(NamedTuple):
    """A row; `place` counts the rows of the answer up to it. If not `sure`, the span before may have had it, too."""

    place: int
    row: Any
    sure: bool = True


class Unit(NamedTuple):
    """What one request brought. `mark` leads here, `next` to what follows in the part; None if nothing does."""

    mark: Mark
    entries: list[Entry]
    next: Mark
    cut: bool = False
    """Asked in vain: the answer was cut, and halves of it follow; or it was only needed for a comparison."""
    answer: Sequence[Entry] = ()
    """What the cut answer had: what was given of it before is not given again."""


class Ask(NamedTuple):
    """One request for a part: for a page by its number, or for all there is."""

    part: Part
    page: int | None = None


Units = Generator["Ask | Unit", Any, None]
"""Yields Ask and is sent the rows, or None for what is out of reach; yields each Unit and is sent nothing."""


def units(parts: Parts, index: int, start: Mark) -> Units:
    """What is asked for a part, from `start` on, and what that brings. No request is made in here."""
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
        if number > self.first:  # what it is compared with
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
                words = "is the same as one some pages before, so they go in a circle"
                raise self._error(number, words, "read it while nothing changes, or ask for less at once")
            if number - self.first >= MOST_PAGES:
                words = f"would be one more than {MOST_PAGES:,} pages"
                raise self._error(number, words, f"narrow the query, or give a larger {self.rule['size']}")
            seen.add(whole)
            known = set(page)
            fresh = [Entry(n, item) for n, item in enumerate(found, 1) if digests[n - 1] not in known]
            yield Unit(number, _bordered(self.parts, self.part, fresh), number + 1)
            number, page = number + 1, digests

    def _ends(self, number: int, rows: int) -> bool:
        """Whether a page like the one before is the end: if it is short, or the last of several."""
        if rows < self.size or number - self.first > 1:
            return True
        words = f"is full and the same as the first, so the server does not seem to look at {self.rule['number']}"
        fix = (
            f"see with call() whether there is more; if there is just this one page, give a larger {self.rule['size']}"
        )
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
    """What is to be asked from `start` on, the first at the end."""
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
    words = f"{id}: the answer has {rows:,} rows and may be cut: the most in one answer is {most:,}"
    if part.span is not None and window:
        fix = "it is all within the shortest window there is; narrow the query otherwise"
    elif window:
        fix = f"give {window['from']} (and {window['to']}), so that it can be asked for in shorter windows"
    else:
        fix = "narrow the query"
    return PagingError(f"{words}\n  fix: {fix}, or give one list of ids", operation=id, page=None, resume=None)


def _bordered(parts: Parts, part: Part, entries: list[Entry]) -> list[Entry]:
    """Without what the next span has, too. Where that cannot be told from the row, it is not sure."""
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
