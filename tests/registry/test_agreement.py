"""jsonschema and jsonschema-rs give the same verdict; client and sandbox refuse the same payloads for the same reason."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocreg import Client, RequestInvalid
from ocreg.engine.signing import signature
from ocreg.names.unknown import EVERY
from ocreg.registry import windows
from ocreg.registry.files import Registry
from ocreg.registry.schema import Schema
from ocreg.registry.values import to_json
from ocreg.sandbox import Sandbox
from tests.strategies import ANYTHING, mutated, obeying

REGISTRY = Registry([])
SCHEMAS = {
    f"{id}.{part}": schema
    for id in REGISTRY
    for part in ("data", "query", "answer")
    if (schema := getattr(REGISTRY[id], part)) is not None
}
OPERATIONS = {id: REGISTRY[id].with_unknown(allowed=EVERY) for id in REGISTRY}
"""Whose fields may have any name, as in the sandbox: what names mean is judged elsewhere."""
PAYLOADS = [id for id in REGISTRY if REGISTRY[id].data is not None and REGISTRY[id].path]
BUSINESS = {"sandbox.unknown", "sandbox.state", "sandbox.quantity", "sandbox.look-back", "sandbox.page", "3A0529"}
RELAXED = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def both(schema: Schema, value: object) -> tuple[bool, bool]:
    """The verdicts of the fast and of the plain validator."""
    return schema.ok(value), schema._plain.is_valid(value)


@pytest.mark.parametrize("name", SCHEMAS)
@RELAXED
@given(st.data())
def test_both_validators_give_the_same_verdict(name: str, data: st.DataObject) -> None:
    schema = SCHEMAS[name]
    value = data.draw(obeying(schema) | mutated(obeying(schema)) | ANYTHING)
    fast, plain = both(schema, value)
    assert fast == plain


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{8})?[-+][0-9]{4}\n?\Z"))
def test_both_validators_read_formats_and_patterns_alike(text: str) -> None:
    from ocreg.registry.schema import FORMATS, Place, Source

    place = Place((Source("x.yaml", b"data: {}"),), ())
    for name in FORMATS:
        fast, plain = both(Schema({"type": "string", "format": name}, place), text)
        assert fast == plain
    for pattern in ("^[0-9]+$", "^[eE][bB][aA][yY]$", "[a-z]$"):
        fast, plain = both(Schema({"type": "string", "pattern": pattern}, place), text)
        assert fast == plain, pattern


def test_the_fast_validator_is_really_in_use_here() -> None:
    assert os.environ.get("OCREG_FAST") != "0"
    schema = Schema({"type": "string"}, REGISTRY["outbound.cancel"].data.place)
    assert "jsonschema_rs" in repr(type(schema._is_valid.__self__))


def sandbox_refusals(sandbox: Sandbox, id: str, payload: object) -> list[str] | None:
    """Send the payload as a foreign client would; the codes of the refusal, None where it passed the schema."""
    endpoint = REGISTRY[id]
    path = endpoint.url("local", None, {}, {}).removeprefix("http://localhost")
    body = json.dumps({"data": payload, "messageId": "1", "timestamp": 0}).encode()
    headers = {
        "clientKey": sandbox.client_key,
        "vAuthorization": signature(path, body, sandbox.client_key, sandbox.secret_key),
        "Access-Token": f"Bearer {sandbox.tokens.new_access()}",
    }
    answer = json.loads(sandbox.handle("POST", path, "", headers, body).body)
    if answer["code"] == 0:
        return None
    codes = [item["code"] for item in answer.get("errors", ())]
    return [code for code in codes if code not in BUSINESS] or None


@pytest.mark.parametrize("id", PAYLOADS)
@RELAXED
@given(st.data())
def test_valid_payloads_pass_the_client_and_the_sandbox(id: str, data: st.DataObject) -> None:
    window = REGISTRY[id].limits.get("window")
    payload = data.draw(obeying(REGISTRY[id].data).filter(lambda value: not windows.violations(value, window)))
    assert OPERATIONS[id].check(payload).data == payload
    assert sandbox_refusals(Sandbox(REGISTRY), id, payload) is None


@pytest.mark.parametrize("id", PAYLOADS)
@RELAXED
@given(st.data())
def test_broken_payloads_are_refused_by_both_for_the_same_reason(id: str, data: st.DataObject) -> None:
    mutations = mutated(obeying(REGISTRY[id].data)).filter(lambda value: not to_json(value, None)[1])
    payload = data.draw(mutations.filter(lambda value: value is not None))  # the sandbox misses `data` itself
    try:
        OPERATIONS[id].check(payload)
        rules = None
    except RequestInvalid as error:
        empty = {"required", "minLength", "minItems"}
        rules = ["300001" if v.rule in empty else f"sandbox.{v.rule}" for v in error.violations]
    assert sandbox_refusals(Sandbox(REGISTRY), id, payload) == rules


def test_a_whole_call_agrees_in_process() -> None:
    with Client("local") as client, pytest.raises(RequestInvalid):
        client.call("outbound.cancel", {"orderNumber": ""})
