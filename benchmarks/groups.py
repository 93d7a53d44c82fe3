"""What is measured, the baselines, and the bars.

A group can be selected (`--only`). It defines how its measures are started, and the lines that they give. This module
imports only the standard library; `fresh` explains why.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from . import evented, fresh, pushers, pushing, workers
from .checkouts import BEFORE, NOW, Bench
from .payloads import BATCHES, BROKEN, CANCEL, CREATE, FEWER, FILES, ORDERS, PERSONAL, THREADS
from .report import Row
from .timing import Cases, Found, interleaved
from .workers import Job

REQUESTS = "(a) requests"
LINEAR = 1.3
"""The bar of a linear cost: the cost of ten times as much work, divided by ten."""


@dataclass(frozen=True)
class Line:
    """The definition of a row: `contender` in `case` against another contender, or against a number.

    A contender of the checkouts is compared with one of the same checkout, a library with both. `times` is how often
    the baseline must run to do as much work.
    """

    case: str
    what: str
    contender: str = "ocreg"
    against: str | float = "requests"
    bar: float | None = None
    unit: str = "ms"
    times: int = 1

    def row(self, found: Found) -> Row:
        costs = found[self.case]
        before = costs.get((self.contender, BEFORE))
        baseline_before = None if before is None else self._baseline(found, BEFORE)
        now, baseline = costs[self.contender, NOW], self._baseline(found, NOW)
        return Row(self.what, self.unit, now, baseline, self.bar, before, baseline_before)

    def _baseline(self, found: Found, side: str) -> list[float]:
        if isinstance(self.against, float):
            return [self.against]
        costs = found[self.case]
        chosen = costs.get((self.against, side)) or costs[self.against, ""]
        return [self.times * cost for cost in chosen]


@dataclass(frozen=True)
class Group:
    """Measures, and the lines made from them.

    Each lap starts its measures anew, so that random properties of a process, such as its memory layout, average out;
    `rounds` are those of one lap. Children of `fresh` are new for each number, so one lap is enough.
    """

    start: Callable[[Bench], AbstractContextManager[Cases]]
    lines: list[Line]
    laps: int
    rounds: int
    lacks: Callable[[], str] = str
    """What the group needs and this machine lacks, as text; empty if the group can run."""

    def measured(self, bench: Bench, laps: int, rounds: int) -> list[Row]:
        found: Found = {}
        for _ in range(laps):
            with self.start(bench) as cases:
                for case, measures in cases.items():
                    for key, costs in interleaved(measures, rounds).items():
                        found.setdefault(case, {}).setdefault(key, []).extend(costs)
        return [line.row(found) for line in self.lines]


def _jobs(*jobs: Job) -> Callable[[Bench], AbstractContextManager[Cases]]:
    return partial(workers.started, jobs)


def _calls() -> list[Line]:
    bars = {f"{CANCEL.id} loopback": 0.45, f"{CANCEL.id} canned": 0.25, f"{CREATE.id} loopback": 0.52}
    baselines = {"requests": REQUESTS, "validated": "(b) requests + jsonschema", "httpx": "(c) httpx"}
    return [
        Line(case, f"{what} / {label}", against=name, bar=bars.get(case) if name == "requests" else None)
        for case, what in _operations()
        for name, label in baselines.items()
    ]


def _calls_without() -> list[Line]:
    bars = {f"{CANCEL.id} loopback": 1.20}
    return [Line(case, f"{what}, without fast / {REQUESTS}", bar=bars.get(case)) for case, what in _operations()]


def _operations() -> list[tuple[str, str]]:
    names = {CANCEL.id: "one cancel", CREATE.id: f"{ORDERS} orders"}
    networks = ("loopback", "canned")
    return [(f"{id} {network}", f"{name}, {network}") for id, name in names.items() for network in networks]


def _observing() -> list[Line]:
    return [Line(case, f"{what}, observed / without", "observed", "without", bar=1.03) for case, what in _operations()]


def _batches() -> list[Line]:
    lines = []
    for threads, bar in zip(THREADS, (1.05, 1.05, 1.1), strict=True):
        what = f"call_many, {BATCHES} x {ORDERS} orders, {threads} thread{'s' if threads > 1 else ''}"
        # 1.11: a throughput of at least 0.9 of bare requests'
        lines.append(Line(str(threads), f"{what} / {REQUESTS}", bar=1.11))
        lines.append(Line(str(threads), f"{what} / (d) requests, body made before", against="encoded", bar=bar))
    return lines


def _decoding() -> list[Line]:
    # One long text costs almost nothing to read; even the search for long numbers costs more, so its bar is wider.
    whats = {"rows": ("rows", 1.0), "text": ("one text", 2.0)}
    return [
        line
        for case, (what, bar) in whats.items()
        for line in (
            Line(case, f"an answer of 1 MB, {what} / without fast", against="without", bar=bar),
            Line(case, f"an answer of 1 MB, {what} / orjson.loads", against="orjson"),
        )
    ]


def _cold() -> list[Line]:
    ways = [
        ("Client", "Client().call", 1.25),
        ("call", "ocreg.call", 1.25),
        ("Client without", "Client().call, without fast", 1.70),
        ("call without", "ocreg.call, without fast", 1.70),
    ]
    return [Line("cold", f"cold start, {what} / {REQUESTS}", contender=name, bar=bar) for name, what, bar in ways]


def _pushers() -> list[Line]:
    found = []
    for count in pushers.COUNTS:
        who = "1 pusher" if count == 1 else f"{count} pushers"
        what = f"push of {pushers.ROWS:,} rows, {who} on one PostgreSQL / the server alone, more is better"
        found.append(Line(str(count), what, against=count * pushers.LIMIT, unit="rows/s"))
    return found


_NULLS = f"{ORDERS} orders, canned"
_RULES = f"{BROKEN:,} broken rules in an answer"
_MASKED = f"{ORDERS * len(PERSONAL)} personal values masked in an error"
_FILES = f"first call among {fresh.MANY:,} files / among {fresh.FEW}"
_PUSH = f"push, {pushing.ROWS:,} rows, fsync {pushing.FSYNC} ms, {pushing.SENDERS} threads"
_MEMORY = f"peak memory of {fresh.CALLS:,} calls"

GROUPS = {
    "calls": Group(_jobs(Job("calls.ocreg"), Job("calls.libraries", libraries=True)), _calls(), laps=5, rounds=40),
    "without": Group(
        _jobs(Job("calls.ocreg", fast=False), Job("calls.libraries", fast=False, libraries=True)),
        _calls_without(),
        laps=5,
        rounds=40,
    ),
    "batches": Group(
        _jobs(Job("batches.ocreg"), Job("batches.libraries", libraries=True)), _batches(), laps=5, rounds=5
    ),
    "observe": Group(_jobs(Job("observing.observed")), _observing(), laps=3, rounds=10),
    "nulls": Group(
        _jobs(Job("cliffs.nulls")),
        [
            Line("nulls", f"{_NULLS}, one field None / without", "none", "plain", bar=1.3),
            Line("nulls", f"{_NULLS}, the letters null in a text / without", "letters", "plain", bar=1.3),
        ],
        laps=5,
        rounds=20,
    ),
    "decoding": Group(
        _jobs(Job("cliffs.decoding"), Job("cliffs.decoding", fast=False), Job("cliffs.orjson_alone", libraries=True)),
        _decoding(),
        laps=5,
        rounds=10,
    ),
    "explaining": Group(
        _jobs(Job("cliffs.explaining"), Job("cliffs.jsonschema_alone", libraries=True)),
        [
            Line("explaining", f"{_RULES} / {FEWER} times a tenth of them", "many", "few", bar=LINEAR, times=FEWER),
            Line("explaining", f"{_RULES} / jsonschema finding them", "many", "jsonschema"),
        ],
        laps=1,
        rounds=3,
    ),
    "masking": Group(
        _jobs(Job("cliffs.masking")),
        [Line("masking", f"{_MASKED} / {FEWER} times a tenth of them", "many", "few", bar=LINEAR, times=FEWER)],
        laps=2,
        rounds=5,
    ),
    "push": Group(
        pushing.sending,
        [Line("sending", f"{_PUSH} / the server alone, {pushing.REQUEST} ms a request", bar=1.5)],
        laps=1,
        rounds=5,
    ),
    "check": Group(
        pushing.checking,
        [Line("checking", f"check of {pushing.ROWS:,} rows / {pushing.CHECK:.0f} ms", against=pushing.CHECK, bar=1.0)],
        laps=1,
        rounds=5,
    ),
    "cold": Group(fresh.cold_start, _cold(), laps=1, rounds=40),
    "files": Group(fresh.many_files, [Line("files", _FILES, "many", "few", bar=1.10)], laps=1, rounds=40),
    "memory": Group(
        fresh.peak_memory,
        [
            Line("memory", f"{_MEMORY} / {REQUESTS}", unit="MB"),
            Line("memory", f"{_MEMORY}, without fast / {REQUESTS}", "without", unit="MB"),
        ],
        laps=1,
        rounds=5,
    ),
    "lint": Group(
        _jobs(Job("linting.shipped")),
        [Line("shipped", "lint of the shipped registry, warm / 1 s", against=1_000.0, bar=1.0)],
        laps=1,
        rounds=5,
    ),
    "lint-many": Group(
        _jobs(Job("linting.many")),
        [Line("many", f"lint of {FILES:,} files / 15 s", against=15_000.0, bar=1.0)],
        laps=1,
        rounds=3,
    ),
    "tasks": Group(
        evented.together,
        [
            Line(str(count), f"{count:,} calls at a time, 20 ms / bare aiohttp", against="aiohttp", bar=1.18)
            for count in evented.CALLS
        ],
        laps=1,
        rounds=12,
    ),
    "items": Group(
        evented.streamed,
        [Line("items", f"heap of call_many, {evented.ITEMS:,} items / a tenth", "many", "few", bar=1.1, unit="MB")],
        laps=1,
        rounds=1,
    ),
    "pushers": Group(pushers.started, _pushers(), laps=1, rounds=3, lacks=pushers.lacks),
}
"""In the order of measuring and printing."""
