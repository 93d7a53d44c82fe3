"""Contenders in turns, so that other load on the machine affects all of them alike."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

Measure = Callable[[], float]
"""Does its work once and returns the cost."""
Measures = dict[str, dict[str, Measure]]
"""The measures of one process, by case, then by contender."""
Key = tuple[str, str]
"""A contender and its side: `now`, `before`, or empty for a library that no checkout changes."""
Cases = dict[str, dict[Key, Measure]]
"""The measures that take turns, by case, then by contender and side."""
Found = dict[str, dict[Key, list[float]]]
"""The cost of each round, by case, then by contender and side."""
_SLICE = 0.010


def interleaved(measures: dict[Key, Measure], rounds: int) -> dict[Key, list[float]]:
    """The results of each measure, by round. Every round starts with another contender."""
    keys = list(measures)
    found: dict[Key, list[float]] = {key: [] for key in keys}
    for turn in range(rounds):
        shift = turn % len(keys)
        for key in keys[shift:] + keys[:shift]:
            found[key].append(measures[key]())
    return found


def once(call: Callable[[], object]) -> Measure:
    """Milliseconds of one call."""

    def measure() -> float:
        begin = perf_counter()
        call()
        return (perf_counter() - begin) * 1000

    return measure


def per_call(call: Callable[[], object]) -> Measure:
    """Milliseconds per call, over as many calls in a row as fit into about ten milliseconds (at least one).

    It was called before, so the extra cost of a first call is not measured.
    """
    single = once(call)
    for _ in range(3):
        if (cost := single() / 1000) > 10 * _SLICE:
            return single
    loops = max(1, round(_SLICE / cost))

    def measure() -> float:
        begin = perf_counter()
        for _ in range(loops):
            call()
        return (perf_counter() - begin) / loops * 1000

    return measure
