"""Threads where there can be none: when the interpreter ends, when the system has no more, in a forked child."""

import gc
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import ocreg
from ocreg import Client, OcregError
from ocreg.bulk.workers import Workers
from tests.children import Forked, until

ADDRESS = {"consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB"}
CREATE = "outbound.create"


def orders(count, name="W"):
    return [{"referenceNumber": f"{name}-{number}", **ADDRESS} for number in range(count)]


def printed(code, *arguments):
    """What a program says, that must come to its end by itself and complain of nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


# When the interpreter ends

AT_EXIT = """
    import atexit, json, sys, threading
    from ocreg import Client

    client = Client("local")
    address = {"consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB"}

    def both(name):
        orders = ({"referenceNumber": f"{name}-{n}", **address} for n in range(300))
        sent = [s.row["referenceNumber"] for s in client.call_many("outbound.create", orders, size=10, threads=4)]
        assert sent == [f"{name}-{n}" for n in range(300)]
        wanted = {"referenceNumberList": [{"referenceNumber": f"{name}-{n}"} for n in range(300)]}
        rows = list(client.iterate("outbound.query", wanted, threads=4))
        made = client.transport.sandbox.records.all("outbound")
        mine = [record for record in made if str(record.get("referenceNumber")).startswith(f"{name}-")]
        print(len(sent), len(rows), len(mine), flush=True)
"""


@pytest.mark.parametrize("used", [True, False])
def test_they_work_at_exit(used) -> None:
    code = f"{AT_EXIT}\n    atexit.register(both, 'late')\n" + ("    both('early')\n" if used else "")
    assert printed(code) == ["300"] * (6 if used else 3)


def test_they_go_on_in_a_thread_that_outlives_the_program() -> None:
    code = f"""{AT_EXIT}
    begun = threading.Event()

    def slowly():
        sending = client.call_many("outbound.create", [{{"referenceNumber": f"S-{{n}}", **address}} for n in range(300)],
                                   size=10, threads=4)
        first = next(sending)
        begun.set()
        threading.main_thread().join()
        print(len([first, *sending]), len({{r.get("referenceNumber") for r in client.transport.sandbox.records.all("outbound")
                                           if str(r.get("referenceNumber")).startswith("S-")}}), flush=True)

    threading.Thread(target=slowly).start()
    begun.wait()
"""
    assert printed(code) == ["300", "300"]


def test_with_too_few_threads_everything_is_sent_once() -> None:
    """A thread that could not be started leaves its work in the queue, where another may find it: one of them does it."""
    size = threading.stack_size()
    with Client("local") as client:
        before = len(client.transport.sandbox.records.all("outbound"))

        def items():
            for number, order in enumerate(orders(400)):
                if number == 1:
                    threading.stack_size(1 << 46)  # more than there is
                yield order

        try:
            sent = list(client.call_many(CREATE, items(), size=1, threads=4))
        finally:
            threading.stack_size(size)
        assert [one.row["referenceNumber"] for one in sent] == [order["referenceNumber"] for order in orders(400)]
        assert len(client.transport.sandbox.records.all("outbound")) - before == 400


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    def broken():
        raise LookupError("mine")

    with Workers(2, "test") as workers:
        tasks = [workers.submit(broken), workers.submit(lambda: 5)]
        with pytest.raises(LookupError, match="mine"):
            tasks[0].result()
        assert tasks[1].result() == 5


# In a forked child


def refused(stream):
    """The error of going on in a child, where closing and forgetting do nothing."""
    try:
        next(stream)
    except OcregError as error:
        found = [type(error).__name__, str(error), error.__dict__.get("resume")]
    with pytest.raises(OcregError, match="started in the parent process"):
        next(stream)  # as often as it is tried
    stream.close()
    del stream
    gc.collect()
    return found


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 3])
def test_what_was_begun_goes_on_where_it_was_begun(threads) -> None:
    with ocreg.sandbox() as box:
        client = box.client()
        numbers = [order["referenceNumber"] for order in orders(300)]
        sending = client.call_many(CREATE, orders(300), size=20, threads=threads)
        taken = [next(sending)]
        kind, words, resume = Forked(lambda: refused(sending)).result()
        assert (kind, resume) == ("OcregError", None)
        assert "started in the parent process" in words
        taken += sending
        assert [sent.row["referenceNumber"] for sent in taken] == numbers
        made = [record.get("referenceNumber") for record in box.sandbox.records.all("outbound")]
        assert sorted(made[-300:]) == sorted(numbers)  # and nothing by the child

        wanted = {"referenceNumberList": [{"referenceNumber": number} for number in numbers]}
        whole = [row["referenceNumber"] for row in client.iterate("outbound.query", wanted)]
        assert sorted(whole) == sorted(numbers)
        reading = client.iterate("outbound.query", wanted, threads=threads)
        rows = [next(reading) for _ in range(120)]
        kind, words, resume = Forked(lambda: refused(reading)).result()
        assert (kind, resume) == ("OcregError", reading.resume)
        assert f"resume={resume!r}" in words
        child = Forked(
            lambda: [row["referenceNumber"] for row in client.iterate("outbound.query", wanted, resume=resume)]
        )
        rows += reading
        assert [row["referenceNumber"] for row in rows] == whole
        assert child.result() == whole[120:]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_may_close_and_forget_it_while_a_thread_of_the_parents_is_at_it() -> None:
    with ocreg.sandbox(faults=["delay:outbound.create:seconds=0.4:skip=2:count=9"]) as box:
        sending = box.client().call_many(CREATE, orders(10), size=1, threads=2)
        taken = [next(sending)]
        (executor,) = (one for one in gc.get_objects() if isinstance(one, ThreadPoolExecutor) and not one._shutdown)
        held, done = threading.Event(), threading.Event()

        def hold():
            with executor._shutdown_lock:  # as at any moment in which a thread is started
                held.set()
                done.wait(60)

        # the whole rest, as a single result may be there before anybody has looked
        threads = [threading.Thread(target=lambda: taken.extend(sending)), threading.Thread(target=hold)]
        threads[0].start()
        until(lambda: sending._results.gi_running)
        threads[1].start()
        assert held.wait(60)
        child = Forked(lambda: refused(sending)[0])
        assert child.result() == "OcregError"
        done.set()
        for thread in threads:
            thread.join()
        assert [sent.place for sent in taken] == list(range(10))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_forgets_it_waits_for_no_thread() -> None:
    with ocreg.sandbox() as box:
        sending = box.client().call_many(CREATE, orders(10), size=1, threads=2)
        next(sending)
        (executor,) = (one for one in gc.get_objects() if isinstance(one, ThreadPoolExecutor) and not one._shutdown)

        def forgets():
            nonlocal sending
            sending = None
            return gc.collect() >= 0

        with executor._shutdown_lock:
            child = Forked(forgets)
            assert child.result() is True
        assert [sent.place for sent in sending] == list(range(1, 10))
