"""What the page copies for other tools is run by them, as it stands, against the sandbox that it came from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ocreg
from ocreg import yaml12
from ocreg.sandbox.trial import Given, Trial

ORDER = {
    "referenceNumber": 'It\'s "one" $HOME `id` \\ é\n',
    "consigneeName": "Test Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
    "productList": [{"mfSkuId": "OC0000001279158", "skuQuantity": 2, "declaredValue": 0}],
}
TEXT = json.dumps([ORDER]).replace('"declaredValue": 0', '"declaredValue": 19.90')


@pytest.fixture(scope="module")
def box():
    with ocreg.sandbox(seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def copies(box):
    return Trial(box.sandbox).check(Given({"operation": "outbound.create", "text": TEXT}), box.url)["copies"]


def run(box, *command):
    """Run it; the request that arrived."""
    before = box.requests.last
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    (arrived,) = [one for one in box.requests.since(before) if one.operation == "outbound.create"]
    return arrived


def test_python(box, copies) -> None:
    arrived = run(box, sys.executable, "-c", copies["python"])
    assert (arrived.payload[0]["referenceNumber"], arrived.answer["code"]) == (ORDER["referenceNumber"], 0)
    assert b'"declaredValue":19.90' in arrived.body


@pytest.mark.parametrize("kind", ["shell", "curl"])
def test_lines_for_a_shell(box, copies, kind) -> None:
    arrived = run(box, "bash", "-c", copies[kind])
    assert arrived.signature.matches
    assert (arrived.payload[0]["referenceNumber"], arrived.answer["code"]) == (ORDER["referenceNumber"], 0)
    assert b'"declaredValue":19.90' in arrived.body


def test_yaml_is_an_example_of_an_endpoint_file(copies) -> None:
    (example,) = yaml12.parse(copies["yaml"].encode(), "copy")["examples"]["request"]
    assert example["data"][0]["referenceNumber"] == ORDER["referenceNumber"]
    assert example["data"][0]["productList"][0]["declaredValue"] == 19.9


def test_a_token_operation_is_copied_too(box) -> None:
    given = Given({"operation": "oauth.refresh", "query": {"refresh_token": "demo-refresh-token"}})
    made = Trial(box.sandbox).check(given, box.url)
    assert made["valid"], made["violations"]
    assert "demo-secret-key" not in json.dumps(made)


def test_with_other_keys_than_the_demo_ones_none_is_copied() -> None:
    with ocreg.sandbox(client_key="my-own-key", secret_key="my-own-secret") as box:
        trial = Trial(box.sandbox)
        given = Given({"operation": "outbound.create", "text": TEXT})
        copies = trial.check(given, box.url)["copies"]
        assert "my-own" not in json.dumps(copies)
        assert "demo-" not in json.dumps(copies)  # which would not do here
        assert trial.send(given, box.url, anyway=False, sensitive=False)["error"] is None
