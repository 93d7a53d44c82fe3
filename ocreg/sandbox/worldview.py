"""The world as the page shows it: records, stock, time and faults; and the changes that the page requests."""

from __future__ import annotations

from typing import Any

from .. import redact
from ..errors import EndpointInvalid
from .core import Sandbox
from .faults import KINDS
from .request import stamp

MOST = 200
"""How many records of a kind are shown, the latest ones."""
_END = 4_102_444_800
"""The year 2100, in seconds since the epoch: the limit for advancing time."""


class Worldview:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def world(self) -> dict[str, Any]:
        """`now`, and as `time`; `kinds` of records, with counts; `stock` by SKU and region; `faults`."""
        world, now = self._sandbox, self._sandbox.clock()
        with world.records.lock:
            world.advance(0)  # do what is due by now
            kinds = world.records.kinds()
            series = world.records.ledger.series(None, lambda _: True)
        rows: dict[tuple[str, str], dict[str, int]] = {}
        for one in series:
            rows.setdefault((one.sku, one.region), {})[one.bucket] = one.balance
        stock = [{"sku": sku, "region": region, "buckets": buckets} for (sku, region), buckets in rows.items()]
        return {
            "now": now,
            "time": stamp(now),
            "kinds": kinds,
            "stock": stock,
            "faults": world.faults.listed(),
            "fault_kinds": list(KINDS),
            "forms": list(world.keys.forms),
        }

    def records(self, kind: str, *, sensitive: bool) -> dict[str, Any]:
        """The latest records of a kind, newest first, with personal data masked unless `sensitive`."""
        world = self._sandbox
        with world.records.lock:
            world.advance(0)
            found = world.records.all(kind) if kind in world.records.kinds() else []
            shown = [{k: v for k, v in one.items() if not k.startswith("_")} for one in reversed(found[-MOST:])]
            hidden = frozenset[str]() if sensitive else self._sensitive()
            return {"kind": kind, "count": len(found), "records": [redact.data(one, hidden) for one in shown]}

    def advance(self, seconds: Any) -> dict[str, Any]:
        """Let a number of seconds pass."""
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
            raise ValueError(f"seconds must be a number above 0, not {seconds!r:.40}")
        if not self._sandbox.clock() + seconds < _END:
            raise ValueError("time cannot advance beyond the year 2099")
        self._sandbox.advance(seconds)
        return {"now": self._sandbox.clock(), "time": stamp(self._sandbox.clock())}

    def fault(self, text: str, *, on: bool) -> list[dict[str, Any]]:
        """Switch a fault on (a new one, or one that ran out, from its beginning) or off. Raises SettingInvalid."""
        faults = self._sandbox.faults
        if on:
            faults.add(text)
        else:
            faults.remove(text)
        return faults.listed()

    def _sensitive(self) -> frozenset[str]:
        """Fields that hold personal data in any operation: records are made from several operations' payloads."""
        names: set[str] = set()
        for id in self._sandbox.registry:
            try:
                names |= self._sandbox.registry[id].sensitive
            except EndpointInvalid:
                continue
        return frozenset(names)
