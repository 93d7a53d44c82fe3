"""The lookup that reconciles a create: is there an object with this natural key?"""

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
"""Seconds between two lookups, doubled each time."""
UNPROVED = 30.0
"""Seconds for which an object is looked up whose absence proves nothing."""
MOST_KEYS = 100
"""The most keys in one lookup, if the vendor names no limit."""
GRACE = 60.0
"""Seconds after the settling time for which failed lookups are repeated."""


def look(create: Create, keys: list[str]) -> Generator[Any, Any, tuple[dict[str, list[Any]], set[str]]]:
    """The rows that were found, by key, and the keys that are certainly absent.

    An answer may show fewer rows than exist, so it proves nothing about missing rows. After the settling time, each
    missing key is looked up alone.
    """
    settles = create.endpoint.confirm.get("settles")
    patience = UNPROVED if settles is None else settles
    began, pause = create.clock(), FIRST_PAUSE
    found, absent = dict[str, list[Any]](), set[str]()
    while True:
        passed, alone = create.clock() - began, set[str]()
        last = passed >= patience
        create.doubt(len(keys) - len(found) - len(absent), patience + (GRACE if last else 0) - passed)
        try:
            yield from _ask(create, [key for key in keys if key not in found and key not in absent], found, alone)
            for key in keys if last and settles is not None else ():
                if not (key in found or key in absent or key in alone):
                    yield from _ask(create, [key], found, alone)
            answered = True
        except OcregError:  # a failure proves nothing, also of a token or store
            answered = False
        if last and settles is not None:
            absent |= alone
        if len(found) + len(absent) == len(keys) or (last and answered) or passed >= patience + GRACE:
            return found, absent
        rest = patience - passed
        with create.aside():
            yield Sleep(min(pause, rest) if rest > 0 else pause)
            awake = create.clock()
        began += create.clock() - awake  # waiting to continue leaves no less time for lookups
        pause = min(pause * 2, LONGEST_PAUSE)


def _ask(create: Create, keys: list[str], found: dict[str, list[Any]], alone: set[str]) -> Generator[Any, Any, None]:
    """One lookup of several keys: existing rows are added to `found`. Raises OcregError.

    A key that was looked up alone and is absent is added to `alone`.
    """
    assert create.lookup is not None
    size = _most_keys(create.lookup, create.endpoint.confirm["into"])
    if len(keys) > size:
        for start in range(0, len(keys), size):
            yield from _ask(create, keys[start : start + size], found, alone)
        return
    try:
        payload = question(create.lookup, create.endpoint.confirm["into"], keys)
        answer = yield from converse(create.prepare(create.lookup, payload, create.new_id()))
    except ApiError as error:
        error.__traceback__ = None
        if error.category != "absent":
            raise
        alone.update(keys if len(keys) == 1 else ())
        for key in keys if len(keys) > 1 else ():  # one of them is absent; find out which
            yield from _ask(create, [key], found, alone)
        return
    *above, name = create.endpoint.confirm.get("found", "").split(".")
    data = answer.get("data")
    rows = rows_at(data, above)
    mine = [(_value(row, name) if name else keys[0], row) for row in rows]
    for one, row in mine:
        if one in keys:
            found.setdefault(one, []).append(row)
    foreign = any(one not in keys for one, _ in mine) or (not rows and not _shows_none(data, above))
    missing = [key for key in keys if key not in found]
    if foreign and missing and len(keys) == 1:
        raise _NoProof(f"{create.lookup.id} answers with rows that were not requested")
    alone.update(missing if len(keys) == 1 else ())
    if missing and len(keys) > 1 and (foreign or len(rows) >= size):  # it may be cut, or about other rows
        for key in missing:
            yield from _ask(create, [key], found, alone)


def _shows_none(data: Any, above: list[str]) -> bool:
    """Whether an answer without rows shows that none exist: it has an empty list in place of its rows."""
    if data == [] or not above:
        return bool(data == [])
    parts = data if isinstance(data, list) else [data]
    return all(isinstance(part, dict) and _shows_none(_value(part, above[0]), above[1:]) for part in parts)


def _value(node: dict[str, Any], name: str) -> Any:
    key = key_in(node, name)
    return None if key is None else node[key]


class _NoProof(OcregError):
    """An answer that proves nothing about missing rows."""


def question(lookup: Endpoint, into: str, keys: list[str]) -> dict[str, Any]:
    """The payload that looks up these keys."""
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
