"""What the sandbox writes down of each request, over both doors."""

from hashlib import md5

import pytest
import requests

import ocreg
from ocreg import ApiError, TransportError
from ocreg.engine.signing import signature
from ocreg.sandbox import Sandbox, log

CANCEL = "/openapi/3pp/outbound/v1/cancel"
BODY = b'{"data":{"orderNumber":"OCO1", "cancelTime":"2025-06-17T10:10:10+0800"},"messageId":"m"}'
KEYS = ("demo-client-key", "demo-secret-key")
ORDER = {
    "referenceNumber": "log-1",
    "consigneeName": "Canary Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
}


@pytest.fixture
def box():
    with ocreg.sandbox(seed=1, empty=True) as opened:
        yield opened


@pytest.mark.parametrize("door", ["client", "local_client"])
def test_a_call_is_written_down_with_all_that_it_was(box, door) -> None:
    client = getattr(box, door)()
    answer = client.call("outbound.create", [ORDER])
    assert [one.operation for one in box.requests] == ["oauth.refresh", "outbound.create"]
    assert [one.number for one in box.requests] == [1, 2]
    bought, placed = box.requests
    assert bought.payload["refresh_token"] == "demo-refresh-token"
    assert bought.signature is None
    assert placed.payload == [ORDER]
    assert placed.answer == answer
    assert (placed.status, placed.delivered, placed.fault) == (200, True, None)
    assert placed.signature.matches
    assert placed.signature.form == "body"
    assert abs(placed.at - box.sandbox.clock()) < 3600
    assert 0 <= placed.took < 3600


@pytest.mark.parametrize("door", ["client", "local_client"])
@pytest.mark.parametrize(
    ("fault", "status", "delivered", "made"),
    [("reset", None, False, 0), ("drop", 200, False, 1), ("truncate", 200, False, 1), ("503", 503, True, 0)],
)
def test_a_fault_is_named_and_what_it_let_through(door, fault, status, delivered, made) -> None:
    with ocreg.sandbox(faults=[f"{fault}:outbound.create"], empty=True) as box:
        with pytest.raises(ocreg.CallError):
            getattr(box, door)().call("outbound.create", [ORDER])
        (struck,) = box.requests.of("outbound.*")
        assert (struck.fault, struck.status, struck.delivered) == (f"{fault}:outbound.create", status, delivered)
        assert len(box.sandbox.records.all("outbound")) == made
        assert (struck.answer is None) == (status is None)


def asked(box, value: str, body: bytes = BODY, key: str = KEYS[0]):
    requests.post(box.url + CANCEL, body, headers={"clientKey": key, "vAuthorization": value}, timeout=30)
    return box.requests[-1].signature


SPACED = BODY.replace(b'", "', b'","')


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (signature(CANCEL, SPACED, *KEYS), "without spaces in the JSON: sign exactly the bytes that are sent"),
        (signature(CANCEL + "/", BODY, *KEYS), "with a slash at the end of the path"),
        (signature(CANCEL, BODY, KEYS[0], "demo-secret-key "), "with a space after the secret key: remove it"),
        (signature(CANCEL, BODY, KEYS[0], "another"), "with another secret key, or from other bytes than those that arrived"),
        (md5(BODY).hexdigest()[:9], "as something else: it has 9 characters"),
        ("", "not at all: the header vAuthorization is missing"),
    ],
)  # fmt: skip
def test_a_signature_that_does_not_match_is_explained(box, value, why) -> None:
    verdict = asked(box, value)
    assert not verdict.matches
    assert verdict.form is None
    assert verdict.why[0].startswith(why)
    assert len(verdict.why) == 1
    assert verdict.expected == {form: signature(CANCEL, BODY, *KEYS, form) for form in ("body", "path")}
    assert verdict.hashed == {"body": f"{CANCEL}|{BODY.decode()}|{KEYS[0]}|***", "path": f"{CANCEL}||{KEYS[0]}|***"}


def test_both_forms_match_where_both_are_accepted_and_the_other_is_named_where_not() -> None:
    assert Sandbox().keys.verdict(CANCEL, "", {"vauthorization": signature(CANCEL, BODY, *KEYS, "path")}, BODY)[:2] == (
        True,
        "path",
    )
    only = Sandbox(sign="body").keys.verdict(
        CANCEL, "", {"vauthorization": signature(CANCEL, BODY, *KEYS, "path")}, BODY
    )
    assert only.why == ["without the body: this is the form `path` (--sign path)"]


def test_the_keys_of_another_world_are_recognised() -> None:
    with ocreg.sandbox(client_key="K", secret_key="S") as box:
        demo = asked(box, signature(CANCEL, BODY, "K", KEYS[1]), key="K")
        assert demo.why == ["with the sandbox's demo secret key: the sandbox was started with another"]
        named = asked(box, signature(CANCEL, BODY, KEYS[0], "S"), key=KEYS[0])
        assert named.why == ["with the client key that the request names, which is not the sandbox's"]


def test_what_is_not_for_any_operation_is_written_down_too(box) -> None:
    requests.post(f"{box.url}/nowhere?x=1", b"\xff", timeout=30)
    stranger = box.requests[-1]
    assert (stranger.operation, stranger.method, stranger.path, stranger.query) == (None, "POST", "/nowhere", "x=1")
    assert (stranger.status, stranger.payload, stranger.signature, stranger.body) == (404, None, None, b"\xff")
    assert repr(stranger) == "<Request 1: POST /nowhere, HTTP 404>"


def test_as_json_it_shows_no_secret_and_personal_data_on_demand_only(box) -> None:
    box.client().call("outbound.create", [ORDER])
    bought, placed = (one.as_dict() for one in box.requests)
    access = box.requests[0].answer["access_token"]
    shown = repr([bought, placed, *box.requests])
    for secret in (*KEYS[1:], "demo-refresh-token", access, "Canary Person"):
        assert secret not in shown
    assert placed["payload"][0]["referenceNumber"] == "log-1"
    assert placed["answer"]["code"] == 0
    assert placed["signature"]["matches"] is True
    open_ = box.requests[1].as_dict(show_sensitive=True)
    assert open_["payload"] == [ORDER]
    assert access not in repr(open_)
    assert "demo-secret-key" not in repr(open_)


def test_no_grant_is_shown_wherever_it_was_sent(box) -> None:
    form = {"grant_type": "password", "client_secret": "SECRET-1", "code": "SECRET-2", "refresh_token": "SECRET-3"}
    requests.post(
        f"{box.url}/oauth/token?access_token=SECRET-4", form, auth=("demo-client-key", "SECRET-5"), timeout=30
    )
    requests.post(f"{box.url}/nowhere?code=SECRET-6", json={"client_secret": "SECRET-7"}, timeout=30)
    for one in box.requests:
        for shown in (one.as_dict(), one.as_dict(show_sensitive=True), one):
            assert "SECRET" not in repr(shown)
    assert box.requests[0].payload["code"] == "SECRET-2"


def test_a_request_for_a_file_that_is_broken_is_written_down_with_its_answer(tmp_path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thing.yaml").write_text(
        "extends: outbound.cancel\npath: /own/thing\ndata: {properties: {x: {$ref: nowhere.yaml#/y}}}\n"
    )
    with ocreg.sandbox(registry=ocreg.Registry([tmp_path])) as box:
        answer = requests.post(f"{box.url}/openapi/own/thing", b"{}", timeout=30)
        (broken,) = box.requests
        assert (answer.status_code, broken.status) == (500, 500)
        assert "own/thing.yaml" in broken.answer["message"]


def test_it_is_bounded_by_number_and_by_bytes(monkeypatch) -> None:
    monkeypatch.setattr(log, "MOST", 3)
    monkeypatch.setattr(log, "MOST_BYTES", 3000)
    with ocreg.sandbox() as box:
        for number in range(5):
            requests.get(f"{box.url}/{number}", timeout=30)
        assert [one.path for one in box.requests] == ["/2", "/3", "/4"]
        assert box.requests.last == 5
        assert [one.number for one in box.requests.since(4)] == [5]
        assert box.requests.get(1) is None
        assert box.requests.get(4).path == "/3"
        requests.post(f"{box.url}/large", b"x" * 4000, timeout=30)
        assert [one.path for one in box.requests] == ["/large"]
        requests.get(f"{box.url}/small", timeout=30)
        assert [one.path for one in box.requests] == ["/small"]
        box.requests.clear()
        assert (len(box.requests), box.requests.last) == (0, 7)
        requests.get(f"{box.url}/again", timeout=30)
        assert [one.number for one in box.requests] == [8]


def test_a_request_is_there_before_its_answer_is(box) -> None:
    client = box.client()
    for number in range(20):
        with pytest.raises((ApiError, TransportError)):
            client.call("outbound.cancel", {"orderNumber": f"OCO{number}", "cancelTime": "2025-06-17T10:10:10+0800"})
        assert box.requests[-1].payload["orderNumber"] == f"OCO{number}"
