"""`ocreg sandbox` as its users meet it: a process, a port, curl, many clients, signals."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

import ocreg
from ocreg import Client, TransportError
from ocreg.engine.signing import signature
from ocreg.sandbox.bodies import MOST_BYTES
from tests.children import Forked, until
from tests.raw import Raw

# The vendor's page: host, path, three headers and the body. Here with the sandbox's host.
SEED_BODY = (
    '{"apiVersion":"string","data":{"cancelReason":"string","cancelTime":"2025-06-17T10:10:10+0800",'
    '"orderNumber":"OCO2000023303105GB"},"messageId":"string","timestamp":0}'
)
CANCEL = "/openapi/3pp/outbound/v1/cancel"


class Served:
    """A running `ocreg sandbox`."""

    def __init__(self, *options: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OCREG_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ocreg", "sandbox", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.line = self.process.stdout.readline()
        assert "listening on" in self.line, self.process.stderr.read()
        self.url = self.line.split()[-1]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def served():
    running = Served("--client-key", "K", "--secret-key", "S")
    yield running
    running.stop()


def token(url: str, client_key: str = "K") -> str:
    """An access token by the whole OAuth flow, as a program written for the vendor would get it."""
    redirect = "https://erp.example.com/oc"
    query = f"response_type=code&client_id={client_key}&redirect_uri={redirect}&state=user-1"
    answer = requests.get(f"{url}/oauth/authorize?{query}", allow_redirects=False, timeout=30)
    raw = dict(pair.split("=", 1) for pair in urlsplit(answer.headers["Location"]).query.split("&"))
    query = f"grant_type=authorization_code&client_id={client_key}&redirect_uri={redirect}&code={raw['code']}"
    return requests.post(f"{url}/oauth/token?{query}", timeout=30).json()["access_token"]


def curl(url: str, *headers: str) -> dict:
    words = [word for header in ("clientKey: K", "Content-Type: application/json", *headers) for word in ("-H", header)]
    command = ["curl", "-s", "--location", "-X", "POST", url + CANCEL, *words, "--data-raw", SEED_BODY]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_the_vendors_curl_line_works_with_a_signature_and_is_refused_without(served: Served) -> None:
    assert shutil.which("curl"), "curl is needed for this test: apt-get install curl"
    bearer = f"Access-Token: Bearer {token(served.url)}"
    assert curl(served.url, bearer) == {"code": 1, "message": "Authentication Fail:vAuthorization missing"}
    signed = f"vAuthorization: {signature(CANCEL, SEED_BODY.encode(), 'K', 'S')}"
    assert curl(served.url, bearer, signed) == {"code": 0, "message": "Success", "messageId": "string"}
    assert curl(served.url, bearer, signed)["code"] == 3


def test_a_client_in_another_environment_needs_only_host_and_keys(served: Served) -> None:
    with Client("sandbox", host=served.url, client_key="K", secret_key="S", access_token=token(served.url)) as client:
        assert client.call("warehouse.services")["code"] == 0
    with Client(
        "sandbox", host=served.url, client_key="K", secret_key="S", refresh_token="demo-refresh-token"
    ) as client:
        assert client.call("outbound.query", {})["code"] == 0


def test_it_serves_many_clients_at_once(served: Served) -> None:
    order = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}
    settings = {"host": served.url, "client_key": "K", "secret_key": "S", "refresh_token": "demo-refresh-token"}

    def place(number: int) -> str:
        with Client("sandbox", **settings) as client:
            (row,) = client.call("outbound.create", [{**order, "referenceNumber": f"many-{number}"}])["data"]
            return row["orderNumber"]

    with ThreadPoolExecutor(24) as pool:
        numbers = list(pool.map(place, range(48)))
    assert len(set(numbers)) == 48
    with Client("sandbox", **settings) as client:
        wanted = {"referenceNumberList": [{"referenceNumber": f"many-{n}"} for n in range(48)]}
        assert len(client.call("outbound.query", wanted)["data"]) == 48


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_on_signals(number: int) -> None:
    running = Served()
    assert running.line.startswith("ocreg sandbox listening on http://127.0.0.1:")
    assert running.stop(number) == (0, "", "")


def test_a_taken_port_is_said_so(served: Served) -> None:
    port = served.url.rpartition(":")[2]
    command = [sys.executable, "-m", "ocreg", "sandbox", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_two_runs_with_one_seed_give_the_same_numbers() -> None:
    def first_number() -> str:
        running = Served("--seed", "5", "--empty")
        with Client("local", host=running.url) as client:
            order = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "DE"}
            number = client.call("outbound.create", [order])["data"][0]["orderNumber"]
        running.stop()
        return number

    assert first_number() == first_number()


def signed(body: str, bearer: str) -> str:
    """The head lines of a good cancellation."""
    form = signature(CANCEL, body.encode(), "demo-client-key", "demo-secret-key")
    return (
        f"Host: localhost\r\nclientKey: demo-client-key\r\nvAuthorization: {form}\r\nAccess-Token: Bearer {bearer}\r\n"
    )


@pytest.fixture
def box():
    with ocreg.sandbox() as running:
        yield running


@pytest.fixture
def raw(box):
    with Raw(box) as connection:
        yield connection


def test_one_connection_takes_request_after_request_also_in_one_go(box, raw) -> None:
    bearer = box.sandbox.tokens.new_access()
    request = (
        f"POST {CANCEL} HTTP/1.1\r\n{signed(SEED_BODY, bearer)}Content-Length: {len(SEED_BODY)}\r\n\r\n{SEED_BODY}"
    )
    raw.send(request * 3)
    assert [raw.answer()[1]["code"] for _ in range(3)] == [0, 3, 3]
    raw.send(request.replace("HTTP/1.1", "HTTP/1.0"))
    assert raw.answer()[1]["code"] == 3
    assert raw.closed()


def test_chunked_bodies_are_read(box, raw) -> None:
    bearer, middle = box.sandbox.tokens.new_access(), 40
    chunks = "".join(f"{len(part):X};x=1\r\n{part}\r\n" for part in (SEED_BODY[:middle], SEED_BODY[middle:]))
    head = f"POST {CANCEL} HTTP/1.1\r\n{signed(SEED_BODY, bearer)}Transfer-Encoding: chunked\r\n\r\n"
    raw.send(f"{head}{chunks}0\r\nTrailer: x\r\n\r\n" * 2)
    assert [raw.answer()[1]["code"] for _ in range(2)] == [0, 3]


def test_a_body_is_asked_for_when_the_client_waits_for_that(box, raw) -> None:
    bearer = box.sandbox.tokens.new_access()
    head = f"{signed(SEED_BODY, bearer)}Expect: 100-continue\r\nContent-Length: {len(SEED_BODY)}\r\n\r\n"
    raw.send(f"POST {CANCEL} HTTP/1.1\r\n{head}")
    assert raw.head() == (100, {})
    raw.send(SEED_BODY)
    assert raw.answer()[1]["code"] == 0


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (f"Content-Length: {MOST_BYTES + 1}\r\nExpect: 100-continue\r\n\r\n", 413, "more than 67,108,864 bytes"),
        (f"Transfer-Encoding: chunked\r\n\r\n{MOST_BYTES + 1:x}\r\n", 413, "more than 67,108,864 bytes"),
        ("Content-Length: five\r\n\r\n", 400, "is not a number of bytes"),
        ("Content-Length: -5\r\n\r\n", 400, "is not a number of bytes"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "contradict each other"),
        ("Transfer-Encoding: gzip\r\n\r\n", 501, "is not supported"),
        ("Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "is not the size of a chunk"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400, "longer than its size"),
    ],
)
def test_bodies_that_cannot_be_read_are_refused_in_words(raw, head, status, words) -> None:
    raw.send(f"POST {CANCEL} HTTP/1.1\r\nHost: localhost\r\n{head}")
    told, answer = raw.answer()
    assert (told, words in answer["message"]) == (status, True), answer
    raw.socket.shutdown(socket.SHUT_WR)
    assert raw.closed()


def test_an_answer_to_a_body_that_is_too_large_is_not_lost(box) -> None:
    answer = requests.post(box.url + CANCEL, data=b"x" * (MOST_BYTES + 1), timeout=60)
    assert answer.status_code == 413
    assert "67,108,864" in answer.json()["message"]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("nonsense", 400),
        ("GET /x HTTP/7.0", 505),
        ("BREW /x HTTP/1.1", 501),
        ("GET /openapi/nowhere HTTP/1.1", 404),
        ("OPTIONS /x HTTP/1.1", 404),
        (f"POST http://localhost:1{CANCEL}?x=1 HTTP/1.1", 200),
        (f"POST {CANCEL.replace('cancel', '%63ancel')} HTTP/1.1", 200),
    ],
)
def test_request_lines(raw, request_line, status) -> None:
    raw.send(f"{request_line}\r\nHost: localhost\r\n\r\n")
    told, answer = raw.answer()
    assert told == status
    assert answer["message"] == "Authentication Fail:clientKey missing" if status == 200 else answer["message"]


def test_head_has_no_body(raw) -> None:
    raw.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
    assert [raw.head()[0] for _ in range(2)] == [404, 404]


def test_a_redirects_address_cannot_end_the_header(tmp_path) -> None:
    (tmp_path / "oauth").mkdir()
    overlay = "extends: oauth.authorize\nquery: {properties: {redirect_uri: {format: null}}}\n"
    (tmp_path / "oauth" / "authorize.yaml").write_text(overlay)
    target = "https%3A%2F%2Ferp.example.com%2F%0D%0AX-Own%3A%201%E4%BD%A0"
    query = f"response_type=code&client_id=demo-client-key&redirect_uri={target}&state=s"
    with ocreg.sandbox(registry=ocreg.Registry([tmp_path])) as box, Raw(box) as raw:
        raw.send(f"GET /oauth/authorize?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, fields = raw.head()
    assert (status, "x-own" in fields) == (302, False)
    assert fields["location"].startswith("https://erp.example.com/%0D%0AX-Own: 1%E4%BD%A0?")


def test_a_request_that_breaks_off_is_not_carried_out(box) -> None:
    bearer = box.sandbox.tokens.new_access()
    for head in (f"Content-Length: {len(SEED_BODY) + 1}", "Transfer-Encoding: chunked"):
        with Raw(box) as raw:
            raw.send(
                f"POST {CANCEL} HTTP/1.1\r\n{signed(SEED_BODY, bearer)}{head}\r\n\r\n{SEED_BODY if 'Len' in head else ''}"
            )
            raw.socket.shutdown(socket.SHUT_WR)
            assert raw.closed()
    assert box.sandbox.records.get("outbound", "OCO2000023303105GB").get("orderStatus") != "Cancelled"


def test_leaving_a_box_closes_idle_connections_and_lets_answers_out() -> None:
    with ocreg.sandbox(faults=["delay:oauth.refresh:seconds=60"]) as box:
        idle, busy = Raw(box), Raw(box)
        idle.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.answer()[0] == 404
        busy.send(
            "POST /oauth/token?grant_type=refresh_token&client_id=demo-client-key&refresh_token=demo-refresh-token HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        until(lambda: box.faults.fired["delay:oauth.refresh:seconds=60"])
        began = time.monotonic()
    with idle, busy:
        assert time.monotonic() - began < 30
        assert idle.closed()
        assert "access_token" in busy.answer()[1]
        assert busy.closed()


def test_a_stopped_command_closes_its_connections() -> None:
    running = Served()
    session = requests.Session()
    assert session.get(running.url + "/x", timeout=30).status_code == 404
    began = time.monotonic()
    assert running.stop() == (0, "", "")
    assert time.monotonic() - began < 20
    session.close()


# Forks


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_leaves_the_block_ends_nothing_of_the_parents() -> None:
    with ocreg.sandbox() as box:
        client = box.client()
        client.call("warehouse.services")
        (connection,) = box._server._connections

        def leaves():
            client.call("warehouse.services")  # the parent serves
            began = time.monotonic()
            box.__exit__()
            return time.monotonic() - began

        assert Forked(leaves).result() < 10
        client.call("warehouse.services")
        assert connection in box._server._connections


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fault_strikes_while_a_child_lives() -> None:
    """A reset is sent when the last copy of a socket is closed."""
    with ocreg.sandbox(faults=["drop:outbound.create"]) as box:
        client = box.client(timeout=(30, 30))
        client.call("warehouse.services")
        read, write = os.pipe()
        child = Forked(lambda: os.read(read, 1).decode())
        with pytest.raises(TransportError) as caught:
            client.call(
                "outbound.create", [{"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}]
            )
        os.write(write, b"x")
        assert child.result() == "x"
        assert caught.value.kind == "reset"
