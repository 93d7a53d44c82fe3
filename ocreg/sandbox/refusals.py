"""Business refusals: why the sandbox refuses what a file allows. By a fault, or by the rules of its world:

    repeat            a record with this natural key exists (the file's `confirm.key`)
    unknown-region    it names a region that warehouse.services does not list
    unknown-sku       one of its lines names a SKU that does not exist
    no-stock          its lines take more out of a bucket than there is

It is not known which of these rules the vendor has, and with which texts. So a world has only the rules that were
requested, and codes and texts are the sandbox's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import OcregError, SettingInvalid
from ..registry.explain import closest_name
from ..registry.files import Registry
from .collection import Record
from .request import Refusal, Request, lines, successes


def chosen(names: Iterable[str]) -> frozenset[str]:
    """The rules of a world, by their names. Raises SettingInvalid."""
    given = frozenset([names] if isinstance(names, str) else names)
    for name in sorted(given - RULES.keys(), key=str):
        near = closest_name(str(name), list(RULES), 0.5)
        hint = f"; did you mean {near!r}?" if near else ""
        words = f"there is no rule {name!r:.60}{hint} (rules: {', '.join(RULES)})"
        raise SettingInvalid(words, setting="refuses")
    return given


def regions(registry: Registry) -> frozenset[str]:
    """The existing regions: those of the example of warehouse.services."""
    try:
        body: dict[str, Any] = next(successes(registry["warehouse.services"]), {})
    except OcregError:  # a registry without it has no regions
        return frozenset()
    return frozenset(str(row["serviceRegion"]) for row in body.get("data") or () if "serviceRegion" in row)


def of_item(request: Request, place: int, item: Record) -> Refusal | None:
    """Why the item at a place (from 0) of the payload is refused; None: it is accepted."""
    forced = request.refused
    if forced is not None and forced.item == place + 1:
        return forced.refusal
    for name, rule in RULES.items():
        words = rule(request, item) if name in request.refuses else None
        if words is not None:
            return Refusal(_CODES.get(name, f"sandbox.{name}"), f"sandbox: {words}")
    return None


def of_all(request: Request) -> None:
    """Raise the refusal of a whole request, if a fault requires one."""
    forced = request.refused
    if forced is not None and (forced.item is None or not isinstance(request.data, list)):
        raise forced.refusal


def _repeat(request: Request, item: Record) -> str | None:
    key = request.endpoint.confirm.get("key")
    if key is None or item.get(key) is None:
        return None
    found = request.records[request.rules["collection"]].find([{key: item[key]}])
    return f"the {key} {item[key]} already exists" if found else None


def _unknown_region(request: Request, item: Record) -> str | None:
    known = request.regions
    strange = next((name for name in _named(item, "serviceRegion") if name not in known), None) if known else None
    return f"there is no serviceRegion {strange}" if strange is not None else None


def _unknown_sku(request: Request, item: Record) -> str | None:
    skus = (sku for sku, _, _ in _lines(request, item))
    strange = next((sku for sku in skus if request.records.get("sku", sku) is None), None)
    return f"there is no SKU {strange}" if strange is not None else None


def _no_stock(request: Request, item: Record) -> str | None:
    moves = request.rules.get("moves", {}).get("buckets", {})
    wanted: Counter[tuple[str, str]] = Counter()
    for sku, region, pieces in _lines(request, item):
        wanted[sku, region] += pieces
    for bucket in (name for name, sign in moves.items() if sign < 0):
        for (sku, region), pieces in wanted.items():
            there = request.records.ledger.balance(sku, region, bucket)
            if there < pieces:
                return f"{pieces} of {sku} are ordered in {region}, but {max(there, 0)} are available"
    return None


def _lines(request: Request, item: Record) -> Iterator[tuple[str, str, int]]:
    return lines(item, request.rules["lines"]) if "lines" in request.rules else iter(())


def _named(value: Any, wanted: str) -> Iterator[Any]:
    """The values of fields with a name, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == wanted and isinstance(inner, str):
                yield inner
            else:
                yield from _named(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, wanted)


RULES: dict[str, Callable[[Request, Record], str | None]] = {
    "repeat": _repeat,
    "unknown-region": _unknown_region,
    "unknown-sku": _unknown_sku,
    "no-stock": _no_stock,
}
_CODES = {"repeat": "sandbox.repeated"}
