"""Child processes that measure on demand.

A worker makes its measures once, prints their names as JSON (`{case: [contender, ...]}`), and answers each line
`[case, contender]` with the cost of one round. The parent uses one worker at a time. So two checkouts, which cannot
share a process, take turns round by round, like contenders within one process; a waiting worker costs nothing.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from .checkouts import Bench, Checkout
from .timing import Cases


@dataclass(frozen=True)
class Job:
    """The work of a worker: `calls.ocreg` is the function `ocreg(host, fast)` of `calls`, which returns its measures.

    `fast`: the extra is switched on. A job of `libraries` does not depend on a checkout: it runs once.
    """

    function: str
    fast: bool = True
    libraries: bool = False


class Worker:
    """The parent's side of one child."""

    def __init__(self, process: subprocess.Popen[str], job: Job) -> None:
        self._process, self._job = process, job
        self.cases: dict[str, list[str]] = json.loads(self._line())

    def measure(self, case: str, contender: str) -> float:
        assert self._process.stdin is not None
        print(json.dumps([case, contender]), file=self._process.stdin, flush=True)
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the worker of {self._job.function} ended; see its messages above")
        return line


@contextmanager
def started(jobs: tuple[Job, ...], bench: Bench) -> Iterator[Cases]:
    """The measures of all jobs, by case, then by contender and side; a library's side is empty."""
    cases: Cases = {}
    with ExitStack() as stack:
        for job in jobs:
            for checkout in [bench.now] if job.libraries else bench.checkouts:
                worker = Worker(stack.enter_context(_process(job, checkout, bench.host)), job)
                side = "" if job.libraries else checkout.side
                for case, contenders in worker.cases.items():
                    for name in contenders:
                        cases.setdefault(case, {})[name, side] = partial(worker.measure, case, name)
        yield cases


def _process(job: Job, checkout: Checkout, host: str) -> subprocess.Popen[str]:
    """A child process. Leaving the block closes its standard input, which ends it."""
    command = [sys.executable, "-m", "benchmarks.workers", job.function, "--host", host]
    command += [] if job.fast else ["--without-fast"]
    environment = checkout.environment(job.fast)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=checkout.folder)


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("function")
    parser.add_argument("--host", required=True)
    parser.add_argument("--without-fast", action="store_true")
    given = parser.parse_args()
    if given.without_fast:
        sys.modules["orjson"] = None  # makes its import fail; OCREG_FAST=0 switches the other one off
    module, _, name = given.function.partition(".")
    cases = getattr(importlib.import_module(f"benchmarks.{module}"), name)(given.host, not given.without_fast)
    print(json.dumps({case: list(measures) for case, measures in cases.items()}), flush=True)
    for line in sys.stdin:
        case, contender = json.loads(line)
        print(cases[case][contender](), flush=True)


if __name__ == "__main__":
    main()
