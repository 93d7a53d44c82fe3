"""What happens to fields that an endpoint file does not describe, by the policy `unknown`:

    close to a known one   refused, with the likely fix, under every policy (`ocreg.names` says what is close)
    any other              refuse: refused;  warn: sent, with one warning per field and operation;  allow: sent

A field that a call names (`unknown={"field"}`), or that is in an object with `x-unknown: allow`, is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import EndpointInvalid, SettingInvalid
from ..lazy import cached_property, load
from ..notices import UnfilteredWarning, UnknownFieldWarning, tell
from ..violation import Violation
from .levels import Described, Endless, Level, closed, top

if TYPE_CHECKING:
    from .guesses import Guess

POLICIES = ("refuse", "warn", "allow")
STRICT = "strict"
"""The sandbox's policy: like `refuse`, but without a warning."""
COUNTED = 5_000
"""How many unknown fields are counted. A larger number is not determined."""
_NO_SCHEMA = (AttributeError, KeyError, TypeError)
"""What is raised while walking through an invalid schema; compiling it raises the proper error."""
_MOST_TOLD = 100
"""How many fields of one operation cause a warning: payloads may have numbers as names."""


class _Every:
    def __contains__(self, name: object) -> bool:
        return True


EVERY = _Every()
"""Allowed fields: all of them, without a warning."""


class Names:
    """The names that a schema knows. It costs nothing until an unknown one occurs, except under `strict`."""

    def __init__(self, schema: Described) -> None:
        self._schema = schema

    @cached_property
    def top(self) -> Level:
        return top(self._schema)

    @cached_property
    def strict(self) -> Described | None:
        """The schema without unknown names: what satisfies it needs no second check. None if there is none."""
        try:
            return self._schema.instead(closed(self._schema.root, self.top))
        except (Endless, *_NO_SCHEMA):
            return None

    def surely_known(self, value: Any) -> bool:
        """Whether a value satisfies the schema and has no unknown names."""
        return self.strict is not None and self.strict.ok(value)


class Operation:
    """What all calls of an operation share: its names, and the fields that a warning was issued for.

    `schemas` returns those of payload, query and path, by the prefix of their violations; `siblings` returns the
    operations of the same group.
    """

    def __init__(
        self,
        id: str,
        reads: bool,
        schemas: Callable[[], Mapping[str, Described | None]],
        siblings: Callable[[], Iterable[Operation]],
    ) -> None:
        self.id, self.reads, self._schemas, self._siblings = id, reads, schemas, siblings
        self.told: set[str] = set()

    @cached_property
    def names(self) -> dict[str, Names]:
        return {prefix: Names(schema) for prefix, schema in self._schemas().items() if schema is not None}

    @cached_property
    def paging(self) -> set[str]:
        """The numeric fields of a read: they say how many rows to return, not which."""
        level = self.names[""].top if self.reads and "" in self.names else None
        return {name for name in level.names if level.below(name).holds("integer")} if level else set()

    @cached_property
    def family(self) -> dict[str, str]:
        """The payload fields of the group's other operations, each with its operation's id; without paging fields."""
        found: dict[str, str] = {}
        for one in self._siblings():
            with suppress(EndpointInvalid, *_NO_SCHEMA):  # that file's mistake is reported when its operation is called
                known = one.names[""].top.all() if one.id != self.id and "" in one.names else ()
                found |= {name: one.id for name in known if name not in found and name not in one.paging}
        return found

    @cached_property
    def narrowed_by(self) -> tuple[str, ...]:
        """The fields of a read's payload that filter its rows."""
        known = self.names[""].top.names.items() if self.reads and "" in self.names else ()
        return tuple(name for name, usable in known if usable and name not in self.paging)


class Fields(NamedTuple):
    """What happens to an operation's fields: the policy, and those that are sent on purpose."""

    of: Operation
    policy: str = "warn"
    allowed: Container[str] = frozenset()

    def violations(self, value: Any, prefix: str, most: int, passed: dict[str, None]) -> tuple[list[Violation], int]:
        """The unknown fields that are refused, at most `most` of them explained, and how many more there may be.

        The names of the others are added to `passed`.
        """
        guesses: dict[tuple[int, str], Guess | None] = {}
        found: list[Violation] = []
        strangers = iter(()) if self.allowed is EVERY else self.of.names[prefix].top.strangers(value)
        for path, level in strangers:
            name, key = path[-1], (id(level), path[-1])
            if name in self.allowed:
                continue
            if key not in guesses:
                guess = load("ocreg.names.guesses").guess  # few calls have an unknown name
                guesses[key] = guess(name, level, self.of.family, closed=self.of.reads)
            near = guesses[key]
            if near is None and self.policy in ("warn", "allow"):
                passed[name] = None
                continue
            fix = near.fix if near else f"leave it out; known here: {', '.join(level.names)}"
            found.append(_violation(path, fix, level))
            if len(found) >= most:
                return found, sum(1 for _ in islice(strangers, COUNTED))
        return found, 0

    def tell(self, passed: Iterable[str]) -> None:
        """Warn of fields that are sent although the file does not describe them, once for each."""
        for name in passed if self.policy == "warn" else ():
            if name not in self.of.told and len(self.of.told) < _MOST_TOLD:
                other = self.of.family.get(name)
                known = f" ({other} has a field of this name)" if other else ""
                words = f"{self.of.id}: {name[:80] or '(no name)'} is not described{known}; it is sent unchanged"
                tell(UnknownFieldWarning(words, self.of.id, name))
                self.of.told.add(name)

    def look_for_filter(self, data: Any) -> None:
        """Warn of a read that uses none of its filters."""
        narrowed_by = self.of.narrowed_by
        if not narrowed_by or self.allowed is EVERY or self.policy not in ("refuse", "warn") or "" in self.of.told:
            return
        given = data if isinstance(data, dict) else {}
        narrow = (value for name, value in given.items() if name in narrowed_by or name in self.allowed)
        if self.of.names[""].top.free or any(map(_names_something, narrow)):
            return
        words = f"{self.of.id}: the payload has no filter, so the answer covers everything"
        tell(UnfilteredWarning(f"{words}; you can filter by {', '.join(narrowed_by)}", self.of.id))
        self.of.told.add("")


def _violation(path: tuple[Any, ...], fix: str, level: Level) -> Violation:
    name = path[-1][:80]
    way = f"to send it on purpose: unknown={{{name!r}}}, or --allow-unknown {name}"
    file, line = level.place
    return Violation((*path[:-1], name), "unknown", f'unknown field "{path[-1]:.40}"', f"{fix} ({way})", file, line)


def _names_something(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_names_something, value.values() if isinstance(value, dict) else value))
    return value is not None and value != ""


def chosen(given: Iterable[str]) -> frozenset[str]:
    """The fields that a call sends on purpose. Raises SettingInvalid if it is not a set of names."""
    names = () if isinstance(given, str) else tuple(given)
    if isinstance(given, str) or not all(isinstance(name, str) for name in names):
        words = "unknown must hold the names of fields that are sent on purpose: unknown={'field'}"
        raise SettingInvalid(f"{words}, not {given!r:.60}", setting="unknown")
    return frozenset(names)
