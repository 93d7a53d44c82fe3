"""Costs that must stay linear: a null, a large answer, many violations, much to mask. All with prepared answers."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from ocreg import Client, errors

from .contenders import Call, assert_fast, canned_client
from .payloads import BROKEN, CANCEL, CREATE, FEWER, LARGE, ORDERS, PERSONAL, Operation, broken, refused, with_remark
from .timing import Measures, once, per_call

_OVERLAY = """\
extends: outbound.create
data:
  items:
    properties:
      remarks: {type: [string, 'null']}
"""


def nulls(_: str, fast: bool) -> Measures:
    """50 orders: with a None that the file allows, with the letters `null` in a text, and without both."""
    folder = Path("nulls", "outbound")  # below the checkout's copy, in which a worker runs
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "create.yaml").write_text(_OVERLAY, "utf-8")
    client = canned_client(CREATE.answer, endpoints=[folder.parent])
    remarks = {"plain": "leave it with a neighbour", "none": None, "letters": "null and void"}
    calls = {name: _good(client, CREATE, with_remark(remark)) for name, remark in remarks.items()}
    found = {"nulls": {name: per_call(call) for name, call in calls.items()}}
    assert_fast(fast)
    return found


def decoding(_: str, fast: bool) -> Measures:
    """A call with an answer of 1 MB. Its name shows when the extra is switched off."""
    calls = {name: _good(canned_client(large.answer), large, CANCEL.data) for name, large in LARGE.items()}
    found = {name: {"ocreg" if fast else "without": per_call(call)} for name, call in calls.items()}
    assert_fast(fast)
    return found


def orjson_alone(_: str, __: bool) -> Measures:
    import orjson

    return {name: {"orjson": per_call(partial(orjson.loads, large.answer))} for name, large in LARGE.items()}


def explaining(_: str, fast: bool) -> Measures:
    """An answer that breaks 4,000 rules, and one that breaks 400: the ResponseInvalid with all of them."""
    _violating(10)()  # so that imports and compilation of the first one are not measured
    found = {"many": _violating(BROKEN), "few": _violating(BROKEN // FEWER)}
    measures = {"explaining": {name: once(call) for name, call in found.items()}}
    assert_fast(fast)
    return measures


def jsonschema_alone(_: str, __: bool) -> Measures:
    """The cost of only finding the 4,000."""
    from jsonschema import Draft202012Validator

    operation = broken(BROKEN)
    validator = Draft202012Validator(Client().registry[operation.id].answer.root)
    answer = json.loads(operation.answer)
    return {"explaining": {"jsonschema": per_call(lambda: list(validator.iter_errors(answer)))}}


def masking(_: str, fast: bool) -> Measures:
    """An error answer that repeats each of ten personal values of 50 orders, and of 5."""
    calls = {"many": _refusing(ORDERS), "few": _refusing(ORDERS // FEWER)}
    measures = {"masking": {name: per_call(call) for name, call in calls.items()}}
    assert_fast(fast)
    return measures


def _good(client: Client, operation: Operation, data: Any) -> Call:
    if client.call(operation.id, data) != json.loads(operation.answer):
        raise SystemExit(f"ocreg did not return the answer of {operation.id}")
    return lambda: client.call(operation.id, data)


def _violating(rules: int) -> Call:
    operation = broken(rules)
    client = canned_client(operation.answer)

    def call() -> None:
        try:
            client.call(operation.id, operation.data)
        except errors.ResponseInvalid as error:
            if len(error.violations) == rules:
                return
        raise SystemExit(f"an answer that breaks {rules} rules was not explained in as many violations")

    return call


def _refusing(orders: int) -> Call:
    operation = refused(orders)
    client = canned_client(operation.answer)

    def call() -> None:
        try:
            client.call(operation.id, operation.data)
        except errors.ApiError as error:
            if sum("***" in item["message"] for item in error.errors) == orders * len(PERSONAL):
                return
        raise SystemExit("an error that repeats personal data was not masked")

    return call
