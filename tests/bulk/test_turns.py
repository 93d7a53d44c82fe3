"""Batches that wait for their turn: what is done before them costs no time, and not one request more is on its way."""

import threading

import pytest

import ocreg
from ocreg import Client
from ocreg.bulk.sending import Batch, send
from ocreg.confirm.fulfilment import Halted
from tests.children import until
from tests.confirm.test_confirm import CREATE, order


class Gate:
    """The local sandbox behind a gate: requests wait in front of it until it opens."""

    def __init__(self, client: Client) -> None:
        self.inner, self.opened, self.lock = client.transport, threading.Event(), threading.Lock()
        self.waiting = self.most = self.passed = 0
        client.transport = self

    def send(self, request, timeout):
        if request.operation != CREATE:  # a token
            return self.inner.send(request, timeout)
        with self.lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self.opened.wait(60)
        with self.lock:
            self.waiting -= 1
            self.passed += 1
        return self.inner.send(request, timeout)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def client():
    with Client("local") as client:
        yield client


def batches(number: int) -> list[Batch]:
    return [Batch(place, [order(f"A-{place}")], f"message-{place}") for place in range(number)]


def sent(client: Client, number: int, done: list, **options):
    """Send that many batches in a thread of their own; `done` gets what becomes of them."""
    endpoint = client.registry[CREATE]

    def work() -> None:
        done.extend(send(client.caller, endpoint, batches(number), threads=2, **options))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_while_requests_are_on_their_way_others_are_made_ready(client) -> None:
    gate, ready, done = Gate(client), [], []
    thread = sent(client, 8, done, before=lambda batch: ready.append(batch.first))
    until(lambda: len(ready) == 6 and gate.waiting == 2)
    gate.opened.set()
    thread.join()
    assert [batch.first for batch, _ in done] == list(range(8))
    assert [outcome.happened for _, found in done for outcome in found] == ["yes"] * 8
    assert gate.most == 2


def test_without_something_to_do_before_nothing_waits(client) -> None:
    gate, done, threads = Gate(client), [], threading.active_count()
    thread = sent(client, 8, done)
    until(lambda: gate.waiting == 2)
    assert threading.active_count() == threads + 3
    gate.opened.set()
    thread.join()
    assert len(done) == 8


def test_what_waits_when_all_is_stopped_is_not_sent(client) -> None:
    gate, ready, done, stop = Gate(client), [], [], []

    def before_send(first: bool) -> None:
        if first and stop:
            raise Halted("told to stop")

    thread = sent(client, 8, done, before=lambda batch: ready.append(batch.first), before_send=before_send)
    until(lambda: len(ready) == 6 and gate.waiting == 2)
    stop.append(True)
    gate.opened.set()
    thread.join()
    found = [outcome.happened for _, outcomes in done for outcome in outcomes]
    assert found.count("yes") == gate.passed == 2
    assert found[2:] == ["no"] * (len(found) - 2)


def test_after_a_failure_nothing_more_is_made_ready(client) -> None:
    gate, ready, done = Gate(client), [], []

    def before(batch: Batch) -> None:
        until(lambda: batch.first < 5 or gate.waiting == 2)
        ready.append(batch.first)
        if batch.first == 5:
            raise KeyError("the journal is gone")

    endpoint = client.registry[CREATE]
    opener = threading.Thread(target=lambda: (until(lambda: 5 in ready), gate.opened.set()))
    opener.start()
    with pytest.raises(KeyError, match="the journal is gone"):
        done.extend(send(client.caller, endpoint, batches(8), threads=2, before=before))
    opener.join()
    assert [batch.first for batch, _ in done] == [0, 1, 2, 3, 4]
    assert gate.passed <= 3
    assert sorted(ready)[:6] == [0, 1, 2, 3, 4, 5]
    assert len(ready) <= 7  # a thread may have begun one before it was told


def test_batches_in_doubt_settle_together() -> None:
    """Six that wait for two turns: each sleeps only when all do, and lets go of its turn meanwhile."""
    now, clock = [1_790_000_000.0], threading.Lock()

    def later() -> None:
        now[0] += 10

    together = threading.Barrier(6, later)
    times = {"clock": lambda: now[0], "monotonic": lambda: now[0], "sleep": lambda _: together.wait(60)}
    with ocreg.sandbox() as box, box.client(**times) as client:
        inner, busy, most = client.transport, [], []

        class Counted:
            def send(self, request, timeout):
                with clock:
                    busy.append(request.operation)
                    most.append(len(busy))
                try:
                    return inner.send(request, timeout)
                finally:
                    with clock:
                        busy.remove(request.operation)

            def close(self) -> None:
                inner.close()

        client.transport = Counted()
        endpoint, lookup = client.registry[CREATE], client.registry["outbound.query"]
        doubtful = [batch._replace(ask_first=True) for batch in batches(6)]
        done = list(send(client.caller, endpoint, doubtful, threads=2, lookup=lookup, before=lambda _: None))
    assert [outcome.happened for _, found in done for outcome in found] == ["yes"] * 6
    assert now[0] == 1_790_000_060
    assert max(most) <= 2
