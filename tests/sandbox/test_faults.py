"""Faults: what a client meets, and what became of the order, over sockets and inside the process."""

import json
import signal
import socket
import threading
import time

import pytest
import requests

import ocreg
from ocreg import ApiError, HttpError, ResponseInvalid, SettingInvalid, TransportError
from ocreg.sandbox.faults import KINDS, Faults
from tests.children import until
from tests.pace import paced
from tests.sandbox.test_sandbox_http import Served

ORDER = {
    "referenceNumber": "A",
    "consigneeName": "Test Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
DOORS = ["client", "local_client"]


def orders(box, key: str = "A") -> int:
    """How many orders with this number of the caller's there are, whether they are shown or not."""
    return sum(record.get("referenceNumber") == key for record in box.sandbox.records.all("outbound"))


def found(client, key: str = "A") -> int:
    return len(client.call("outbound.query", {"referenceNumberList": [{"referenceNumber": key}]}).get("data") or [])


# What is met, with what facts, what `happened` says, and how many orders there are afterwards.
TABLE = [
    ("reset", TransportError, {"kind": ("reset", "unsent")}, ("unknown", "no"), 0),
    ("drop", TransportError, {"kind": "reset"}, "unknown", 1),
    ("truncate", TransportError, {"kind": "truncated"}, "unknown", 1),
    ("truncate:at=0", TransportError, {"kind": "truncated"}, "unknown", 1),
    ("truncate:at=40", TransportError, {"kind": "truncated"}, "unknown", 1),
    ("truncate:at=99999", TransportError, {"kind": "truncated"}, "unknown", 1),
    ("delay:seconds=0.4", TransportError, {"kind": "read-timeout"}, "unknown", 1),
    ("429:after=7", HttpError, {"status": 429}, "no", 0),
    ("500", HttpError, {"status": 500}, "unknown", 0),
    ("502", HttpError, {"status": 502}, "unknown", 0),
    ("503", HttpError, {"status": 503}, "unknown", 0),
    ("504", HttpError, {"status": 504}, "unknown", 0),
    ("599", HttpError, {"status": 599}, "unknown", 0),
    ("503:acts=yes", HttpError, {"status": 503}, "unknown", 1),
    ("html", ResponseInvalid, {}, "unknown", 1),
    ("html:acts=no", ResponseInvalid, {}, "unknown", 0),
    ("json", ResponseInvalid, {}, "yes", 1),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("spec", "kind", "facts", "happened", "there"), TABLE, ids=[row[0] for row in TABLE])
def test_what_a_client_meets(door, spec, kind, facts, happened, there) -> None:
    head, _, keys = spec.partition(":")
    spec = ":".join(filter(None, [head, "outbound.create", keys]))
    with ocreg.sandbox(faults=[spec], empty=True) as box:
        client = getattr(box, door)()
        client.call("outbound.query", {})
        with pytest.raises(kind) as met:
            client.call("outbound.create", [ORDER], timeout=(30, 0.1) if head == "delay" else None)
        assert type(met.value) is kind
        for name, value in {**facts, "happened": happened}.items():
            assert getattr(met.value, name) in (value if isinstance(value, tuple) else (value,))
        until(lambda: box.faults.fired == {spec: 1})  # who gave up waiting may be ahead of the server
        if there:
            until(lambda: orders(box) == 1)
        assert orders(box) == there
        assert client.call("outbound.create", [{**ORDER, "referenceNumber": "B"}])["code"] == 0
        assert (found(client, "A"), found(client, "B")) == (there, 1)
        assert box.faults.fired == {spec: 1}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("spec", ["401", "expired"])
def test_a_refused_token_is_renewed_once_and_one_order_made(door, spec) -> None:
    with ocreg.sandbox(faults=[f"{spec}:outbound.create"], empty=True) as box:
        client = getattr(box, door)()
        assert client.call("outbound.create", [ORDER])["code"] == 0
        assert (orders(box), box.faults.fired) == (1, {f"{spec}:outbound.create": 1})


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("spec", "again"), [("401", True), ("expired", False)])
def test_without_a_refresh_token_it_is_a_no(door, spec, again) -> None:
    with ocreg.sandbox(faults=[f"{spec}:outbound.create"], empty=True) as box:
        held = box.sandbox.tokens.new_access()
        client = getattr(box, door)(access_token=held, refresh_token="unknown")
        with pytest.raises(ocreg.CallError) as met:
            client.call("outbound.create", [ORDER])
        assert (met.value.happened, orders(box)) == ("no", 0)
        assert (box.sandbox.tokens.problem(held) is None) is again


@pytest.mark.parametrize("door", DOORS)
def test_duplicate_makes_two_of_one_request(door) -> None:
    with ocreg.sandbox(faults=["duplicate:outbound.create"], empty=True) as box:
        client = getattr(box, door)()
        (row,) = client.call("outbound.create", [ORDER])["data"]
        assert orders(box) == found(client) == 2
        assert row["orderNumber"] == box.sandbox.records.all("outbound")[1]["orderNumber"]


@pytest.mark.parametrize("door", DOORS)
def test_late_hides_what_was_made_from_finds_only(door) -> None:
    with ocreg.sandbox(faults=["late:outbound.create:seconds=60"], repeats="refuse", empty=True) as box:
        client = getattr(box, door)()
        (row,) = client.call("outbound.create", [ORDER])["data"]
        assert (orders(box), found(client)) == (1, 0)
        assert client.call("outbound.query", {}).get("data") in (None, [])
        with pytest.raises(ApiError, match="the referenceNumber A already exists"):
            client.call("outbound.create", [ORDER])
        box.sandbox.advance(59)
        assert found(client) == 0
        box.sandbox.advance(2)
        assert found(client) == 1
        assert client.call("outbound.cancel", {**CANCEL, "orderNumber": row["orderNumber"]})["code"] == 0


@pytest.mark.parametrize("door", DOORS)
def test_what_a_lost_answer_left_behind_may_hide_too(door) -> None:
    with ocreg.sandbox(faults=["drop:outbound.create:hides=60"], empty=True) as box:
        client = getattr(box, door)()
        with pytest.raises(TransportError):
            client.call("outbound.create", [ORDER])
        assert (orders(box), found(client)) == (1, 0)
        box.sandbox.advance(61)
        assert found(client) == 1


def test_late_is_not_there_where_an_unknown_number_is_refused() -> None:
    with ocreg.sandbox(faults=["late:inbound.create:seconds=60"]) as box:
        client = box.local_client()
        payload = box.sandbox.registry["inbound.create"].examples["request"][0]["data"]
        asked = {"inboundNumberList": [client.call("inbound.create", payload)["data"]["inboundNumber"]]}
        with pytest.raises(ApiError, match="doesnt exists"):
            client.call("inbound.detail", asked)
        box.sandbox.advance(61)
        assert len(client.call("inbound.detail", asked)["data"]["inboundOrderList"]) == 1


@paced
def test_refused_connections_over_http(pace) -> None:
    with ocreg.sandbox(faults=[f"refuse:outbound.query:seconds={0.3 * pace}"], empty=True) as box:
        client, idle = box.client(), socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])))
        with idle:
            idle.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"404" in idle.recv(4096)
            assert client.call("outbound.query", {})["code"] == 0  # it is answered
            began = time.monotonic()
            assert idle.recv(4096) == b""
        for _ in range(3):
            with pytest.raises(TransportError) as met:
                client.call("outbound.create", [ORDER])
            assert (met.value.kind, met.value.happened, orders(box)) == ("connect", "no", 0)
        while time.monotonic() < began + 30:
            try:
                client.call("outbound.create", [ORDER])
                break
            except TransportError:
                time.sleep(0.02)
        assert 0.25 * pace < time.monotonic() - began < 0.3 * pace + 5
        assert orders(box) == 1


def test_a_client_with_patience_lives_through_refused_connections() -> None:
    with ocreg.sandbox(faults=["refuse:outbound.query:seconds=0.2"], empty=True) as box:
        client = box.client(retries=20, sleep=lambda seconds: time.sleep(0.02))
        client.call("outbound.query", {})
        assert client.call("outbound.create", [ORDER])["code"] == 0
        assert orders(box) == 1


def test_a_refused_connection_in_process() -> None:
    with ocreg.sandbox(faults=["refuse:outbound.create"], empty=True) as box:
        client = box.local_client()
        with pytest.raises(TransportError) as met:
            client.call("outbound.create", [ORDER])
        assert (met.value.kind, met.value.happened, orders(box)) == ("connect", "no", 0)
        assert client.call("outbound.create", [ORDER])["code"] == 0


def test_a_box_can_be_left_at_once_and_entered_again() -> None:
    box = ocreg.sandbox(empty=True)
    for _ in range(30):
        with box:
            pass
    with box:
        box.client().call("outbound.create", [ORDER])
    assert orders(box) == 1


def test_a_box_can_be_left_while_connections_are_refused() -> None:
    began = time.monotonic()
    with ocreg.sandbox(faults=["refuse:seconds=60"]) as box:
        box.client().call("warehouse.services")
    assert time.monotonic() - began < 30


def test_delay_sleeps_as_it_was_told_and_over_http_takes_its_time() -> None:
    slept: list[float] = []
    with ocreg.sandbox(faults=["delay:seconds=0.2:count=2"]) as box:
        box.local_client(sleep=slept.append).call("warehouse.services")
        assert slept == [0.2]
        began = time.monotonic()
        box.client().call("warehouse.services")
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("door", DOORS)
def test_429_says_how_long_and_the_client_waits_so_long(door) -> None:
    slept: list[float] = []
    with ocreg.sandbox(faults=["429:outbound.create:after=7:count=2"], empty=True) as box:
        client = getattr(box, door)(retries=2, sleep=slept.append)
        assert client.call("outbound.create", [ORDER])["code"] == 0
        assert (slept, orders(box)) == ([7.0, 7.0], 1)


def test_reads_are_sent_again_and_effects_in_doubt_are_not() -> None:
    with ocreg.sandbox(faults=["drop:count=2", "503:outbound.create"], empty=True) as box:
        client = box.client(retries=3, sleep=lambda seconds: None)
        assert client.call("outbound.query", {})["code"] == 0
        assert box.faults.fired == {"drop:count=2": 2, "503:outbound.create": 0}
        with pytest.raises(HttpError):
            client.call("outbound.create", [ORDER])
        assert box.faults.fired == {"drop:count=2": 2, "503:outbound.create": 1}


@pytest.mark.parametrize("door", DOORS)
def test_token_operations_are_struck_only_when_named(door) -> None:
    with ocreg.sandbox(faults=["503:oauth.refresh", "drop:warehouse.services"]) as box:
        with pytest.raises(ocreg.TokenError):
            getattr(box, door)().call("outbound.query", {})
        assert box.faults.fired == {"503:oauth.refresh": 1, "drop:warehouse.services": 0}
    with ocreg.sandbox(faults=["503:count=5"]) as box:
        with pytest.raises(HttpError):
            getattr(box, door)().call("outbound.query", {})
        assert box.faults.fired == {"503:count=5": 1}


@pytest.mark.parametrize(
    "id", ["outbound.cancel", "outbound.create", "outbound.query", "warehouse.services", "oauth.refresh"]
)
def test_json_breaks_the_form_of_every_answer(id) -> None:
    with ocreg.sandbox(faults=[f"json:{id}"]) as box:
        client = box.local_client()
        example = box.sandbox.registry[id].examples.get("request", [{}])[0]
        query = {"refresh_token": "demo-refresh-token"} if id == "oauth.refresh" else None
        with pytest.raises(ResponseInvalid):
            client.call(id, example.get("data"), query=query)


def hits(*specs: str, requests: int = 12, seed: int | None = 1, id: str = "outbound.create") -> str:
    faults = Faults(specs, seed)
    met = (faults.at(id) for _ in range(requests))
    return "".join("." if fault is None else str(specs.index(fault.text)) for fault in met)


def test_count_skip_and_the_first_that_fires() -> None:
    assert hits("drop") == "0..........."
    assert hits("drop:count=3") == "000........."
    assert hits("drop:skip=2") == "..0........."
    assert hits("drop:skip=1:count=2", "reset:skip=1:count=2") == ".0011......."
    assert hits("drop:outbound.*", "reset") == "01.........."
    assert hits("drop:sku.*", "reset") == "1..........."
    assert hits("drop:chance=1") == "0" * 12
    assert hits("drop:chance=0") == "." * 12
    assert hits("drop:chance=1:count=2:skip=3") == "...00......."


def test_chance_is_repeatable_with_a_seed() -> None:
    once = hits("drop:chance=0.3", requests=1000, seed=5)
    assert once == hits("drop:chance=0.3", requests=1000, seed=5)
    assert once != hits("drop:chance=0.3", requests=1000, seed=6)
    assert 200 < once.count("0") < 400


def test_counts_are_exact_between_threads() -> None:
    faults, met = Faults(["drop:count=50:skip=100", "reset:chance=1"]), []
    threads = [
        threading.Thread(target=lambda: met.extend(faults.at("sku.query") for _ in range(100))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults.fired == {"drop:count=50:skip=100": 50, "reset:chance=1": 750}
    assert len(met) == 800


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("drpo", "there is no fault 'drpo'; did you mean 'drop'?"),
        ("", "there is no fault ''"),
        ("404", "there is no fault '404'"),
        ("drop:outbound.creat", "no operation 'outbound.creat'; did you mean 'outbound.create'?"),
        ("drop:outbond.*", "no operation matches 'outbond.*'; did you mean 'outbound.*'?"),
        ("drop:outbound", "there is no operation 'outbound'"),
        ("drop:cuont=1", "drop has no key 'cuont'; did you mean 'count'?"),
        ("drop:acts=yes", "drop has no key 'acts'"),
        ("drop:count=1:outbound.create", "the operation comes right after the kind"),
        ("drop:count=0", "count must be a whole number from 1 on, such as 3, not '0'"),
        ("drop:count=1:count=1", "count is given twice"),
        ("drop:chance=1.5", "chance must be a probability"),
        ("drop:chance=nan", "chance must be a probability"),
        ("delay:seconds=inf", "seconds must be a number of seconds"),
        ("truncate:at=-1", "at must be a whole number of bytes"),
        ("503:acts=maybe", "acts must be yes or no, not 'maybe'"),
        (7, "a fault is a text such as 'drop:outbound.create', not a int"),
    ],
)
def test_what_is_wrong_with_a_fault_is_said(spec, words) -> None:
    with pytest.raises(SettingInvalid) as error:
        ocreg.sandbox(faults=[spec])
    assert words in str(error.value)
    assert repr(spec) in str(error.value)
    assert error.value.setting == "fault"


def test_one_fault_may_be_given_without_a_list() -> None:
    assert len(Faults("drop:outbound.create")) == 1


def test_the_documented_kinds_are_all_there_are() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md").read_text("utf-8")
    table = text.partition("## Faults")[2].partition("\n## ")[0]
    assert all(f"`{kind}`" in table for kind in KINDS)


def test_repeats_are_refused_item_by_item() -> None:
    two = [
        ORDER,
        {**ORDER, "referenceNumber": "B"},
        {**ORDER, "referenceNumber": "B"},
        {k: ORDER[k] for k in list(ORDER)[1:]},
    ]
    with ocreg.sandbox(repeats="refuse", empty=True) as box:
        client = box.client()
        client.call("outbound.create", [ORDER])
        with pytest.raises(ApiError) as met:
            client.call("outbound.create", two)
        answer = met.value.reply
        assert (answer["code"], answer["success"]) == (3, False)
        assert [row.get("referenceNumber") for row in answer["data"]] == ["B", None]
        assert answer["errors"] == [
            {"code": "sandbox.repeated", "message": "sandbox: the referenceNumber A already exists"},
            {"code": "sandbox.repeated", "message": "sandbox: the referenceNumber B already exists"},
        ]
        assert met.value.category == "exists"
        assert (orders(box, "A"), orders(box, "B")) == (1, 1)


def test_a_single_repeat_is_refused_and_without_the_setting_nothing_is() -> None:
    with ocreg.sandbox(repeats="refuse", empty=True) as box:
        client = box.local_client()
        payload = box.sandbox.registry["inbound.create"].examples["request"][0]["data"]
        client.call("inbound.create", payload)
        with pytest.raises(ApiError, match="the sellerInboundNumber 2203123123123030043 already exists") as met:
            client.call("inbound.create", payload)
        assert met.value.errors[0]["code"] == "sandbox.repeated"
        assert len(box.sandbox.records.all("inbound")) == 1
    with ocreg.sandbox(empty=True) as box:
        for _ in range(2):
            box.local_client().call("outbound.create", [ORDER])
        assert orders(box) == 2
    with pytest.raises(SettingInvalid, match="repeats must be 'accept' or 'refuse'"):
        ocreg.sandbox(repeats="no")


def test_a_duplicate_in_a_world_that_refuses_repeats_is_a_no_to_what_was_done() -> None:
    with ocreg.sandbox(faults=["duplicate:outbound.create"], repeats="refuse", empty=True) as box:
        with pytest.raises(ApiError) as met:
            box.client().call("outbound.create", [ORDER])
        assert (met.value.category, met.value.happened, orders(box)) == ("exists", "unknown", 1)


def test_a_box_has_keys_signature_and_files_of_its_world(tmp_path) -> None:
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text("extends: outbound.cancel\npath: /3pp/outbound/v9/cancel\n")
    world = {"client_key": "K", "secret_key": "S", "sign": "path", "registry": ocreg.Registry([tmp_path])}
    with ocreg.sandbox(**world) as box:
        for client in (box.client(), box.local_client()):
            assert "v9" in client.plan("outbound.cancel", CANCEL)["url"]
        assert box.client().call("outbound.cancel", CANCEL)["code"] == 0
        with pytest.raises(ApiError, match="Cancelled"):
            box.local_client().call("outbound.cancel", CANCEL)
    with pytest.raises(requests.ConnectionError):
        requests.get(box.url, timeout=30)


def test_the_command_takes_faults_and_says_how_often_they_fired() -> None:
    running = Served(
        "--fault", "drop:outbound.create", "--fault", "429:sku.*:count=2", "--repeats", "refuse", "--seed", "3"
    )
    with ocreg.Client("local", host=running.url) as client:
        with pytest.raises(TransportError):
            client.call("outbound.create", [ORDER])
        with pytest.raises(ApiError, match="the referenceNumber A already exists"):
            client.call("outbound.create", [ORDER])
    code, out, err = running.stop(signal.SIGINT)
    assert (code, out) == (0, "")
    assert err.splitlines() == ["fault drop:outbound.create: fired 1 time", "fault 429:sku.*:count=2: fired 0 times"]


def test_the_command_refuses_a_fault_that_is_none() -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "ocreg", "sandbox", "--fault", "dorp"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no fault 'dorp'; did you mean 'drop'?" in done.stderr


def test_what_stands_on_the_wire_when_an_answer_is_cut() -> None:
    with ocreg.sandbox(faults=["truncate:oauth.refresh:at=10"]) as box:
        query = "grant_type=refresh_token&client_id=demo-client-key&refresh_token=demo-refresh-token"
        with socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2])), timeout=30) as raw:
            raw.sendall(f"POST /oauth/token?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            told = b""
            while piece := raw.recv(4096):
                told += piece
    head, _, body = told.partition(b"\r\n\r\n")
    promised = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    assert len(body) == 10 < promised
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_a_box_is_opened_once_at_a_time() -> None:
    box = ocreg.sandbox()
    with box:
        with pytest.raises(RuntimeError, match="already open"):
            box.__enter__()
        first = box.url
        assert requests.get(f"{first}/nowhere", timeout=30).status_code == 404
    with box:
        assert requests.get(f"{box.url}/nowhere", timeout=30).status_code == 404
    assert not [thread for thread in threading.enumerate() if thread.name == "ocreg sandbox"]


def test_an_address_that_is_none_gets_an_answer() -> None:
    with ocreg.sandbox() as box, socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET http://[bad/nope HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")
