"""News about outbound orders: what is posted, and how it is lost, doubled and late."""

import json

import pytest

import ocreg
from ocreg import Client, SettingInvalid
from ocreg.sandbox import Sandbox
from tests.children import until
from tests.server import Server, answer

ORDER = {"referenceNumber": "A1", "consigneeName": "Canary", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}


@pytest.fixture
def hook():
    with Server(answer({})) as server:
        yield server


def news(hook):
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in hook.requests]


def opened(hook, *faults, **world):
    return ocreg.sandbox(notify=f"{hook.origin}/hook?x=1", faults=faults, **world)


def place(box) -> str:
    return box.client().call("outbound.create", [ORDER])["data"][0]["orderNumber"]


def test_every_change_of_an_order_is_posted_once_and_in_order(hook) -> None:
    with opened(hook, clock=lambda: 1_790_000_000.0) as box:
        number = place(box)
        box.advance(14_400)
        first, *others = [one for one in news(hook) if one["sandboxNumber"] == number]
        assert first == {
            "sandboxNotification": 1,
            "sandboxAt": "2026-09-21T22:13:20+0800",
            "sandboxOperation": "outbound.query",
            "sandboxNumber": number,
            "sandboxChanged": {"orderStatus": "Submitted"},
        }
        assert [one["sandboxChanged"]["orderStatus"] for one in others] == ["Outbound"]
        assert others[0]["sandboxChanged"]["trackingNumberList"][0]["orderNumber"] == number
        numbers = [one["sandboxNotification"] for one in news(hook)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert b"POST /hook?x=1 HTTP/1.1" in hook.requests[0]
        assert b"Canary" not in b"".join(hook.requests)
        assert [one["status"] for one in box.notifications] == [200] * len(numbers)
        assert all(one.startswith("sandbox") for one in first)


def test_what_is_posted_is_what_a_program_may_receive(hook) -> None:
    with opened(hook) as box, Client("local") as client:
        number = place(box)
        box.advance(0)
        received = client.receive("webhook.outbound", hook.requests[0].partition(b"\r\n\r\n")[2])
        assert received["sandboxNumber"] == number


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [("drop", []), ("duplicate", ["Submitted", "Submitted"]), ("late:sandbox.notify:seconds=100", [])],
)
def test_news_are_lost_doubled_and_late(hook, fault, arrived) -> None:
    fault = fault if ":" in fault else f"{fault}:sandbox.notify"
    with opened(hook, fault, empty=True) as box:
        place(box)
        box.advance(0)
        assert [one["sandboxChanged"]["orderStatus"] for one in news(hook)] == arrived
        box.advance(101)
        box.advance(14_400)
        late = ["Submitted"] if fault.startswith("late") else []
        assert [one["sandboxChanged"]["orderStatus"] for one in news(hook)] == [*arrived, *late, "Outbound"]
        assert [one["why"] for one in box.notifications if one["status"] is None] == (
            ["lost by a fault"] if fault.startswith("drop") else []
        )
        assert box.faults.fired[fault] == 1


def test_late_news_are_overtaken(hook) -> None:
    with opened(hook, "late:sandbox.notify:seconds=20000", empty=True) as box:
        place(box)
        box.advance(14_400)
        box.advance(20_000)
        assert [one["sandboxNotification"] for one in news(hook)] == [2, 1]


def test_time_that_passes_by_itself_brings_news(hook) -> None:
    """Nobody asks and nobody advances: an hour is a tenth of a second."""
    with opened(hook, speed=36_000, empty=True) as box:
        place(box)
        until(lambda: [one["sandboxChanged"]["orderStatus"] for one in news(hook)] == ["Submitted", "Outbound"])


def test_an_address_where_nobody_is_costs_nothing_but_the_news() -> None:
    with Server(answer({})) as server:
        pass
    with ocreg.sandbox(notify=server.origin, empty=True) as box:
        place(box)
        box.advance(0)
        (lost,) = box.notifications
        assert lost["status"] is None
        assert "Refused" in lost["why"]


def test_patterns_mean_operations_only(hook) -> None:
    with opened(hook, "drop:*:chance=0", "503:outbound.create:skip=9") as box:
        place(box)
        box.advance(0)
        assert news(hook)
    with pytest.raises(SettingInvalid, match="they can be lost, duplicated or late"):
        ocreg.sandbox(faults=["503:sandbox.notify"])


@pytest.mark.parametrize(
    "url", ["", "hook", "ftp://localhost/", "http://", "http://a b/", "http://x:y/", "http://a@b/", 7]
)
def test_an_address_that_is_none_is_refused(url) -> None:
    with pytest.raises(SettingInvalid, match="notify must be a URL"):
        Sandbox(notify=url)


def test_closing_ends_its_thread(hook) -> None:
    with opened(hook) as box:
        thread = box.sandbox.notifier._thread
        assert thread.is_alive()
    assert not thread.is_alive()
