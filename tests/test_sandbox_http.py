"""`ocreg sandbox` as its users meet it: a process, a port, curl, many clients, signals."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from ocreg import Client
from ocreg.signing import signature

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
        out, err = self.process.communicate(timeout=10)
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
    answer = requests.get(f"{url}/oauth/authorize?{query}", allow_redirects=False, timeout=5)
    raw = dict(pair.split("=", 1) for pair in urlsplit(answer.headers["Location"]).query.split("&"))
    query = f"grant_type=authorization_code&client_id={client_key}&redirect_uri={redirect}&code={raw['code']}"
    return requests.post(f"{url}/oauth/token?{query}", timeout=5).json()["access_token"]


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
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
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
