"""Records by key, oldest first, found by any of their fields without a search through all of them.

An index is made when a field is first queried, and is kept up to date from then on. So every change of a record in a
collection goes through `update`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from functools import lru_cache
from itertools import count
from math import inf
from typing import Any

from ..registry.windows import moment_of

Record = dict[str, Any]
Places = dict[int, Record]


class Collection:
    """A record knows its `_home`, its `_key` and its `_place` there; a record that replaces another takes its place."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._records: dict[Any, Record] = {}
        self._indexes: dict[str, ValueIndex | TimeIndex] = {}
        self._count = count(1)

    def all(self) -> list[Record]:
        return list(self._records.values())

    def get(self, key: Any) -> Record | None:
        return self._records.get(key)

    def put(self, key: Any, record: Record) -> None:
        old = self._records.get(key)
        record["_place"] = old["_place"] if old is not None else next(self._count)
        if old is not None:
            old["_home"] = None
            for index in self._indexes.values():
                index.remove(old["_place"], old)
        record["_home"], record["_key"] = self, key
        self._records[key] = record
        for index in self._indexes.values():
            index.add(record["_place"], record)

    def update(self, record: Record, fields: Record) -> None:
        touched = [index for index in self._indexes.values() if index.field in fields]
        for index in touched:
            index.remove(record["_place"], record)
        record.update(fields)
        for index in touched:
            index.add(record["_place"], record)

    def find(self, wanted: Iterable[Record]) -> list[Record]:
        """The records that match any of `wanted`: mappings of fields to values."""
        found: Places = {}
        for want in wanted:
            near = min((self._values(field).at(value) for field, value in want.items()), key=len)
            found.update((place, record) for place, record in near.items() if fits(record, [want]))
        return _in_order(found)

    def between(self, field: str, since: float, until: float) -> list[Record]:
        """The records whose field is a time from `since` to `until`, or not a time at all."""
        index = self._indexes.get(f"@{field}") or self._made(f"@{field}", TimeIndex(field))
        assert isinstance(index, TimeIndex)
        return _in_order(index.between(since, until))

    def _values(self, field: str) -> ValueIndex:
        index = self._indexes.get(f"={field}") or self._made(f"={field}", ValueIndex(field))
        assert isinstance(index, ValueIndex)
        return index

    def _made(self, name: str, index: ValueIndex | TimeIndex) -> ValueIndex | TimeIndex:
        for record in self._records.values():
            index.add(record["_place"], record)
        self._indexes[name] = index
        return index


class ValueIndex:
    """The records by the value of a field; None for those without it."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._at: dict[Any, Places] = {}
        self._odd: Places = {}  # lists and objects, which cannot be dict keys

    def add(self, place: int, record: Record) -> None:
        value = record.get(self.field)
        (self._odd if _odd(value) else self._at.setdefault(value, {}))[place] = record

    def remove(self, place: int, record: Record) -> None:
        value = record.get(self.field)
        if _odd(value):
            del self._odd[place]
            return
        del self._at[value][place]
        if not self._at[value]:
            del self._at[value]

    def at(self, value: Any) -> Places:
        return self._odd if _odd(value) else self._at.get(value, {})


class TimeIndex:
    """Records in the order of a time in one of their fields."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._moments: list[tuple[float, int]] = []
        self._records: Places = {}
        self._timeless: Places = {}

    def add(self, place: int, record: Record) -> None:
        at = seconds_of(record.get(self.field))
        if at is None:
            self._timeless[place] = record
        else:
            insort(self._moments, (at, place))
            self._records[place] = record

    def remove(self, place: int, record: Record) -> None:
        at = seconds_of(record.get(self.field))
        if at is None:
            del self._timeless[place]
        else:
            del self._moments[bisect_left(self._moments, (at, place))]
            del self._records[place]

    def between(self, since: float, until: float) -> Places:
        first, last = bisect_left(self._moments, (since, 0)), bisect_right(self._moments, (until, inf))
        return {place: self._records[place] for _, place in self._moments[first:last]} | self._timeless


def fits(record: Record, wanted: Iterable[Record]) -> bool:
    """Whether a record has all fields of one of `wanted`."""
    return any(all(record.get(field) == value for field, value in want.items()) for want in wanted)


def seconds_of(text: Any, *, end: bool = False) -> float | None:
    """The time in a field, in seconds since the epoch; for a day its beginning, or its `end`."""
    return _seconds(text, end) if isinstance(text, str) else None


@lru_cache(1 << 12)
def _seconds(text: str, end: bool) -> float | None:  # many records have the same second
    moment = moment_of(text, end=end)
    return None if moment is None else moment.timestamp()


def _odd(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _in_order(found: Places) -> list[Record]:
    return [found[place] for place in sorted(found)]
