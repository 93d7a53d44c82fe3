"""Collections, recordings, command lines and pages' texts as operations. All of it is synthetic."""

import json
from base64 import b64encode

import pytest
from pages import saved
from test_import_files import imported, run

from ocreg import Client, Registry
from ocreg.interchange import commented, curl, sources
from ocreg.interchange.matching import Known
from ocreg.interchange.operation import Operation, Source

KNOWN = Known(Registry([]))
BASE = "https://openapi-hk.orangeconnex.com/openapi"
ENVELOPE = {"apiVersion": "1", "messageId": "m", "timestamp": 1}


def read(folder, value, *hosts: str) -> Source:
    return sources.read(saved(folder, value), Known(Registry([]), hosts) if hosts else KNOWN)


def only(folder, value, *hosts: str) -> Operation:
    source = read(folder, value, *hosts)
    assert source.refused == []
    (operation,) = source.operations
    return operation


def collection(*items: dict, **extra) -> dict:
    info = {"name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}
    return {"info": info, "item": list(items), **extra}


COMMENTED = """{
  // the caller's own number, required
  "referenceNumber": "R-1",
  "data": [
    {
      "sku": "A", // 必填 the SKU
      "pieces": {{pieces}}, /* mandatory */
      "note": "https://example.com//x", // 非必填
      "colour": "red", # optional
    },
  ],
}"""


def test_comments_in_a_body_say_what_is_required(tmp_path) -> None:
    request = {
        "method": "POST",
        "header": [
            {"key": "clientKey", "value": "{{key}}"},
            {"key": "vAuthorization", "value": "x"},
            {"key": "X-Off", "value": "1", "disabled": True},
        ],
        "url": {"raw": "{{baseUrl}}/3pp/stickers/v1/place", "host": ["{{baseUrl}}"]},
        "body": {"mode": "raw", "raw": COMMENTED},
        "description": {"content": "Orders stickers."},
    }
    answers = [
        {"name": "no", "code": 400, "body": '{"code": 3, "message": "no"}'},
        {"name": "ok", "code": 200, "body": '{"code": 0, "data": {"orderNumber": "S1"}, "message": "ok"}'},
        {"name": "empty", "code": 200, "body": ""},
        {"name": "page", "code": 502, "body": "<html>"},
    ]
    folder = {"name": "Stickers", "item": [{"name": "Place stickers", "request": request, "response": answers}]}
    file = imported(tmp_path, collection(folder))["stickers.place"]
    assert file["description"] == "Orders stickers."
    assert file["auth"] == "key"
    assert file["envelope"] is False
    assert file["data"]["required"] == ["referenceNumber"]
    fields = file["data"]["properties"]
    assert fields["referenceNumber"]["description"] == "the caller's own number, required."
    row = fields["data"]["items"]
    assert row["required"] == ["sku", "pieces"]
    assert row["properties"]["pieces"] == {"description": "mandatory."}  # a variable is of any type
    assert row["properties"]["note"] == {"description": "非必填.", "type": "string"}
    inferred = "the required request fields, from comments in the source: referenceNumber, data.sku, data.pieces"
    assert inferred in file["evidence"]["inferred"]
    assert file["evidence"]["sources"] == [{"kind": "postman", "note": "imported"}]


def test_placeholders_parameters_and_what_is_switched_off(tmp_path) -> None:
    url = {
        "raw": "{{base}}/openapi/3pp/stickers/:kind/{{order}}?page=1&off=2",
        "query": [
            {"key": "page", "value": "1", "description": "Which page."},
            {"key": "off", "value": "2", "disabled": True},
            {"key": None},
        ],
        "variable": [{"key": "kind", "value": "round", "description": "Round or square."}],
    }
    operation = only(tmp_path, collection({"name": "Look", "request": {"method": "GET", "url": url}}))
    assert operation.path == "/3pp/stickers/{kind}/{order}"
    assert operation.path_parameters is not None
    assert operation.path_parameters["properties"]["kind"]["description"] == "Round or square."
    assert operation.query is not None
    assert operation.query["properties"] == {"page": {"description": "Which page.", "type": "string"}}
    assert operation.shown == {"page": "1"}


def test_a_request_may_be_its_url_and_its_body_that_of_a_saved_answer(tmp_path) -> None:
    asked = {"name": "x", "code": 200, "originalRequest": {"body": {"mode": "raw", "raw": '{"a": 1}'}}}
    items = [
        {"name": "plain", "request": f"{BASE}/3pp/stickers/v1/list?size=3"},
        {"name": "x", "request": {"method": "post", "url": f"{BASE}/3pp/s/x"}, "response": [asked]},
    ]
    plain, other = read(tmp_path, collection(*items)).operations
    assert (plain.method, plain.path, plain.shown) == ("GET", "/3pp/stickers/v1/list", {"size": "3"})
    assert (other.method, other.requests) == ("POST", [{"a": 1}])


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("{{b}}/a/{{x}}.json", "/a/{x}.json"),
        ("{{b}}a/b", "/a/b"),
        ("https://{{host}}:{{port}}/a", "/a"),
        ("{{host}}:8080/a/:id", "/a/{id}"),
        ("/a/{id}", "/a/{id}"),
        (f"{BASE}/a#b", "/a"),
    ],
)
def test_where_a_path_begins(tmp_path, url, path) -> None:
    variables = [{"key": "word", "value": "stickers-of-the-world"}, {"key": "way", "value": "/a/b1/c"}]
    request = {"url": url, "header": [{"key": "X-Path", "value": path}], "description": "stickers-of-the-world"}
    operation = only(tmp_path, collection({"name": "x", "request": request}, variable=variables))
    assert operation.path == path
    assert (
        imported(tmp_path, collection({"name": "x", "request": request}, variable=variables), "--id", "a.b")["a.b"][
            "path"
        ]
        == path
    )


def test_what_a_collection_cannot_give_is_said(tmp_path) -> None:
    def item(body: dict, url: str = "{{b}}/3pp/s/x") -> dict:
        return {"name": "x", "request": {"method": "POST", "url": url, "body": body}}

    form = {"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "1"}]}
    items = [item(form), item({"mode": "raw", "raw": "{{all}}x"}, "{{b}}/3pp/s/y"), item({}, "https://evil.example/z")]
    source = read(tmp_path, collection(*items))
    assert source.refused == [
        "POST /z: it goes to https://evil.example, not to the vendor; --host allows it",
        "POST /3pp/s/x: its body is a form, and ocreg sends only JSON",
    ]
    assert source.operations[0].notes == ["a body that is not JSON, even with comments: dropped"]


@pytest.mark.parametrize(
    "text", ['{"a" 1}', '{"a": 1 "b": 2}', "{", '{"a": }', "[1, 2", "{} {}", "{a: 1}", "nope", "[" * 500, '{"a": "']
)
def test_what_is_no_json_is_not_guessed(text) -> None:
    with pytest.raises(commented.NotJson):
        commented.read(text)


def entry(method: str, url: str, body=None, answer=None, **extra) -> dict:
    posted = {} if body is None else {"postData": {"mimeType": "application/json", "text": json.dumps(body)}}
    content = {"mimeType": "application/json", "text": json.dumps(answer)} if answer is not None else {}
    return {
        "request": {"method": method, "url": url, "headers": [], **posted},
        "response": {"status": 200, "content": content},
        **extra,
    }


def test_a_recording_gives_the_shapes_of_what_known_hosts_were_sent(tmp_path) -> None:
    def body(number: str) -> dict:
        return {**ENVELOPE, "data": {"orderNumber": number, "when": "2024-02-03T04:05:06+0800"}}

    answer = {
        "code": 0,
        "data": {"OC90001111": {"state": 1}, "OC90001112": {"state": None, "by": "x"}},
        "message": "ok",
    }
    encoded = entry("POST", f"{BASE}/3pp/stickers/v1/stop", body("OC90002"))
    encoded["response"]["content"] = {"text": b64encode(json.dumps(answer).encode()).decode(), "encoding": "base64"}
    entries = [
        entry("POST", f"{BASE}/3pp/stickers/v1/stop", body("OC90001"), answer),
        encoded,
        entry("GET", f"{BASE}/3pp/stickers/OC90001111/parts?name=Erika", None, {"code": 3, "message": "no"}),
        entry("GET", "https://elsewhere.example/track", None, {}),
        entry("GET", f"{BASE}/picture.png"),
        {"request": {"method": "POST", "url": "", "postData": {}}},
        {"request": None},
        5,
    ]
    source = read(tmp_path, {"log": {"entries": entries}})
    assert source.said == [
        "1 call of another host is skipped; name a host with --host to read its calls",
        "3 entries are skipped: no URL, or no JSON in request and answer",
    ]
    assert [operation.path for operation in source.operations] == ["/3pp/stickers/v1/stop", "/3pp/stickers/{id1}/parts"]
    files = imported(tmp_path, {"log": {"entries": entries}})
    stop = files["stickers.stop"]
    assert stop["data"]["properties"]["orderNumber"] == {
        "description": "TODO say what orderNumber is.",
        "type": "string",
    }
    assert stop["response"]["additionalProperties"]["properties"]["state"]["type"] == ["integer", "null"]
    assert "required" not in stop["data"]  # that it was always there does not say that it must be
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "own").rglob("*.yaml"))
    for value in ("OC9000", "Erika", "2024-02-03"):
        assert value not in written
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        assert client.call("stickers.stop", stop["examples"]["request"][0]["data"])["code"] == 0


UNIX = r"""
$ curl --location --request POST 'https://openapi-hk.orangeconnex.com/openapi/3pp/stickers/v1/stop' \
  -H $'Cookie: note={it\'s:\'x\x41\u00e9\'}' --header 'content-type: application/json' -sS --compressed \
  -u "me:it's \"secret\" \$HOME" --data-raw '{"data": {"orderNumber": "OC9", "note": "it'\''s"}, "messageId": "m"}';
# a comment
curl -G https://openapi-hk.orangeconnex.com/openapi/3pp/stickers/v1/list -d page=1 -d "size=2" | jq . && echo 'done'
curl -XPUT --url={{base}}/3pp/stickers/v1/one --json '{"a": 1}' && curl -d @body.json {{base}}/3pp/stickers/v1/two
"""
CMD = """\
curl ^"https://openapi-hk.orangeconnex.com/openapi/3pp/stickers/v1/stop?a=1^&b=2^" ^
  -X ^"POST^" ^
  -H ^"accept: */*^" ^
  --data-raw ^"^{^\\^"data^\\^":^{^\\^"note^\\^":^\\^"100^% it^\\^"^},^

^\\^"messageId^\\^":1^}^" ^
  --compressed
"""
OLD_CMD = (
    'curl "https://openapi-hk.orangeconnex.com/openapi/3pp/stickers/v1/stop?a=1" -X POST -H "accept: */*" ^\n'
    '  --data-raw "{\\"data\\":{\\"note\\":\\"a ^ b\\"},\\"messageId\\":1}" --compressed'
)


def test_the_quotes_of_unix_shells_are_undone(tmp_path) -> None:
    words = curl.commands(UNIX)
    assert words[0][7:9] == ["Cookie: note={it's:'xA\u00e9'}", "--header"]
    assert 'me:it\'s "secret" $HOME' in words[0]
    assert words[1][-3:] == ["page=1", "-d", "size=2"]
    stop, listed, one, two = read(tmp_path, UNIX).operations
    assert (stop.method, stop.path, stop.headers) == ("POST", "/3pp/stickers/v1/stop", ["cookie"])
    assert stop.requests == [{"data": {"orderNumber": "OC9", "note": "it's"}, "messageId": "m"}]
    assert (listed.method, list(listed.query["properties"])) == ("GET", ["page", "size"])
    assert (one.method, one.path, one.requests) == ("PUT", "/3pp/stickers/v1/one", [{"a": 1}])
    assert (two.method, two.notes) == ("POST", ["a body in a file: not read"])
    assert only(tmp_path, f"curl {BASE}/3pp/s/x -d @a -H a:b").requests == []
    assert "no JSON" in read(tmp_path, f"curl {BASE}/3pp/s/x --data-raw @a").refused[0]  # which is no file


@pytest.mark.parametrize("text", [CMD, OLD_CMD, CMD.replace("\n", "\r\n")])
def test_the_quotes_of_cmd_are_undone(tmp_path, text) -> None:
    operation = only(tmp_path, text)
    assert (operation.method, operation.path) == ("POST", "/3pp/stickers/v1/stop")
    assert operation.requests[0]["messageId"] == 1
    assert operation.requests[0]["data"]["note"] in ("100% it", "a ^ b")
    assert next(iter(operation.query["properties"])) == "a"


@pytest.mark.parametrize(
    "url", ["https://me:pw@evil.example/a/b", "evil.example/a/b", "http://localhost:9/a/b", "ftp://x/a"]
)
def test_a_call_elsewhere_is_refused_until_its_host_is_named(tmp_path, url) -> None:
    source = read(tmp_path, f"curl {url}")
    assert "not to the vendor; --host allows it" in source.refused[0]
    assert "pw" not in source.refused[0]
    operation = only(tmp_path, f"curl {url}", "evil.example", "http://localhost:9/a", "x")
    assert operation.path in ("/a/b", "/b", "/a")
    assert operation.servers == []  # keys do not travel there


@pytest.mark.parametrize("path", ["/a/../b", "/%2e%2e/b", "//evil.example/a", "/a b", "/a%2fb"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path, path) -> None:
    assert "its path must" in read(tmp_path, f"curl '{BASE}{path}'").refused[0]


TEXT = """\
Stop stickers
已发布
POST
/openapi/3pp/stickers/{kind}/stop
Stops what was ordered.
请求示例
Shell
curl --location 'https://example.com' --header 'clientKey: qzx'
响应示例
{
  "code": 0,
  "data": {"state": "stopped"}
}
请求参数
Path 参数
kind
string
round or square
必需
Header 参数
clientKey
string
必需
vAuthorization
string
必需
Body 参数
application/json
apiVersion
string
可选
messageId
string
可选
data
object {3}
必需
number
string
The order's number
必需
示例值:
OC-1
rows
array [object {2}]
可选
sku
string
必需
pieces
integer
>= 1
必需
note
string | null
可选
返回响应
🟢200成功
application/json
Body
code
integer
必需
data
object {1}
可选
state
enum<string>
必需
🟠400 error
Body
other
string
必需
修改于 2025-01-01
anything
string
"""


def test_the_text_of_a_page_nests_by_the_counts_of_its_types(tmp_path) -> None:
    file = imported(tmp_path, TEXT)["stickers.stop"]
    assert file["title"] == "Stop stickers"
    assert file["path"] == "/3pp/stickers/{kind}/stop"
    assert file["auth"] == "key"
    assert file["path_parameters"]["properties"]["kind"]["description"] == "round or square."
    assert file["data"]["required"] == ["number"]
    fields = file["data"]["properties"]
    assert list(fields) == ["number", "rows", "note"]
    assert fields["number"] == {"description": "The order's number.", "type": "string"}
    assert fields["rows"]["items"]["required"] == ["sku", "pieces"]
    assert fields["note"]["type"] == ["string", "null"]
    assert list(file["response"]["properties"]) == ["state"]
    assert file["examples"]["response"][0]["body"]["data"] == {"state": "stopped"}


def test_a_text_without_counts_is_flat_and_says_so(tmp_path) -> None:
    text = "GET\n/3pp/stickers/v1/all\nResponses\n200 OK\nBody\nsize\nobject\nrequired\nw\ninteger\noptional\n"
    operation = only(tmp_path, text)
    assert operation.answer["required"] == ["size"]
    assert list(operation.answer["properties"]) == ["size", "w"]
    assert any("on one level" in words for words in operation.notes)


def test_a_known_operation_gets_an_overlay_whatever_the_source(tmp_path) -> None:
    data = {"orderNumber": "O1", "cancelTime": "2025-06-17T10:10:10+0800", "operator": "me"}
    line = f"curl {BASE}/3pp/outbound/v1/cancel -d '{json.dumps({**ENVELOPE, 'data': data})}'"
    file = imported(tmp_path, line)["outbound.cancel"]
    assert file["data"] == {"properties": {"operator": {"description": "TODO say what operator is.", "type": "string"}}}
    out = run(tmp_path, saved(tmp_path, line), code=2)  # it is there already
    assert "! " not in out  # that a call left fields out contradicts nothing
