"""The sandbox's memory: collections of records, each found by the field that is its key."""

from __future__ import annotations

import random
from threading import RLock
from typing import Any

Record = dict[str, Any]


class Records:
    """`lock` is held by whoever reads and then writes."""

    def __init__(self, chance: random.Random) -> None:
        self.lock = RLock()
        self._chance = chance
        self._collections: dict[str, dict[str, Record]] = {}

    def all(self, collection: str) -> list[Record]:
        """The records of a collection, oldest first."""
        return list(self._collections.get(collection, {}).values())

    def get(self, collection: str, key: str) -> Record | None:
        return self._collections.get(collection, {}).get(key)

    def put(self, collection: str, key: str, record: Record) -> None:
        self._collections.setdefault(collection, {})[key] = record

    def new_number(self, collection: str, made: dict[str, Any], record: Record) -> str:
        """A key that no record has yet: prefix, random digits, and a field of the record as its end."""
        suffix = str(record.get(made.get("suffix", ""), ""))
        while True:
            digits = "".join(self._chance.choices("0123456789", k=made["digits"]))
            number = f"{made['prefix']}{digits}{suffix}"
            if self.get(collection, number) is None:
                return number
