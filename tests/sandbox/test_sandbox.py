"""The sandbox in process: its decision order, its state, its OAuth flow."""

import json
from datetime import datetime, timedelta, timezone
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from work import calls

from ocreg import ApiError, Client
from ocreg.engine.signing import signature
from ocreg.sandbox import Sandbox
from ocreg.sandbox.collection import Collection, fits, seconds_of
from ocreg.sandbox.ledger import Entry, Ledger

CANCEL = "/openapi/3pp/outbound/v1/cancel"
WHEN = "2025-06-17T10:10:10+0800"
ORDER = {"consigneeName": "Test Person", "consigneeAddress1": "1 Example Road", "consigneeCountryCode": "GB"}


def post(sandbox: Sandbox, path: str, body: bytes | dict, **changed: str | None) -> tuple[int, dict]:
    """One signed POST with a good token; `changed` replaces or (None) removes headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "clientKey": sandbox.client_key,
        "vAuthorization": signature(path, raw, sandbox.client_key, sandbox.secret_key),
        "Access-Token": f"Bearer {sandbox.tokens.new_access()}",
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
    token = f"Bearer {sandbox.tokens.new_access()}"
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
        now = datetime.now(timezone.utc)
        window = {"startTime": now - timedelta(days=13), "endTime": now - timedelta(days=11)}
        assert [row["orderNumber"] for row in client.call("outbound.query", window)["data"]] == ["OCO0000011225074GB"]
        both = {**window, "orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}
        assert client.call("outbound.query", both)["data"] == []


def test_more_than_50_orders_are_refused() -> None:
    sandbox = Sandbox()
    _, answer = post(sandbox, "/openapi/3pp/outbound/v1/creation", {"data": [ORDER] * 51})
    assert answer["errors"][0]["code"] == "sandbox.maxItems"
    _, answer = post(sandbox, "/openapi/3pp/outbound/v1/creation", {"data": [ORDER] * 50})
    assert len({row["orderNumber"] for row in answer["data"]}) == 50


def test_it_starts_with_the_numbers_of_the_files_examples_unless_empty() -> None:
    numbers = {record["orderNumber"] for record in Sandbox().records.all("outbound")}
    assert {"OCO2000023303105GB", "OCO0000011225074GB"} <= numbers
    assert Sandbox(empty=True).records.all("outbound") == []


def test_a_seed_makes_it_repeatable() -> None:
    def run(seed: int) -> tuple:
        sandbox = Sandbox(seed=seed, clock=lambda: 0)
        code = sandbox.tokens.new_code("https://erp.example.com/oc")
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
        other.transport = client.transport
        assert other.call("outbound.query", {})["code"] == 0


def test_a_code_is_good_once_and_for_its_redirect_uri_only() -> None:
    with Client("local") as client:
        code = authorized_code(client.transport.sandbox)
        with pytest.raises(ApiError, match="redirect_uri"):
            client.call("oauth.token", query={"code": code, "redirect_uri": "https://other.example.com/"})
        client.call("oauth.token", query={"code": code, "redirect_uri": "https://erp.example.com/oc"})
        with pytest.raises(ApiError, match="already used") as again:
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


VALUES = st.sampled_from(["a", "b", "", None, 1, True, 1.5, ["a"], {"a": 1}])
MOMENTS = st.sampled_from(
    [None, "soon", 5, "2025-01-01+0000", *(f"2025-01-0{d}T0{h}:00:00+0100" for d in (1, 2) for h in (0, 1, 2))]
)
FIELDS = st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES, "at": MOMENTS})
WANTED = st.lists(st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES, min_size=1), min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9), FIELDS),
        st.tuples(st.just("update"), st.integers(0, 9), FIELDS),
        st.tuples(st.just("find"), WANTED, st.none()),
        st.tuples(st.just("between"), MOMENTS, MOMENTS),
    ),
    max_size=40,
)


@given(STEPS)
def test_what_an_index_finds_is_what_a_look_at_all_records_finds(steps) -> None:
    collection, plain = Collection(), {}
    for verb, one, two in steps:
        if verb == "put":
            plain[one] = dict(two)
            collection.put(one, plain[one])
        elif verb == "update" and one in plain:
            collection.update(plain[one], two)
        elif verb == "find":
            assert list(map(id, collection.find(one))) == [id(r) for r in plain.values() if fits(r, one)]
        elif verb == "between":
            since, until = seconds_of(one) or 0, seconds_of(two, end=True) or 2e9
            inside = [r for r in plain.values() if (at := seconds_of(r.get("at"))) is None or since <= at <= until]
            assert list(map(id, collection.between("at", since, until))) == list(map(id, inside))
        assert list(map(id, collection.all())) == list(map(id, plain.values()))


ENTRY = st.tuples(*[st.sampled_from("ABC")] * 3, st.integers(-5, 5), st.integers(0, 20))


@given(
    st.lists(ENTRY, max_size=40), st.integers(0, 20), st.integers(0, 20), st.lists(st.sampled_from("ABCD")) | st.none()
)
def test_the_ledger_gives_what_a_look_at_all_entries_gives(lines, since, until, skus) -> None:
    ledger, entries = Ledger(), []
    for number, (sku, region, bucket, quantity, at) in enumerate(lines):
        entries.append(Entry(sku, region, bucket, quantity, "", "", at, number))
        ledger.add(entries[-1])
    wanted, balance = [], {}
    for entry in sorted(entries, key=lambda e: (e.at, e.number)):
        place = entry[:3]
        balance[place] = balance.get(place, 0) + entry.quantity
        if entry.region != "B" and (skus is None or entry.sku in skus) and since <= entry.at <= until:
            wanted.append((entry, balance[place]))
    wanted.sort(key=lambda leaf: leaf[0][:3])
    chosen = ledger.series(skus, lambda series: series.region != "B")
    assert [leaf for series in chosen for leaf in series.between(since, until)] == wanted
    assert {(s.sku, s.region, s.bucket): s.balance for s in ledger.series(None, lambda _: True)} == balance


def test_a_find_does_not_look_at_all_records() -> None:
    with Client("local") as client:
        client.call("outbound.query", {})
        world = client.transport.sandbox
        for number in range(100_000):
            record = {"referenceNumber": f"R{number}", "orderCreationTime": "2024-01-01T00:00:00+0800"}
            world.records.put("outbound", f"O{number}", record)
        ids = {"referenceNumberList": [{"referenceNumber": f"R{n}"} for n in range(5, 100_000, 2_000)]}
        now = datetime.now(timezone.utc)
        window = {"startTime": now - timedelta(days=13), "endTime": now - timedelta(days=11)}
        for payload, count in ((ids, 50), (window, 1), ({**ids, **window}, 0)):
            assert len(client.call("outbound.query", payload)["data"]) == count  # the first makes the index
            assert calls(partial(client.call, "outbound.query", payload))[1] < 30_000


def test_a_view_of_stock_does_not_look_at_the_whole_ledger() -> None:
    now = 1_767_225_600.0
    with Client("local", clock=lambda: now) as client:
        client.call("outbound.query", {})
        ledger = client.transport.sandbox.records.ledger
        for day in range(365):
            for sku in range(300):
                for bucket, quantity in (("AVL", -1), ("RSVALOC", 1)):
                    ledger.add(Entry(f"OC{sku}", "UK", bucket, quantity, "OOS", "O", now - day * 86_400, day))
        until = datetime.fromtimestamp(now, timezone.utc) - timedelta(days=100, seconds=1)
        ids = [{"mfSkuId": f"OC{sku}"} for sku in range(0, 300, 6)]
        payload = {"startTime": until - timedelta(days=7), "endTime": until, "mfSkuList": ids}
        rows = client.call("stock.movement", payload)["data"]
        lists = [bucket["movementList"] for row in rows for bucket in row["serviceRegionList"][0]["inventoryList"]]
        assert [len(entries) for entries in lists] == [7] * 100
        assert [entry["actualCount"] for entry in lists[1]] == [258, 259, 260, 261, 262, 263, 264]
        assert calls(partial(client.call, "stock.movement", payload))[1] < 90_000


def test_a_payload_cannot_name_what_is_the_sandboxs_own() -> None:
    with Client("local") as client:
        own = {"_visible": 9e9, "_shown": "x", "_home": 1, "_place": 0}
        (row,) = client.call("outbound.create", [{**ORDER, **own, "referenceNumber": "A1"}], unknown=own)["data"]
        asked = {"orderNumberList": [{"orderNumber": row["orderNumber"]}]}
        assert len(client.call("outbound.query", asked)["data"]) == 1
        assert client.call("outbound.cancel", {"orderNumber": row["orderNumber"], "cancelTime": WHEN})["code"] == 0


def test_only_what_is_on_the_page_was_shown() -> None:
    with Client("local") as client:
        client.transport.sandbox.records["sku"].all()
        made = client.call(
            "sku.create",
            [{"referenceSKUID": f"S{n}", "serviceRegionList": [{"serviceRegion": "UK"}]} for n in range(3)],
        )
        ids = {"mfskulist": [{"mfskuid": row["MFSKUID"]} for row in made["data"]]}
        for page, states in ((1, ["Draft", "Draft"]), (2, ["Draft"]), (1, ["Verified", "Verified"]), (2, ["Verified"])):
            rows = client.call("sku.query", {**ids, "page": page, "limit": 2})["data"]
            assert [row["sandboxStatus"] for row in rows] == states


def test_what_happens_when_a_record_is_shown_can_move_stock(tmp_path) -> None:
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "create.yaml").write_text(
        "extends: outbound.create\n"
        "sandbox: {later: [{shown: 1, set: {orderStatus: Outbound}, moves: {buckets: {RSVALOC: -1}, reason: OOF}}]}\n"
    )
    lines = [{"mfSkuId": "OC1", "skuQuantity": 3}]
    with Client("local", endpoints=[str(tmp_path)]) as client:
        order = {**ORDER, "referenceNumber": "A1", "serviceRegion": "UK", "productList": lines}
        (row,) = client.call("outbound.create", [order])["data"]
        client.call("outbound.query", {"orderNumberList": [{"orderNumber": row["orderNumber"]}]})
        (left,) = client.transport.sandbox.records.ledger.series(["OC1"], lambda series: series.bucket == "RSVALOC")
    assert [(entry.quantity, entry.order) for entry in left.entries] == [
        (3, row["orderNumber"]),
        (-3, row["orderNumber"]),
    ]
