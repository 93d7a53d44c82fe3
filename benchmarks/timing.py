"""Contenders taken in turns, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

Measure = Callable[[], float]
"""Does its work once and returns what it cost."""
_SLICE = 0.010


def interleaved(measures: dict[str, Measure], rounds: int) -> dict[str, list[float]]:
    """What each measure returned in each round. Every round starts with another contender."""
    names = list(measures)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(measures[name]())
    return found


def per_call(call: Callable[[], object]) -> Measure:
    """Milliseconds per call, over as many calls in a row as fit into about ten milliseconds (at least one)."""
    for _ in range(3):
        call()
    begin = perf_counter()
    call()
    loops = max(1, round(_SLICE / (perf_counter() - begin)))

    def measure() -> float:
        begin = perf_counter()
        for _ in range(loops):
            call()
        return (perf_counter() - begin) / loops * 1000

    return measure
