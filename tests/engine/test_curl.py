"""The curl line of a plan, run by a shell against a sandbox that checks signatures."""

import json
import os
import shutil
import subprocess

import pytest

import ocreg
from ocreg import Client
from ocreg.redact import MASK

ORDER = {
    "referenceNumber": "A-1",
    "serviceRegion": "UK",
    "consigneeName": 'Ann O\'Öre "$HOME" `id` !! \\ %s\n',
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
    "productList": [{"mfSkuId": "OC0000001279158", "skuQuantity": 1}],
}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}


@pytest.fixture(scope="module", params=["body", "path"])
def box(request):
    with ocreg.sandbox(sign=request.param) as found:
        found.sign = request.param
        yield found


def run(line, shell="bash", **variables):
    assert shutil.which("curl"), "curl is needed for this test: apt-get install curl"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OCREG_")}
    names = {f"OCREG_{name.upper()}": value for name, value in variables.items()}
    return subprocess.run(
        [shell, "-c", line], env={**clean, **names}, capture_output=True, text=True, timeout=30, check=False
    )


def secrets(box):
    with box.client(sign=box.sign) as client:
        client.call("outbound.query")
        token = client.tokens.grant.access_token.reveal()
    return {"client_key": "demo-client-key", "secret_key": "demo-secret-key", "access_token": token}


def planned(box, *arguments, **options):
    with Client("local", host=box.url, sign=box.sign) as client:
        return client.plan(*arguments, **options)["curl"]


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_line_does_what_the_call_does(box, shell) -> None:
    known = secrets(box)
    line = planned(box, "outbound.create", [{**ORDER, "referenceNumber": f"A-{shell}"}], show_sensitive=True)
    assert not any(secret in line for secret in known.values())
    answer = json.loads(run(line, shell, **known).stdout)
    assert answer["code"] == 0, answer
    (found,) = (one for one in box.sandbox.records.all("outbound") if one.get("referenceNumber") == f"A-{shell}")
    assert found["consigneeName"] == ORDER["consigneeName"]
    assert json.loads(run(planned(box, "warehouse.services"), shell, **known).stdout)["code"] == 0
    for line in (planned(box, "outbound.cancel", CANCEL), planned(box, "outbound.query")):
        answer = json.loads(run(line, shell, **known).stdout)
        assert answer["code"] == 0 or "cancel" in line, answer
        assert "Authentication" not in str(answer)
    wrong = run(planned(box, "warehouse.services"), shell, **{**known, "secret_key": "wrong"})
    assert json.loads(wrong.stdout)["code"] == 1


def test_a_body_with_personal_data_is_not_in_the_line_and_no_mask_is_ever_sent(box) -> None:
    known, line = secrets(box), planned(box, "outbound.create", [ORDER])
    assert "Example Road" not in line
    assert MASK not in line
    done = run(line, **known)
    assert done.returncode != 0
    assert "OCREG_BODY: is not set: the body has personal data" in done.stderr
    body = json.dumps({"data": [{**ORDER, "referenceNumber": "A-2"}]})
    assert json.loads(run(line, **known, body=body).stdout)["code"] == 0


def test_a_variable_that_is_not_set_ends_it_before_anything_is_sent(box) -> None:
    known = secrets(box)
    for name in known:
        done = run(planned(box, "outbound.cancel", CANCEL), **{**known, name: ""})
        assert (done.returncode != 0, done.stdout) == (True, "")
        assert f"OCREG_{name.upper()}: is not set" in done.stderr


def test_token_calls_take_their_secrets_from_variables_too(box) -> None:
    line = planned(box, "oauth.refresh")
    assert "demo" not in line
    answer = json.loads(run(line, client_key="demo-client-key", refresh_token="demo-refresh-token").stdout)
    assert answer["access_token"]
    query = {"redirect_uri": "https://erp.example.com/oc", "code": "a-secret-code"}
    line = planned(box, "oauth.token", query=query)
    assert "a-secret-code" not in line
    assert json.loads(run(line, client_key="demo-client-key", code="not%252Fgood").stdout)["error"] == "invalid_grant"


def test_without_openssl_md5sum_does(box, tmp_path) -> None:
    for tool in ("curl", "md5sum", "grep", "date"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = run(f"PATH={tmp_path}; {planned(box, 'warehouse.services')}", **secrets(box))
    assert json.loads(done.stdout)["code"] == 0
