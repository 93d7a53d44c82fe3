"""`python -m benchmarks`: measure everything side by side, print the table, name the bars that are missed.

    --quick   fewer rounds: a look, not a measurement
    --json    the same for machines

The exit code is 0 whatever the numbers are; `report` says how to read them.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from time import perf_counter

from . import batches, calls, fresh, linting, report, server
from .payloads import CANCEL, CREATE, ORDERS
from .report import Row

OPERATIONS = {CANCEL.id: "one cancel", CREATE.id: f"{ORDERS} orders"}
BASELINES = {"requests": "(a) requests", "validated": "(b) requests + jsonschema", "httpx": "(c) httpx"}
CALL_BARS = {
    (CANCEL.id, "loopback", True): 0.70,
    (CANCEL.id, "canned", True): 0.35,
    (CREATE.id, "loopback", True): 0.80,
    (CANCEL.id, "loopback", False): 1.20,
}
"""Against bare requests."""
COLD_BAR, COLD_BAR_WITHOUT = 1.25, 1.70
FILES_BAR = 1.10
BATCHES_BAR = 1.11
"""A throughput of at least 0.9 of bare requests'."""


@dataclass(frozen=True)
class Rounds:
    calls: int = 200
    fresh: int = 40
    memory: int = 5
    batches: int = 25


QUICK = Rounds(calls=15, fresh=5, memory=2, batches=3)


def _call_rows(measured: calls.Measured, fast: bool) -> list[Row]:
    rows = []
    for case, found in measured.items():
        id, network = case.split()
        what = f"{OPERATIONS[id]}, {network}{'' if fast else ', without fast'}"
        for name, label in BASELINES.items():
            if name in found:
                bar = CALL_BARS.get((id, network, fast)) if name == "requests" else None
                rows.append(Row(f"{what} / {label}", "ms", found["ocreg"], found[name], bar))
    return rows


def _cold_rows(found: dict[str, list[float]]) -> list[Row]:
    ways = [
        ("Client", "Client().call", COLD_BAR),
        ("call", "ocreg.call", COLD_BAR),
        ("Client without", "Client().call, without fast", COLD_BAR_WITHOUT),
        ("call without", "ocreg.call, without fast", COLD_BAR_WITHOUT),
    ]
    return [Row(f"cold start, {what} / (a) requests", "ms", found[n], found["requests"], bar) for n, what, bar in ways]


def _file_rows(found: dict[str, list[float]]) -> list[Row]:
    what = f"first call among {fresh.MANY:,} files / among {fresh.FEW}"
    return [Row(what, "ms", found[str(fresh.MANY)], found[str(fresh.FEW)], FILES_BAR)]


def _batch_rows(found: dict[str, dict[str, list[float]]]) -> list[Row]:
    rows = []
    for threads, times in found.items():
        what = f"call_many, {batches.BATCHES} x {ORDERS} orders, {threads} thread{'s' if threads != '1' else ''}"
        rows.append(Row(f"{what} / (a) requests", "ms", times["ocreg"], times["requests"], BATCHES_BAR))
        rows.append(Row(f"{what} / (d) requests, body made before", "ms", times["ocreg"], times["encoded"]))
    return rows


def _memory_rows(found: dict[str, list[float]]) -> list[Row]:
    ways = [("ocreg", ""), ("ocreg without", ", without fast")]
    what = f"peak memory of {fresh.CALLS:,} calls"
    return [Row(f"{what}{words} / (a) requests", "MB", found[name], found["requests"]) for name, words in ways]


def _lint_rows(rounds: int) -> list[Row]:
    shipped, many = linting.shipped_registry(rounds), linting.many_files()
    return [
        Row("lint of the shipped registry, warm / 1 s", "ms", shipped, [1_000.0], 1.0),
        Row(f"lint of {linting.FILES:,} files / 15 s", "ms", many, [15_000.0], 1.0),
    ]


def _measure(rounds: Rounds) -> list[Row]:
    with fresh.bytecode_kept(), server.running() as host:
        _say("calls, with fast")
        rows = _call_rows(calls.measured(host, rounds.calls, fast=True), fast=True)
        _say("calls, without fast")
        rows += _call_rows(calls.measured(host, rounds.calls, fast=False), fast=False)
        _say("batches")
        rows += _batch_rows(batches.measured(host, rounds.batches))
        _say("cold start")
        rows += _cold_rows(fresh.cold_start(host, rounds.fresh))
        _say("many files")
        rows += _file_rows(fresh.many_files(host, rounds.fresh))
        _say("memory")
        rows += _memory_rows(fresh.peak_memory(host, rounds.memory))
        _say("lint")
        return rows + _lint_rows(rounds.memory)


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks", description="What ocreg costs beside bare requests.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    given = parser.parse_args()
    begin = perf_counter()
    rows = _measure(QUICK if given.quick else Rounds())
    machine = {**report.machine(), "seconds": round(perf_counter() - begin), "quick": given.quick}
    if given.json:
        print(json.dumps({"machine": machine, "rows": [row.as_json() for row in rows]}, indent=2))
        return
    words = "Python {python}, {cores} cores, {system}; medians, measured in {seconds} s".format(**machine)
    print(f"{words}\n\n{report.table(rows)}\n\n{report.missed(rows)}")


if __name__ == "__main__":
    main()
