"""What was imported can be called in the local sandbox at once, and webhooks are what is received."""

import pytest
from pages import answered, body, document, saved, wrapped
from test_import_files import ROWS, imported, run

from ocreg import Client, RequestInvalid
from ocreg.cli.app import run as ocreg

PART = {"name": "part-no", "in": "path", "example": "P 1/2", "schema": {"type": "string"}}
ORDER = {"name": "order", "in": "path", "schema": {"type": "integer"}}
DOT = {"name": "dot", "in": "path", "example": "..", "schema": {"type": "string"}}
ZONE = {"name": "zone", "in": "query", "required": True, "schema": {"type": "string", "enum": ["north"]}}
DATA = wrapped({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}})
EVERY = document(
    ("get", "/3pp/parts/{order}/{part-no}", {"parameters": [PART, ORDER], "responses": answered(ROWS)}),
    ("put", "/3pp/parts/{order}/{dot}", {"parameters": [ORDER, DOT, ZONE], "requestBody": body(DATA)}),
    ("delete", "/3pp/parts/{order}", {"responses": {}}),
    ("post", "/3pp/parts", {"parameters": [ZONE], "responses": answered(ROWS)}),
    ("post", "/3pp/parts/all", {"requestBody": body({"type": "array", "items": {"type": "string"}}), "responses": {"200": body(ROWS["items"])}}),
)  # fmt: skip


def test_every_imported_operation_is_callable_with_its_example(tmp_path, monkeypatch, capsys) -> None:
    files = imported(tmp_path, EVERY)
    assert files["imported.parts"]["examples"]["request"] == [{"path": {"order": "string", "parameter2": "P 1/2"}}]
    assert files["imported.parts_put"]["examples"]["request"] == [
        {"data": {"n": 1}, "query": {"zone": "north"}, "path": {"order": "string", "dot": "1"}}
    ]
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path / "own"))
    for id, file in files.items():
        example = ["--example"] if "request" in file.get("examples", {}) else []
        assert ocreg(["call", id, *example, "--env", "local"]) == 0, capsys.readouterr().err


def test_the_commands_it_names_end_well(tmp_path) -> None:
    out = run(tmp_path, saved(tmp_path, EVERY), "--yes")
    assert out.count("try: ") == 5
    assert "call imported.parts --example --env local" in out
    assert "placeholders" not in out


HOOK = {"type": "object", "required": ["orderNumber"], "properties": {"orderNumber": {"type": "string", "title": "The order"}}}  # fmt: skip


def test_a_webhook_is_what_the_vendor_sends(tmp_path) -> None:
    hooks = {
        "stickerPrinted": {"post": {"summary": "A sticker was printed", "requestBody": body(wrapped(HOOK))}},
        "odd": {"post": {}, "get": None},
        "": {"put": {"requestBody": body(HOOK)}},
    }
    source = {"openapi": "3.1.0", "webhooks": hooks}
    out = run(tmp_path, saved(tmp_path, source), code=2)
    assert "no id can be made" in out
    files = imported(tmp_path, source, code=2)
    file = files["webhook.sticker_printed"]
    assert file["caller"] == "vendor"
    assert not {"method", "path", "host", "envelope"} & set(file)
    assert set(file["data"]["properties"]) == {"apiVersion", "data", "messageId", "timestamp"}
    assert "try: " not in run(tmp_path / "again", saved(tmp_path, source), "--yes", code=2)
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        good = {"data": {"orderNumber": "O1"}, "messageId": "m"}
        assert client.receive("webhook.sticker_printed", good) == good
        with pytest.raises(RequestInvalid, match="orderNumber"):
            client.receive("webhook.sticker_printed", {"data": {}})


@pytest.mark.parametrize(("name", "title"), [("x", "Outbound Callback Webhook Reception"), ("outbound", "News")])
def test_a_webhook_that_the_registry_has_gets_an_overlay(tmp_path, name, title) -> None:
    operation = {"summary": title, "requestBody": body(HOOK)}
    hooks = {"openapi": "3.1.0", "paths": {}, "webhooks": {name: {"post": operation}}}
    file = imported(tmp_path, hooks)["webhook.outbound"]
    assert file["extends"] == "webhook.outbound"
    assert file["data"]["required"] == ["orderNumber"]
    assert "path" not in file


def test_a_webhook_is_no_call_of_the_same_title(tmp_path) -> None:
    hooks = {
        "openapi": "3.1.0",
        "webhooks": {"y": {"post": {"summary": "queryVasOrderDetail", "requestBody": body(HOOK)}}},
    }
    assert set(imported(tmp_path, hooks)) == {"webhook.y"}
