"""`ocreg import`: from a document to a file that lints clean and can be called; shown first, written on `--yes`."""

import os
import pty
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from pages import ADDRESS, QUIRKS, answered, body, document, saved, wrapped

from ocreg import Client, Registry, RequestInvalid, yaml12
from ocreg.cli.app import run as ocreg
from ocreg.cli.importing import command
from ocreg.lint import checks

ROWS = {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}


def run(folder, *words, code=0):
    result = CliRunner().invoke(command, [*map(str, words), "--into", str(folder / "own")], standalone_mode=False)
    assert result.exception is None, result.output
    assert result.return_value == code, result.output
    return result.output


def imported(folder, source, *words, code=0) -> dict[str, dict]:
    """The documents written for a source, by id; each of them is clean."""
    run(folder, saved(folder, source), "--yes", *words, code=code)
    own = folder / "own"
    ids = [".".join(file.relative_to(own).with_suffix("").parts) for file in sorted(own.rglob("*.yaml"))]
    assert checks.lint(Registry([own]), ids) == []
    return {id: yaml12.parse(own.joinpath(*id.split(".")).with_suffix(".yaml").read_bytes(), id) for id in ids}


def test_a_page_with_every_quirk_becomes_a_file_that_is_callable(tmp_path) -> None:
    file = imported(tmp_path, QUIRKS)["stickers.place_sticker_order"]
    assert {key: file[key] for key in ("title", "method", "path", "effect")} == {
        **{"title": "贴纸 order", "method": "POST", "path": ADDRESS, "effect": "create"}
    }
    assert "envelope" not in file
    assert "auth" not in file
    item = file["data"]["items"]
    assert file["data"]["maxItems"] == 50
    assert item["required"] == ["stickerId", "pieces"]
    fields = item["properties"]
    assert fields["stickerId"] == {
        "description": "贴纸编号.",
        "type": "string",
        "maxLength": 12,
        "pattern": "^ST-[0-9]+$",
    }
    assert fields["pieces"] == {"description": "Default: 1. Format: int64.", "type": "integer", "exclusiveMinimum": 0}
    assert fields["colour"] == {"description": "1: red like a rose; 2: blue", "type": "integer", "enum": [1, 2]}
    assert fields["note"]["type"] == fields["note"]["type"] == ["string", "null"]
    assert "pattern" not in fields["note"]
    assert fields["tree"] == {"$ref": "#/$defs/Node"}
    row = file["response"]["items"]
    assert row["required"] == ["stickerId"]
    assert row["properties"]["state"]["description"].endswith("Known values: 1, 2.")
    assert file["examples"]["request"] == [
        {"data": [{"stickerId": "ST-1", "pieces": 3, "colour": 2, "consigneeName": "Name", "tree": {"label": "top"}}]}
    ]
    assert file["evidence"]["status"] == "documented"
    assert file["evidence"]["sources"][0]["page"] == "api-777000111"
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        request = file["examples"]["request"][0]["data"]
        assert client.call("stickers.place_sticker_order", request)["code"] == 0
        with pytest.raises(RequestInvalid, match="stickerId"):
            client.call("stickers.place_sticker_order", [{"pieces": 1}])


def test_what_was_lost_is_said_and_nothing_is_written_without_yes(tmp_path) -> None:
    out = run(tmp_path, saved(tmp_path, QUIRKS))
    for words in (
        "out of the document: not fetched",
        "a pattern that",
        "a type that JSON does not have",
        "1 more form",
        "only refers to itself",
    ):
        assert words in out
    assert "+summary: " in out
    assert "/dev/null" in out
    assert "nothing was written: add --yes to write 1 file" in out
    assert not (tmp_path / "own").exists()


def test_the_last_line_says_what_is_still_missing(tmp_path) -> None:
    out = run(tmp_path, saved(tmp_path, QUIRKS), "--yes")
    assert out.splitlines()[-2].startswith("try: OCREG_ENDPOINTS=")
    last = out.splitlines()[-1]
    assert last.startswith("stickers.place_sticker_order: still missing: whether it is a create (guessed from its name")
    assert "descriptions (marked TODO)" in last
    assert (
        "guessed"
        not in run(tmp_path, saved(tmp_path, QUIRKS), "--yes", "--id", "a.b", "--effect", "cancel").splitlines()[-1]
    )
    assert yaml12.parse((tmp_path / "own/a/b.yaml").read_bytes(), "")["effect"] == "cancel"


def test_nothing_is_overwritten(tmp_path) -> None:
    imported(tmp_path, QUIRKS)
    file = tmp_path / "own/stickers/place_sticker_order.yaml"
    file.write_text("mine")
    assert "exists; ocreg import never overwrites" in run(tmp_path, saved(tmp_path, QUIRKS), "--yes", code=2)
    assert file.read_text() == "mine"


def test_a_read_takes_its_query(tmp_path) -> None:
    parameters = [
        {
            "name": "shop",
            "in": "query",
            "required": True,
            "example": "S1",
            "schema": {"type": "string", "title": "Shop"},
        },
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
        {"name": "X-Other", "in": "header", "schema": {"type": "string"}},
    ]
    source = document(("get", "/3pp/stickers/v1/list", {"parameters": parameters, "responses": answered(ROWS), "requestBody": body({"properties": {"a": {}}})}))  # fmt: skip
    file = imported(tmp_path, source)["stickers.list"]
    assert file["effect"] == "read"
    assert "data" not in file
    assert "envelope" not in file
    assert file["query"]["required"] == ["shop"]
    assert file["query"]["properties"]["page"] == {"description": "TODO say what page is. Type: integer."}
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        assert client.call("stickers.list", query={"shop": "S1"})["data"] == [{"id": "string"}]
    out = run(tmp_path, saved(tmp_path, source), "--id", "other.list")
    for words in ("a body on a GET", "a parameter in a cookie", "the header x-other"):
        assert words in out


def test_a_body_of_another_form_is_no_envelope(tmp_path) -> None:
    plain = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "data": {"type": "string"}}}
    source = document(
        ("post", "/3pp/stickers/v1/plain", {"requestBody": body(plain), "responses": {"200": body(plain)}})
    )
    file = imported(tmp_path, source)["stickers.plain"]
    assert file["envelope"] is False
    with Client("local", endpoints=[tmp_path / "own"]) as client:
        assert client.call("stickers.plain", {"a": "x"}) == {"a": "string"}


def test_an_answer_of_another_form_is_no_envelope_either(tmp_path) -> None:
    (file,) = imported(tmp_path, document(("get", "/a/list", {"responses": {"200": body(ROWS["items"])}}))).values()
    assert file["envelope"] is False
    assert file["response"]["required"] == ["id"]


def test_an_answer_that_every_call_would_fail_on_is_refused(tmp_path) -> None:
    """A client that takes only objects would leave each create in doubt."""
    refers = {"$ref": "#/components/schemas/Rows"}
    paths = [("post", f"/a/{n}x", {"responses": {"200": body(s)}}) for n, s in enumerate([ROWS, refers])]
    out = run(tmp_path, saved(tmp_path, document(*paths, components={"schemas": {"Rows": ROWS}})), code=2)
    assert out.count("its answer is not a JSON object, which ocreg requires") == 2


def test_examples_that_break_the_schema_are_made_anew(tmp_path) -> None:
    data = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 3}}}
    source = document(("post", "/3pp/stickers/v1/n", {"requestBody": body(wrapped(data), example={"data": {"n": "3"}, "messageId": "m"}), "responses": answered(ROWS)}))  # fmt: skip
    assert imported(tmp_path, source)["stickers.n"]["examples"]["request"] == [{"data": {"n": 3}}]


EFFECTS = [
    ("post", "/a/v1/queryOrder", "", "read"), ("get", "/a/deleteUser", "", "cancel"), ("post", "/a/b", "取消订单", "cancel"),
    ("post", "/a/b", "查询订单", "read"), ("post", "/a/editUserDeleteTime", "", "update"), ("post", "/a/getOrCreate", "", "create"),
    ("post", "/a/orderDetail", "", "create"), ("post", "/a/detail", "", "read"), ("delete", "/a/b", "", "cancel"),
    ("get", "/a/b", "", "read"), ("post", "/a/b", "", "create"), ("put", "/a/b", "", "update"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "title", "effect"), EFFECTS)
def test_the_effect_is_guessed_and_marked_so(tmp_path, method, path, title, effect) -> None:
    source = document((method, path, {"summary": title, "responses": answered(ROWS)}))
    (file,) = imported(tmp_path, source).values()
    assert file["effect"] == effect
    assert f"the effect ({effect}), from the verbs in path and title" in file["evidence"]["inferred"]


def test_headers_become_auth(tmp_path) -> None:
    headers = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in ("clientKey", "vAuthorization")]
    source = document(
        ("get", "/a/key", {"parameters": headers, "responses": answered(ROWS)}),
        ("get", "/a/none", {"responses": answered(ROWS)}),
    )
    files = imported(tmp_path, source)
    assert files["a.key"]["auth"] == "key"
    assert "auth" not in files["a.none"]
    assert any("three headers" in words for words in files["a.none"]["evidence"]["inferred"])


def test_keys_travel_to_no_other_host(tmp_path) -> None:
    vendor = "https://openapi-stage-au.orangeconnex.com/openapi"
    paths = [
        "/../x",
        "/a/../b",
        "//evil.example/x",
        "https://evil.example/x",
        "/a b",
        "/a?b=c",
        "/a%2e",
        "/a/:id",
        "/订单",
    ]
    every = [("get", path, {"responses": answered(ROWS)}) for path in [*paths, "/good/list"]]
    servers = [
        {"url": "https://evil.example/v1"},
        {"url": "http://openapi-au.orangeconnex.com"},
        {"url": vendor},
        {"url": "https://[bad"},
    ]
    with_bad = document(*every, servers=servers)
    out = run(tmp_path, saved(tmp_path, with_bad), code=2)
    assert "evil" not in "".join(line for line in out.splitlines(True) if line.startswith("+"))
    with_good = document(*every, servers=servers[:3])
    files = imported(tmp_path, with_good, code=2)
    assert set(files) == {"good.list", "imported.a"}  # of /a?b=c the path alone
    assert files["good.list"]["host"]["sandbox"] == vendor
    assert files["good.list"]["host"]["production"] == "https://openapi-hk.orangeconnex.com/openapi"


def test_placeholders_get_names_of_the_dialect(tmp_path) -> None:
    parameters = [{"name": "订单号", "in": "path", "schema": {"type": "string", "title": "The order"}}]
    source = document(("get", "/openapi/a/{订单号}/{id}", {"parameters": parameters, "responses": answered(ROWS)}))
    (file,) = imported(tmp_path, source).values()
    assert file["path"] == "/a/{parameter1}/{id}"
    assert file["path_parameters"]["required"] == ["parameter1", "id"]
    assert file["path_parameters"]["properties"]["parameter1"]["description"] == "The order."


def test_ids_keep_what_tells_paths_apart(tmp_path) -> None:
    paths = [
        "/openapi/3pp/stickers/v2/list1",
        "/3pp/stickers/list2",
        "/api/v1/",
        "/3pp/HTTPStatus/getAll",
        "/订单x/{id}",
    ]
    files = imported(tmp_path, document(*(("get", path, {"responses": answered(ROWS)}) for path in paths)), code=2)
    assert set(files) == {"stickers.list1", "stickers.list2", "imported.get", "httpstatus.get_all"}


def test_forms_are_refused_in_words(tmp_path) -> None:
    form = {"content": {"multipart/form-data": {"schema": {"properties": {"file": {"type": "string"}}}}}}
    out = run(tmp_path, saved(tmp_path, document(("post", "/a/b", {"requestBody": form}))), code=2)
    assert "POST /a/b: its body is multipart/form-data, and ocreg sends only JSON" in out
    upload = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    out = run(tmp_path, saved(tmp_path, document(("put", "/a/b", {"requestBody": upload}))), code=2)
    assert "PUT /a/b: its body is application/octet-stream, and ocreg sends only JSON" in out
    nothing = {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": {}}}}}
    assert "data" not in imported(tmp_path, document(("put", "/a/b", {"requestBody": nothing})))["a.b"]


def test_two_operations_never_share_an_id(tmp_path) -> None:
    both = [("post", "/a/v1/b", {"responses": answered(ROWS)}), ("post", "/a/v2/b", {"responses": answered(ROWS)})]
    assert set(imported(tmp_path, document(*both))) == {"a.b", "a.b_post"}
    result = CliRunner().invoke(command, [str(saved(tmp_path, document(*both))), "--id", "x.y"])
    assert result.exit_code == 2
    assert "--id names one operation, but 2 were found" in result.output
    bad = CliRunner().invoke(command, [str(saved(tmp_path, QUIRKS)), "--id", "../x.y"])
    assert bad.exit_code == 2
    assert "is not an id" in bad.output
    twice = run(tmp_path, saved(tmp_path, QUIRKS, "one"), saved(tmp_path, QUIRKS, "two"))
    assert "place_sticker_order_post" in twice


def test_one_bad_file_does_not_keep_a_good_one_out(tmp_path) -> None:
    out = run(tmp_path, saved(tmp_path, "curl x", "bad"), saved(tmp_path, QUIRKS, "good"), "--yes", code=2)
    assert "bad: GET /: it goes to http://x, not to the vendor" in out
    assert "wrote " in out


def test_ten_thousand_operations_are_refused_and_a_large_export_takes_seconds(tmp_path) -> None:
    many = document(*((("get", f"/a/list{n}", {})) for n in range(10_000)))
    assert "10,000 operations, at most 2,000" in run(tmp_path, saved(tmp_path, many), code=2)
    schemas = {f"模型«{n}»": {"type": "object", "description": "x" * 1000, "properties": {f"f{i}": {"type": "string"} for i in range(20)}} for n in range(1359)}  # fmt: skip
    large = document(*(("get", f"/a/list{n}", {"responses": answered({"$ref": f"#/components/schemas/模型«{n}»"})}) for n in range(10)), components={"schemas": schemas})  # fmt: skip
    file = saved(tmp_path, large)
    assert file.stat().st_size > 2_000_000
    begun = time.perf_counter()
    assert "add --yes to write 10 files" in run(tmp_path, file)
    assert time.perf_counter() - begun < 10


def test_a_yaml_bomb_stays_small(tmp_path) -> None:
    lines = ["x0: &a0 {type: object, properties: {a: {type: string}}}"]
    lines += [
        f"x{n}: &a{n} {{type: object, properties: {{{', '.join(f'f{i}: *a{n - 1}' for i in range(9))}}}}}"
        for n in range(1, 12)
    ]
    bomb = "\n".join(
        ["openapi: 3.0.1", *lines, "paths: {/a/list: {get: {responses: {'200': {content: {'*/*': {schema: *a11}}}}}}}"]
    )
    assert "larger than 3,000 schemas: not described" in run(tmp_path, saved(tmp_path, bomb))


@pytest.mark.parametrize(("typed", "written"), [(b"y\n", True), (b"n\n", False)])
def test_a_terminal_is_asked_and_told_what_was_guessed(tmp_path, typed, written) -> None:
    parent, child = pty.openpty()
    code = "from ocreg.cli.app import run; run()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "import", str(saved(tmp_path, QUIRKS)), "--into", str(tmp_path / "own")],
        stdin=child,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TERM": "dumb"},
    )
    os.close(child)
    os.write(parent, typed)
    said = process.communicate(timeout=60)[0].decode()
    os.close(parent)
    assert "guessed: stickers.place_sticker_order is a create; correct it with --effect" in said
    assert "Write 1 file?" in said
    assert (tmp_path / "own/stickers/place_sticker_order.yaml").exists() is written


def test_the_command_is_listed(capfd) -> None:
    assert ocreg(["--help"]) == 0
    assert "import " in capfd.readouterr().out
    assert ocreg(["import", "--help"]) == 0
    assert "--into" in capfd.readouterr().out
