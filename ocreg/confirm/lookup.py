"""The question what became of a create: is there one with this number of the caller's?"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.exchange import Sleep, converse
from ..errors import ApiError, OcregError
from ..registry.answer import key_in
from .create import Create

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds between two questions: doubled each time."""
UNPROVED = 30.0
"""Seconds for which a thing is looked for whose absence proves nothing."""
MOST_KEYS = 100
"""The most numbers in one question, where the vendor names no limit."""
GRACE = 60.0
"""Seconds after the settling time for which questions that fail are asked again."""


def look(create: Create, keys: list[str]) -> Generator[Any, Any, tuple[dict[str, list[Any]], bool]]:
    """The rows found by their keys, and whether what is missing is certainly absent."""
    settles = create.endpoint.confirm.get("settles")
    patience = UNPROVED if settles is None else settles
    began, pause, found = create.clock(), FIRST_PAUSE, dict[str, list[Any]]()
    while True:
        passed, answered = create.clock() - began, True
        missing = [key for key in keys if key not in found]
        try:
            yield from _ask(create, missing, found)
        except OcregError:  # no answer is no proof; tokens and stores fail here, too
            answered = False
        if len(found) == len(keys):
            return found, True
        if answered and passed >= patience:
            return found, settles is not None
        if passed >= patience + GRACE:
            return found, False
        rest = patience - passed
        yield Sleep(min(pause, rest) if rest > 0 else pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _ask(create: Create, keys: list[str], found: dict[str, list[Any]]) -> Generator[Any, Any, None]:
    """One question for so many keys: the rows that there are go to `found`. Raises OcregError."""
    assert create.lookup is not None
    size = _most_keys(create.lookup, create.endpoint.confirm["into"])
    if len(keys) > size:
        for start in range(0, len(keys), size):
            yield from _ask(create, keys[start : start + size], found)
        return
    try:
        payload = question(create.lookup, create.endpoint.confirm["into"], keys)
        answer = yield from converse(create.prepare(create.lookup, payload, create.new_id()))
    except ApiError as error:
        error.__traceback__ = None
        if error.category != "absent":
            raise
        for key in keys if len(keys) > 1 else ():  # one of them is not there; which?
            yield from _ask(create, [key], found)
        return
    *above, name = create.endpoint.confirm.get("found", "").split(".")
    data = answer.get("data")
    rows = rows_at(data, above)
    mine = [(_value(row, name) if name else keys[0], row) for row in rows]
    for one, row in mine:
        if one in keys:
            found.setdefault(one, []).append(row)
    foreign = any(one not in keys for one, _ in mine) or (not rows and _elsewhere(data, above))
    missing = [key for key in keys if key not in found]
    if foreign and missing and len(keys) == 1:
        raise _NoProof(f"{create.lookup.id} answers with something else than what was asked for")
    if missing and len(keys) > 1 and (foreign or len(rows) >= size):  # it may be cut, or about something else
        for key in missing:
            yield from _ask(create, [key], found)


def _elsewhere(data: Any, above: list[str]) -> bool:
    """Whether an answer holds something, but not where its rows should be."""
    parts = data if isinstance(data, list) else [data] if data else []
    return bool(parts and above) and not any(isinstance(part, dict) and key_in(part, above[0]) for part in parts)


def _value(node: dict[str, Any], name: str) -> Any:
    key = key_in(node, name)
    return None if key is None else node[key]


class _NoProof(OcregError):
    """An answer from which nothing follows about what is not in it."""


def question(lookup: Endpoint, into: str, keys: list[str]) -> dict[str, Any]:
    """The payload that asks for so many keys."""
    first, _, field = into.partition(".")
    data: dict[str, Any] = {first: [{field: key} for key in keys] if field else keys}
    if not field and not _is_list(lookup, first):
        data[first] = keys[0]
    page = lookup.limits.get("page")
    return {**data, page["number"]: page.get("first", 1), page["size"]: page["most"]} if page else data


def _most_keys(lookup: Endpoint, into: str) -> int:
    first, _, field = into.partition(".")
    if not field and not _is_list(lookup, first):
        return 1
    limits = lookup.limits
    known = (limits.get("ids", {}).get(first), limits.get("page", {}).get("most"), limits.get("results"))
    return min([MOST_KEYS, *(int(number) for number in known if number)])


def _is_list(lookup: Endpoint, name: str) -> bool:
    properties = lookup.data.root.get("properties", {}) if lookup.data is not None else {}
    return bool(properties.get(name, {}).get("type") == "array")


def rows_at(node: Any, path: Sequence[str]) -> list[dict[str, Any]]:
    """The objects at a path of names, through lists."""
    level = node if isinstance(node, list) else [node]
    for name in path:
        inner = [_value(item, name) for item in level if isinstance(item, dict)]
        level = [item for one in inner for item in (one if isinstance(one, list) else [one])]
    return [item for item in level if isinstance(item, dict)]
