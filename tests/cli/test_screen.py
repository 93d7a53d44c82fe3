"""What a command says, on screens that are closed, full, narrow in their encoding, or a terminal: in real processes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ocreg as package
from ocreg.cli.effect import Effect
from ocreg.cli.screen import Screen
from tests.server import Server, answer, by, http

ORDER = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
CREATE = "$OCREG call outbound.create --data @order.json"
DEMO = {
    "OCREG_ENV": "sandbox",
    "OCREG_CLIENT_KEY": "k",
    "OCREG_SECRET_KEY": "s",
    "OCREG_ACCESS_TOKEN": "t",
    "PYTHONIOENCODING": "utf-8",
}


@pytest.fixture(scope="module")
def box():
    with package.sandbox(empty=True) as box:
        yield box


@pytest.fixture
def shell(tmp_path):
    """Run a line of bash with `$OCREG` in a directory and a state directory of its own."""

    def run(line: str, before: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
        code = f"import sys, runpy; {before}\nrunpy.run_module('ocreg', run_name='__main__')"
        (tmp_path / "run.py").write_text(code)
        env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(Path.cwd()), **environment}
        env["OCREG"] = f"{sys.executable} run.py"
        return subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, env=env, timeout=60, check=False)

    return run


@pytest.fixture
def create(shell, box, tmp_path):
    """Create one order with a line of bash; gives what was said, and the order."""

    def run(line: str, reference: str = "R", **environment: str):
        (tmp_path / "order.json").write_text(json.dumps([{"referenceNumber": reference, **ORDER}]))
        before = len(box.sandbox.records.all("outbound"))
        done = shell(line, OCREG_ENV="local", OCREG_HOST=box.url, **environment)
        made = box.sandbox.records.all("outbound")[before:]
        return done, made

    return run


def kept(tmp_path) -> str:
    (file,) = (tmp_path / "state" / "ocreg" / "not-shown").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert str(file) in text.splitlines()[0]
    return text


# What was carried out


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        (f"{CREATE} | true; exit ${{PIPESTATUS[0]}}", 4, "stderr"),
        (f"{CREATE} > /dev/full", 4, "stderr"),
        (f"{CREATE} >&-", 4, "stderr"),
        (f"{CREATE} > /dev/full 2> /dev/full", 4, "file"),
        (f"{CREATE} <&- >&- 2>&-", 4, "file"),
        (f"{CREATE} 2>&-", 0, "stdout"),
    ],
)
def test_a_create_that_was_carried_out_is_no_failure_of_the_screen(create, tmp_path, line, code, place) -> None:
    done, made = create(line)
    assert (done.returncode, len(made)) == (code, 1), done.stderr
    said = {"stderr": done.stderr.decode(), "stdout": done.stdout.decode()}
    text = kept(tmp_path) if place == "file" else said[place]
    assert "orderNumber" in text
    if code == 4:
        assert "the call took effect, but its answer cannot be printed" in text
        assert "do not send it again. The answer:\n{\n" in text
        json.loads(text.partition("The answer:\n")[2])
    assert b"Traceback" not in done.stderr


def test_with_json_the_answer_is_in_a_line_of_json(create) -> None:
    done, made = create(f"{CREATE} --json > /dev/full")
    assert (done.returncode, len(made)) == (4, 1)
    told = json.loads(done.stderr)
    assert (told["error"], json.loads(told["answer"])["code"]) == ("NotShown", 0)
    assert "do not send it again" in told["text"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_is_cut_when_its_reader_leaves_is_whole_on_standard_error(shell, tmp_path, unbuffered) -> None:
    (tmp_path / "order.json").write_text(json.dumps([{"referenceNumber": "R", **ORDER}]))
    rows = [{"orderNumber": "O", "referenceNumber": "R", "note": "x" * 300_000}]
    environment = {**DEMO, "PYTHONUNBUFFERED": unbuffered}
    with Server(answer({"code": 0, "data": rows})) as server:
        done = shell(f"{CREATE} | head -1; exit ${{PIPESTATUS[0]}}", **environment, OCREG_HOST=server.origin)
    assert done.returncode == 4, done.stderr[:500]
    assert json.loads(done.stderr.decode().partition("The answer:\n")[2])["data"] == rows


def test_an_exit_code_that_says_more_stays(create, tmp_path) -> None:
    line = "$OCREG call outbound.cancel orderNumber=OCO1 cancelTime=2025-06-17T10:10:10+0800"
    done, _ = create(f"{line} > /dev/full")
    assert (done.returncode, b"the API refused the request" in done.stderr) == (1, True)
    done, _ = create(f"{line} > /dev/full 2> /dev/full")
    assert done.returncode == 1
    assert "happened: no" in kept(tmp_path)


def test_a_push_that_cannot_print_its_summary_is_done(create, tmp_path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"referenceNumber": "P1", **ORDER}) + "\n")
    push = "$OCREG push outbound.create rows.jsonl --journal sqlite:///journal.db"
    done, made = create(f"{push} > /dev/full 2> /dev/full")
    assert (done.returncode, len(made)) == (0, 1)
    done, made = create(f"{push[:-3]}2.db --json > /dev/full")  # in another journal it is another row
    assert (done.returncode, len(made)) == (4, 1)
    assert json.loads(json.loads(done.stderr)["answer"])["done"] == 1


def test_results_that_cannot_be_written_at_the_end_change_nothing_about_the_rows(shell, tmp_path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"referenceNumber": "P1", **ORDER}) + "\n")
    (tmp_path / "out").mkdir()

    def reply(request: bytes) -> bytes:
        (tmp_path / "out").rmdir()
        return http({"code": 0, "data": [{"orderNumber": "O1", "referenceNumber": "P1"}]})

    push = "$OCREG push outbound.create rows.jsonl --journal sqlite:///journal.db --out out/results.csv"
    with Server(by(reply)) as server:
        done = shell(push, **DEMO, OCREG_HOST=server.origin)
    said = done.stderr.decode()
    assert done.returncode == 4, said
    assert (
        "cannot be written: No such file or directory; run the same command to write it; it sends no row that is done"
        in said
    )
    assert "1 row: 1 done" in said


def test_no_file_takes_the_place_of_a_stream_that_is_closed(tmp_path) -> None:
    code = "from ocreg.cli.screen import *; a = screens(Effect()); a.__enter__(); raise SystemExit(open('x', 'w').fileno())"
    done = subprocess.run(["bash", "-c", f'{sys.executable} -c "{code}" <&- >&- 2>&-'], cwd=tmp_path, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)  # fmt: skip
    assert done.returncode > 2


def test_a_question_without_standard_input_is_answered_with_advice(shell) -> None:
    line = "$OCREG call outbound.cancel orderNumber=OCO1 cancelTime=2025-06-17T10:10:10+0800 --env production <&-"
    done = shell(line, **{**DEMO, "OCREG_ENV": "production"})
    assert (done.returncode, b"add --yes" in done.stderr) == (2, True), done.stderr


# What only reads


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$OCREG list | true; exit ${PIPESTATUS[0]}", 141, b""),
        ("$OCREG call warehouse.services | true; exit ${PIPESTATUS[0]}", 141, b""),
        ("$OCREG pull outbound.query --out - | true; exit ${PIPESTATUS[0]}", 141, b""),
        ("$OCREG list > /dev/full", 74, b"(No space left on device); nothing with an effect was sent"),
        ("$OCREG list >&-", 74, b"(Bad file descriptor); nothing with an effect was sent"),
        ("$OCREG list 2>&- | tail -1", 0, b""),
        ("$OCREG call nothing.known > /dev/full", 2, b"there is no operation 'nothing.known'"),
        (f"{CREATE} -v > /dev/full", 74, b"nothing with an effect was sent"),
    ],
)
def test_a_failure_of_the_screen_before_any_effect(create, box, line, code, said) -> None:
    with package.Client("local", host=box.url) as client:  # for pull: more than one page
        client.call("outbound.create", [{"referenceNumber": "R", **ORDER}])
    done, made = create(line)
    assert (done.returncode, made) == (code, []), done.stderr
    assert said in done.stderr
    assert bool(done.stderr) == bool(said)


# Encodings


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_output_never_fails_for_its_encoding(create, encoding) -> None:
    done, made = create(f"{CREATE} --json", "中🙂é", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (done.returncode, len(made)) == (0, 1), done.stderr
    text = done.stdout.decode(encoding)
    assert json.loads(text)["data"][0]["referenceNumber"] == "中🙂é"
    assert "\\u4e2d\\ud83d\\ude42" in text
    assert ("é" in text) == (encoding != "ascii")


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "utf-8", "utf-8-sig", "utf-16", "cp037"])
def test_every_encoding_takes_what_it_can(tmp_path, encoding, buffered) -> None:
    value = {"name": "中🙂é\ud83d\x9b\\中"}
    with (tmp_path / "out").open("wb", buffering=-1 if buffered else 0) as file:
        screen = Screen(io.TextIOWrapper(file, encoding, write_through=True), Effect(), answers=True)
        for text in ("", json.dumps(value, ensure_ascii=False), "\n"):
            screen.write(text)
        screen.flush()
    text = (tmp_path / "out").read_bytes().decode(encoding)
    assert json.loads(text) == value
    assert ("🙂" in text) == encoding.startswith("utf")


def test_a_terminal_without_chinese_shows_what_it_can(shell) -> None:
    done = shell("$OCREG show outbound.cancel && LC_ALL=C PYTHONCOERCECLOCALE=0 $OCREG show outbound.cancel",
                 PYTHONIOENCODING="ascii", PYTHONUTF8="0")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\\u53c2\\u6570\\u9519\\u8bef" in done.stdout.decode("ascii")


def test_half_an_emoji_in_an_answer(shell, tmp_path) -> None:
    (tmp_path / "order.json").write_text(json.dumps([{"referenceNumber": "R", **ORDER}]))
    body = b'{"code": 0, "data": [{"orderNumber": "O\\ud83d", "referenceNumber": "R"}]}'
    with Server(answer(body, Content_Type="application/json")) as server:
        done = shell(f"{CREATE} --json && {CREATE}", **DEMO, OCREG_HOST=server.origin)
    assert done.returncode == 0, done.stderr
    compact, indented = done.stdout.decode().split("\n", 1)
    assert json.loads(compact) == json.loads(indented) == json.loads(body)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('$OCREG call outbound.query $\'orderNumberList:=[{"orderNumber":"\\xff"}]\'', "contains a lone surrogate"),
        ("$OCREG call $'\\xff.\\xfe'", "there is no operation"),
        ("$OCREG call outbound.query --data @$'\\xff.json'", "--data @\\udcff.json: "),
        ("$OCREG $'\\xff'", "No such command"),
    ],
)
def test_half_characters_in_arguments(shell, line, said) -> None:
    done = shell(line, OCREG_ENV="local")
    assert done.returncode == 2
    assert said in done.stderr.decode()


# Mistakes of ours

BREAK = "from ocreg.cli import output; output.{} = lambda *a, **k: 1 / 0"


def test_a_mistake_of_ours_has_its_own_exit_code_and_says_what_may_have_happened(create, shell, tmp_path) -> None:
    done = shell("$OCREG list", BREAK.format("table"))
    assert done.returncode == 70
    said = done.stderr.decode()
    assert "ZeroDivisionError" in said
    assert "this is a bug in ocreg, not in your input" in said
    assert "Nothing with an effect was sent. Please report it" in said


def test_a_mistake_after_an_effect_says_that_something_may_have_been_sent(shell, box, tmp_path) -> None:
    (tmp_path / "order.json").write_text(json.dumps([{"referenceNumber": "R", **ORDER}]))
    where = {"OCREG_ENV": "local", "OCREG_HOST": box.url}
    done = shell(CREATE, BREAK.format("as_json"), **where)
    assert (done.returncode, b"A request may have taken effect: check before" in done.stderr) == (70, True)
    done = shell(f"{CREATE} --json", BREAK.format("as_json"), **where)
    told = json.loads(done.stderr)
    assert (done.returncode, told["error"], told["happened"]) == (70, "Mistake", "unknown")
