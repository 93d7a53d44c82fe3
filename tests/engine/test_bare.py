"""Operations without an envelope: the payload itself is the body, and it is signed as it is sent."""

import json

import pytest

from ocreg import Client, HttpError, RequestInvalid
from ocreg.engine.signing import signature

FILE = """\
summary: A test operation.
method: POST
path: /x/bare
host: {sandbox: https://a.example.com/openapi, production: https://b.example.com/openapi}
auth: AUTH
effect: create
envelope: false
data: DATA
response: {type: object, required: [ok], properties: {ok: {type: boolean}}}
examples:
  response: [{body: {ok: true}}]
evidence: {status: documented}
"""
ONE = "{type: object, additionalProperties: false, required: [name], properties: {name: {type: string}}}"
MANY = "{type: array, items: {type: object, properties: {name: {type: string}}}}"


class Recording:
    def __init__(self, inner) -> None:
        self.inner, self.sent = inner, []

    def send(self, request, timeout):
        self.sent.append(request)
        return self.inner.send(request, timeout)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def client(tmp_path):
    (tmp_path / "own").mkdir()
    made = []

    def make(data=ONE, auth="token", **settings):
        (tmp_path / "own" / "bare.yaml").write_text(FILE.replace("DATA", data).replace("AUTH", auth))
        made.append(Client("local", endpoints=[tmp_path], **settings))
        made[-1].transport = Recording(made[-1].transport)
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("sign", ["body", "path"])
@pytest.mark.parametrize("auth", ["token", "key", "none", "oauth"])
@pytest.mark.parametrize(
    ("data", "payload", "body"),
    [
        (ONE, {"name": "Zoë"}, '{"name":"Zoë"}'),
        (MANY, [{"name": "a"}, {}], '[{"name":"a"},{}]'),
        ("{type: string}", "x", '"x"'),
    ],
)
def test_the_payload_itself_is_sent_signed_and_taken_by_the_sandbox(client, data, payload, body, auth, sign):
    one = client(data, auth, sign=sign)
    assert one.call("own.bare", payload) == {"ok": True}
    request = one.transport.sent[-1]
    assert (request.body, request.headers["Content-Type"]) == (body.encode(), "application/json")
    if auth in ("token", "key"):
        keys = ("demo-client-key", "demo-secret-key")
        assert request.headers["vAuthorization"] == signature("/openapi/x/bare", request.body, *keys, sign)


def test_a_plan_shows_the_payload_as_the_body(client):
    plan = client().plan("own.bare", {"name": "Ann"})
    assert plan["body"] == {"name": "Ann"}
    assert """body='{"name":"Ann"}' && """ in plan["curl"]


def test_a_payload_that_breaks_the_schema_is_refused_here_and_by_the_sandbox(client):
    one = client()
    with pytest.raises(RequestInvalid, match="name"):
        one.call("own.bare", {"nme": "Ann"})
    assert one.transport.sent == []
    one.call("own.bare", {"name": "Ann"})
    headers = dict(one.transport.sent[-1].headers)
    for body in (b'{"nme": 1}', b"", b"{", b"[]"):
        headers["vAuthorization"] = signature("/openapi/x/bare", body, "demo-client-key", "demo-secret-key")
        reply = one.transport.inner.sandbox.handle("POST", "/openapi/x/bare", "", headers, body)
        assert (reply.status, json.loads(reply.body)["code"]) == (400, 3)


def test_an_answer_that_breaks_the_files_schema_does_not_leave_the_sandbox(client, tmp_path):
    client()
    file = tmp_path / "own" / "bare.yaml"
    file.write_text(file.read_text().replace("{ok: true}", "{ok: 5}"))
    with Client("local", endpoints=[tmp_path]) as other, pytest.raises(HttpError, match="HTTP 500"):
        other.call("own.bare", {"name": "a"})
