"""A template of a table: a column for every field, and a row that the local sandbox accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import OperationUnavailable
from .columns import Columns
from .fields import Field, fields

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

_NUMBER = "EXAMPLE-1"


def template(endpoint: Endpoint) -> list[list[str]]:
    """The header, required fields first, and the example with the most fields among those that fit into columns.

    Raises OperationUnavailable if no example of the endpoint file can be pushed.
    """
    known = fields(endpoint)
    found: list[list[str]] = []
    for item in _examples(endpoint):
        if endpoint.confirm:
            item.setdefault(endpoint.confirm["key"], _NUMBER)
        cells = [_cell(item, field) for field in known]
        again, wrong = Columns([field.name for field in known], endpoint).item([*cells])
        if not wrong and _fits(endpoint, again):
            found.append(cells)
    if not found:
        words = f"{endpoint.id} has no example that fits into columns: write its rows as .jsonl"
        raise OperationUnavailable(words, operation=endpoint.id)
    return [[field.name for field in known], max(found, key=lambda cells: sum(map(bool, cells)))]


def _examples(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = []
    for example in endpoint.examples.get("request", ()):
        data = example.get("data")
        items = data if isinstance(data, list) else [data]
        found += [dict(item) for item in items[:1] if isinstance(item, dict)]
    return found


def _fits(endpoint: Endpoint, item: dict[str, Any]) -> bool:
    return endpoint.data is not None and endpoint.data.ok([item] if endpoint.takes_many else item)


def _cell(item: Any, field: Field) -> str:
    """The value of an item for a column."""
    value = item
    for step in field.name.split("."):
        inside = value[int(step) : int(step) + 1] if isinstance(value, list) and step.isdecimal() else ()
        value = inside[0] if inside else value.get(step) if isinstance(value, dict) else None
    return "" if value in (None, [], {}) else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
