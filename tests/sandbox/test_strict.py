"""What the sandbox makes of fields that no file describes, of a body without its payload, and of odd page numbers."""

import json

import pytest

import ocreg as package
from ocreg.engine.signing import signature
from ocreg.sandbox import Sandbox

WHEN = 1768000000.0


def post(sandbox: Sandbox, id: str, body: object) -> dict:
    """The answer to a signed POST with a good token."""
    endpoint, raw = sandbox.registry[id], json.dumps(body).encode()
    path = "/openapi" + endpoint.path
    headers = {
        "clientKey": sandbox.client_key,
        "vAuthorization": signature(path, raw, sandbox.client_key, sandbox.secret_key),
        "Access-Token": f"Bearer {sandbox.tokens.new_access()}",
    }
    reply = sandbox.handle("POST", path, "", headers, raw)
    assert reply.status == 200
    return json.loads(reply.body)


@pytest.mark.parametrize("body", [{}, {"messageId": "m1"}, {"data": None}, {"Data": {"orderNumberList": []}}])
def test_a_body_without_data_is_refused_and_not_answered_with_everything(body) -> None:
    answer = post(Sandbox(), "outbound.query", body)
    assert answer["code"] == 3
    assert answer["errors"] == [
        {"code": "sandbox.envelope", "message": "sandbox: the body has no `data`: put the payload into it"}
    ]
    assert post(Sandbox(), "outbound.query", {"data": {}})["code"] == 0


@pytest.mark.parametrize("number", [1.0, 1, 2.0, 1e16, -3.0, 0.0])
@pytest.mark.parametrize(
    ("id", "data", "page", "size"),
    [
        ("stock.age", {}, "pageNumber", "pageSize"),
        ("stock.snapshot", {"serviceRegionList": [{"serviceRegion": "UK"}]}, "pageNumber", "pageSize"),
        ("sku.query", {"mfskulist": [{"mfskuid": "OC0000250260096"}]}, "page", "limit"),
    ],
)
def test_whole_floats_are_page_numbers(id: str, data: dict, page: str, size: str, number: float) -> None:
    world = Sandbox(seed=1, clock=lambda: WHEN)
    answer = post(world, id, {"data": {**data, page: number, size: 50}})
    assert answer["code"] == 0
    assert answer == post(world, id, {"data": {**data, page: int(number), size: 50}})


def test_a_page_has_at_least_one_row() -> None:
    data = {"serviceRegionList": [{"serviceRegion": "UK"}], "pageNumber": 1, "pageSize": -5}
    answer = post(Sandbox(), "stock.snapshot", {"data": data})
    assert answer["errors"][0]["message"] == "sandbox: pageSize is -5, from 1 to 200"


def test_without_strict_any_field_passes_as_the_vendor_lets_it() -> None:
    assert post(Sandbox(), "outbound.query", {"data": {"orderNumber": "OCO1", "giftNote": "x"}})["code"] == 0


def test_a_strict_sandbox_refuses_every_field_that_is_not_described() -> None:
    answer = post(Sandbox(strict=True), "outbound.query", {"data": {"orderNumber": "OCO1", "giftNote": "x"}})
    assert answer["code"] == 3
    assert [(one["code"], one["message"]) for one in answer["errors"]] == [
        ("sandbox.unknown", 'sandbox: orderNumber: unknown field "orderNumber"'),
        ("sandbox.unknown", 'sandbox: giftNote: unknown field "giftNote"'),
    ]
    assert post(Sandbox(strict=True), "outbound.query", {"data": {}})["code"] == 0  # and warns nobody


def test_a_strict_one_meets_what_a_client_lets_through() -> None:
    with package.sandbox(strict=True) as box, pytest.raises(package.ApiError, match='unknown field "orderNumber"'):
        box.client().call("outbound.query", {"orderNumber": "OCO1"}, unknown={"orderNumber"})


@pytest.mark.parametrize("name", ["apiVersion", "messageId", "timestamp"])
@pytest.mark.parametrize("value", [None, True, [], {}])
def test_an_envelope_that_is_not_as_the_table_says_is_refused(name, value) -> None:
    answer = post(Sandbox(), "outbound.query", {"data": {}, name: value})
    words = f"sandbox: {name} has the wrong type"
    assert answer["errors"] == [{"code": "sandbox.envelope", "message": words}]
