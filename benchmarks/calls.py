"""The cost of one call: one cancel and 50 orders, over loopback and with a prepared answer."""

from __future__ import annotations

import json

from . import contenders
from .contenders import Call
from .payloads import CANCEL, CREATE, Operation
from .timing import Measures, per_call


def ocreg(host: str, fast: bool) -> Measures:
    measures = _measures({"ocreg": contenders.ocreg}, host)
    contenders.assert_fast(fast)
    return measures


def libraries(host: str, fast: bool) -> Measures:
    """All baselines; for `ocreg` without fast only bare requests, on which its bars are based."""
    return _measures(contenders.BASELINES if fast else {"requests": contenders.bare_requests}, host)


def _measures(makers: dict[str, contenders.Maker], host: str) -> Measures:
    found: Measures = {}
    for operation in (CANCEL, CREATE):
        for network in ("loopback", "canned"):
            calls = {name: make(operation, host, network == "canned") for name, make in makers.items()}
            _assert_answers(calls, operation)
            found[f"{operation.id} {network}"] = {name: per_call(call) for name, call in calls.items()}
    return found


def _assert_answers(calls: dict[str, Call], operation: Operation) -> None:
    for name, call in calls.items():
        if call() != json.loads(operation.answer):
            raise SystemExit(f"{name} did not return the answer of {operation.id}")
