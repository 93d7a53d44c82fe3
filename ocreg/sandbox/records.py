"""The sandbox's memory: collections of records, the stock ledger, and what is due to happen to records later.

A record is a dict of the fields it was made with. Names that begin with `_` are the sandbox's own and never shown.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass
from threading import RLock
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of the stock ledger: so many pieces came into (or left) a bucket of a SKU in a region."""

    sku: str
    region: str
    bucket: str
    quantity: int
    reason: str
    order: str
    at: float
    number: int


class Records:
    """`lock` is held by whoever reads and then writes."""

    def __init__(self, chance: random.Random) -> None:
        self.lock = RLock()
        self.ledger: list[Entry] = []
        self._chance = chance
        self._collections: dict[str, dict[str, Record]] = {}
        self._due: list[tuple[float, int, Record, dict[str, Any]]] = []
        self._count = itertools.count(1)

    def all(self, collection: str) -> list[Record]:
        """The records of a collection, oldest first."""
        return list(self._collections.get(collection, {}).values())

    def get(self, collection: str, key: str) -> Record | None:
        return self._collections.get(collection, {}).get(key)

    def put(self, collection: str, key: str, record: Record) -> None:
        self._collections.setdefault(collection, {})[key] = record

    def number(self, parts: list[Any], record: Record) -> str:
        """A number made of its parts: a text as it is, so many random digits, (the beginning of) a record's field."""
        made = ""
        for part in parts:
            if isinstance(part, int):
                made += "".join(self._chance.choices("0123456789", k=part))
            elif isinstance(part, dict):
                made += str(record.get(part["field"], ""))[: part.get("first")]
            else:
                made += part
        return made

    def schedule(self, at: float, record: Record, step: dict[str, Any]) -> None:
        heapq.heappush(self._due, (at, next(self._count), record, step))

    def due(self, now: float) -> list[tuple[float, Record, dict[str, Any]]]:
        """What was scheduled until now, in the order of time; each is given once."""
        found = []
        while self._due and self._due[0][0] <= now:
            at, _, record, step = heapq.heappop(self._due)
            found.append((at, record, step))
        return found

    def move(self, record: Record, order: str, moves: dict[str, int], reason: str, at: float) -> None:
        """Enter into the ledger what a record's lines do to the buckets."""
        for sku, region, quantity in record.get("_lines", ()):
            for bucket, sign in moves.items():
                entry = Entry(sku, region, bucket, sign * quantity, reason, order, at, next(self._count))
                self.ledger.append(entry)
