"""`ocreg new`: what it writes is lint-clean, proven and callable at once."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocreg import Client, OperationUnavailable, Registry, RequestInvalid, registry
from ocreg.cli.app import run
from ocreg.cli.new import command
from ocreg.interchange import scaffold
from ocreg.lint import checks, prove

PATH = ("--path", "/3pp/stickers/v1/order")
ORDER = {
    "orderNumber": "OCO2000023303105GB",
    "when": "2025-06-17T10:10:10+0800",
    "day": "2022-10-31+0800",
    "urgent": False,
    "note": None,
    "country": "NO",
    "lines": [{"sku": "A", "pieces": 2, "price": 3}, {"sku": "B", "pieces": 1, "price": 2.5, "colour": "rosé \0'🎉"}],
    "size": {"w": 1, "h": [[1, 2], [3]]},
    "mixed": [1, "a", None],
    "none": [],
}


def new(*words, stdin: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], input=stdin, env=environment)


def made(root: Path, id: str, *words, stdin: str | None = None) -> str:
    """The text of a new file, which is clean and proven."""
    result = new(id, "--into", root, *words, stdin=stdin)
    assert result.exit_code == 0, result.output
    file = root.joinpath(*id.split(".")).with_suffix(".yaml")
    assert f"wrote {file}\n" in result.output
    assert f"ocreg lint {file} --prove\n" in result.output
    assert problems(root, id) == []
    return file.read_text("utf-8")


def problems(root: Path, id: str) -> list[str]:
    registry = Registry([root])
    found = checks.lint(registry, [id]) + [f for proof in prove.prove(registry, [id]) for f in proof.undefended]
    return [str(finding) for finding in found]


def test_with_options(tmp_path) -> None:
    hosts = ("--host-sandbox", "https://a.example.com/x", "--host-production", "https://b.example.com/x")
    facts = ("--method", "put", *PATH, *hosts, "--effect", "update", "--summary", "Change an order of stickers.")
    text = made(tmp_path, "stickers.change", *facts)
    start, first, second = text.splitlines()[:3]
    law = Path(registry.__file__).parent / "endpoint.schema.yaml"
    assert start == "---"
    # by which editors check and complete it; a blank in a long line is what yamllint refuses
    assert first.replace(":$", ": $") == f"# yaml-language-server: $schema={law.as_uri()}"
    assert second.startswith("# stickers/change.yaml, begun by `ocreg new`")
    assert Registry([tmp_path])["stickers.change"].document == {
        "summary": "Change an order of stickers.",
        "method": "PUT",
        "path": "/3pp/stickers/v1/order",
        "host": {"sandbox": "https://a.example.com/x", "production": "https://b.example.com/x"},
        "effect": "update",
        "evidence": {"status": "partial", "unknown": ["the payload", "the answer"]},
    }
    assert Client("local", endpoints=[tmp_path]).call("stickers.change")["code"] == 0


def test_a_path_that_begins_with_that_of_the_host_loses_it(tmp_path) -> None:
    """As logs and vendor pages have it; it would be there twice."""
    made(tmp_path, "stickers.order", "--path", "/openapi/3pp/stickers/v1/order", "--effect", "create")
    assert Registry([tmp_path])["stickers.order"].path == "/3pp/stickers/v1/order"


def test_without_a_path_it_is_announced(tmp_path) -> None:
    made(tmp_path, "stickers.query")
    said = new("stickers.order", "--into", tmp_path).output.splitlines()[-1]
    assert said == f"  OCREG_ENDPOINTS={tmp_path} ocreg show stickers.order   (it can be called once its path is known)"
    endpoint = Registry([tmp_path])["stickers.query"]
    assert (endpoint.evidence["status"], endpoint.path, endpoint.method) == ("announced", None, None)
    with pytest.raises(OperationUnavailable):
        Client("local", endpoints=[tmp_path]).call("stickers.query")
    assert made(tmp_path, "a" * 100 + "." + "b" * 100)  # the longest id there is


@pytest.mark.parametrize(
    ("id", "method", "effect"),
    [
        ("a.query", None, "read"),
        ("a.cancel_order", None, "cancel"),
        ("a.upload_label", None, "update"),
        ("a.create", None, "create"),
        ("a.frobnicate", None, "create"),
        ("a.frobnicate", "GET", "read"),
    ],
)
def test_the_effect_is_guessed_and_never_too_lightly(id: str, method: str | None, effect: str) -> None:
    assert scaffold.likely_effect(id, method) == effect


def test_from_an_example(tmp_path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(ORDER), "utf-8")
    text = made(tmp_path, "stickers.order", *PATH, "--from-example", file)
    assert "# Inferred from the example" in text
    document = Registry([tmp_path])["stickers.order"].document
    assert document["examples"]["request"] == [{"data": ORDER}]
    assert document["evidence"]["inferred"] == ["the schema of data, from one example"]
    schema = document["data"]
    assert schema["required"] == list(ORDER)
    assert all(node["description"].startswith("TODO") for node in schema["properties"].values())
    kinds = {name: (node.get("type"), node.get("format")) for name, node in schema["properties"].items()}
    assert kinds == {
        "orderNumber": ("string", None),
        "when": ("string", "oc-date-time"),
        "day": ("string", "oc-date"),
        "urgent": ("boolean", None),
        "note": ("null", None),
        "country": ("string", None),
        "lines": ("array", None),
        "size": ("object", None),
        "mixed": ("array", None),
        "none": ("array", None),
    }
    line = schema["properties"]["lines"]["items"]
    assert line["required"] == ["sku", "pieces", "price"]
    assert [line["properties"][name]["type"] for name in ("pieces", "price", "colour")] == [
        "integer",
        "number",
        "string",
    ]
    assert schema["properties"]["mixed"]["items"]["type"] == ["integer", "string", "null"]
    client = Client("local", endpoints=[tmp_path])
    assert client.call("stickers.order", ORDER)["code"] == 0
    with pytest.raises(RequestInvalid, match="when: must have the format oc-date-time"):
        client.call("stickers.order", {**ORDER, "when": "today"})


def test_a_whole_envelope_gives_its_data_and_is_kept(tmp_path) -> None:
    envelope = {"apiVersion": "2.0", "messageId": "m-1", "timestamp": 1588233847001}
    body = json.dumps({**envelope, "data": [{"count": 3}]})
    made(tmp_path, "stickers.order", *PATH, "--from-example", "-", stdin="\ufeff" + body)
    endpoint = Registry([tmp_path])["stickers.order"]
    assert endpoint.examples["request"] == [{"data": [{"count": 3}], "envelope": envelope}]
    made(tmp_path, "stickers.plain", *PATH, "--from-example", "-", stdin='{"data": 5, "other": 6}')
    assert Registry([tmp_path])["stickers.plain"].examples["request"] == [{"data": {"data": 5, "other": 6}}]


def test_the_example_of_a_get_is_its_query(tmp_path) -> None:
    words = ("--method", "GET", "--path", "/3pp/stickers/v1/{kind}/{kind}", "--from-example", "-")
    made(tmp_path, "stickers.get", *words, stdin='{"page": 1, "all": true, "name": "a b"}')
    endpoint = Registry([tmp_path])["stickers.get"]
    assert endpoint.examples["request"] == [{"query": {"page": "1", "all": "true", "name": "a b"}}]
    query, path = {"page": "1", "all": "true", "name": "a b"}, {"kind": "round"}
    assert (
        Client("local", endpoints=[tmp_path])
        .plan("stickers.get", query=query, path=path)["url"]
        .endswith("/round/round?page=1&all=true&name=a%20b")
    )
    for stdin in ("[1]", '{"a": [1]}', '{"a": null}'):
        assert new("stickers.other", "--into", tmp_path, *words, stdin=stdin).exit_code == 2


def test_the_commands_it_names_work(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path))
    result = new("stickers.order", *PATH, "--from-example", "-", stdin="""{"count": 3, "note": "it's"}""")
    assert f"wrote {tmp_path}/stickers/order.yaml" in result.output  # the first directory of OCREG_ENDPOINTS
    called = result.output.splitlines()[-1].strip()
    assert called.startswith("ocreg call stickers.order --data ")
    command = called.replace("ocreg", f"{sys.executable} -m ocreg", 1)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run(["lint", str(tmp_path), "--prove"]) == 0
    assert "100.0 %  5/5" in capsys.readouterr().out


def test_the_default_directory_is_the_current_one(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = new("stickers.order", *PATH)
    assert "wrote stickers/order.yaml" in result.output
    assert "OCREG_ENDPOINTS=. ocreg call stickers.order --env local" in result.output
    assert (tmp_path / "stickers/order.yaml").is_file()


def test_it_never_overwrites(tmp_path) -> None:
    file = tmp_path / "stickers" / "order.yaml"
    file.parent.mkdir()
    file.write_text("mine")
    result = new("stickers.order", "--into", tmp_path)
    assert (result.exit_code, file.read_text()) == (2, "mine")
    assert "exists; ocreg new never overwrites" in result.output
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere.yaml")
    assert new("stickers.order", "--into", tmp_path).exit_code == 2
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_it_says_when_it_replaces_a_shipped_operation(tmp_path) -> None:
    result = new("outbound.cancel", "--into", tmp_path)
    assert result.exit_code == 0
    assert "extends: outbound.cancel" in result.output


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["Stickers.order"], None, "is not an id"),
        (["stickers"], None, "is not an id"),
        (["stickers/order"], None, "is not an id"),
        (["../x.order"], None, "is not an id"),
        (["a.order", "--path", "no slash"], None, "--path: must match"),
        (["a.order", "--summary", "short"], None, "--summary: must have at least 8"),
        (["a.order", *PATH, "--host-sandbox", "http://a.example.com"], None, "--host-sandbox: must match"),
        (["a.order", "--effect", "explode"], None, "explode"),
        (["a.order", "--from-example", "/nowhere.json"], None, "No such file"),
        (["a.order", "--from-example", "-"], "{", "--from-example -"),
        (["a.order", "--from-example", "-"], "null", "no payload"),
        (["a.order", "--from-example", "-"], '{"data": null, "messageId": "1"}', "no payload"),
        (["a.order", "--from-example", "-"], "[NaN]", "not valid JSON"),
        (["a.order", "--from-example", "-"], r'["\ud800"]', "not valid JSON"),
        (["a.order", "--from-example", "-"], "[" * 100_000, "--from-example -"),
        (["a.order", "--from-example", "-"], "[" * 90 + "]" * 90, "cannot be kept"),
        (["a.order", "--from-example", "-"], json.dumps(["x" * 1_100_000]), "cannot be kept"),
        (["a.order", "--from-example", "-"], json.dumps({"x" * 2000: 1}), "cannot be kept"),
    ],
)
def test_what_it_refuses(tmp_path, words: list[str], stdin: str | None, said: str) -> None:
    result = new(*words, "--into", tmp_path, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_it_asks_for_what_is_missing(tmp_path) -> None:
    parent, child = pty.openpty()
    code = "from ocreg.cli.new import command; command()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "stickers.order", "--into", str(tmp_path), "--effect", "create"],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "dumb"},
    )
    os.close(child)
    os.write(parent, b"Order some stickers.\n/3pp/stickers/v1/order\n\n\nhttps://b.example.com/openapi\n")
    said = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        said += part
    assert process.wait(timeout=60) == 0, said
    os.close(parent)
    for words in (b"What it does", b"Path below", b"Method", b"[POST]", b"Base URL, sandbox", b"wrote "):
        assert words in said
    assert b"Effect" not in said
    endpoint = Registry([tmp_path])["stickers.order"]
    assert (endpoint.summary, endpoint.method, endpoint.path) == ("Order some stickers.", "POST", PATH[1])
    assert endpoint.host == {"sandbox": scaffold.HOSTS["sandbox"], "production": "https://b.example.com/openapi"}
    assert problems(tmp_path, "stickers.order") == []


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(
    ["on", "NO", "null", "22:22", "0", "-", "a/b", "~", "a.b", "x y", "", "$ref", "properties", "type", "data", "名"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        ["2025-06-17T10:10:10+0800", "2022-10-31+0800", "yes", "1e5", "007", "0x1F", "1_0", "- a", "a: b"]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=5) | st.lists(VALUES, max_size=3))
def test_any_example_gives_a_clean_and_proven_file_that_accepts_it(tmp_path_factory, example: object) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "any").mkdir()
    sketch = scaffold.Sketch("any.thing", "Any thing at all.", "create", "POST", "/any", example=example)
    (root / "any" / "thing.yaml").write_text(scaffold.text(sketch), "utf-8", newline="\n")
    assert problems(root, "any.thing") == []
    registry = Registry([root])
    assert json.dumps(registry["any.thing"].examples["request"][0]["data"]) == json.dumps(example)
    assert registry["any.thing"].check(example).data == example
