"""What is done about fields that an endpoint file does not describe, by the policy `unknown`:

    near a known one     refused, with the likely fix, whatever the policy (`names` says what is near)
    any other            refuse: refused;  warn: sent, with a warning once per field and operation;  allow: sent

A field that is named (`Client.call(..., unknown={"field"})`) or lies in an object with `x-unknown: allow` is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import EndpointInvalid, SettingInvalid
from ..notices import UnfilteredWarning, UnknownFieldWarning, tell
from ..violation import Violation
from .explain import COUNTED, show
from .names import Guess, guess

if TYPE_CHECKING:
    from .endpoint import Endpoint
    from .names import Level

POLICIES = ("refuse", "warn", "allow")
STRICT = "strict"
"""The sandbox's policy: as `refuse`, and no warning."""
_MOST_TOLD = 100
"""Fields of one operation that are warned of: payloads may have numbers for names."""


class _Every:
    def __contains__(self, name: object) -> bool:
        return True


EVERY = _Every()
"""Allowed fields: all, and nothing is said of any."""


def chosen(given: Iterable[str]) -> frozenset[str]:
    """The fields that a call sends on purpose. Raises SettingInvalid for what is no set of names."""
    names = () if isinstance(given, str) else tuple(given)
    if isinstance(given, str) or not all(isinstance(name, str) for name in names):
        words = "unknown must hold the names of fields that are sent on purpose: unknown={'field'}"
        raise SettingInvalid(f"{words}, not {given!r:.60}", setting="unknown")
    return frozenset(names)


def violations(endpoint: Endpoint, value: Any, prefix: str, most: int) -> tuple[list[Violation], int]:
    """The unknown fields that are refused, `most` of them in words, and how many more there may be.

    Of the others those are told that were not told before, once nothing is refused.
    """
    if endpoint.allowed is EVERY:
        return [], 0
    guesses: dict[tuple[int, str], Guess | None] = {}
    found: list[Violation] = []
    passed: dict[str, tuple[Any, ...]] = {}
    strangers = endpoint.names[prefix].top.strangers(value)
    for path, level in strangers:
        name, key = path[-1], (id(level), path[-1])
        if name in endpoint.allowed:
            continue
        if key not in guesses:
            guesses[key] = guess(name, level, endpoint.family, closed=endpoint.effect == "read")
        if guesses[key] is None and endpoint.unknown not in ("refuse", STRICT):
            passed.setdefault(name, path)
            continue
        found.append(_violation(endpoint, path, level, guesses[key]))
        if len(found) >= most:
            return found, sum(1 for _ in islice(strangers, COUNTED))
    if not found and endpoint.unknown == "warn":
        _tell(endpoint, passed)
    return found, 0


def _violation(endpoint: Endpoint, path: tuple[Any, ...], level: Level, near: Guess | None) -> Violation:
    name = path[-1][:80]
    fix = near.fix if near else f"leave it out; known here: {', '.join(level.names)}"
    way = f"on purpose: unknown={{{name!r}}}, or --allow-unknown {name}"
    words = f"unknown field {show(path[-1], 40)}"
    file, line = level.place
    return Violation((*path[:-1], name), "unknown", words, f"{fix} ({way})", file, line)


def _tell(endpoint: Endpoint, fields: dict[str, tuple[Any, ...]]) -> None:
    for name in fields:
        if name not in endpoint.told and len(endpoint.told) < _MOST_TOLD:
            others = endpoint.family.get(name)
            known = f" ({others} has a field of this name)" if others else ""
            words = f"{endpoint.id}: {name[:80]} is not described{known}; it is sent as it is"
            tell(UnknownFieldWarning(words, endpoint.id, name))
            endpoint.told.add(name)


def unfiltered(endpoint: Endpoint, data: Any) -> None:
    """Tell of a read that names nothing of what its file knows to narrow it."""
    if not endpoint.narrowed_by or endpoint.unknown in ("allow", STRICT) or endpoint.allowed is EVERY:
        return
    given = data if isinstance(data, dict) else {}
    counts = {*endpoint.narrowed_by, *(name for name in given if name in endpoint.allowed)}
    if endpoint.names[""].top.free or any(_names_something(given[name]) for name in counts if name in given):
        return
    words = f"{endpoint.id}: the payload names nothing, so the answer is about everything"
    if "" not in endpoint.told:
        tell(UnfilteredWarning(f"{words}; it can be narrowed by {', '.join(endpoint.narrowed_by)}", endpoint.id))
        endpoint.told.add("")


def _names_something(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_names_something, value.values() if isinstance(value, dict) else value))
    return value is not None and value != ""


def family(siblings: Iterable[Endpoint]) -> dict[str, str]:
    """The payloads' fields of operations, each with the id of the first that has it; those for paging left out."""
    found: dict[str, str] = {}
    for one in siblings:
        with suppress(EndpointInvalid):  # another file's mistake is told when that operation is called
            for name in one.names[""].top.all() if "" in one.names else ():
                if name not in one.paging:
                    found.setdefault(name, one.id)
    return found
