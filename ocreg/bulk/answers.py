"""The rows of an answer: where they are, and which of their entries happened before a moment.

A name that is missing in the schema's spelling is matched without regard to case, because the vendor varies it.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..errors import PagingError
from ..registry.answer import key_in
from .spans import instant

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from ..registry.schema import Schema


class Place:
    """The place of the rows in an operation's answers: by its schema or else by the answer."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.known = _declared(endpoint)

    def rows(self, answer: dict[str, Any]) -> list[Any]:
        """The rows; null means none. Raises PagingError if several lists could be the rows."""
        data = answer.get("data") if self._endpoint.envelope else answer
        if data is None or isinstance(data, list):
            return data or []
        if not isinstance(data, dict):
            raise self._unclear("`data` is neither a list nor an object")
        if self.known:
            found = data.get(key_in(data, self.known) or self.known)
            if isinstance(found, list):
                return found
        lists = [value for value in data.values() if isinstance(value, list)]
        if not lists and self.known:
            return []  # absent means none, as null does
        if len(lists) != 1:
            raise self._unclear(f"`data` has {'no list' if not lists else f'{len(lists)} lists'}")
        return lists[0]

    def _unclear(self, why: str) -> PagingError:
        id = self._endpoint.id
        words = f"{id}: the part of the answer with its rows is unknown: {why}, and the file's `response` names none"
        fix = "use call(), or describe the list in an overlay of the file"
        return PagingError(f"{words}\n  fix: {fix}", operation=id, page=None, resume=None)


def _declared(endpoint: Endpoint) -> str | None:
    """The name of the one list of objects in the answer's data; None if it is the data itself, or unknown."""
    schema = endpoint.answer
    nodes = _data(endpoint)
    names = {name for node in nodes for name in node.get("properties", {})}
    lists = [
        name
        for name in sorted(names)
        if any("properties" in node for node in schema.at(schema.at(nodes, name), 0))  # the items of an array
    ]
    return lists[0] if len(lists) == 1 else None


def _data(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The schemas of the data of an answer."""
    schema = endpoint.answer
    return schema.at([schema.root], "data") if endpoint.envelope else list(schema.spread([schema.root]))


def described(endpoint: Endpoint) -> tuple[Schema, list[dict[str, Any]]]:
    """The schema of an answer, and the parts that describe a single row; empty if the file describes no rows."""
    schema, name, nodes = endpoint.answer, _declared(endpoint), _data(endpoint)
    return schema, schema.at(schema.at(nodes, name) if name else nodes, 0)


def before(node: Any, path: list[str], end: int) -> tuple[list[Any], bool]:
    """The part of a row from before the second `end`, as a list of one or none; and whether all times were read.

    `path` leads to the time of an entry, through lists. An object whose list becomes empty is removed with it.
    """
    name, *below = path
    key = key_in(node, name) if isinstance(node, dict) else None
    if key is None:
        return [node], False
    value = node[key]
    if not below:
        at = moment(value)
        return ([node] if at is None or at < end else []), at is not None
    inner = value if isinstance(value, list) else [value]
    results = [before(item, below, end) for item in inner]
    kept = [item for items, _ in results for item in items]
    sure = bool(results) and all(known for _, known in results)
    if inner and not kept:
        return [], sure
    return [{**node, key: kept if isinstance(value, list) else kept[0]}], sure


def moment(value: Any) -> int | None:
    """The second of a moment in an answer, in the vendor's form, another ISO form, or epoch milliseconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value // 1000) if abs(value) > 1e11 else int(value // 1)
    found = instant(value)
    if found is None and isinstance(value, str):
        try:
            found = instant(datetime.fromisoformat(value.strip().replace("Z", "+00:00")))
        except ValueError:
            return None
    return found


def digest(value: Any) -> bytes:
    """Equal for values that are the same JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode(), digest_size=16).digest()
