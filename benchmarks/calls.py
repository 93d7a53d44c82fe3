"""The cost of one call, in a worker process: once with the extra `fast`, once without, each beside its own baselines.

The worker prints `{"<operation> <network>": {"<contender>": [milliseconds per call, one number a round]}}`.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from .fresh import environment
from .payloads import CANCEL, CREATE, Operation
from .timing import interleaved, per_call

if TYPE_CHECKING:
    from .contenders import Call

Measured = dict[str, dict[str, list[float]]]


def measured(host: str, rounds: int, fast: bool) -> Measured:
    """The worker's results."""
    command = [sys.executable, "-m", "benchmarks.calls", "--host", host, "--rounds", str(rounds)]
    command += [] if fast else ["--without-fast"]
    done = subprocess.run(command, env=environment(fast), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _assert_fast(expected: bool) -> None:
    """Numbers under a wrong heading would be worse than none."""
    from ocreg.registry.schema import fast_module

    if (fast_module() is not None, _importable("orjson")) != (expected, expected):
        raise SystemExit("benchmarks need the extra `fast`, and a way to switch it off: pip install -e '.[dev]'")


def _assert_answers(callables: dict[str, Call], operation: Operation) -> None:
    for name, call in callables.items():
        if call() != json.loads(operation.answer):
            raise SystemExit(f"{name} did not bring back the answer of {operation.id}")


def _run(host: str, rounds: int, fast: bool) -> Measured:
    from . import contenders

    _assert_fast(fast)
    makers = {"ocreg": contenders.ocreg, **contenders.BASELINES}
    names = list(makers) if fast else ["ocreg", "requests"]
    found: Measured = {}
    for operation in (CANCEL, CREATE):
        for network in ("loopback", "canned"):
            canned = network == "canned"
            callables = {name: makers[name](operation, host, canned) for name in names}
            _assert_answers(callables, operation)
            measures = {name: per_call(call) for name, call in callables.items()}
            found[f"{operation.id} {network}"] = interleaved(measures, rounds)
    return found


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--without-fast", action="store_true")
    given = parser.parse_args()
    if given.without_fast:
        sys.modules["orjson"] = None  # type: ignore[assignment]  # its import fails; OCREG_FAST=0 sees to the other
    print(json.dumps(_run(given.host, given.rounds, not given.without_fast)))


if __name__ == "__main__":
    main()
