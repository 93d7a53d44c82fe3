"""Any number of items: batches, order, threads, bad ones among good ones, stopping."""

import datetime as dt
import gc
import threading
import tracemalloc
from collections.abc import Iterator
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ocreg
from ocreg import Client, LoginNeeded, Outcome, RequestInvalid, SettingInvalid, TransportError
from ocreg.bulk.sending import Batch
from ocreg.engine.exchange import Failure, Reply
from tests.confirm.test_confirm import CREATE, order


class Counting:
    """The local sandbox, with what was sent; `break_at` breaks the requests of these numbers."""

    def __init__(self, client: Client, break_at: tuple[int, ...] = (), acts: bool = False) -> None:
        self.inner, self.break_at, self.acts = client.transport, break_at, acts
        self.sizes: list[int] = []
        self.lock = threading.Lock()
        self.busy, self.most = 0, 0
        client.transport = self

    def send(self, request, timeout):
        if request.operation != CREATE:
            return self.inner.send(request, timeout)
        with self.lock:
            number = len(self.sizes)
            self.sizes.append(request.body.count(b'"referenceNumber"'))
            self.busy += 1
            self.most = max(self.most, self.busy)
        try:
            reply = self.inner.send(request, timeout) if number not in self.break_at or self.acts else None
            return Failure("reset", "as told") if number in self.break_at else reply
        finally:
            with self.lock:
                self.busy -= 1

    def close(self) -> None:
        self.inner.close()


def orders(number: int) -> list[dict]:
    return [order(f"A-{place}") for place in range(number)]


def made(client: Client) -> list[str]:
    world = client.transport.inner.sandbox
    numbers = (record["referenceNumber"] for record in world.records.all("outbound"))
    return [number for number in numbers if not number.startswith("DEMO-")]


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, [1]), (49, [49]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])]
)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_item_has_its_outcome_in_order(number: int, sizes: list[int], threads: int) -> None:
    with Client("local") as client:
        wire = Counting(client)
        sent = list(client.call_many(CREATE, orders(number), threads=threads))
        assert [s.place for s in sent] == list(range(number))
        assert [s.row["referenceNumber"] for s in sent] == [s.item["referenceNumber"] for s in sent]
        assert {s.happened for s in sent} <= {"yes"}
        assert sorted(wire.sizes) == sorted(sizes)
        assert sorted(made(client)) == sorted(f"A-{n}" for n in range(number))


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def endless():
        for number in count():
            taken.append(number)
            yield order(f"A-{number}")

    with Client("local") as client:
        wire = Counting(client)
        with client.call_many(CREATE, endless(), threads=4) as sending:
            assert [s.place for s in islice(sending, 60)] == list(range(60))
        assert len(taken) <= 60 + 50 * 9
        assert wire.most <= 4
        assert not [t for t in threading.enumerate() if t.name.startswith("ocreg-send")]
        before = len(wire.sizes)
        assert list(sending) == []
        assert len(wire.sizes) == before


@pytest.mark.parametrize("threads", [1, 4])
def test_bad_items_do_not_keep_good_ones_back(threads: int) -> None:
    items = orders(60)
    del items[3]["consigneeName"]
    items[55]["consigneeCountryCode"] = "GBR"
    with Client("local") as client:
        wire = Counting(client)
        sent = list(client.call_many(CREATE, items, threads=threads))
        assert [s.place for s in sent if s.error] == [3, 55]
        assert isinstance(sent[3].error, RequestInvalid)
        assert "[3].consigneeName" in str(sent[3].error)
        assert "[55].consigneeCountryCode" in str(sent[55].error)
        assert (sent[3].happened, len(made(client))) == ("no", 58)
        assert sorted(wire.sizes) == [9, 49]


def test_with_confirm_items_need_numbers_of_their_own() -> None:
    items = [order("A-1"), order("A-1"), {k: v for k, v in order().items() if k != "referenceNumber"}, order("A-2")]
    del items[3]["consigneeName"]
    with Client("local") as client:
        sent = list(client.call_many(CREATE, items, on_unknown="confirm"))
        assert [type(s.error) for s in sent] == [type(None), RequestInvalid, RequestInvalid, RequestInvalid]
        assert "is also in item 0" in str(sent[1].error)


@pytest.mark.parametrize("acts", [True, False])
def test_a_lost_answer_is_reported_by_default_and_settled_on_demand(acts: bool) -> None:
    with Client("local") as client:
        Counting(client, (1,), acts)
        sent = list(client.call_many(CREATE, orders(120)))
        assert [s.happened for s in sent] == ["yes"] * 50 + ["unknown"] * 50 + ["yes"] * 20
        assert isinstance(sent[50].error, TransportError)
        assert len(made(client)) == (120 if acts else 70)
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with Client("local", monotonic=lambda: now[0], sleep=sleep) as client:
        Counting(client, (1,), acts)
        sent = list(client.call_many(CREATE, orders(120), on_unknown="confirm"))
        assert {s.happened for s in sent} == {"yes"}
        assert sorted(made(client)) == sorted(f"A-{n}" for n in range(120))


@pytest.mark.parametrize("threads", [1, 4])
def test_it_stops_at_the_first_failure_if_told_to(threads: int) -> None:
    with Client("local") as client:
        wire = Counting(client, (2,))
        sent = list(client.call_many(CREATE, orders(2000), on_failure="stop", threads=threads))
        assert len(wire.sizes) <= 2 + 2 * threads + 1
        assert len(sent) == sum(wire.sizes)  # what was sent has its outcome, what was not has none
        assert {s.happened for s in sent} == {"yes", "unknown"}


def test_the_repr_of_what_became_of_an_item_shows_no_personal_data() -> None:
    items = [{**order, "consigneeName": "Ann Example", "consigneeCity": "Exampletown"} for order in orders(3)]
    items[1] = {"consigneeName": "Ann Example"}
    with Client("local") as client:
        sent = list(client.call_many(CREATE, items))
        with pytest.raises(RequestInvalid) as caught:
            client.call(CREATE, items)
    shown = repr(sent) + repr([Outcome(one.row, one.error) for one in sent])
    assert "Ann" not in shown
    assert "Exampletown" not in shown
    assert repr(sent[0]) == "<Sent 0: <Outcome yes>>"
    assert repr(sent[1]) == "<Sent 1: <Outcome no: RequestInvalid>>"
    assert "Ann" not in repr(Batch(0, items, "m-1")) + str(caught.value)


def test_without_a_login_nothing_more_is_tried() -> None:
    with Client("local") as client:
        wire = Counting(client)
        client.transport.send = lambda request, timeout: Reply(200, {}, b'{"error": "invalid_grant"}')
        sent = list(client.call_many(CREATE, orders(1000)))
        assert isinstance(sent[0].error, LoginNeeded)
        assert (len(sent), wire.sizes) == (50, [])


def test_an_operation_that_takes_one_thing_gets_one_request_each() -> None:
    payloads = [
        {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"},
        {"orderNumber": "none", "cancelTime": "2025-06-17T10:10:10+0800"},
    ]
    with Client("local") as client:
        sent = list(client.call_many("outbound.cancel", payloads))
        assert [s.happened for s in sent] == ["yes", "no"]


def test_rows_that_no_source_describes_are_matched_where_they_can_be() -> None:
    skus = [{"referenceSKUID": f"CUP-{n}"} for n in range(250)]
    with Client("local") as client:
        sent = list(client.call_many("sku.create", skus))
        assert [s.row["referenceSKUID"] for s in sent] == [sku["referenceSKUID"] for sku in skus]
        (alone,) = client.call_many("outbound.create_third_party_label", [{"referenceNumber": "A-1"}])
        assert alone.error is None


@pytest.mark.parametrize("threads", [1, 4])
def test_what_was_sent_before_the_items_failed_has_its_outcome(threads: int) -> None:
    def items():
        yield from orders(7)
        raise ValueError("no more")

    def read(told: list) -> None:
        for sent in client.call_many(CREATE, items(), size=1, threads=threads):
            told.append(sent.place)

    with Client("local") as client:
        Counting(client)
        told: list[int] = []
        with pytest.raises(ValueError, match="no more"):
            read(told)
        assert told == list(range(7))
        assert len(made(client)) == 7


@pytest.mark.parametrize("refuses", [True, False])
def test_of_items_with_the_same_number_none_gets_the_others_row(refuses: bool) -> None:
    items = [order("D-1"), order("D-1", consigneeName="Somebody Else"), order("D-2")]
    with ocreg.sandbox(repeats="refuse" if refuses else "accept", empty=True) as box:
        sent = list(box.local_client().call_many(CREATE, items))
        there = [record["orderNumber"] for record in box.sandbox.records.all("outbound")]
    given = [one.row["orderNumber"] for one in sent if one.row]
    assert len(given) == len(set(given))
    assert set(given) <= set(there)
    assert [one.happened for one in sent] == (["unknown", "unknown", "yes"] if refuses else ["yes"] * 3)


@pytest.mark.parametrize(
    "wrong",
    [{"size": 51}, {"size": 0}, {"on_unknown": "?"}, {"on_failure": "?"}, {"threads": 0}, {"threads": "4"}],
    ids=repr,
)
def test_wrong_arguments_are_refused_at_once(wrong: dict) -> None:
    with Client("local") as client, pytest.raises(SettingInvalid):
        client.call_many(CREATE, [], **wrong)


def test_one_thing_is_no_list_of_things() -> None:
    with Client("local") as client, pytest.raises(SettingInvalid, match="not one dict: use call"):
        client.call_many(CREATE, order())


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_items_any_size_any_threads(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 40))
    size, threads = data.draw(st.integers(1, 50)), data.draw(st.integers(1, 5))
    broken = data.draw(st.frozensets(st.integers(0, 39), max_size=4))
    items = orders(number)
    for place in broken:
        if place < number:
            items[place]["consigneeName"] = ""
    with Client("local") as client:
        wire = Counting(client)
        sent = list(client.call_many(CREATE, items, size=size, threads=threads))
        assert [s.place for s in sent if s.error] == sorted(p for p in broken if p < number)
        assert max(wire.sizes, default=0) <= size
        assert len(made(client)) == number - len([p for p in broken if p < number])


def test_memory_does_not_grow_with_the_number_of_items() -> None:
    def many(number: int) -> Iterator[dict[str, object]]:
        for n in range(number):
            if n % 1_000 == 0:
                gc.collect()  # it also frees the tuples that the interpreter keeps for later, up to 2,000 of a size
            yield order(f"A-{n}")

    def peak(number: int) -> int:
        with Client("local") as client:
            client.transport = Taking()
            tracemalloc.start()
            assert sum(1 for _ in client.call_many(CREATE, many(number))) == number
            reached = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return reached

    peak(500)
    assert peak(20_000) < 1.2 * peak(2_000)


def test_a_hundred_thousand_items() -> None:
    with Client("local") as client:
        client.transport = Taking()
        sending = client.call_many(CREATE, (order(f"A-{n}") for n in range(100_000)), threads=2)
        assert all(s.row["referenceNumber"] == f"A-{s.place}" and s.happened == "yes" for s in sending)


class Taking:
    """Says yes to everything, and remembers nothing."""

    def send(self, request, timeout):
        if request.operation != CREATE:
            return Reply(200, {}, b'{"access_token": "T", "expires_in": 3600}')
        from ocreg.registry.values import decode, encode

        rows = [{"orderNumber": "OCO1", "referenceNumber": o["referenceNumber"]} for o in decode(request.body)["data"]]
        return Reply(200, {}, encode({"code": 0, "data": rows}))

    def close(self) -> None:
        pass


class NoTime(dt.datetime):
    """As pandas' NaT: a datetime that is none."""

    def strftime(self, format):
        raise ValueError("NaTType does not support strftime")


def test_a_value_whose_own_methods_raise_spoils_its_item_only() -> None:
    items = orders(3)
    items[1]["remarks"] = NoTime(2025, 1, 1, tzinfo=dt.timezone.utc)
    with Client("local") as client:
        sent = list(client.call_many(CREATE, items))
    assert [one.happened for one in sent] == ["yes", "no", "yes"]
    assert [violation.where for violation in sent[1].error.violations] == ["[1].remarks"]


@pytest.mark.parametrize("on_unknown", ["raise", "confirm"])
def test_items_beyond_the_violations_that_are_explained_are_found_bad_too(on_unknown: str) -> None:
    items = orders(50)
    for place in range(0, 50, 2):
        items[place]["productList"] = [{"skuQuantity": "many"}] * 30
    with Client("local") as client:
        sent = list(client.call_many(CREATE, items, on_unknown=on_unknown))
    assert [one.happened for one in sent] == ["no", "yes"] * 25
    assert all(len(one.error.violations) + one.error.more >= 30 for one in sent[::2])
