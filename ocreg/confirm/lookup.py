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


def look(create: Create, keys: list[str]) -> Generator[Any, Any, tuple[dict[str, list[Any]], set[str]]]:
    """The rows found by their keys, and the keys of what is certainly absent.

    An answer may show fewer rows than there are, so it proves nothing of what it leaves out: once the settling time has
    passed, each missing number is asked for alone.
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
        except OcregError:  # no answer is no proof; tokens and stores fail here, too
            answered = False
        if last and settles is not None:
            absent |= alone
        if len(found) + len(absent) == len(keys) or (last and answered) or passed >= patience + GRACE:
            return found, absent
        rest = patience - passed
        yield Sleep(min(pause, rest) if rest > 0 else pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _ask(create: Create, keys: list[str], found: dict[str, list[Any]], alone: set[str]) -> Generator[Any, Any, None]:
    """One question for so many keys: the rows that there are go to `found`. Raises OcregError.

    To `alone` goes a key that was asked for alone, and is not there.
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
        for key in keys if len(keys) > 1 else ():  # one of them is not there; which?
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
        raise _NoProof(f"{create.lookup.id} answers with something else than what was asked for")
    alone.update(missing if len(keys) == 1 else ())
    if missing and len(keys) > 1 and (foreign or len(rows) >= size):  # it may be cut, or about something else
        for key in missing:
            yield from _ask(create, [key], found, alone)


def _shows_none(data: Any, above: list[str]) -> bool:
    """Whether an answer without rows says that there are none: with an empty list where its rows should be."""
    if data == [] or not above:
        return bool(data == [])
    parts = data if isinstance(data, list) else [data]
    return all(isinstance(part, dict) and _shows_none(_value(part, above[0]), above[1:]) for part in parts)


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
