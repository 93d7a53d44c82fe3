"""Looking things up: `list`, `show`, `search`, examples to send, and what the shell completes."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocreg import Registry
from ocreg.cli.app import run
from ocreg.registry.schema import Place, Schema

IDS = list(Registry([]))


@pytest.fixture
def ocreg(capsys, monkeypatch):
    """Run the command in this process, folded at `columns`: exit code, standard output, standard error."""

    def command(*words: str, columns: int | None = None) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", str(columns)) if columns else monkeypatch.delenv("COLUMNS", raising=False)
        code = run(list(words))
        return (code, *capsys.readouterr())

    return command


def names(schema: Schema) -> set[str]:
    """All field names that a schema has, but for spellings that are refused."""
    found: set[str] = set()
    waiting: list = [schema.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found |= {
                n for n, i in node.get("properties", {}).items() if not (isinstance(i, dict) and i.get("not") == {})
            }
            waiting += [value for key, value in node.items() if key not in ("examples", "const", "enum")]
        elif isinstance(node, list):
            waiting += node
    return found


@pytest.mark.parametrize("columns", [40, 80, 200, None])
def test_show_cuts_no_name_at_any_width(ocreg, columns: int | None) -> None:
    for id in IDS:
        code, out, _ = ocreg("show", id, columns=columns)
        assert code == 0
        described = out.partition("\nExample, ")[0].partition("\nBusiness codes")[0]
        words = set(re.findall(r"[A-Za-z0-9_]+", described))
        endpoint = Registry([])[id]
        for schema in (endpoint.data, endpoint.query, endpoint.parameters, endpoint.answer):
            if schema is not None and (schema is not endpoint.answer or "response" in endpoint.document):
                assert names(schema) - {"code", "message", "messageId", "errors", "success", "id", "data"} <= words
        if columns:
            longest = max(map(len, re.split(r"\s", described)))
            assert max(map(len, described.splitlines())) <= max(columns, longest + 20)


def test_the_tree_shows_what_stands_in_what(ocreg) -> None:
    out = ocreg("show", "stock.movement", columns=80)[1]
    assert (
        "    inventoryList      array: One row per stock status; inventorylist is\n                       accepted, too.\n"
        in out
    )
    assert "\n      movementList     array: " in out
    assert "\n        quantity       integer: The change, with a sign.\n" in out
    assert "required" in ocreg("show", "outbound.cancel", columns=80)[1]


def test_what_becomes_of_other_fields_and_rows_is_shown(ocreg, tmp_path, monkeypatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "cancel.yaml").write_text(
        "extends: outbound.cancel\n"
        "data: {additionalProperties: null, x-unknown: allow, properties: {more: {type: object, "
        "additionalProperties: false, properties: {a: {type: string}}}}}\n"
        "finds: {orderNumber: number}\n"
    )
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path))
    out = ocreg("show", "own.cancel", columns=100)[1]
    assert re.search(r"^finds {15}rows by orderNumber, compared with their number$", out, re.MULTILINE)
    assert re.search(r"^more +object, no other fields$", out, re.MULTILINE)
    assert "\nIt takes any other fields.\n" in out
    assert "It takes no other fields." in ocreg("show", "outbound.cancel", columns=100)[1]
    assert "other fields" not in ocreg("show", "stock.movement", columns=100)[1]


def test_a_name_that_leaves_no_room_has_its_words_below(ocreg) -> None:
    lines = ocreg("show", "stock.movement", columns=40)[1].splitlines()
    assert "        moventmentID" in lines
    assert all(len(line) <= 80 for line in lines if "moventmentID" in line)


def test_a_field_that_nests_in_itself_ends(ocreg, tmp_path, monkeypatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tree.yaml").write_text(
        "summary: Trees of trees.\neffect: read\nevidence: {status: announced}\ndata: {$ref: '#/$defs/t'}\n"
        "$defs: {t: {type: object, properties: {name: {type: string}, parts: {type: array, items: {$ref: '#/$defs/t'}}}}}\n"
    )
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path))
    assert "parts[]  object, nested in itself" in ocreg("show", "mine.tree")[1]
    document = json.loads(ocreg("show", "mine.tree", "--json")[1])
    entry = document["data"]["properties"]["parts"]["items"]
    assert entry == {"$ref": "#/$defs/t"}
    assert document["$defs"]["t"]["properties"]["name"] == {"type": "string"}
    assert Schema(document["data"] | {"$defs": document["$defs"]}, Place((), ())).ok({"parts": [{"name": "x"}]})


@pytest.mark.parametrize("id", IDS)
def test_json_holds_every_schema_itself(ocreg, id: str) -> None:
    document = json.loads(ocreg("show", id, "--json")[1])
    assert '"$ref"' not in json.dumps(document)
    endpoint = Registry([])[id]
    if endpoint.data is not None:
        resolved = Schema(document["data"], Place((), ()))
        for example in endpoint.examples.get("request", ()):
            assert resolved.ok(example["data"])


def test_a_group(ocreg) -> None:
    for command in ("show", "list"):
        code, out, _ = ocreg(command, "outbound")
        assert code == 0
        assert [line.split()[0] for line in out.splitlines()[1:]] == [id for id in IDS if id.startswith("outbound.")]
    assert [row["id"] for row in json.loads(ocreg("list", "vas", "--json")[1])] == [
        "vas.cancel",
        "vas.create",
        "vas.query",
    ]
    code, _, err = ocreg("list", "outbond")
    assert (code, "did you mean outbound?" in err) == (2, True)
    assert ocreg("show", "outbond")[0] == 2


@pytest.mark.parametrize("columns", [40, 60, 80, 200, None])
def test_list_cuts_no_id(ocreg, columns: int | None) -> None:
    out = ocreg("list", columns=columns)[1]
    assert [line.split()[0] for line in out.splitlines() if line and not line.startswith(" ")][1:] == IDS
    summaries = " ".join(out.split())
    if columns != 40:
        assert max(map(len, out.splitlines())) <= (columns or 1000)
    assert summaries.count("more likely") == 0
    for id in IDS:
        assert Registry([])[id].summary.split()[-1] in summaries


@pytest.mark.parametrize(
    ("words", "first", "place"),
    [
        (["outbound.cancel"], "outbound.cancel", None),
        (["300001"], "outbound.cancel", "errors.300001"),
        (["mfSkuList"], "stock.movement", "data.mfSkuList"),
        (["MFSKUID", "movements"], "stock.movement", None),
        (["StockMovement"], "stock.movement", "title"),
        (["/3pp/outbound/v1/cancel"], "outbound.cancel", "path"),
        (["/openapi/3pp/outbound/v1/cancel"], "outbound.cancel", "URL path"),
        (["https://openapi.example.com/openapi/3pp/outbound/v1/cancel"], "outbound.cancel", "URL path"),
        (["picked", "cancel"], "outbound.cancel", "description"),
    ],
)
def test_search_ranks_and_says_where(ocreg, words: list[str], first: str, place: str | None) -> None:
    code, out, _ = ocreg("search", *words, "--json")
    rows = {row["id"]: row for row in json.loads(out)}
    assert code == 0
    assert first in list(rows)[:3]
    if place:
        assert place in [found["where"] for found in rows[first]["places"]]
    shown = ocreg("search", *words, columns=80)[1]
    assert re.search(rf"^{re.escape(first)}  ", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80


def test_search_needs_every_word_and_says_when_there_is_none(ocreg) -> None:
    code, out, err = ocreg("search", "cancel", "zzzz")
    assert (code, out) == (1, "")
    assert "no operation has cancel and zzzz" in err
    assert ocreg("search")[0] == 2


def test_an_example_can_be_sent_to_a_sandbox_only(ocreg, monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith("OCREG_")]:
        monkeypatch.delenv(name)
    example = json.loads(ocreg("show", "outbound.query", "--example")[1])
    assert example == Registry([])["outbound.query"].examples["request"][0]["data"]
    assert ocreg("call", "outbound.query", "--example", "--env", "local")[0] == 0
    code, out, _ = ocreg("call", "outbound.create", "--example", "--env", "local", "--json")
    assert (code, json.loads(out)["code"]) == (0, 0)
    verbose = ocreg("call", "outbound.cancel", "--example", "orderNumber=OCO-9", "--env", "local", "-v")[1]
    assert '"orderNumber": "OCO-9"' in verbose
    assert "cancelTime" in verbose
    code, out, err = ocreg("call", "outbound.cancel", "--example", "--env", "production", "--yes")
    assert (code, out) == (2, "")
    assert "--example is for sandboxes only" in err
    for words in (("show",), ("call", "--env", "local")):
        code, out, err = ocreg(*words, "warehouse.services", "--example")
        assert (code, "warehouse.services has no request example" in err) == (2, True)


# Completion: bash itself asks, as it does when somebody presses TAB


@pytest.fixture(scope="module")
def script() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ocreg", "completion", "bash"], capture_output=True, text=True, check=True
    )
    return done.stdout


def completed(script: str, words: list[str], cwd: Path, **environment: str) -> list[str]:
    """What bash is answered for words that it has split; the last is the one at the cursor."""
    quoted = " ".join(f"'{word}'" for word in words)
    line = f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _ocreg_completion ocreg; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
    )
    return done.stdout.split()


CASES = {
    "operations": (["show", "outbound.c"], ["outbound.cancel", "outbound.create", "outbound.create_third_party_label"]),
    "a group": (["list", "outb"], ["outbound", *[id for id in IDS if id.startswith("outbound.")]]),
    "no group to call": (["call", "vas"], ["vas.cancel", "vas.create", "vas.query"]),
    "a field": (["call", "outbound.cancel", "or"], ["orderNumber="]),
    "fields": (["plan", "outbound.cancel", ""], ["orderNumber=", "cancelTime=", "cancelReason="]),
    "fields that are left": (["call", "outbound.cancel", "orderNumber", "=", "X", "ca"], ["cancelTime=", "cancelReason="]),
    "a list": (["call", "stock.movement", "mf"], ["mfSkuList:="]),
    "a query": (["call", "oauth.refresh", "ref"], ["refresh_token=="]),
    "nothing of an unknown operation": (["call", "outbound.nothing", "or"], []),
    "an option": (["call", "outbound.cancel", "--exa"], ["--example"]),
    "environments": (["call", "outbound.cancel", "--env", "s"], ["sandbox"]),
    "commands": (["sea"], ["search"]),
}  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), CASES.values(), ids=CASES)
def test_bash_completes(script, tmp_path, words: list[str], expected: list[str]) -> None:
    assert completed(script, ["ocreg", *words], tmp_path) == expected


def test_bash_completes_files_profiles_and_accounts(script, tmp_path) -> None:
    (tmp_path / "ocreg.toml").write_text('[profiles.uk]\naccount = "shop-uk"\n[profiles.us]\naccount = "shop-us"\n')
    (tmp_path / "orders.json").write_text("{}")
    (tmp_path / "other").mkdir()
    config = {"OCREG_CONFIG": str(tmp_path / "ocreg.toml")}
    assert completed(script, ["ocreg", "call", "a.b", "--data", "@o"], tmp_path) == [
        "@ocreg.toml",
        "@orders.json",
        "@other/",
    ]
    assert completed(script, ["ocreg", "call", "a.b", "--profile", "u"], tmp_path, **config) == ["uk", "us"]
    assert completed(script, ["ocreg", "call", "a.b", "--account", ""], tmp_path, **config) == ["shop-uk", "shop-us"]
    (tmp_path / "ocreg.toml").write_text("no TOML")
    assert completed(script, ["ocreg", "call", "a.b", "--profile", "u"], tmp_path, **config) == []


def test_values_however_the_shell_splits_words(script, tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.yaml").write_text(
        "summary: It has values.\neffect: read\nevidence: {status: announced}\ndata: {type: object, properties: {"
        "kind: {enum: [red, rose, blue]}, only: {const: X}, ready: {type: boolean}, o: {type: object, properties: {in: {type: integer}}}}}\n"
    )
    where = {"OCREG_ENDPOINTS": str(tmp_path)}
    call = ["ocreg", "call", "mine.one"]
    assert completed(script, [*call, ""], tmp_path, **where) == ["kind=", "only=", "ready:=", "o.in:="]
    assert completed(script, [*call, "kind", "="], tmp_path, **where) == ["red", "rose", "blue"]
    assert completed(script, [*call, "kind", "=", "r"], tmp_path, **where) == ["red", "rose"]
    assert completed(script, [*call, "ready", ":=", ""], tmp_path, **where) == ["true", "false"]
    for shell, variable, line in (
        ("zsh", "COMP_WORDS", "ocreg call mine.one kind=r"),
        ("fish", "COMP_WORDS", "ocreg call mine.one kind=r"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ocreg"], capture_output=True, text=True, check=False,
            env={**os.environ, **where, "_OCREG_COMPLETE": f"{shell}_complete", variable: line, "COMP_CWORD": "3" if shell == "zsh" else "kind=r"},
        )  # fmt: skip
        assert {"kind=red", "kind=rose"} <= set(re.split(r"[\s,]+", done.stdout)), done


def until(terminal: int, end: bytes) -> bytes:
    """What a terminal shows, up to and with `end`; a test's time-out bounds it."""
    said = b""
    while end not in said:
        said += os.read(terminal, 65536)
    return said


def test_tab_in_an_interactive_bash(script, tmp_path) -> None:
    shown = "show() { printf '<%s>' \"$@\"; echo; }"
    (tmp_path / "rc").write_text(f"{script}\n{shown}\nPS1='ready> '\nbind 'set bell-style none'\n")
    parent, child = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", str(tmp_path / "rc"), "-i"],
        stdin=child, stdout=child, stderr=child, start_new_session=True, cwd=tmp_path,
        env={**os.environ, "PATH": path, "TERM": "dumb", "HISTFILE": ""},
    )  # fmt: skip
    os.close(child)
    said = until(parent, b"ready> ")
    # no blank after the `=`: what is typed next belongs to the field; then to the line's beginning, and what shows it
    os.write(parent, b"ocreg call outbound.cancel or\tX1\x01show \r")
    said = until(parent, b"<ocreg>")
    os.write(parent, b"exit\r")
    said += until(parent, b"exit")
    os.close(parent)
    shell.wait(timeout=10)
    assert b"<orderNumber=X1>" in said, said
