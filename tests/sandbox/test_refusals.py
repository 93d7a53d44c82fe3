"""What the sandbox refuses for reasons of business: by a fault, one item or all; and by the rules of its world."""

import json

import pytest
import requests

import ocreg
from ocreg import ApiError, LoginNeeded, PartlyRefused, SettingInvalid
from ocreg.cli.sandbox import command
from ocreg.sandbox.refusals import RULES
from tests.children import until

ADDRESS = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}
MUG = "OC0000000194079"
"""Of which the demo world has 116 in UK."""


def order(number, sku=MUG, pieces=1, region="UK"):
    lines = [{"mfSkuId": sku, "skuQuantity": pieces}]
    return {**ADDRESS, "referenceNumber": number, "serviceRegion": region, "productList": lines}


ORDERS = [order(f"A{n}") for n in range(1, 5)]


def made(box):
    return [r["referenceNumber"] for r in box.sandbox.records.all("outbound") if r["referenceNumber"][:1] in "AB"]


@pytest.mark.parametrize("door", ["client", "local_client"])
def test_one_item_of_a_batch_is_refused_and_the_others_are_carried_out(door) -> None:
    with ocreg.sandbox(faults=["refuse:outbound.create:code=305002:item=3"]) as box:
        with pytest.raises(ApiError) as caught:
            getattr(box, door)().call("outbound.create", ORDERS)
        assert caught.value.errors == [{"code": "305002", "message": "sandbox: refused by a fault (item 3)"}]
        assert (caught.value.code, caught.value.happened) == (3, "unknown")
        assert [row["referenceNumber"] for row in caught.value.reply["data"]] == made(box) == ["A1", "A2", "A4"]
        getattr(box, door)().call("outbound.create", [order("A3")])  # it fires once
        assert box.faults.fired == {"refuse:outbound.create:code=305002:item=3": 1}


def test_confirming_tells_which_item_it_was() -> None:
    with ocreg.sandbox(faults=["refuse:outbound.create:item=2"]) as box:
        client = box.local_client(waits=False)
        with pytest.raises(PartlyRefused) as caught:
            client.confirm("outbound.create", ORDERS)
        assert [outcome.happened for outcome in caught.value.outcomes] == ["yes", "no", "yes", "yes"]
        assert made(box) == ["A1", "A3", "A4"]
        sent = client.call_many("outbound.create", [order(f"B{n}") for n in range(120)])
        assert sum(one.happened == "yes" for one in sent) == 120


def test_an_item_that_is_not_there_is_not_refused() -> None:
    with ocreg.sandbox(faults=["refuse:outbound.create:item=3"]) as box:
        client = box.client()
        client.call("outbound.create", ORDERS[:2])
        assert not any(box.faults.fired.values())
        with pytest.raises(ApiError):
            client.call("outbound.create", [order(f"B{n}") for n in range(3)])


@pytest.mark.parametrize("door", ["client", "local_client"])
def test_all_of_a_request_is_refused_where_no_item_is_named(door) -> None:
    with ocreg.sandbox(faults=["refuse:outbound.*:code=300001:count=2", "refuse:inbound.detail:code=3A0529"]) as box:
        client = getattr(box, door)()
        with pytest.raises(ApiError):
            client.call("outbound.create", ORDERS)
        with pytest.raises(ApiError) as caught:
            client.call(
                "outbound.cancel", {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
            )
        assert (caught.value.happened, caught.value.errors[0]["code"]) == ("no", "300001")
        assert box.sandbox.records.get("outbound", "OCO2000023303105GB")["orderStatus"] == "Submitted"
        with pytest.raises(ApiError) as absent:
            client.call("inbound.detail", {"inboundNumberList": ["OCI4DE06746410"]})
        assert absent.value.category == "absent"
        assert made(box) == []


def test_token_operations_are_refused_in_their_own_form() -> None:
    with ocreg.sandbox(faults=["refuse:oauth.refresh:code=invalid_grant"]) as box:
        with pytest.raises(LoginNeeded, match="the refresh token was refused"):
            box.client().call("outbound.create", ORDERS)
        assert box.requests[-1].answer == {"error": "invalid_grant", "error_description": "sandbox: refused by a fault"}


def test_refusing_connections_is_still_what_it_was() -> None:
    with ocreg.sandbox(faults=["refuse:warehouse.services:seconds=0.05"]) as box:
        assert box.client().call("warehouse.services")["code"] == 0

        def served():
            try:
                return requests.get(f"{box.url}/x", timeout=30).status_code
            except requests.ConnectionError:
                return None

        until(served)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("refuse:outbound.create:code=305003", "has the code '305003'; did you mean '305002'"),
        ("refuse:outbound.create:code=99", "known: 300001, 305002, 401203, sandbox.repeated; add it to `errors`"),
        ("refuse:sku.query:code=99", "known: none"),
        ("refuse:outbound.cancel:item=2", "outbound.cancel takes one object, not a list of items"),
        ("refuse:outbound.create:code=305002:seconds=1", "refuse has no key 'seconds'"),
        ("refuse:outbound.create:cod=305002", "did you mean 'code'"),
        ("refuse:outbound.create:item=0", "item must be the number of an item, from 1 on"),
        ("refuse:outbound.create:code=", "code must be a code without spaces"),
        ("drop:outbound.create:code=305002", "drop has no key 'code'"),
    ],
)
def test_what_cannot_be_refused_is_said_at_once(spec, words) -> None:
    with pytest.raises(SettingInvalid) as caught:
        ocreg.sandbox(faults=[spec])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "refused", "code", "words"),
    [
        ("no-stock", order("A1", pieces=117), "sandbox.no-stock", "117 of OC0000000194079 are ordered in UK, but 116 are"),
        ("unknown-sku", order("A1", sku="OC1"), "sandbox.unknown-sku", "there is no SKU OC1"),
        ("unknown-region", order("A1", region="US"), "sandbox.unknown-region", "there is no serviceRegion US"),
        ("repeat", order("DEMO-3105"), "sandbox.repeated", "the referenceNumber DEMO-3105 already exists"),
    ],
)  # fmt: skip
def test_a_world_refuses_what_it_was_asked_to(rule, refused, code, words) -> None:
    with ocreg.sandbox(refuses=[rule]) as box:
        client = box.client()
        before = len(box.sandbox.records.all("outbound"))
        with pytest.raises(ApiError) as caught:
            client.call("outbound.create", [refused])
        assert caught.value.errors[0]["code"] == code
        assert words in caught.value.errors[0]["message"]
        assert len(box.sandbox.records.all("outbound")) == before
        client.call("outbound.create", [order("A2")])
    with ocreg.sandbox() as box:
        box.client().call("outbound.create", [refused])


def test_stock_runs_out_within_one_request_and_comes_back() -> None:
    with ocreg.sandbox(refuses=["no-stock"]) as box:
        client = box.client()
        twice = {**order("A1", pieces=60), "productList": order("", pieces=60)["productList"] * 2}
        with pytest.raises(ApiError, match="120 of"):
            client.call("outbound.create", [twice])
        with pytest.raises(ApiError, match="1 of 3 were refused"):
            client.call("outbound.create", [order("A1", pieces=100), order("A2", pieces=17), order("A3", pieces=16)])
        assert made(box) == ["A1", "A3"]
        number = next(r for r in box.sandbox.records.all("outbound") if r["referenceNumber"] == "A1")["orderNumber"]
        client.call("outbound.cancel", {"orderNumber": number, "cancelTime": "2025-06-17T10:10:10+0800"})
        client.call("outbound.create", [order("A2", pieces=17)])


def test_regions_at_any_depth_and_deliveries_are_looked_at() -> None:
    with ocreg.sandbox(refuses=["unknown-region", "unknown-sku"]) as box:
        client = box.client()
        with pytest.raises(ApiError, match="no serviceRegion Mars"):
            client.call("sku.create", [{"referenceSKUID": "X", "serviceRegionList": [{"serviceRegion": "Mars"}]}])
        cartons = [{"sellerCartonNumber": "C1", "productList": [{"MFSKUID": "OC1", "quantity": "1"}]}]
        where = {"sellerInboundNumber": "1", "serviceRegion": "UK", "shippingFrom": "GB", "shippingMethod": "EX"}
        with pytest.raises(ApiError, match="no SKU OC1"):
            client.call("inbound.create", {**where, "ETA": "2026-01-05+0000", "cartonList": cartons})


def test_a_registry_whose_services_are_not_known_knows_every_region(tmp_path) -> None:
    (tmp_path / "warehouse").mkdir()
    empty = {"extends": "warehouse.services", "examples": {"response": [{"body": {"code": 0, "data": []}}]}}
    (tmp_path / "warehouse" / "services.yaml").write_text(json.dumps(empty))
    with ocreg.sandbox(registry=ocreg.Registry([tmp_path]), refuses=["unknown-region"]) as box:
        box.client().call("outbound.create", [order("A1", region="Mars")])


def test_rules_have_names() -> None:
    (option,) = (option for option in command.params if option.name == "refuses")
    assert list(option.type.choices) == list(RULES)
    with pytest.raises(SettingInvalid, match="no rule 'nostock'; did you mean 'no-stock'"):
        ocreg.sandbox(refuses=["nostock"])
    with pytest.raises(SettingInvalid, match="repeats must be"):
        ocreg.sandbox(repeats="no")
