"""The request that a verb answers, and what verbs share: values, filters, pages, answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from ..registry.endpoint import Endpoint
from .collection import Record, seconds_of
from .records import Records, copied
from .tokens import IssuedTokens

_ZONE = timezone(timedelta(hours=8))  # the offset in all of the vendor's examples
_EPOCH = datetime.fromtimestamp(0, _ZONE)
_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


class Refusal(Exception):
    """A business refusal: its code and its text; `bare` for one without `errors`, as some of the vendor's are."""

    def __init__(self, code: str, message: str, *, bare: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.bare = code, message, bare


class Forced(NamedTuple):
    """A refusal caused by a fault: of the item with this number, from 1; None: of the whole request."""

    refusal: Refusal
    item: int | None


def stamp(seconds: float) -> str:
    """A time in the vendor's form, which has whole seconds."""
    return _stamp(int(seconds // 1))


@lru_cache(1 << 12)
def _stamp(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime(_FORMAT)


@dataclass(frozen=True)
class Request:
    """What a verb receives: the request, checked and without its envelope, and the state that it reads and changes.

    `data` and `query` satisfy the file's schemas. It arrived at `now`, in seconds since the epoch; what it creates is
    hidden from finds until `visible`. `refuses` and `regions`: the refusals of the world (`refusals`); `refused`: that
    of a fault.
    """

    endpoint: Endpoint
    data: Any
    query: dict[str, str]
    message_id: str
    now: float
    visible: float
    records: Records
    tokens: IssuedTokens
    refuses: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    refused: Forced | None = None
    number: str | None = None

    @property
    def rules(self) -> dict[str, Any]:
        return self.endpoint.sandbox

    def success(self, data: Any = None) -> dict[str, Any]:
        """A success answer; `under` puts the data into a field."""
        if isinstance(data, list) and "under" in self.rules:
            data = {self.rules["under"]: data}
        answer = {"code": 0, "message": "Success", "messageId": self.message_id}
        return answer if data is None else {"code": 0, "data": data, **answer}

    def page(self, rows: list[Any]) -> list[Any]:
        """The page of the rows that the request asks for; all rows (up to the limit) if it asks for none."""
        rule = self.endpoint.limits.get("page")
        if not rule or not isinstance(self.data, dict):
            return rows[: self.endpoint.limits.get("results")]
        size = int(self.data.get(rule["size"]) or rule["most"])  # 2.0 is an integer to JSON Schema
        if not 0 < size <= rule["most"]:
            raise Refusal("sandbox.page", f"sandbox: {rule['size']} is {size}, from 1 to {rule['most']}")
        first = rule.get("first", 1)
        number = max(int(self.data.get(rule["number"], first)), first) - first
        return rows[number * size : (number + 1) * size]


def values(records: Records, node: Any, record: Record, now: float) -> Any:
    """A value of `set` for a record: `now`, {field: ...} and {number: [...]} are filled in."""
    if node == "now":
        return stamp(now)
    if isinstance(node, list):
        return [values(records, item, record, now) for item in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"field"}:
        return copied(record.get(node["field"]))
    if node.keys() == {"number"}:
        return records.number(node["number"], record)
    return {key: values(records, item, record, now) for key, item in node.items()}


def shown(rules: dict[str, Any], record: Record) -> Record:
    """The record's fields that the answer shows, under the answer's names."""
    names = rules.get("shows", [name for name in record if not name.startswith("_")])
    pairs = names.items() if isinstance(names, dict) else ((name, name) for name in names)
    return {name: copied(record[field]) for name, field in pairs if field in record}


def wants(data: Record, by: dict[str, Any]) -> Iterator[list[Record]]:
    """For each non-empty list (or single value) of the request: the record fields that it selects by."""
    for name, fields in by.items():
        given = data.get(name)
        found = list(_wants(given if isinstance(given, list) else [given], fields))
        if found:
            yield found


def _wants(items: Iterable[Any], fields: str | dict[str, str]) -> Iterator[Record]:
    for item in items:
        if item is None:
            continue
        if isinstance(fields, str):
            yield {fields: item}
        elif want := {field: item[key] for key, field in fields.items() if key in item}:
            yield want


def span(data: Record, window: dict[str, str] | None) -> tuple[float, float]:
    """The ends of the request's time window, in seconds since the epoch; an open end is infinite."""
    if window is None:
        return -inf, inf
    since, until = seconds_of(data.get(window["from"])), seconds_of(data.get(window["to"]), end=True)
    return -inf if since is None else since, inf if until is None else until


def lines(record: Record, rule: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """SKU, region and pieces of each line of an order; nested lists are followed."""
    level = [record]
    for name in rule["each"].split("."):
        level = [line for holder in level for line in holder.get(name) or ()]
    for line in level:
        sku, region = line.get(rule["sku"]), record.get(rule["region"])
        if isinstance(sku, str) and isinstance(region, str) and sku and region:
            yield sku, region, _pieces(line.get(rule["quantity"]))


def _pieces(quantity: Any) -> int:
    try:
        return int(quantity or 0)
    except ValueError:
        raise Refusal("sandbox.quantity", f"sandbox: {quantity!r} is not a number of pieces") from None


def successes(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    """The bodies of the file's success examples."""
    for example in endpoint.examples.get("response", ()):
        body = example["body"]
        if body.get("code") == 0 if endpoint.envelope else not body.get("error"):
            yield body
