"""The demo world: the `story`, executed by the verbs at its times.

So everything that can be read is consistent: every region has stock of existing SKUs, and the orders name those SKUs
and moved that stock. Times are relative to the start; numbers are always the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

from ..registry.endpoint import Endpoint
from ..registry.files import Registry, shipped_ids
from .collection import Record
from .records import Records, copied
from .request import Refusal, Request, values, wants
from .story import Told, told
from .tokens import IssuedTokens
from .verbs import VERBS, progress


def demo_records(records: Records, tokens: IssuedTokens, registry: Registry, now: float) -> None:
    """Execute the story, by the endpoint files of the registry, including overlays."""
    endpoints = {id: registry[id] for id in shipped_ids()}
    chance, records.chance = records.chance, random.Random(0)  # noqa: S311  # the world's own is for later numbers
    calls = told(now)
    for one in calls:
        endpoint = endpoints[one.id]
        if endpoint.sandbox.get("does") in ("create", "find", "change"):
            _happen(records, tokens, endpoint, one, now - one.ago)
    for endpoint in endpoints.values():
        _know_examples(records, endpoint, endpoints, now)
    progress(records, now)
    for one in calls:
        record = _made(records, endpoints[one.id], one)
        if record is not None and one.known is not None:
            records.update(record, copied(one.known))
    records.chance = chance


def _happen(records: Records, tokens: IssuedTokens, endpoint: Endpoint, one: Told, at: float) -> None:
    progress(records, at)
    request = Request(endpoint, one.data, {}, "", at, at, records, tokens, number=one.number)
    with suppress(Refusal):  # an overlay may refuse what depends on an earlier call
        VERBS[endpoint.sandbox["does"]](request)
    record = _made(records, endpoint, one)
    if record is not None and one.waits:
        records.unschedule(record)


def _made(records: Records, endpoint: Endpoint, one: Told) -> Record | None:
    return records.get(endpoint.sandbox["collection"], one.number) if one.number is not None else None


def _know_examples(records: Records, endpoint: Endpoint, endpoints: dict[str, Endpoint], now: float) -> None:
    """Create the objects that a file's own examples name and that would be refused if they were absent."""
    collection = endpoint.sandbox.get("collection", "")
    makers = (e.sandbox for e in endpoints.values() if e.sandbox.get("does") == "create")
    maker = next((rules for rules in makers if rules["collection"] == collection), None)
    if maker is not None and (endpoint.sandbox["does"] == "change" or "unknown" in endpoint.sandbox):
        for key in _keys(endpoint, maker["key"]):
            if records.get(collection, key) is None:
                start = values(records, maker.get("set", {}), {maker["key"]: key}, now)
                records.put(collection, key, {**start, maker["key"]: key})


def _keys(endpoint: Endpoint, key: str) -> Iterator[str]:
    by = endpoint.sandbox.get("by", {key: key})
    for example in endpoint.examples.get("request", ()):
        for wanted in wants(example["data"], by):
            yield from (want[key] for want in wanted if key in want)
