"""Canaries: no secret and no personal data of a source reaches a file or the screen, wherever it stands.

Each canary holds `qzx84`, or is a telephone number of it. A source of every kind holds them in every place it has.
"""

import json
from base64 import b64encode

import pytest
from pages import answered, body, document, saved, wrapped
from test_import_files import run

KEY = "qzx841kCanaryKey7"
TOKEN = "qzx842kCanaryToken-9_a"
PASSWORD = "qzx843kPw!"
MAIL, PHONE = "erika.qzx844@beispiel.example", "+49 151 844 844 84"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJxeng4NDUi.qzx845signature"
OWN = "qzxOwnKeyOfLetters"
CANARIES = ("qzx84", "844 844", "qzxOwn", "gonal-Lamp", "gular-Lamp")

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


def page() -> str:
    """The same in the Markdown form of a page, and webhooks beside it."""
    whole = full()
    operation = whole["paths"]["/3pp/stickers/v1/place"]["post"]
    whole["webhooks"] = {"printed": {"post": {**operation, "parameters": []}}}
    return f"# Stickers of {MAIL}\n\npassword: {PASSWORD}\n\n## OpenAPI Specification\n\n```yaml\n{json.dumps(whole)}\n```\n"


SAID = f"Use clientKey: {KEY}, password = {PASSWORD}. Ask {MAIL}, {PHONE}. {JWT} or {OWN} or hexagonal-Lamp, triangular-Lamp, octagonal-Lamp or qzx84var1able"
RAW = json.dumps({"data": VALUE, "messageId": TOKEN})
COMMENTED = f'{{\n  // {SAID}\n  "password": "{PASSWORD}", // required, such as {PASSWORD}\n  "email": "{MAIL}", // {MAIL}\n  "{{{{x}}}}": 1\n}}'
HEADERS = {"clientKey": KEY, "vAuthorization": TOKEN, "Access-Token": f"Bearer {TOKEN}", "X-Own": OWN, "Cookie": f"sid={TOKEN}; a={KEY}"}  # fmt: skip


def collection() -> dict:
    headers = [{"key": name, "value": value, "description": SAID} for name, value in HEADERS.items()]
    headers.append({"key": "X-Off", "value": PASSWORD, "disabled": True})
    auth = {
        "type": "basic",
        "basic": [{"key": "username", "value": "hexagonal-Lamp"}, {"key": "password", "value": PASSWORD}],
    }
    folder, whole = (
        {"type": "bearer", "bearer": [{"key": "x", "value": v}]} for v in ("triangular-Lamp", "octagonal-Lamp")
    )
    script = [{"listen": "prerequest", "script": {"exec": [f"pm.environment.set('token', '{TOKEN}')", SAID]}}]
    query = [{"key": "access_token", "value": TOKEN, "description": SAID}, {"key": "code", "value": JWT}]
    variable = [{"key": "order", "value": "qzx848", "description": SAID}]

    def item(name: str, path: str, raw: str) -> dict:
        url = {"raw": f"https://user:{PASSWORD}@openapi-hk.orangeconnex.com/openapi{path}?token={TOKEN}", "query": query, "variable": variable}  # fmt: skip
        request = {"method": "POST", "auth": auth, "header": headers, "url": url, "body": {"mode": "raw", "raw": raw}, "description": SAID}  # fmt: skip
        answer = {"name": SAID, "code": 200, "header": headers, "cookie": [{"name": "s", "value": TOKEN}], "body": json.dumps({"code": 0, "message": KEY, "data": VALUE}), "originalRequest": request}  # fmt: skip
        return {"name": name, "event": script, "request": request, "response": [answer]}

    items = [
        item(f"Stickers for {MAIL}", "/3pp/stickers/v1/place/:order", RAW),
        item("qzx846 Name", "/3pp/outbound/v1/cancel", COMMENTED),
        item("leak", f"/{KEY}/x", RAW),
    ]
    return {
        **{"info": {"name": SAID, "description": SAID}, "item": [{"name": MAIL, "item": items, "auth": folder}]},
        **{"auth": whole, "event": script, "variable": [{"key": "any", "value": "qzx84var1able"}, {"key": "secretKey", "value": PASSWORD}]},
    }  # fmt: skip


def recording() -> dict:
    pairs = [{"name": name, "value": value, "comment": SAID} for name, value in HEADERS.items()]
    cookies = [{"name": "sid", "value": TOKEN}]

    def entry(path: str, answer: str, **content) -> dict:
        return {
            **{"comment": SAID, "serverIPAddress": "qzx84", "pageref": TOKEN},
            "request": {"method": "POST", "url": f"https://u:{PASSWORD}@openapi-hk.orangeconnex.com/openapi{path}?token={TOKEN}#{KEY}", "headers": pairs, "cookies": cookies,
                        "queryString": [{"name": "access_token", "value": TOKEN}, {"name": "q", "value": "qzx846 Name"}], "postData": {"mimeType": f"application/json; {KEY}", "text": RAW, "params": pairs}},
            "response": {"status": 200, "headers": pairs, "cookies": cookies, "redirectURL": TOKEN, "content": {"text": answer, **content}},
        }  # fmt: skip

    answer = json.dumps(
        {"code": 0, "message": KEY, "data": {**VALUE, "byMail": {MAIL: {"n": 1}, "qzx849.1234": {"n": 2}}}}
    )
    entries = [
        entry("/3pp/stickers/v1/place", answer),
        entry("/3pp/stickers/v1/qzx84-12345/parts", b64encode(answer.encode()).decode(), encoding="base64"),
        entry("/3pp/outbound/v1/cancel", answer),
        entry("/../qzx841kCanaryKey7", answer),
        entry(f"/3pp/{OWN}/x", answer),
        {
            "request": {"method": "GET", "url": f"https://elsewhere.example/{TOKEN}"},
            "response": {"content": {"text": "{}"}},
        },
    ]
    return {"log": {"creator": {"name": KEY}, "pages": [{"title": SAID}], "entries": entries}}


def lines() -> str:
    options = " ".join(f"-H '{name}: {value}'" for name, value in HEADERS.items())
    more = f"-u 'me:{PASSWORD}' -b 'sid={TOKEN}' --oauth2-bearer {JWT} -E cert.pem:{PASSWORD} -A 'qzx84 agent' -x http://u:{PASSWORD}@proxy:1 -F x=1"
    url = f"https://user:{PASSWORD}@openapi-hk.orangeconnex.com/openapi"
    raw = RAW.replace("'", "")
    return (
        f"# {SAID}\ncurl '{url}/3pp/stickers/v1/place?access_token={TOKEN}&name=qzx846' {options} -u me:{PASSWORD} --data-raw '{raw}'\n"
        f"curl {url}/3pp/outbound/v1/cancel -d '{raw}' {options}\n"
        f"curl {url}/3pp/x {more}\ncurl -G {url}/3pp/y/qzx84-99999 -d token={TOKEN}\ncurl https://{KEY}@evil.example/{TOKEN} -d '{raw}'\n"
        f"curl {url}/3pp/{OWN}/x -d '{raw}'\ncurl {url}/3pp/hexagonal-Lamp/y -u hexagonal-Lamp:x\n"
    )  # fmt: skip


def text() -> str:
    said = SAID.partition(" or ")[0]  # what nothing in the text says to be a secret cannot be known
    fields = "".join(f"{name}\nstring\n{said}\n必需\n示例值:\n{value if isinstance(value, str) else TOKEN}\n" for name, value in VALUE.items())  # fmt: skip
    return (
        f"Stickers for {MAIL}\nPOST\n/3pp/stickers/v1/place\n{said}\n请求示例\nShell\ncurl -H 'clientKey: {KEY}' -d '{RAW}'\n"
        f"响应示例\n{json.dumps({'code': 0, 'message': KEY, 'data': VALUE})}\n请求参数\nHeader 参数\nclientKey\nstring\n必需\n示例值:\n{KEY}\n"
        f"Query 参数\naccess_token\nstring\n必需\nExample:\n{TOKEN}\nBody 参数\n{fields}返回响应\n🟢200成功\nBody\n{fields}修改于 2025-01-01\n{TOKEN}\n"
    )  # fmt: skip


KINDS = {
    "openapi": (full, {"stickers.place", "outbound.cancel"}, 2),
    "page": (page, {"stickers.place", "outbound.cancel", "webhook.printed"}, 2),
    "postman": (collection, {"stickers.place", "outbound.cancel"}, 2),
    "har": (recording, {"stickers.place", "stickers.parts", "outbound.cancel"}, 2),
    "curl": (lines, {"stickers.place", "outbound.cancel"}, 2),
    "text": (text, {"stickers.place"}, 0),
}


@pytest.mark.parametrize("words", [(), ("--yes",)], ids=["shown", "written"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_canary_is_shown_or_written(tmp_path, kind, words) -> None:
    make, expected, code = KINDS[kind]
    out = run(tmp_path, saved(tmp_path, make()), *words, code=code)
    own = tmp_path / "own"
    files = list(own.rglob("*.yaml"))
    ids = {".".join(file.relative_to(own).with_suffix("").parts) for file in files}
    assert ids >= expected if words else ids == set()
    for id in expected:
        assert id in out
    for shown in (out, *(file.read_text("utf-8") for file in files), *map(str, files)):
        assert [line for line in shown.splitlines() if any(canary in line for canary in CANARIES)] == []


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


def test_an_error_repeats_nothing_of_the_document(tmp_path) -> None:
    for text in (
        f'{{"openapi": "{KEY}"',
        f"openapi: {KEY}\n{KEY}: &a [*{TOKEN}]",
        f"openapi: !{KEY} x\npaths: [{TOKEN}]",
        f"{KEY}: 1\n{KEY}: 2",
        f"curl 'https://openapi-hk.orangeconnex.com/{KEY}",
        f"curl ftp://{KEY}:{TOKEN}@evil.example/{KEY}#x -H 'clientKey: {KEY}'",
        json.dumps(
            {
                "info": {"name": KEY},
                "item": [{"name": KEY, "request": {"method": KEY, "url": KEY, "header": f"clientKey: {KEY}"}}],
            }
        ),
        json.dumps(
            {
                "log": {
                    "entries": [
                        {
                            "request": {"method": KEY, "url": f"https://{MAIL}:{PASSWORD}@x.example/{KEY}"},
                            "response": {"content": {"text": "{}"}},
                        }
                    ]
                }
            }
        ),
        f"POST\n/a/../x\nclientKey: {KEY}\nbody\n",
    ):
        assert "qzx" not in run(tmp_path, saved(tmp_path, text), code=2)
