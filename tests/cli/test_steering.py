"""Nothing that comes from outside steers a terminal, or looks like a line of ours: in real processes, on real terminals."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocreg import redact
from ocreg.cli.app import run
from ocreg.errors import ApiError, OcregError
from ocreg.violation import Violation
from tests.server import Server, answer

EVIL = "\x1b[31mred\x1b]52;c;aGk=\x07\x1b]8;;http://x\x1b\\link\x9b2J\x7f\u202egnp\u2066[red]x[/red]\nok: sent 500\r\tdone\ud83d"
"""Colours, clipboard, a link, C1, DEL, directions, rich's markup, lines of ours, half an emoji."""
KEYS = {"OCREG_CLIENT_KEY": "k", "OCREG_SECRET_KEY": "s", "OCREG_ACCESS_TOKEN": "t", "OCREG_RETRIES": "0"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[[0-9]*[AK]")
"""What rich and click write themselves."""
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CANCEL = ["call", "outbound.cancel", "orderNumber=O1", "cancelTime=2025-06-17T10:10:10+0800"]


def on_a_terminal(*words: str, **environment: str) -> tuple[int, str]:
    """What the command shows where all three streams are one terminal."""
    import pty

    parent, child = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **environment}
    command = [sys.executable, "-m", "ocreg", *words]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=env)
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    return process.wait(timeout=30), shown.decode().replace("\r\n", "\n")


def piped(*words: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "ocreg", *words]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(command, capture_output=True, env=env, timeout=60, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def harmless(shown: str) -> str:
    """What is left without our own colours holds nothing that steers, and no line that is forged."""
    plain = COLOUR.sub("", shown)
    assert STEERING.findall(plain) == []
    assert not re.search("^(ok:|done)", plain, re.MULTILINE)
    return plain


@pytest.mark.parametrize("way", [on_a_terminal, piped])
def test_what_a_server_says_is_shown_as_it_is_and_steers_nothing(way) -> None:
    refusal = {"code": 3, "message": EVIL, "errors": [{"code": EVIL, "message": EVIL}]}
    with Server(answer(refusal)) as server:
        code, shown = way(*CANCEL, OCREG_HOST=server.origin, **KEYS)
    assert code == 1
    plain = harmless(shown)
    assert "outbound.cancel: the API refused the request (code 3): \\u001b[31mred\\u001b]52;c;aGk=\\u0007" in plain
    assert "\\u202egnp\\u2066[red]x[/red]\\nok: sent 500\\r\\tdone\\ud83d" in plain
    assert plain.count("\\nok: sent 500") == 3


@pytest.mark.parametrize("way", [on_a_terminal, piped])
def test_an_answer_is_shown_as_json_that_steers_nothing(way) -> None:
    said = {"code": 0, "message": EVIL, "data": {EVIL: ["[bold]x[/bold]", EVIL]}}
    with Server(answer(said)) as server:
        code, shown = way(*CANCEL, OCREG_HOST=server.origin, **KEYS)
    assert code == 0
    assert json.loads(harmless(shown)) == said
    assert ("\x1b[32m" in shown) == (way is on_a_terminal)


def test_machine_output_is_the_same_data(tmp_path) -> None:
    rows = [{"orderNumber": EVIL, "note": "[red]"}]
    with Server(answer({"code": 0, "data": rows})) as server:
        where = {"OCREG_HOST": server.origin, **KEYS}
        code, shown = piped(
            "call", "outbound.query", 'referenceNumberList:=[{"referenceNumber":"A-1"}]', "--json", **where
        )
        assert (code, json.loads(shown)["data"]) == (0, rows), shown


NAMES = {
    "a file that is not there": ["push", "outbound.create", f"{EVIL[:-1]}.csv"],
    "a field": ["call", "outbound.cancel", f"{EVIL[:-1]}=1"],
    "an operation": ["show", EVIL[:-1]],
    "a command": [EVIL[:-1]],
    "JSON": ["call", "outbound.cancel", "--data", f"@{EVIL[:-1]}"],
    "an option's value": ["call", "outbound.cancel", "--env", EVIL[:-1]],
    "a directory of files": ["lint", EVIL[:-1]],
}


@pytest.fixture
def here(capsys, monkeypatch):
    """Run the command in this process; its exit code and all that it said."""

    def command(*words: str, **environment: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return run(list(words)), "".join(capsys.readouterr())

    return command


@pytest.mark.parametrize("words", NAMES.values(), ids=NAMES)
def test_what_is_typed_or_named_steers_nothing(here, words) -> None:
    code, shown = here(*words)
    assert code == 2
    assert "\\u001b[31mred" in harmless(shown) or "\\x1b[31mred" in shown


def test_what_the_environment_says_steers_nothing(here) -> None:
    for name in ("OCREG_ENV", "OCREG_HOST", "OCREG_SIGN", "OCREG_PROFILE", "OCREG_TIMEOUT"):
        code, shown = here("whoami", **{name: EVIL[:-1]})
        assert code == 2
        harmless(shown)
    code, shown = here("whoami", "-v", OCREG_ACCOUNT=EVIL[:-1])
    assert code in (0, 2)
    harmless(shown)


def test_headers_cells_and_keys_of_a_file_steer_nothing(here, tmp_path) -> None:
    file = tmp_path / "rows.csv"
    quoted = '"' + EVIL[:-1] + '"'
    file.write_text(f"referenceNumber,{quoted}\n{quoted},x\n", newline="")
    code, shown = here("push", "outbound.create", str(file), OCREG_ENV="local")
    assert code == 2
    assert "column \\u001b[31mred" in harmless(shown)
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"referenceNumber": EVIL[:-1], EVIL: 1}) + "\n")
    code, shown = here("push", "outbound.create", str(file), OCREG_ENV="local")
    assert code == 2
    harmless(shown)


def test_the_rows_that_push_tells_about_steer_nothing(tmp_path) -> None:
    file = tmp_path / "rows.jsonl"
    order = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    file.write_text(json.dumps({"referenceNumber": EVIL[:-1], **order}) + "\n")
    refusal = {"code": 3, "message": EVIL, "errors": [{"code": "E", "message": EVIL}]}
    words = ["push", "outbound.create", str(file), "--journal", f"sqlite:///{tmp_path}/j.db", "--on-unknown", "report"]
    with Server(answer(refusal)) as server:
        for way in (on_a_terminal, piped):
            code, shown = way(*words, OCREG_HOST=server.origin, **KEYS)
            assert code == 1, shown
            assert "line 1: \\u001b[31mred" in harmless(shown)


def test_endpoint_files_of_others_steer_nothing(tmp_path) -> None:
    file = tmp_path / "a" / "b.yaml"
    file.parent.mkdir()
    text = json.dumps(EVIL[:-1])
    head = f"summary: {json.dumps(EVIL[:9])}\nmethod: POST\npath: /x\neffect: create\nhost: {{sandbox: https://h.example.com, production: https://h.example.com}}\n"
    file.write_text(
        head
        + f"description: {text}\ndata: {{type: object, properties: {{{text}: {{type: string, description: {text}}}}}}}\nevidence: {{status: partial}}\n"
    )
    for way in (on_a_terminal, piped):
        for words in (["show", "a.b"], ["list"], ["lint", str(tmp_path)]):
            _, shown = way(*words, OCREG_ENDPOINTS=str(tmp_path))
            assert STEERING.findall(COLOUR.sub("", shown)) == []
            assert words[0] != "show" or "\\u001b[31mred" in shown.partition("method")[0]
            assert "\\u001b[31" in shown or words[0] == "lint"  # which finds nothing wrong with it


def test_errors_of_the_library_can_be_printed_and_hold_what_came_as_it_came() -> None:
    assert "\\u001b[31m" in str(OcregError("x\x1b[31m"))
    error = ApiError("x", errors=[{"message": EVIL}], reply={"message": EVIL})
    assert error.reply["message"] == EVIL
    violation = Violation(("a\nb",), "rule", "says\n  happened: no", "fix\x1b")
    assert str(violation) == "a\\nb: says\\n  happened: no\n    fix: fix\\u001b"


@pytest.mark.parametrize("text", ["plain", "中🙂é\n\tx\r\n", '{"a": "\\u001b"}'])
def test_what_does_not_steer_stays(text) -> None:
    assert redact.steerless(text) == text


def test_only_one_room_writes_to_the_screen() -> None:
    """Colours and consoles elsewhere would be escaped, or get around the escape."""
    for file in Path("ocreg/cli").glob("*.py"):
        if file.stem not in ("screen", "output"):
            assert not re.search(r"secho|click\.style|Console\(|std(out|err)\.buffer", file.read_text("utf-8")), (
                file.name
            )
