"""The demo world is one story: what it is made of is valid, all that is read fits together, and every read finds some."""

from datetime import datetime, timedelta, timezone

import pytest

import ocreg
from ocreg import Client, Registry
from ocreg.sandbox import Sandbox, story

NOW = 1_790_000_000.0
REGISTRY = Registry([])
REGIONS = ["DE", "UK", "AU", "US-West", "US-East", "US-South", "AU-MEL"]


@pytest.fixture(scope="module")
def client():
    with Client("local", clock=lambda: NOW) as opened:
        yield opened


def moment(days: float) -> datetime:
    return datetime.fromtimestamp(NOW, timezone.utc) - timedelta(days=days)


@pytest.mark.parametrize("number", range(len(story.told(NOW))))
def test_every_call_of_the_story_could_have_been_made(number) -> None:
    one = story.told(NOW)[number]
    assert REGISTRY[one.id].check(one.data).data == one.data


def test_a_first_sync_finds_something_in_every_read(client) -> None:
    week = {"startTime": moment(7) + timedelta(seconds=1), "endTime": moment(0)}
    regions = [row["serviceRegion"] for row in client.call("warehouse.services")["data"]]
    assert regions == REGIONS
    for region in regions:
        rows = client.call("stock.snapshot", {"serviceRegionList": [{"serviceRegion": region}], "skuList": []})
        assert len(rows["data"]["SKUList"]) == 3, region
        assert all(row["available"] > 0 for row in rows["data"]["SKUList"])
    names = [{"referenceSKUID": name} for name in ("DEMO-MUG", "DEMO-BAG", "3PPtest003", "DEMO-PEN")]
    skus = client.call("sku.query", {"referenceSKUIDList": names})["data"]
    assert [row["sandboxStatus"] for row in skus] == ["Verified"] * 3 + ["Draft"]
    ids = [{"mfSkuId": row["MFSKUID"]} for row in skus]
    assert client.call("stock.movement", {**week, "mfSkuList": ids})["data"]
    assert client.call("stock.age", {"pageNumber": 1, "pageSize": 200})["data"]
    inbound = client.call("inbound.list", week)["data"]["inboundOrderList"]
    assert {row["status"] for row in inbound} == {"Arrived", "In transit"}
    orders = client.call("outbound.query", {**week})["data"]
    assert {row["orderStatus"] for row in orders} == {"Submitted", "Cancelled", "Outbound"}
    numbers = [row["inboundNumber"] for row in inbound]
    assert len(client.call("inbound.detail", {"inboundNumberList": numbers})["data"]["inboundOrderList"]) == 2
    assert client.call("pricing.result", {"referenceId": "16957823453791"})["data"]


def test_stock_is_what_the_orders_left(client) -> None:
    world = client.transport.sandbox
    client.call("warehouse.services")
    skus = {record["MFSKUID"] for record in world.records.all("sku")}
    for series in world.records.ledger.series(None, lambda _: True):
        assert series.sku in skus
        assert series.balance >= 0
        assert all(balance >= 0 for _, balance in series.between(0, NOW))
        orders = {entry.order for entry in series.entries}
        known = [world.records.get(kind, order) for order in orders for kind in ("inbound", "outbound")]
        assert len(list(filter(None, known))) == len(orders)
    for order in world.records.all("outbound"):
        assert all(sku in skus and region in REGIONS for sku, region, _ in order["_lines"])
    (mugs,) = client.call("stock.snapshot", {"serviceRegionList": [{"serviceRegion": "UK"}], "skuList": [{"mfSkuId": "OC0000000194079"}]})["data"]["SKUList"]  # fmt: skip
    assert (mugs["available"], mugs["reservedAllocated"], mugs["inTransit"]) == (116, 4, 60)


def test_nothing_in_it_is_a_placeholder() -> None:
    for collection in Sandbox(clock=lambda: NOW).records._collections.values():
        assert "'string'" not in repr([{k: v for k, v in r.items() if k != "_home"} for r in collection.all()])


def test_it_is_the_same_world_whatever_the_seed_and_the_seed_is_for_what_comes() -> None:
    def world(seed, *, empty=False):
        sandbox = Sandbox(seed=seed, clock=lambda: NOW, empty=empty)
        numbers = [r["orderNumber"] for r in sandbox.records.all("outbound")]
        tracked = [r["trackingNumberList"] for r in sandbox.records.all("outbound")]
        return numbers, tracked, sandbox.tokens.new_access()

    one, again, other, empty = world(1), world(1), world(2), world(1, empty=True)
    assert one == again
    assert one[:2] == other[:2]
    assert one[2] != other[2]
    assert one[2] == empty[2]


@pytest.mark.parametrize("clock", [0.0, 951_782_400.0, NOW, 4_102_444_799.0])
def test_times_are_relative_to_the_start(clock) -> None:
    with ocreg.sandbox(clock=lambda: clock) as box:
        orders = box.client(clock=lambda: clock).call("outbound.query", {})["data"]
    assert [row["orderStatus"] for row in orders] == [
        "Outbound", "Outbound", "Cancelled", "Outbound", "Submitted", "Submitted", "Submitted"
    ]  # fmt: skip
    made = [datetime.strptime(row["orderCreationTime"], "%Y-%m-%dT%H:%M:%S%z").timestamp() for row in orders]
    assert [round((clock - at) / 3600) for at in made] == [720, 288, 144, 72, 3, 2, 1]


def test_it_goes_on() -> None:
    with Client("local") as client:
        client.call("warehouse.services")
        world = client.transport.sandbox
        world.advance(5 * 3600)
        wanted = {"orderNumberList": [{"orderNumber": n} for n in ("OCO2000020000004DE", "OCO2000023303105GB")]}
        left, waits = client.call("outbound.query", wanted)["data"][::-1]
        assert (left["orderStatus"], waits["orderStatus"]) == ("Outbound", "Submitted")
        assert left["trackingNumberList"][0]["trackingNumber"].startswith("SBX")
        when = {"cancelTime": moment(0)}
        assert client.call("outbound.cancel", {"orderNumber": "OCO2000023303105GB", **when})["code"] == 0
        arrived = client.call("inbound.detail", {"inboundNumberList": ["OCI4DE06746421"]})["data"]["inboundOrderList"]
        assert arrived[0]["status"] == "Put away"


def test_two_worlds_share_nothing() -> None:
    one, other = Sandbox(), Sandbox()
    one.records.get("outbound", "OCO0000011225074GB")["trackingNumberList"][0]["trackingNumber"] = "changed"
    assert other.records.get("outbound", "OCO0000011225074GB")["trackingNumberList"][0]["trackingNumber"] != "changed"


def test_what_an_overlays_examples_name_is_there_too(tmp_path) -> None:
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text(
        "extends: outbound.cancel\n"
        "examples: {request: [{data: {orderNumber: OCO9, cancelTime: '2025-06-17T10:10:10+0800'}}]}\n"
    )
    (tmp_path / "outbound" / "create.yaml").write_text("extends: outbound.create\nsandbox: {does: answer}\n")
    world = Sandbox(Registry([tmp_path]))
    assert world.records.all("outbound") == []  # nothing is made any more, so nothing is told
    (tmp_path / "outbound" / "create.yaml").unlink()
    assert Sandbox(Registry([tmp_path])).records.get("outbound", "OCO9")["orderStatus"] == "Submitted"
