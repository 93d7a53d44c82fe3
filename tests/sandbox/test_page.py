"""The JSON behind the sandbox's page, who may ask for it, and what the page is made of."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest
import requests

import ocreg
from ocreg.errors import EndpointInvalid
from ocreg.sandbox import Sandbox
from ocreg.sandbox.page import page, site
from ocreg.sandbox.server import Server

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference" / "sandbox.md"
SOURCE = (files("ocreg.sandbox") / "page.html").read_text("utf-8")
ORDER = {
    "referenceNumber": "A-1",
    "consigneeName": "Test Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
OWN = object()


@pytest.fixture(scope="module")
def box():
    with ocreg.sandbox(seed=1) as running:
        yield running


def ask(box, name, **query):
    return requests.get(f"{box.url}/sandbox/{name}", params=query, timeout=60)


def tell(box, name, body, origin=OWN, **headers):
    sent = {"Content-Type": "application/json", "Origin": box.url if origin is OWN else origin, **headers}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{box.url}/sandbox/{name}", data=data, headers=sent, timeout=60)


# The page itself


def test_the_page_is_small_and_whole() -> None:
    """A few tens of KB, as docs/reference/sandbox.md says, and nothing from elsewhere."""
    size = len(SOURCE.encode()) / 1000
    (stated,) = re.findall(r"one HTML file of (\d+) KB", DOCS.read_text("utf-8"))
    assert size < 60
    assert abs(size - int(stated)) <= 1
    assert set(re.findall(r"https?://[^'\"\s)]+", SOURCE)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=(?!\"data:)", SOURCE) == []


def test_nothing_in_it_makes_markup_of_text() -> None:
    ways = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|srcdoc"
    assert re.findall(ways, SOURCE) == []
    assert re.findall(r"\son[a-z]+=\"|\sstyle=\"|javascript:", SOURCE) == []


def test_its_policy_lets_run_only_what_is_in_it(box) -> None:
    reply = requests.get(box.url, timeout=60)
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))
    inside = {kind: re.search(rf"<{kind}>(.*?)</{kind}>", reply.text, re.DOTALL)[1] for kind in ("script", "style")}
    digests = {kind: b64encode(sha256(text.encode()).digest()).decode() for kind, text in inside.items()}
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'sha256-{digests['script']}'",
        "style-src": f"'sha256-{digests['style']}'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"
    assert requests.head(box.url, timeout=60).headers["Content-Length"] == str(len(reply.content))


def test_without_a_page_its_addresses_are_no_operations() -> None:
    from threading import Thread

    server = Server(Sandbox(empty=True), 0, page=False)
    thread = Thread(target=server.run)
    thread.start()
    try:
        for path in ("/", "/sandbox/world"):
            reply = requests.get(server.url + path, timeout=60)
            assert (reply.status_code, "no operation" in reply.text) == (404, True)
    finally:
        server.stop()
        thread.join()
        server.close()


# Who may ask


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", ""]
)
def test_another_name_for_this_machine_is_refused(box, host) -> None:
    for path in ("/", "/sandbox/operations", "/sandbox/requests"):
        assert requests.get(box.url + path, headers={"Host": host}, timeout=60).status_code in (400, 421)
    body, sent = (
        json.dumps({"seconds": 5}),
        {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json"},
    )
    assert requests.post(f"{box.url}/sandbox/advance", data=body, headers=sent, timeout=60).status_code in (400, 421)


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://{}", "http://{}.evil.example"]
)
def test_a_change_needs_the_pages_own_origin(box, origin) -> None:
    before = box.sandbox.clock()
    named = origin.format(box.url.removeprefix("http://")) if origin else None
    for name, body in (("advance", {"seconds": 90_000}), ("fault", {"text": "reset", "on": True}), ("clear", {})):
        reply = tell(box, name, body, named)
        assert (reply.status_code, "page" in reply.text) == (403, True)
    assert box.sandbox.clock() - before < 80_000
    assert len(box.faults) == 0


def test_a_change_is_a_post_of_json_and_a_read_a_get(box) -> None:
    assert ask(box, "advance", seconds=5).status_code == 405
    assert tell(box, "world", {}).status_code == 405
    assert tell(box, "advance", {"seconds": 5}, **{"Content-Type": "text/plain"}).status_code == 415
    assert tell(box, "advance", b"seconds=5").status_code == 400
    assert tell(box, "advance", [5]).status_code == 400
    assert tell(box, "nothing", {}).status_code == 404
    assert requests.options(f"{box.url}/sandbox/advance", timeout=60).headers.get("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("advance", {}, "seconds must be a number above 0, not None"),
        ("advance", {"seconds": "5"}, "not '5'"),
        ("advance", {"seconds": -1}, "not -1"),
        ("advance", {"seconds": True}, "not True"),
        ("advance", {"seconds": 1e300}, "the year 2099"),
        ("fault", {"text": "drip", "on": True}, "did you mean 'drop'?"),
        ("fault", {"on": True}, "there is no fault 'None'"),
        ("again", {"number": 10**9}, "request 1000000000 does not exist"),
        ("again", {"number": "x"}, "not the number of a request"),
        ("check", {"operation": "outbound.creat"}, "did you mean outbound.create"),
        ("send", {"operation": "oauth.nothing", "text": "{}"}, "there is no operation"),
        ("send", {"operation": "sku.label", "text": "{}"}, "cannot be called yet"),
        ("check", {"operation": "outbound.create", "query": "x"}, "query must be an object"),
        ("check", {"operation": "outbound.create", "text": 7}, "text must be a string"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(box, name, body, words) -> None:
    reply = tell(box, name, body)
    assert reply.status_code == 400
    assert words in reply.json()["message"]


def test_what_is_asked_of_the_page_is_no_request_to_the_vendor(box) -> None:
    before = box.requests.last
    box.faults.add("drop:*")
    try:
        assert ask(box, "world").status_code == 200
        assert requests.get(box.url, timeout=60).status_code == 200
    finally:
        box.faults.remove("drop:*")
    assert box.requests.last == before


# What it says


def test_operations_are_told_with_fields_limits_and_what_is_unknown(box) -> None:
    told = ask(box, "operations").json()
    assert told["version"] == ocreg.__version__
    by_id = {one["id"]: one for one in told["operations"]}
    assert list(by_id) == list(ocreg.Registry())
    create = by_id["outbound.create"]
    assert (create["effect"], create["status"], create["yours"], create["tryable"]) == ("create", "partial", [], True)
    assert ["limit, items", "50"] in create["facts"]
    fields = {field["name"]: field for field in create["sections"][0]["fields"][0]["inside"]}
    assert fields["consigneeName"]["required"]
    assert fields["consigneeName"]["sensitive"]
    assert [inner["name"] for inner in fields["productList"]["inside"]][:2] == ["mfSkuId", "skuQuantity"]
    assert "whether a repeated referenceNumber is refused" in create["unknown"]
    assert not by_id["oauth.authorize"]["tryable"]  # a browser's
    assert not by_id["sku.label"]["tryable"]  # nobody knows its path


def test_an_overlay_is_marked_and_a_broken_file_takes_no_other_down(tmp_path) -> None:
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "cancel.yaml").write_text("extends: outbound.cancel\nsummary: Ours.\n", "utf-8")
    (tmp_path / "outbound" / "ours.yaml").write_text("extends: outbound.query\nsummery: Ours.\n", "utf-8")
    registry = ocreg.Registry([tmp_path])
    with ocreg.sandbox(registry=registry) as box:
        told = ask(box, "operations").json()
    by_id = {one["id"]: one for one in told["operations"]}
    assert by_id["outbound.cancel"]["summary"] == "Ours."
    assert by_id["outbound.cancel"]["yours"] == [
        f"{tmp_path.name}/outbound/cancel.yaml"
    ]  # no more of the path than that
    assert [one["id"] for one in told["broken"]] == ["outbound.ours"]
    assert len(by_id) == 37
    with pytest.raises(EndpointInvalid, match="summery"):
        site(registry)


def test_a_check_says_what_the_client_would(box) -> None:
    payload = [{**ORDER, "consigneeCountryCode": "GBR", "consigneeNane": "x", "somethingElse": 1}]
    with pytest.raises(ocreg.RequestInvalid) as wrong:
        box.sandbox.registry["outbound.create"].with_unknown("allow").check(payload)
    told = tell(box, "check", {"operation": "outbound.create", "text": json.dumps(payload)}).json()
    assert [one["text"] for one in told["violations"]] == list(map(str, wrong.value.violations))
    assert told["notes"] == ["[0].somethingElse"]
    good = tell(box, "check", {"operation": "outbound.create", "text": json.dumps([ORDER])}).json()
    assert (good["valid"], good["violations"], good["notes"]) == (True, [], [])
    for text, words in (
        ('{"a": 1, "a": 2}', "twice in one object"),
        ('["\\ud800"]', "lone surrogate"),
        ("[NaN]", "NaN"),
    ):
        for name in ("check", "send"):
            reply = tell(box, name, {"operation": "outbound.create", "text": text, "anyway": True}).json()
            (flaw,) = reply["violations"]
            assert words in flaw["text"]


ODD = [
    "",
    "null",
    "1",
    '"x"',
    "[]",
    "[1]",
    "[[[]]]",
    '{"": {"": 1}}',
    "1e400",
    "9" * 5000,
    '{"a":' + "[" * 200 + "]" * 200 + "}",
]
ODD += [
    '["\\ud800"]',
    '[{"productList": {"a": 1}, "serviceRegion": [1]}]',
    '{"orderNumber": "\\u0000", "cancelTime": 1e400}',
]
PARTS = [{}, {"query": {"code": None, "refresh_token": {"a": 1}}}, {"path": {"x": "../.."}}, {"query": {"": "\ud800"}}]


@pytest.mark.parametrize("id", ["outbound.create", "outbound.query", "outbound.cancel", "oauth.token", "returns.label"])
def test_no_payload_takes_it_down(box, id) -> None:
    for text, part in [*((text, {}) for text in ODD), *(("", part) for part in PARTS)]:
        for name in ("check", "send"):
            reply = tell(box, name, {"operation": id, "text": text, "anyway": True, **part})
            assert reply.status_code == 200, (text, part, name)


def test_numbers_keep_their_digits_until_they_are_sent(box) -> None:
    text = json.dumps([{**ORDER, "productList": [{"declaredValue": 0}]}]).replace(
        '"declaredValue": 0', '"declaredValue": 19.90'
    )
    assert tell(box, "send", {"operation": "outbound.create", "text": text}).json()["error"] is None
    assert b'"declaredValue":19.90' in box.requests.of("outbound.create")[-1].body


def test_sending_shows_the_reply_and_what_a_client_makes_of_it(box) -> None:
    good = tell(box, "send", {"operation": "outbound.cancel", "text": json.dumps(CANCEL)}).json()
    assert (good["error"], good["reply"]["status"], good["reply"]["body"]["code"]) == (None, 200, 0)
    assert box.requests.get(good["number"]).operation == "outbound.cancel"
    wrong = tell(box, "send", {"operation": "outbound.cancel", "text": "{}"}).json()
    assert [one["where"] for one in wrong["violations"]] == ["cancelTime", "orderNumber"]
    past = tell(box, "send", {"operation": "outbound.cancel", "text": "{}", "anyway": True}).json()
    assert (past["error"]["error"], past["error"]["happened"], past["reply"]["body"]["code"]) == ("ApiError", "no", 3)
    box.faults.add("drop:outbound.cancel:count=1")
    lost = tell(box, "send", {"operation": "outbound.cancel", "text": json.dumps(CANCEL)}).json()
    assert (lost["reply"], lost["error"]["error"], lost["error"]["happened"]) == (None, "TransportError", "unknown")
    assert not box.requests.get(lost["number"]).delivered


def test_tokens_outlive_time_that_is_advanced(box) -> None:
    sent = {
        "operation": "outbound.query",
        "text": json.dumps({"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}),
    }
    assert tell(box, "send", sent).json()["error"] is None
    assert tell(box, "advance", {"seconds": 7200}).status_code == 200
    before = box.requests.last
    assert tell(box, "send", sent).json()["error"] is None
    assert [one.status for one in box.requests.since(before)] == [200, 200]  # a new token first, no refusal


def test_requests_are_told_once_and_sent_again_as_they_were(box) -> None:
    last = ask(box, "requests").json()["last"]
    box.client().call("outbound.create", [ORDER])
    told = ask(box, "requests", after=last).json()
    assert [(one["operation"], one["status"], one["page"]) for one in told["requests"]] == [
        ("oauth.refresh", 200, False),
        ("outbound.create", 200, False),
    ]
    number = told["last"]
    assert tell(box, "again", {"number": number}).json() == {"last": number + 1}
    first, second = box.requests.get(number), box.requests.get(number + 1)
    assert (first.body, dict(first.headers)) == (second.body, dict(second.headers))
    assert ask(box, "requests", after="x").status_code == 400
    tell(box, "clear", {})
    assert ask(box, "requests").json() == {"last": number + 1, "requests": []}
    assert ask(box, "request", number=number).status_code == 400


def test_personal_data_is_told_only_to_who_asks_and_secrets_never(box) -> None:
    number = tell(box, "send", {"operation": "outbound.create", "text": json.dumps([ORDER])}).json()["number"]
    for name, query in (("request", {"number": number}), ("records", {"kind": "outbound"})):
        masked, whole = ask(box, name, **query).text, ask(box, name, sensitive="yes", **query).text
        assert ("Test Person" in masked, "Test Person" in whole) == (False, True), name
        for text in (masked, whole):
            assert "demo-secret-key" not in text
            assert box.requests.get(number).headers["Access-Token"].removeprefix("Bearer ") not in text


PERSON = """
summary: Whose parcel it is.
effect: read
method: POST
path: /person
host: {sandbox: https://example.com/openapi, production: https://example.com/openapi}
data: {type: object}
response: {type: object, properties: {consigneeName: {type: string, x-sensitive: true}}}
examples: {response: [{body: {code: 0, data: {consigneeName: Test Person}, message: Success, messageId: '1'}}]}
evidence: {status: announced}
"""


def test_a_reply_is_masked_as_requests_are(tmp_path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "person.yaml").write_text(PERSON, "utf-8")
    with ocreg.sandbox(registry=ocreg.Registry([tmp_path])) as box:
        sent = {"operation": "ours.person", "text": "{}"}
        assert tell(box, "send", sent).json()["reply"]["body"]["data"] == {"consigneeName": "***"}
        whole = tell(box, "send", {**sent, "sensitive": True}).json()
        assert whole["reply"]["body"]["data"] == {"consigneeName": "Test Person"}


def test_faults_are_switched_on_and_off_and_begin_anew(box) -> None:
    spec = "503:warehouse.services:count=1"
    (on,) = [one for one in tell(box, "fault", {"text": spec, "on": True}).json() if one["text"] == spec]
    assert on == {"text": spec, "on": True, "fired": 0, "left": 1}
    with pytest.raises(ocreg.HttpError):
        box.client().call("warehouse.services")
    state = {one["text"]: one for one in ask(box, "world").json()["faults"]}[spec]
    assert state == {"text": spec, "on": False, "fired": 1, "left": None}
    tell(box, "fault", {"text": spec, "on": True})
    tell(box, "fault", {"text": spec, "on": False})
    box.client().call("warehouse.services")
    assert box.faults.fired[spec] == 1
    refused = [tell(box, "fault", {"text": f"delay:seconds={n}", "on": True}).status_code for n in range(120)]
    assert set(refused) == {200, 400}
    for text in list(box.faults.fired):
        tell(box, "fault", {"text": text, "on": False})
    assert len(box.faults) == 0


def test_the_world_is_told(box) -> None:
    line = {"productList": [{"mfSkuId": "OC0000001279158", "skuQuantity": 2}], "serviceRegion": "US"}
    box.client().call("outbound.create", [{**ORDER, **line}])
    world = ask(box, "world").json()
    assert world["kinds"]["outbound"] == len(box.sandbox.records.all("outbound"))
    buckets = next(one["buckets"] for one in world["stock"] if (one["sku"], one["region"]) == ("OC0000001279158", "US"))
    assert buckets["RSVALOC"] == 2
    tell(box, "advance", {"seconds": 5 * 3600})
    assert ask(box, "records", kind="outbound").json()["records"][0]["orderStatus"] == "Outbound"
    assert not [
        name for one in ask(box, "records", kind="outbound").json()["records"] for name in one if name[:1] == "_"
    ]
    assert ask(box, "records", kind="nothing").json() == {"kind": "nothing", "count": 0, "records": []}


# The static site


def test_the_site_has_all_operations_and_a_policy_and_asks_nothing_of_a_server() -> None:
    text = site(ocreg.Registry())
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert len(json.loads(data)["operations"]) == 37
    assert "<" not in data
    assert re.search(r'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ', text)
    assert "connect-src" not in text.split("<style>")[0]
    assert page().body.decode().replace("\n\n", "\n") == SOURCE.replace("<!--data-->", "").replace("\n\n", "\n")
