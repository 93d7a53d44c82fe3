"""Three views of one ledger, so that they agree: the stock, its movements, its age.

A row of `balance` and `ages` is a SKU in a region. `movements` nests its entries as the file's `groups` say.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from .collection import fits
from .ledger import Entry, Series
from .request import Request, span, stamp, wants

_DAY = 24 * 3600
_SKU, _REGION = "MFSKUID", "serviceRegion"


def balance(request: Request) -> dict[str, Any]:
    """Pieces by bucket; `buckets` gives the answer's field for each."""
    buckets: dict[str, str] = request.rules["buckets"]
    totals: dict[tuple[str, str], dict[str, int]] = {}
    for series in _series(request):
        row = totals.setdefault((series.sku, series.region), dict.fromkeys(buckets.values(), 0))
        if series.bucket in buckets:
            row[buckets[series.bucket]] += series.balance
    rows = [{_SKU: sku, _REGION: region, **row} for (sku, region), row in totals.items()]
    return request.success(request.page(rows))


def movements(request: Request) -> dict[str, Any]:
    """The ledger's entries in the time window, each with its bucket's balance after it."""
    since, until = span(request.data, request.rules.get("window"))
    leaves = [leaf for series in _series(request) for leaf in series.between(since, until)]
    return request.success(_nested(leaves, request.rules["groups"]))


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


def ages(request: Request) -> dict[str, Any]:
    """The available stock, in layers by arrival: first in, first out."""
    rows = [
        {
            _SKU: series.sku,
            _REGION: series.region,
            "sandboxQuantity": int(quantity),
            "sandboxAgeDays": int((request.now - at) // _DAY),
        }
        for series in _series(request)
        if series.bucket == request.rules["bucket"]
        for at, quantity in _layers(series.entries)
    ]
    return request.success(request.page(rows))


def _layers(entries: list[Entry]) -> list[list[float]]:
    stack: list[list[float]] = []
    for entry in entries:
        _layer(stack, entry)
    return stack


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


def _series(request: Request) -> list[Series]:
    """The ledger's parts for the SKUs and regions in the request; each of its lists filters them."""
    lists = list(wants(request.data, request.rules.get("by", {})))
    named = next((wanted for wanted in lists if all(_SKU in want for want in wanted)), None)
    skus = None if named is None else [want[_SKU] for want in named]
    return request.records.ledger.series(
        skus, lambda s: all(fits({_SKU: s.sku, _REGION: s.region}, wanted) for wanted in lists)
    )
