"""Operations whose path has {placeholders}: in the sandbox through both doors, and on the command line."""

import json
from threading import Thread

import pytest

from ocreg import Client, RequestInvalid
from ocreg.account.settings import DEMO
from ocreg.cli.app import run
from ocreg.engine.signing import signature
from ocreg.registry.files import Registry
from ocreg.sandbox.core import Sandbox
from ocreg.sandbox.placeholders import values
from ocreg.sandbox.server import Server

HEAD = "effect: read\nmethod: GET\nevidence: {status: partial}\nhost: {sandbox: https://a.example.com/x, production: https://b.example.com/x}\n"
ORDER = f"""\
summary: Look at a sticker.
{HEAD}path: /stickers/{{order}}/{{part}}
path_parameters:
  type: object
  required: [order, part]
  properties:
    order: {{type: string, maxLength: 8, description: The order.}}
    part: {{type: string, description: The part.}}
query: {{properties: {{page: {{type: string, description: The page.}}}}}}
response: {{type: object}}
examples:
  request: [{{path: {{order: "a/b ü", part: top}}, query: {{page: '1'}}}}]
  response: [{{body: {{code: 0, data: {{seen: 1}}}}}}]
"""
WRITTEN_OUT = f"summary: Look at the top one.\n{HEAD}path: /stickers/first/{{part}}\npath_parameters: {{required: [part]}}\nexamples: {{response: [{{body: {{code: 0, data: {{first: 1}}}}}}]}}\n"


@pytest.fixture
def own(tmp_path):
    (tmp_path / "stickers").mkdir()
    (tmp_path / "stickers/part.yaml").write_text(ORDER, "utf-8")
    (tmp_path / "stickers/first.yaml").write_text(WRITTEN_OUT, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a/1/b/2", {"x": "1", "y": "2"}),
        ("/a/%2F%20/b/c%C3%BC", {"x": "/ ", "y": "cü"}),
        ("/a/1/b/", None),
        ("/a/1/2/b/3", None),
        ("/a/1/c/2", None),
        ("/a/1/b/2/", None),
    ],
)
def test_the_values_in_a_path(path, found) -> None:
    assert values("/a/{x}/b/{y}", path) == found


def test_paths_without_and_with_one_name_twice() -> None:
    assert values("/a.b", "/a.b") == {}
    assert values("/a.b", "/aXb") is None
    assert values("/a.{x}", "/aXb") is None
    assert values("/{x}/{x}", "/1/1") == {"x": "1"}
    assert values("/{x}/{x}", "/1/2") is None


def test_inside_the_process(own) -> None:
    with Client("local", endpoints=[own]) as client:
        assert client.call("stickers.part", path={"order": "a/b ü", "part": "top"})["data"] == {"seen": 1}
        assert client.call("stickers.first", path={"part": "top"})["data"] == {"first": 1}
        with pytest.raises(RequestInvalid, match="part"):
            client.call("stickers.part", path={"order": "1"})


def test_over_http_the_path_alone_says_which(own) -> None:
    server = Server(Sandbox(Registry([own])), 0)
    thread = Thread(target=server.run)
    thread.start()
    try:
        with Client("local", host=server.url, endpoints=[own]) as client:
            assert client.call("stickers.part", path={"order": "a/b ü", "part": "%2e"})["data"] == {"seen": 1}
            assert client.call("stickers.first", path={"part": "x"})["data"] == {"first": 1}
    finally:
        server.close()
        thread.join()


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [("/x/stickers/12345678/a", 0, 200), ("/x/stickers/123456789/a", 3, 200), ("/x/stickers/1", None, 404)],
)
def test_the_sandbox_checks_what_is_in_the_path(own, path, code, status) -> None:
    sandbox = Sandbox(Registry([own]))
    headers = {
        "clientKey": sandbox.client_key,
        "vAuthorization": signature(path, None, sandbox.client_key, sandbox.secret_key, "body"),
        "Access-Token": f"Bearer {sandbox.tokens.new_access()}",
    }
    reply = sandbox.handle("GET", path, headers=headers)
    assert (json.loads(reply.body).get("code"), reply.status) == (code, status)


def test_the_command_takes_them_as_values_for_the_url(own, monkeypatch, capsys) -> None:
    monkeypatch.setenv("OCREG_ENDPOINTS", str(own))
    assert run(["call", "stickers.part", "--example", "--env", "local", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == {"seen": 1}
    assert run(["plan", "stickers.part", "order==a b", "part==top", "page==2", "--env", "local"]) == 0
    assert "/x/stickers/a%20b/top?page=2" in capsys.readouterr().out
    assert run(["plan", "stickers.part", "order==a b", "--env", "local"]) == 2
    assert "path.part: required" in capsys.readouterr().err
    assert run(["sign", "stickers.part", "order==o", "part==p", "--env", "local"]) == 0
    sign = signature("/x/stickers/o/p", None, DEMO["client_key"], DEMO["secret_key"], "body")
    assert sign in capsys.readouterr().out
    assert run(["lint", str(own)]) == 0
    text = (own / "stickers/part.yaml").read_text("utf-8")
    (own / "stickers/part.yaml").write_text(text.replace("a/b ü", "much too long"), "utf-8")
    assert run(["lint", str(own)]) == 1
    assert "maxLength" in capsys.readouterr().out
