"""Removal of duplicate rows: those of the span before, and those that were given before an interruption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .answers import digest

if TYPE_CHECKING:
    from .pages import Entry, Mark, Unit, Units
    from .parts import Parts
    from .position import Position


class Given:
    """The rows that were already given of the answer with which a resumed iteration begins: up to the last one taken.

    If that row is no longer there, they are counted; new rows may have pushed it to the next page. If the answer is
    cut by now, they are dropped from its halves.
    """

    def __init__(self, start: Position) -> None:
        self._start = start
        self._rows: Counter[bytes] = Counter()
        self._pushed: Mark = None

    def dropped(self, index: int, unit: Unit, entries: Iterator[Entry]) -> Iterator[Entry]:
        start = self._start
        if not start.taken or index != start.part:
            yield from entries
        elif unit.mark == start.mark and unit.cut:
            taken = self._taken(unit.answer) or start.taken
            self._rows.update(digest(entry.row) for entry in unit.answer if entry.place <= taken)
        elif unit.mark == start.mark:
            found = list(entries)
            place = self._taken(found)
            if place is None and isinstance(unit.next, int):
                self._pushed = unit.next
            yield from (entry for entry in found if entry.place > (place or start.taken))
        elif self._pushed is not None and unit.mark == self._pushed:
            found = list(entries)
            place = self._taken(found)
            yield from (entry for entry in found if entry.place > (place or 0))
        else:
            for entry in entries:
                mark = digest(entry.row) if self._rows else b""
                if self._rows[mark]:
                    self._rows[mark] -= 1
                else:
                    yield entry

    def _taken(self, entries: Sequence[Entry]) -> int | None:
        """The place of the last row that was taken; None if it is not there."""
        places = [entry.place for entry in entries if digest(entry.row).hex() == self._start.last]
        return min(places, key=lambda place: abs(place - self._start.taken), default=None)


class Before:
    """The rows of the span before whose time does not show to which span they belong. They are not given again."""

    def __init__(
        self, parts: Parts, units: Callable[[int, Mark], Units], read: Callable[[Units], Any], position: Position
    ) -> None:
        self._parts, self._units, self._read, self._start = parts, units, read, position
        self._at: tuple[int, str] | None = None
        self._last: set[bytes] | None = None
        """None until it is read, which is necessary only if a row is not sure."""
        self._current: set[bytes] = set()

    def lacks(self, index: int, unit: Unit) -> bool:
        """Whether the span before must be read again (`reread`) to find the duplicates in this unit."""
        here = self._at in (None, _at(index, unit))
        return here and self._last is None and not unit.cut and not all(entry.sure for entry in unit.entries)

    def without_doubles(self, index: int, unit: Unit) -> Iterator[Entry]:
        if unit.cut:
            return
        at = _at(index, unit)
        if self._at is not None and at != self._at:
            same_ids = index == self._at[0] or self._parts.follows(index)
            self._last, self._current = self._current if same_ids else set(), set()
        self._at = at
        for entry in unit.entries:
            if not entry.sure:
                mark = digest(entry.row)
                self._current.add(mark)
                if mark in (self._last or ()):
                    continue
            yield entry

    def reread(self) -> Generator[Any, Any, None]:
        """Read again the doubtful rows of the span before the one with which a resumed iteration begins."""
        parts, start, self._last = self._parts, self._start, set()
        if parts.window is None:
            return
        way = start.mark if isinstance(start.mark, str) else ""
        index, former = start.part, way[: way.rfind("1")] + "0" if "1" in way else ""
        if not former:
            if not parts.follows(index):
                return
            index -= 1
        found: set[bytes] = set()
        units = self._units(index, former or None)
        while (unit := (yield from self._read(units))) is not None:
            if isinstance(unit.mark, str):
                if not unit.mark.startswith(former):
                    break
                found = set() if not unit.cut else found
            found |= {digest(entry.row) for entry in unit.entries if not entry.sure}
        self._last = found


def _at(index: int, unit: Unit) -> tuple[int, str]:
    return index, unit.mark if isinstance(unit.mark, str) else ""
