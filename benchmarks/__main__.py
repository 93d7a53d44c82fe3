"""`python -m benchmarks`: measure everything side by side, print the table, and list the missed bars.

    --only calls,batches   these groups and no others
    --beside DIR           another checkout of ocreg, measured in the same run, as "before"
    --quick                fewer rounds: a first impression, not a measurement
    --rounds N             this many rounds of everything, in one lap
    --json                 output for programs

The exit code is always 0; `report` explains how to read the numbers.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from . import report, server
from .checkouts import BEFORE, HERE, NOW, Bench, bytecode_kept, copied, is_checkout
from .groups import GROUPS, Group
from .report import Row


def _given() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description="What ocreg costs beside bare requests.")
    parser.add_argument("--only", metavar="NAMES", type=_names, default=list(GROUPS), help=f"choose from {_listed()}")
    parser.add_argument("--beside", metavar="DIR", type=_checkout, help="another checkout to measure in the same run")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="number of rounds of everything")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds: at least 1")
    return given


def _listed() -> str:
    return ",".join(GROUPS)


def _names(text: str) -> list[str]:
    wanted = text.split(",")
    for name in wanted:
        if name not in GROUPS:
            raise ArgumentTypeError(f"there is no group {name!r}; choose from {_listed()}")
    return [name for name in GROUPS if name in wanted]


def _checkout(text: str) -> Path:
    folder = Path(text).resolve()
    if not is_checkout(folder):
        raise ArgumentTypeError(f"{text} is not a checkout: it has no folders ocreg/ and endpoints/")
    return folder


def _rounds(group: Group, given: Namespace) -> tuple[int, int]:
    """The number of laps, and of rounds in each."""
    if given.rounds is not None:
        return 1, given.rounds
    return (min(group.laps, 3), max(1, group.rounds // 8)) if given.quick else (group.laps, group.rounds)


def _measured(given: Namespace) -> list[Row]:
    sources = {NOW: HERE, **({BEFORE: given.beside} if given.beside else {})}
    rows = []
    with ExitStack() as stack:
        stack.enter_context(bytecode_kept())
        checkouts = tuple(stack.enter_context(copied(side, folder)) for side, folder in sources.items())
        bench = Bench(stack.enter_context(server.running()), checkouts)
        for name in given.only:
            group = GROUPS[name]
            if why := group.lacks():
                print(f"skipping {name}: {why}", file=sys.stderr, flush=True)
                continue
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += group.measured(bench, *_rounds(group, given))
    return rows


def main() -> None:
    given = _given()
    begin = perf_counter()
    rows = _measured(given)
    machine = {**report.machine(), "seconds": round(perf_counter() - begin), "quick": given.quick}
    if given.json:
        print(json.dumps({"machine": machine, "rows": [row.as_json() for row in rows]}, indent=2))
        return
    words = "Python {python}, {cores} cores, {system}; medians, measured in {seconds} s".format(**machine)
    print(f"{words}\n\n{report.table(rows)}\n\n{report.missed(rows)}")


if __name__ == "__main__":
    main()
