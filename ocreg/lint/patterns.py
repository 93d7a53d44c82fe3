"""Patterns on which a validator may hang: the number of ways to match a text grows with the text's length.

Python's `re` tries every way before it fails. It also explains each refusal, even if the other validator refused. The
pattern is converted into an automaton with a state for each of its characters (Glushkov's). Two questions follow. Does
a text lead from a state back to it in two ways (then the time doubles with each repetition)? Does a text stay in
either of two loops and also lead from the first to the second (then it grows with the square)?

Two kinds are not found: what only lookaheads or backreferences cause (a pattern with one is reported as undecided), and
alternatives that are many, but finite (`(a?){40}a{40}`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from ..registry.schema import ascii_pattern

_MANY = 20
"""From this number of repetitions on, a bounded repeat counts as a loop that doubles the ways."""
_ENDLESS = 1_000
"""From this number of repetitions on, their square is a long time."""
_STEPS = 100_000
"""How many steps are examined, about a tenth of a second; usual patterns need less than a hundredth of them."""
_CATEGORIES: dict[str, frozenset[int]] = {
    "DIGIT": frozenset(range(48, 58)),
    "SPACE": frozenset(map(ord, " \t\n\r\f\v")),
    "WORD": frozenset(code for code in range(128) if chr(code).isalnum() or code == 95),
}
_ALL = frozenset(range(129))  # ASCII, and one number for all other characters


class _Beyond(Exception):
    """The pattern has elements that this automaton cannot represent."""


class _Part(NamedTuple):
    """A part of the pattern: in how many ways it can be empty (2 for more), and its first and last states."""

    empty: int
    first: list[int]
    last: list[int]


class _Automaton:
    """States are numbers. `follow[a]` has b as often as there are ways to get from a to b by one character."""

    def __init__(self, pattern: str) -> None:
        self.letters: list[frozenset[int]] = []
        self.most: list[int] = []
        self.follow: list[list[int]] = []
        self.steps = 0
        try:
            parser: Any = import_module("re._parser")
        except ModuleNotFoundError:  # before Python 3.11
            parser = import_module("sre_parse")
        parsed = list(parser.parse(ascii_pattern(pattern).pattern))
        whole = _Part(empty=1, first=[], last=[])
        if not parsed or str(parsed[0][0]) != "AT":  # it may match anywhere: the text before it is a loop, too
            whole = self._repeated(self._letter(_ALL, _ENDLESS), 0)
        whole = self._joined(whole, self._sequence(parsed, 1))
        self.open_end = not parsed or str(parsed[-1][0]) != "AT"
        self.last = set(whole.last)

    def _letter(self, letters: frozenset[int], most: int) -> _Part:
        state = len(self.letters)
        self.letters.append(letters)
        self.most.append(most)
        self.follow.append([])
        return _Part(empty=0, first=[state], last=[state])

    def _joined(self, one: _Part, other: _Part) -> _Part:
        for state in one.last:
            self.follow[state] += other.first
        first, last = one.first + other.first * one.empty, other.last + one.last * other.empty
        return _Part(min(one.empty * other.empty, 2), _at_most_twice(first), _at_most_twice(last))

    def _repeated(self, part: _Part, least: int) -> _Part:
        for state in part.last:
            self.follow[state] += part.first
        return part._replace(empty=min(part.empty + (least == 0), 2))

    def _sequence(self, items: Iterable[tuple[Any, Any]], most: int) -> _Part:
        whole = _Part(empty=1, first=[], last=[])
        for kind, value in items:
            whole = self._joined(whole, self._item(str(kind), value, most))
        return whole

    def _item(self, kind: str, value: Any, most: int) -> _Part:
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            least, highest, inner = value
            part = self._sequence(inner, min(most * int(highest), _ENDLESS))
            if int(highest) == 0:
                return _Part(empty=1, first=[], last=[])
            if int(highest) == 1:
                return part._replace(empty=min(part.empty + (least == 0), 2))
            part = self._repeated(part, least)
            if part.empty and int(highest) < _ENDLESS:  # any of its rounds may be empty
                return _Part(2, _at_most_twice(part.first * 2), _at_most_twice(part.last * 2))
            return part
        if kind == "BRANCH":
            parts = [self._sequence(branch, most) for branch in value[1]]
            first, last = [s for part in parts for s in part.first], [s for part in parts for s in part.last]
            return _Part(min(sum(part.empty for part in parts), 2), first, last)
        if kind == "SUBPATTERN":
            return self._sequence(value[-1], most)
        if kind == "AT":
            return _Part(empty=1, first=[], last=[])
        return self._letter(_letters(kind, value), most)


def _at_most_twice(states: list[int]) -> list[int]:
    """One way, or more than one: the exact number does not matter."""
    return [state for state, ways in Counter(states).items() for _ in range(min(ways, 2))]


def _letters(kind: str, value: Any) -> frozenset[int]:
    """The characters that an item matches; all beyond ASCII count as one."""
    if kind == "LITERAL":
        return frozenset([min(value, 128)])
    if kind == "RANGE":
        return frozenset(range(min(value[0], 128), min(value[1], 128) + 1))
    if kind == "NOT_LITERAL":
        return _ALL - ({value} if value < 128 else set())
    if kind == "ANY":
        return _ALL - {10}
    if kind == "CATEGORY":
        name = str(value).removeprefix("CATEGORY_")
        return _ALL - _CATEGORIES[name[4:]] if name.startswith("NOT_") else _CATEGORIES[name]
    if kind == "IN":
        negated = str(value[0][0]) == "NEGATE"
        found = frozenset().union(*(_letters(str(inner), what) for inner, what in value[negated:]))
        return _ALL - (found - {128}) if negated else found
    raise _Beyond(kind)


def problem(pattern: str) -> str | None:
    """Why a validator may hang on a pattern that compiles, in words; None if it does not."""
    try:
        automaton = _Automaton(pattern)
        if _doubles(automaton):
            return "a text can match its repeats in exponentially many ways, so a check may hang; nest no repeats"
        if _squares(automaton):
            words = "two repeats, or its beginning and a repeat, match the same text: the time for a long one grows"
            return f"{words} with the square of its length; begin with ^, or tell them apart"
    except _Beyond:
        return "it is unclear whether a validator hangs on it: use fewer repeats, no look-around and no backreferences"
    return None


def _doubles(a: _Automaton) -> bool:
    """Whether a text leads from some state back to it in two ways."""
    for state, most in enumerate(a.most):
        if most < _MANY or (a.open_end and state in a.last):  # a match that is complete cannot fail any more
            continue
        here = (state, state)
        back = {pair for pair in _reached(a, here) if here in _reached(a, pair)}
        if any(one != other or max(map(a.follow[one].count, _inside(a, one, back))) > 1 for one, other in back):
            return True
    return False


def _inside(a: _Automaton, state: int, loop: set[tuple[int, ...]]) -> list[int]:
    """The states after one that are in the same loop."""
    return [after for after in a.follow[state] if (after, after) in loop]


def _squares(a: _Automaton) -> bool:
    """Whether one text leads from a state to itself, from it to another, and from that to itself."""
    loops = [state for state, most in enumerate(a.most) if most >= _ENDLESS and (state,) in _reached(a, (state,))]
    for one in loops:
        for other in loops:
            harmless = a.open_end and other in a.last
            if one != other and not harmless and (one, other, other) in _reached(a, (one, one, other)):
                return True
    return False


def _reached(a: _Automaton, start: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The states that one text of at least one character leads to, from the given states."""
    found: set[tuple[int, ...]] = set()
    waiting = [start]
    while waiting:
        steps: list[tuple[tuple[int, ...], frozenset[int]]] = [((), _ALL)]
        for state in waiting.pop():
            a.steps += len(steps) * len(a.follow[state])
            if a.steps > _STEPS:
                raise _Beyond("too intertwined")
            steps = [
                ((*path, after), common)
                for path, letters in steps
                for after in set(a.follow[state])
                if (common := letters & a.letters[after])
            ]
        new = {after for after, _ in steps} - found
        found |= new
        waiting.extend(new)
    return found
