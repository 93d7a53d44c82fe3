"""The sandbox's memory: collections of records, the stock ledger, and events that are due later.

A record is a dict of the fields that it was made with. Names with a leading `_` are internal and never shown.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from threading import RLock
from typing import Any

from ..forks import ForkSafe
from .collection import Collection, Record
from .ledger import Entry, Ledger

_STATES = ("orderStatus", "status")
"""Fields of a new record that are passed on; the rest is what its creator sent."""
_SCALARS = (str, int, float, type(None))


class Records(ForkSafe):
    """Hold `lock` to read and then write. `chance` is the source of its numbers. `changed` is called for every record
    that is made or changed, with its collection, the record, and the fields.
    """

    def __init__(self, chance: random.Random) -> None:
        self.ledger = Ledger()
        self.chance = chance
        self.changed: Callable[[str, Record, Record], None] | None = None
        self._collections: dict[str, Collection] = {}
        self._due: list[tuple[float, int, Record, dict[str, Any]]] = []
        self._count = itertools.count(1)
        super().__init__()

    def _make_own(self) -> None:
        self.lock = RLock()

    def __getitem__(self, collection: str) -> Collection:
        found = self._collections.get(collection)
        if found is None:
            found = self._collections[collection] = Collection(collection)
        return found

    def kinds(self) -> dict[str, int]:
        """How many records each collection has, without empty collections."""
        counts = {name: len(collection.all()) for name, collection in sorted(self._collections.items())}
        return {name: count for name, count in counts.items() if count}

    def all(self, collection: str) -> list[Record]:
        """The records of a collection, oldest first."""
        return self[collection].all()

    def get(self, collection: str, key: str) -> Record | None:
        return self[collection].get(key)

    def put(self, collection: str, key: str, record: Record) -> None:
        self[collection].put(key, record)
        self._tell(collection, record, {name: record[name] for name in _STATES if name in record})

    def update(self, record: Record, fields: Record) -> None:
        """Set fields of a record, even if another has replaced it."""
        home: Collection | None = record["_home"]
        if home is None:
            record.update(fields)
            return
        new = {name: value for name, value in fields.items() if record.get(name) != value}
        home.update(record, fields)
        self._tell(home.name, record, new)

    def _tell(self, collection: str, record: Record, fields: Record) -> None:
        if self.changed is not None:
            self.changed(collection, record, fields)

    def number(self, parts: list[Any], record: Record) -> str:
        """A number made of parts: a text, a count of random digits, or (the beginning of) a record's field."""
        made = ""
        for part in parts:
            if isinstance(part, int):
                made += f"{self.chance.randrange(10**part):0{part}d}"
            elif isinstance(part, dict):
                made += str(record.get(part["field"], ""))[: part.get("first")]
            else:
                made += part
        return made

    def schedule(self, at: float, record: Record, step: dict[str, Any]) -> None:
        heapq.heappush(self._due, (at, next(self._count), record, step))

    def unschedule(self, record: Record) -> None:
        """Cancel everything that is scheduled for a record."""
        self._due = [due for due in self._due if due[2] is not record]
        heapq.heapify(self._due)

    def due(self, now: float) -> list[tuple[float, Record, dict[str, Any]]]:
        """What was scheduled until now, in order of time; each event is returned once."""
        found = []
        while self._due and self._due[0][0] <= now:
            at, _, record, step = heapq.heappop(self._due)
            found.append((at, record, step))
        return found

    def move(self, record: Record, order: str, moves: dict[str, int], reason: str, at: float) -> None:
        """Enter into the ledger what a record's lines do to the buckets."""
        for sku, region, quantity in record.get("_lines", ()):
            for bucket, sign in moves.items():
                self.ledger.add(Entry(sku, region, bucket, sign * quantity, reason, order, at, next(self._count)))


def copied(value: Any) -> Any:
    """A JSON value that shares nothing with the one it was copied from."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value]
