"""The demo records that a sandbox starts with, made from the files' examples."""

from __future__ import annotations

from collections.abc import Iterator

from ..registry.endpoint import Endpoint
from .collection import Record
from .records import Records, copied
from .request import values, wants
from .verbs import successes


def demo_records(records: Records, endpoints: list[Endpoint], now: float) -> None:
    """A few records to start with, from the files' examples: what finds show, and what changes name."""
    makers = {e.sandbox["collection"]: e.sandbox for e in endpoints if e.sandbox.get("does") == "create"}
    for endpoint in endpoints:
        maker = makers.get(endpoint.sandbox.get("collection", ""))
        if maker is None or endpoint.sandbox["does"] not in ("find", "change"):
            continue
        for row in _demo_rows(endpoint):
            key = row.get(maker["key"])
            if key is not None and records.get(maker["collection"], key) is None:
                start = values(records, maker.get("set", {}), row, now)
                records.put(maker["collection"], key, {**start, **copied(row)})


def _demo_rows(endpoint: Endpoint) -> Iterator[Record]:
    """Records under the names that they have in the sandbox."""
    rules = endpoint.sandbox
    if rules["does"] == "change":
        for example in endpoint.examples.get("request", ()):
            if rules["key"] in example["data"]:
                yield {rules["key"]: example["data"][rules["key"]]}
        return
    if "unknown" in rules:  # it refuses what is not there, and its own example should be there
        for example in endpoint.examples.get("request", ()):
            yield from (want for wanted in wants(example["data"], rules["by"]) for want in wanted)
    names = rules.get("shows", [])
    fields = names if isinstance(names, dict) else {name: name for name in names}
    for body in successes(endpoint):
        data = body.get("data", [])
        for row in data.get(rules["under"], []) if isinstance(data, dict) and "under" in rules else data:
            yield {fields.get(name, name): value for name, value in row.items()}
