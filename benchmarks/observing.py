"""The cost of observing: the same calls with and without `observe`, in turns.

A round is half a second of calls without a pause. It counts the processor time of the whole process, which includes the
observer's thread, but not other processes.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from ocreg import Client

from .contenders import NOWHERE, Canned, assert_fast, with_transport
from .payloads import ACCOUNT, CANCEL, CREATE, Operation
from .timing import Measure, Measures

_SECONDS = 0.5


def observed(host: str, fast: bool) -> Measures:
    found: Measures = {}
    for operation in (CANCEL, CREATE):
        for network in ("loopback", "canned"):
            ways: dict[str, dict[str, Any]] = {"without": {}, "observed": {"observe": Path("shapes")}}  # in the copy
            clients = {name: _client(operation, host, network == "canned", **how) for name, how in ways.items()}
            measures = {name: _steadily(_call(client, operation)) for name, client in clients.items()}
            found[f"{operation.id} {network}"] = measures
    assert_fast(fast)
    return found


def _client(operation: Operation, host: str, canned: bool, **settings: Any) -> Client:
    if "observe" not in signature(Client).parameters:  # a checkout without this setting
        settings = {}
    if canned:
        return with_transport(Client(**ACCOUNT, host=NOWHERE, **settings), Canned(operation.answer))
    return Client(**ACCOUNT, host=host, **settings)


def _call(client: Client, operation: Operation) -> Callable[[], object]:
    def call() -> object:
        return client.call(operation.id, operation.data)

    for _ in range(3):
        call()
    return call


def _steadily(call: Callable[[], object]) -> Measure:
    """Milliseconds of processor time per call, over half a second of them."""

    def measure() -> float:
        calls, begin, spent = 0, perf_counter(), process_time()
        while perf_counter() - begin < _SECONDS:
            call()
            calls += 1
        return (process_time() - spent) / calls * 1000

    return measure
