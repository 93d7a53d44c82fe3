"""A box in tests: what it lets a test see, its time, and the plugin for pytest in a scratch project."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ocreg
from ocreg import Client, HttpError, OutcomeUnknown
from ocreg.sandbox.running import Pace

ORDER = {"referenceNumber": "A1", "consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}


def test_records_are_copies_without_what_is_the_sandboxes_own() -> None:
    with ocreg.sandbox(empty=True) as box:
        box.client().call("outbound.create", [ORDER])
        (record,) = box.records("outbound")
        assert {**ORDER, "orderStatus": "Submitted"}.items() <= record.items()
        assert not [name for name in record if name.startswith("_")]
        record["orderStatus"] = "changed"
        assert box.records("outbound")[0]["orderStatus"] == "Submitted"
        assert box.records("nothing") == []


def test_time_passes_when_it_is_told_to() -> None:
    with ocreg.sandbox(empty=True) as box:
        box.client().call("outbound.create", [ORDER])
        box.advance(14_399)
        assert box.records("outbound")[0]["orderStatus"] == "Submitted"
        box.advance(60)
        assert box.sandbox.records.all("outbound")[0]["orderStatus"] == "Outbound"  # nobody asked
        for wrong in (-1, float("inf"), float("nan")):
            with pytest.raises(ValueError, match="time cannot pass"):
                box.advance(wrong)


@pytest.mark.parametrize("door", ["client", "local_client"])
def test_a_client_that_does_not_wait_confirms_at_once(door) -> None:
    """It looks for a minute, as what was created may be found late."""
    with ocreg.sandbox(faults=["drop:outbound.create:hides=45"], empty=True) as box:
        client = getattr(box, door)(waits=False)
        began = time.monotonic()
        answer = client.confirm("outbound.create", [ORDER])
        assert answer["data"][0]["referenceNumber"] == "A1"
        assert len(box.records("outbound")) == 1
        assert box.requests.of("outbound.query")
        assert time.monotonic() - began < 30
        assert box.sandbox.clock() - time.time() >= 40


def test_what_a_thread_sleeps_takes_no_other_threads_time() -> None:
    with ocreg.sandbox() as box:
        pace = Pace(box.sandbox)
        began, other = pace.monotonic(), list[float]()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(pace.sleep, 10_000).result()
            other.append(pool.submit(pace.monotonic).result())
        assert other[0] - began >= 10_000
        assert pace.monotonic() - began < 10_000
        assert box.sandbox.clock() - time.time() >= 9_999


def test_a_deadline_is_in_the_clients_own_time() -> None:
    with ocreg.sandbox(faults=["429:warehouse.services:after=20:count=9"]) as box:
        with pytest.raises(HttpError):
            box.client(waits=False, retries=2, deadline=59).call("warehouse.services")
        assert len(box.requests) == 3
        with pytest.raises(HttpError):
            box.client(waits=False, retries=9, deadline=35).call("warehouse.services")
        assert len(box.requests) == 5


def test_doubt_that_stays_takes_no_time_either() -> None:
    with ocreg.sandbox(faults=["drop:outbound.create", "503:outbound.query:chance=1"], empty=True) as box:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            box.client(waits=False).confirm("outbound.create", [ORDER])
        assert time.monotonic() - began < 30


def test_the_environment_is_for_a_program_that_knows_nothing_of_the_box(monkeypatch, tmp_path) -> None:
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "mine.yaml").write_text("extends: outbound.query\n")
    registry = ocreg.Registry([tmp_path])
    with ocreg.sandbox(client_key="K", secret_key="S", sign="path", registry=registry) as box:
        for name, value in box.environment.items():
            monkeypatch.setenv(name, value)
        with Client() as client:
            assert client.call("outbound.cancel", {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"})["code"] == 0  # fmt: skip
            assert "outbound.mine" in client.registry
        assert box.requests[-1].signature.form == "path"


PROJECT = """
import sys
import pytest

LOADED = {name for name in sys.modules if name.startswith("ocreg.")}

def test_nothing_is_loaded_before_it_is_used():
    assert LOADED == {"ocreg.pytest_plugin"}

def test_a_client_and_its_box(ocreg_client, ocreg_box):
    ocreg_client.confirm("outbound.create", [%(order)r])
    assert ocreg_box.records("outbound")[-1]["referenceNumber"] == "A1"
    assert ocreg_box.requests[-1].signature.matches

def test_the_next_one_has_a_world_of_its_own(ocreg_box):
    assert len(ocreg_box.requests) == 0
    assert "A1" not in [r["referenceNumber"] for r in ocreg_box.records("outbound")]

@pytest.mark.ocreg(faults=["drop:outbound.create"], empty=True)
class TestFaults:
    @pytest.mark.ocreg(empty=False)
    def test_the_nearest_mark_counts(self, ocreg_box, ocreg_client):
        assert len(ocreg_box.records("outbound")) > 1
        assert len(ocreg_client.confirm("outbound.create", [%(order)r])["data"]) == 1
        assert list(ocreg_box.faults.fired.values()) == [1]

    def test_those_further_away_too(self, ocreg_box):
        assert ocreg_box.records("outbound") == []
"""


def test_a_scratch_project_has_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(PROJECT % {"order": ORDER})
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCREG_")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    hint = "ocreg's entry point for pytest is new: is it installed (pip install -e .)?"
    assert f"{PROJECT.count('def test_')} passed" in done.stdout, f"{hint}\n{done.stdout}{done.stderr}"
