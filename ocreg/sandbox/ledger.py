"""The stock ledger: what entered and left which bucket, per SKU, region and bucket, in order of time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from math import inf
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One entry: a number of pieces entered (or left) a bucket of a SKU in a region."""

    sku: str
    region: str
    bucket: str
    quantity: int
    reason: str
    order: str
    at: float
    number: int


class Series:
    """The entries of one bucket of one SKU in one region, and the balance after each.

    Usually they arrive in order of time. If one does not, all are sorted at the next read.
    """

    def __init__(self, sku: str, region: str, bucket: str) -> None:
        self.sku, self.region, self.bucket = sku, region, bucket
        self._entries: list[Entry] = []
        self._moments: list[tuple[float, float]] = []
        self._balances: list[int] = []
        self._ordered = True

    def add(self, entry: Entry) -> None:
        moment = (entry.at, entry.number)
        self._ordered = self._ordered and (not self._moments or moment >= self._moments[-1])
        self._entries.append(entry)
        self._moments.append(moment)
        self._balances.append(entry.quantity + (self._balances[-1] if self._balances else 0))

    @property
    def balance(self) -> int:
        return self._balances[-1]

    @property
    def entries(self) -> list[Entry]:
        if not self._ordered:
            self._entries.sort(key=lambda entry: (entry.at, entry.number))
            self._moments.sort()
            self._balances = list(accumulate(entry.quantity for entry in self._entries))
            self._ordered = True
        return self._entries

    def between(self, since: float, until: float) -> Iterator[tuple[Entry, int]]:
        """The entries from `since` to `until`, with the balance after each."""
        entries = self.entries
        first, last = bisect_left(self._moments, (since, -inf)), bisect_right(self._moments, (until, inf))
        return zip(entries[first:last], self._balances[first:last], strict=True)


class Ledger:
    def __init__(self) -> None:
        self._skus: dict[str, dict[tuple[str, str], Series]] = {}

    def add(self, entry: Entry) -> None:
        series = self._skus.setdefault(entry.sku, {})
        place = (entry.region, entry.bucket)
        if place not in series:
            series[place] = Series(entry.sku, *place)
        series[place].add(entry)

    def balance(self, sku: str, region: str, bucket: str) -> int:
        """The present stock of a bucket."""
        found = self._skus.get(sku, {}).get((region, bucket))
        return 0 if found is None else found.balance

    def series(self, skus: Iterable[Any] | None, fit: Callable[[Series], bool]) -> list[Series]:
        """The series of some SKUs (None: of all) that `fit`, by SKU, region and bucket."""
        known = self._skus if skus is None else {sku for sku in skus if isinstance(sku, str)} & self._skus.keys()
        return [
            series for sku in sorted(known) for _, series in sorted(self._skus[sku].items()) if fit(series)
        ]  # fmt: skip
