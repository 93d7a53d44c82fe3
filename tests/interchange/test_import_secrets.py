"""Canaries: no secret and no personal data of a document reaches a file or the screen, wherever it stands."""

import json

import pytest
from pages import answered, body, document, saved, wrapped
from test_import_files import run

KEY = "qzx841kCanaryKey7"
TOKEN = "qzx842kCanaryToken-9_a"
PASSWORD = "qzx843kPw!"
MAIL, PHONE = "erika.qzx844@beispiel.example", "+49 151 844 844 84"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJxeng4NDUi.qzx845signature"
CANARIES = ("qzx84", "844 844")

FIELDS = {
    "password": {"type": "string", "example": PASSWORD, "default": PASSWORD, "examples": [PASSWORD], "x-apifox-mock": PASSWORD},
    "accessToken": {"type": "string", "enum": [TOKEN], "const": TOKEN},
    "apiKey": {"type": ["string", "null"], "default": KEY, "description": f"Such as {KEY}."},
    "email": {"type": "string", "description": f"For instance {MAIL}, or call {PHONE}.", "example": MAIL},
    "consigneeName": {"type": "string", "example": "qzx846 Name", "examples": ["qzx846 Name"]},
    "note": {"type": "string", "default": JWT, "title": f"Bearer {TOKEN}"},
    "callback": {"type": "string", "description": f"https://user:{PASSWORD}@example.com/?access_token={TOKEN}"},
}  # fmt: skip
VALUE = {
    "password": PASSWORD, "accessToken": TOKEN, "apiKey": KEY, "email": MAIL, "consigneeName": "qzx846 Name",
    "note": f"{TOKEN} {KEY} {JWT}", "callback": f"https://example.com/?client_secret={KEY}", "free": {"cookie": {"a": TOKEN, "b": [TOKEN]}},
    "authorization": [{"value": TOKEN}],
}  # fmt: skip


def full() -> dict:
    """Canaries in every place of a document where people leave them."""
    headers = [
        {"name": "clientKey", "in": "header", "required": True, "example": KEY, "schema": {"type": "string", "default": KEY}},
        {"name": "Access-Token", "in": "header", "schema": {"type": "string"}, "examples": {"a": {"value": f"Bearer {TOKEN}"}}},
        {"name": "Cookie", "in": "header", "example": f"session={TOKEN}", "schema": {"type": "string"}},
        {"name": "access_token", "in": "query", "required": True, "example": TOKEN, "schema": {"type": "string", "default": TOKEN}},
    ]  # fmt: skip
    data = {"type": "object", "properties": FIELDS}
    operation = {
        "summary": f"Stickers for {MAIL}",
        "description": f"Use clientKey: {KEY} and password = {PASSWORD}. vAuthorization is {TOKEN}.\nCall {PHONE}. {JWT}",
        "parameters": headers,
        "requestBody": body(wrapped(data), example={"data": VALUE, "messageId": TOKEN}, examples={"b": {"value": {"data": VALUE, "apiVersion": KEY}}}),
        "responses": {**answered(data), "400": body({}, example={"code": 3, "message": f"token {TOKEN}", "data": VALUE})},
        "tags": [f"{MAIL}"],
    }  # fmt: skip
    operation["responses"]["200"]["content"]["application/json"]["example"] = {"code": 0, "message": KEY, "data": VALUE}
    return document(
        ("post", "/3pp/stickers/v1/place", operation),
        ("post", f"/{KEY}/x", {"responses": {}}),
        ("post", "/3pp/outbound/v1/cancel", operation),
        info={"title": KEY, "contact": {"email": MAIL}},
        servers=[{"url": f"https://user:{PASSWORD}@openapi-hk.orangeconnex.com/openapi", "variables": {"token": {"default": TOKEN}}}],
        components={"securitySchemes": {"a": {"type": "apiKey", "name": "clientKey", "in": "header", "x-value": KEY}}},
    )  # fmt: skip


def test_no_canary_passes_in_what_looks_like_an_export_of_ours(tmp_path) -> None:
    """Its x-ocreg-* keys are believed; what is secret or personal in them is masked all the same."""
    whole = json.loads(json.dumps(full()))
    whole["paths"] = {f"/3pp/stickers/v1/{n}": item for n, item in enumerate(whole["paths"].values())}
    for number, item in enumerate(whole["paths"].values()):
        operation = item["post"]
        operation |= {"x-ocreg-id": f"stickers.place_{number}", "x-ocreg-effect": "update", "x-ocreg-query": {}}
        operation |= {"x-ocreg-description": f"With {KEY}, by {MAIL}", "x-ocreg-errors": {"7": f"token {TOKEN}"}}
        operation |= {"summary": f"Stickers for {MAIL}", "x-ocreg-title": JWT}
        operation |= {"x-ocreg-evidence": {"status": "partial", "unknown": [f"whether {PASSWORD} and {PHONE} do"]}}
    out = run(tmp_path, saved(tmp_path, whole), "--yes")
    assert "x-ocreg-* keys break" not in out
    files = "".join(file.read_text("utf-8") for file in (tmp_path / "own").rglob("*.yaml"))
    assert "stickers/place_0" in files
    for canary in CANARIES:
        assert canary not in out + files


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_no_canary_is_shown_or_written(tmp_path, words) -> None:
    out = run(tmp_path, saved(tmp_path, full()), *words, code=2)
    files = [file.read_text("utf-8") for file in (tmp_path / "own").rglob("*.yaml")]
    assert len(files) == (2 if words else 0)
    assert "stickers.place" in out
    assert "outbound.cancel" in out
    for text in (out, *files):
        found = [line for line in text.splitlines() if any(canary in line for canary in CANARIES)]
        assert found == []


def test_an_error_repeats_nothing_of_the_document(tmp_path) -> None:
    for text in (
        f'{{"openapi": "{KEY}"',
        f"openapi: {KEY}\n{KEY}: &a [*{TOKEN}]",
        f"openapi: !{KEY} x\npaths: [{TOKEN}]",
        f"{KEY}: 1\n{KEY}: 2",
    ):
        assert "qzx" not in run(tmp_path, saved(tmp_path, text), code=2)
