"""The request that a verb answers, and what verbs share: values, filters, pages, answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from math import inf
from typing import Any

from ..registry.endpoint import Endpoint
from .collection import Record, seconds_of
from .records import Records, copied
from .tokens import IssuedTokens

_ZONE = timezone(timedelta(hours=8))  # the offset that all of the vendor's examples have
_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


class Refusal(Exception):
    """A business refusal: its code and its words; `bare` for one without `errors`, as the vendor words some."""

    def __init__(self, code: str, message: str, *, bare: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.bare = code, message, bare


def stamp(seconds: float) -> str:
    """A moment in the vendor's form, which knows whole seconds."""
    return _stamp(int(seconds // 1))


@lru_cache(1 << 12)
def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, _ZONE).strftime(_FORMAT)


@dataclass(frozen=True)
class Request:
    """What a verb is given: the request, checked and without its envelope, and the state that it reads and changes.

    `data` and `query` obey the file's schemas. It came at `now`, in seconds since the epoch; what it creates is hidden
    from finds until `visible`. `repeats`: whether a create with a number that is there already is to `accept` or
    `refuse`.
    """

    endpoint: Endpoint
    data: Any
    query: dict[str, str]
    message_id: str
    now: float
    visible: float
    records: Records
    tokens: IssuedTokens
    repeats: str

    @property
    def rules(self) -> dict[str, Any]:
        return self.endpoint.sandbox

    def success(self, data: Any = None) -> dict[str, Any]:
        """A success answer; `under` puts the data below a name."""
        if isinstance(data, list) and "under" in self.rules:
            data = {self.rules["under"]: data}
        answer = {"code": 0, "message": "Success", "messageId": self.message_id}
        return answer if data is None else {"code": 0, "data": data, **answer}

    def page(self, rows: list[Any]) -> list[Any]:
        """The page of the rows that the request asks for; all of them (up to the limit) where it asks for none."""
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
    """A value of `set`, made for a record: `now`, {field: ...} and {number: [...]} are filled in."""
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
    """For each list (or single value) of the request that names something: the records' fields it wants."""
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
    """The ends of the request's window, in seconds since the epoch; an open end is infinite."""
    if window is None:
        return -inf, inf
    since, until = seconds_of(data.get(window["from"])), seconds_of(data.get(window["to"]), end=True)
    return -inf if since is None else since, inf if until is None else until
