"""The sandbox in process: its decision order, its state, its OAuth flow."""

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ocreg import ApiError, Client
from ocreg.sandbox import Sandbox
from ocreg.signing import signature

CANCEL = "/openapi/3pp/outbound/v1/cancel"
WHEN = "2025-06-17T10:10:10+0800"
ORDER = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}


def post(sandbox: Sandbox, path: str, body: bytes | dict, **changed: str | None) -> tuple[int, dict]:
    """One signed POST with a good token; `changed` replaces or (None) removes headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "clientKey": sandbox.client_key,
        "vAuthorization": signature(path, raw, sandbox.client_key, sandbox.secret_key),
        "Access-Token": f"Bearer {sandbox.accounts.new_access()}",
    }
    for name, value in changed.items():
        headers[name.replace("_", "-")] = value or ""
    reply = sandbox.handle("POST", path, "", headers, raw)
    return reply.status, json.loads(reply.body)


def cancel(number: str = "OCO2000023303105GB") -> dict:
    return {"data": {"orderNumber": number, "cancelTime": WHEN}, "messageId": "m1", "timestamp": 0}


def test_an_unknown_path_is_404() -> None:
    status, body = post(Sandbox(), "/openapi/3pp/nowhere", {})
    assert status == 404
    assert "POST /openapi/3pp/nowhere" in body["message"]


def test_a_missing_client_key_is_refused_in_the_vendors_words() -> None:
    assert post(Sandbox(), CANCEL, cancel(), clientKey=None) == (
        200,
        {"code": 1, "message": "Authentication Fail:clientKey missing"},
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"clientKey": "other"}, "clientKey unknown"),
        ({"vAuthorization": None}, "vAuthorization missing"),
        ({"vAuthorization": "0" * 32}, "vAuthorization does not match"),
    ],
)
def test_wrong_keys_and_signatures_are_code_1(changed: dict, words: str) -> None:
    status, body = post(Sandbox(), CANCEL, cancel(), **changed)
    assert (status, body["code"]) == (200, 1)
    assert body["message"] == f"Authentication Fail:{words}"


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "nonsense"])
def test_a_missing_or_unknown_token_is_401(token: str | None) -> None:
    status, body = post(Sandbox(), CANCEL, cancel(), Access_Token=token)
    assert (status, body["code"], body["success"]) == (401, 1, False)


def test_a_token_expires() -> None:
    now = [0.0]
    sandbox = Sandbox(token_lifetime=5, clock=lambda: now[0])
    token = f"Bearer {sandbox.accounts.new_access()}"
    assert post(sandbox, CANCEL, cancel(), Access_Token=token)[0] == 200
    now[0] = 6
    assert post(sandbox, CANCEL, cancel(), Access_Token=token)[0] == 401


@pytest.mark.parametrize(
    ("accepted", "signed", "code"), [("body", "path", 1), ("path", "body", 1), ("path", "path", 0)]
)
def test_the_accepted_form_of_the_signature_can_be_chosen(accepted: str, signed: str, code: int) -> None:
    sandbox = Sandbox(sign=accepted)
    raw = json.dumps(cancel()).encode()
    form = signature(CANCEL, raw, sandbox.client_key, sandbox.secret_key, signed)
    assert post(sandbox, CANCEL, raw, vAuthorization=form)[1]["code"] == code


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"data": {}, "messageId": 5}', b'"text"'])
def test_a_body_that_is_no_envelope_is_code_3(body: bytes) -> None:
    status, answer = post(Sandbox(), CANCEL, body)
    assert (status, answer["code"]) == (200, 3)
    assert answer["errors"][0]["code"].startswith("sandbox.")


def test_a_missing_field_is_refused_exactly_as_on_the_vendors_page() -> None:
    _, answer = post(Sandbox(), CANCEL, {"data": {"cancelTime": WHEN}, "messageId": "20200430040406976"})
    assert answer == {
        "code": 3,
        "errors": [{"code": "300001", "message": "orderNumber 不能为空。"}],
        "message": "参数错误",
        "messageId": "20200430040406976",
    }


def test_an_order_lives_from_create_to_cancel() -> None:
    with Client("local") as client:
        made = client.call("outbound.create", [{**ORDER, "referenceNumber": "A1", "serviceRegion": "UK"}])
        (row,) = made["data"]
        assert row["referenceNumber"] == "A1"
        assert row["orderNumber"].startswith("OCO")
        assert row["orderNumber"].endswith("GB")
        query = {"orderNumberList": [{"orderNumber": row["orderNumber"]}]}
        (found,) = client.call("outbound.query", query)["data"]
        assert (found["referenceNumber"], found["serviceRegion"]) == ("A1", "UK")
        assert client.call("outbound.cancel", {"orderNumber": row["orderNumber"], "cancelTime": WHEN})["code"] == 0
        assert client.call("outbound.query", query)["data"][0]["orderStatus"] == "Cancelled"
        with pytest.raises(ApiError) as twice:
            client.call("outbound.cancel", {"orderNumber": row["orderNumber"], "cancelTime": WHEN})
        assert twice.value.happened == "no"
        with pytest.raises(ApiError):
            client.call("outbound.cancel", {"orderNumber": "OCO0000000000000GB", "cancelTime": WHEN})


def test_a_window_and_an_empty_object_pick_orders_as_a_reader_expects() -> None:
    with Client("local") as client:
        every = client.call("outbound.query", {})["data"]
        assert client.call("outbound.query", {"referenceNumberList": [{}]})["data"] == every
        window = {"startTime": "2022-05-17T00:00:00+0800", "endTime": "2022-05-18T00:00:00+0800"}
        assert [row["orderNumber"] for row in client.call("outbound.query", window)["data"]] == ["OCO0000011225074GB"]
        both = {**window, "orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}
        assert client.call("outbound.query", both)["data"] == []


def test_more_than_50_orders_are_refused() -> None:
    sandbox = Sandbox()
    _, answer = post(sandbox, "/openapi/3pp/outbound/v1/creation", {"data": [ORDER] * 51})
    assert answer["errors"][0]["code"] == "sandbox.maxItems"
    _, answer = post(sandbox, "/openapi/3pp/outbound/v1/creation", {"data": [ORDER] * 50})
    assert len({row["orderNumber"] for row in answer["data"]}) == 50


def test_it_starts_with_the_files_examples_unless_empty() -> None:
    numbers = {record["orderNumber"] for record in Sandbox().records.all("outbound")}
    assert {"OCO2000023303105GB", "OCO0000011225074GB"} <= numbers
    assert Sandbox(empty=True).records.all("outbound") == []


def test_a_seed_makes_it_repeatable() -> None:
    def run(seed: int) -> tuple:
        sandbox = Sandbox(seed=seed, clock=lambda: 0)
        code = sandbox.accounts.new_code("https://erp.example.com/oc")
        return code, post(sandbox, "/openapi/3pp/outbound/v1/creation", {"data": [ORDER], "messageId": "1"})

    assert run(7) == run(7)
    assert run(7) != run(8)


AUTHORIZE = "response_type=code&client_id=demo-client-key&redirect_uri=https%3A%2F%2Ferp.example.com%2Foc&state=user-1"


def authorized_code(sandbox: Sandbox) -> str:
    """The code as it stands in the address bar: encoded twice."""
    reply = sandbox.handle("GET", "/oauth/authorize", AUTHORIZE)
    assert reply.status == 302
    where = urlsplit(reply.headers["Location"])
    assert (where.scheme, where.netloc, where.path) == ("https", "erp.example.com", "/oc")
    raw = dict(pair.split("=", 1) for pair in where.query.split("&"))
    assert (raw["act"], raw["state"]) == ("getAuthorizationCode", "user-1")
    assert "%252F" in raw["code"]
    return raw["code"]


@pytest.mark.parametrize("decoded", [0, 1, 2, 3])
def test_the_oauth_flow_takes_the_code_in_any_form(decoded: int) -> None:
    with Client("local") as client:
        code = authorized_code(client.transport.sandbox)
        for _ in range(decoded):
            code = unquote(code)
        tokens = client.call("oauth.token", query={"code": code, "redirect_uri": "https://erp.example.com/oc"})
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    with Client("local", refresh_token=tokens["refresh_token"]) as other:
        other._transport = client.transport
        assert other.call("outbound.query", {})["code"] == 0


def test_a_code_is_good_once_and_for_its_redirect_uri_only() -> None:
    with Client("local") as client:
        code = authorized_code(client.transport.sandbox)
        with pytest.raises(ApiError, match="redirect_uri"):
            client.call("oauth.token", query={"code": code, "redirect_uri": "https://other.example.com/"})
        client.call("oauth.token", query={"code": code, "redirect_uri": "https://erp.example.com/oc"})
        with pytest.raises(ApiError, match="used already") as again:
            client.call("oauth.token", query={"code": code, "redirect_uri": "https://erp.example.com/oc"})
    assert again.value.code == "invalid_grant"


def test_a_token_request_for_another_client_id_is_refused() -> None:
    reply = Sandbox().handle(
        "POST", "/oauth/token", "grant_type=refresh_token&client_id=x&refresh_token=demo-refresh-token"
    )
    assert json.loads(reply.body)["error"] == "invalid_client"
    reply = Sandbox().handle("POST", "/oauth/token", "grant_type=refresh_token")
    assert json.loads(reply.body)["error"] == "invalid_request"


def test_authorize_gives_a_url_and_sends_nothing() -> None:
    with Client("production", client_key="k") as client:
        url = client.call("oauth.authorize", query={"redirect_uri": "https://erp.example.com/oc", "state": "a b"})[
            "url"
        ]
    assert url.startswith("https://openapi-hk.orangeconnex.com/oauth/authorize?response_type=code&client_id=k&")
    assert parse_qs(urlsplit(url).query)["state"] == ["a b"]


def test_a_dropped_in_file_is_served_at_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path))
    client = Client("local")
    client.call("outbound.query", {})
    (tmp_path / "stickers").mkdir()
    (tmp_path / "stickers" / "order.yaml").write_text(
        """
summary: Order stickers for the parcels.
method: POST
path: /3pp/stickers/v1/order
host: {sandbox: https://stage.example.com/openapi, production: https://api.example.com/openapi}
effect: create
data: {type: object, required: [count], properties: {count: {type: integer, description: How many.}}}
response: {type: object, properties: {ticket: {type: string, description: Its number.}}}
examples:
  request: [{data: {count: 3}}]
  response: [{body: {code: 0, data: {ticket: T1}}}]
evidence: {status: documented}
"""
    )
    assert client.call("stickers.order", {"count": 3})["data"] == {"ticket": "T1"}
    with pytest.raises(ValueError, match="count"):
        client.call("stickers.order", {})
    _, refused = post(client.transport.sandbox, "/openapi/3pp/stickers/v1/order", {"data": {}})
    assert refused["errors"][0]["code"] == "300001"
