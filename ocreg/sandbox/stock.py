"""Three views of one ledger, so that they agree: what is there, how it came about, how old it is.

A row of `balance` and `ages` is a SKU in a region. `movements` nests its entries as the file's `groups` say.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

from .moment import Moment, fits, inside, stamp, wants
from .records import Entry

_DAY = 24 * 3600
_FIELDS = {"sku": "MFSKUID", "region": "serviceRegion"}


def balance(moment: Moment) -> dict[str, Any]:
    """Pieces by bucket; `buckets` names the answer's field for each."""
    buckets: dict[str, str] = moment.rules["buckets"]
    totals: dict[tuple[str, str], dict[str, int]] = {}
    for entry in _entries(moment):
        row = totals.setdefault((entry.sku, entry.region), dict.fromkeys(buckets.values(), 0))
        if entry.bucket in buckets:
            row[buckets[entry.bucket]] += entry.quantity
    rows = [{"MFSKUID": sku, "serviceRegion": region, **row} for (sku, region), row in sorted(totals.items())]
    return moment.success(moment.page(rows))


def movements(moment: Moment) -> dict[str, Any]:
    """The ledger's entries in the window, with each bucket's balance after them."""
    running: dict[tuple[str, str, str], int] = defaultdict(int)
    leaves = []
    for entry in _entries(moment):
        running[entry.sku, entry.region, entry.bucket] += entry.quantity
        at = datetime.fromtimestamp(entry.at, timezone.utc)
        if inside(moment.data, moment.rules.get("window"), at):
            leaves.append((entry, running[entry.sku, entry.region, entry.bucket]))
    leaves.sort(key=lambda leaf: (leaf[0].sku, leaf[0].region, leaf[0].bucket, leaf[0].at, leaf[0].number))
    return moment.success(_nested(leaves, moment.rules["groups"]))


def _nested(leaves: list[tuple[Entry, int]], groups: list[dict[str, str]]) -> list[dict[str, Any]]:
    group, *below = groups
    if not below:
        return [
            {
                "moventmentID": f"SBX{entry.number:09d}",
                "quantity": entry.quantity,
                "actualCount": count,
                "reason": entry.reason,
                "orderNumber": entry.order,
                "updateTime": stamp(entry.at),
            }
            for entry, count in leaves
        ]
    by = group["by"]
    return [
        {group["shows"]: value, below[0]["list"]: _nested(list(members), below)}
        for value, members in groupby(leaves, key=lambda leaf: getattr(leaf[0], by))
    ]


def ages(moment: Moment) -> dict[str, Any]:
    """What is available, in the layers in which it came: what came first has left first."""
    layers: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for entry in _entries(moment):
        if entry.bucket == moment.rules["bucket"]:
            _layer(layers[entry.sku, entry.region], entry)
    rows = [
        {
            "MFSKUID": sku,
            "serviceRegion": region,
            "sandboxQuantity": int(quantity),
            "sandboxAgeDays": int((moment.now - at) // _DAY),
        }
        for (sku, region), stack in sorted(layers.items())
        for at, quantity in stack
    ]
    return moment.success(moment.page(rows))


def _layer(stack: list[list[float]], entry: Entry) -> None:
    if entry.quantity > 0:
        stack.append([entry.at, entry.quantity])
        return
    left = -entry.quantity
    while left and stack:
        taken = min(left, stack[0][1])
        stack[0][1] -= taken
        left -= int(taken)
        if not stack[0][1]:
            stack.pop(0)


def _entries(moment: Moment) -> list[Entry]:
    """The ledger in order of time, for the SKUs and regions that the request names; each list narrows it."""
    lists = list(wants(moment.data, moment.rules.get("by", {})))
    return [
        entry
        for entry in sorted(moment.records.ledger, key=lambda e: (e.at, e.number))
        if all(fits({field: getattr(entry, name) for name, field in _FIELDS.items()}, wanted) for wanted in lists)
    ]
