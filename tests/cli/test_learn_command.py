"""`learn`, `drift` and `receive` as they are typed."""

import json
import os
import signal
import subprocess
import sys

import pytest
import requests

from ocreg import Registry
from ocreg.cli.app import run
from ocreg.observe import folder
from ocreg.observe.sightings import Seen, Sightings

ROW = {"orderNumber": "OCO1", "newField": "x"}


@pytest.fixture
def shapes(tmp_path):
    """A folder in which answers of production were observed."""

    def put(*rows, id="outbound.query", env="production"):
        seen = Sightings(Registry([]).__getitem__)
        for row in rows:
            seen.add(Seen(id, env, b'{"data": {}}', 200, json.dumps({"code": 0, "data": [row]}).encode()))
        folder.write(tmp_path / "shapes", seen, None)
        return tmp_path / "shapes"

    return put


def said(capsys, *words) -> tuple[int, str, str]:
    code = run([str(word) for word in words])
    return code, *capsys.readouterr()


def test_learn_shows_then_writes_and_never_overwrites(shapes, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("OCREG_OBSERVE", str(shapes(ROW, ROW)))
    own = tmp_path / "own"
    code, out, err = said(capsys, "learn", "outbound.query", "--into", own)
    assert (code, own.exists()) == (0, False)
    assert "! response[].newField" in out
    assert "+      newField:\n+        type: string\n" in out
    assert "nothing was written: add --yes" in err
    assert said(capsys, "learn", "outbound.query", "--into", own, "--yes")[0] == 0
    file = own / "outbound" / "query.yaml"
    assert "# outbound/query.yaml, by `ocreg learn`" in file.read_text()
    code, _, err = said(capsys, "learn", "outbound.query", "--into", own, "--yes")
    assert (code, "never overwrites" in err) == (2, True)
    monkeypatch.setenv("OCREG_ENDPOINTS", str(own))
    assert "the file has all of it already" in said(capsys, "learn", "outbound.query")[1]
    assert said(capsys, "lint", file)[0] == 0


def test_drift_says_where_and_ends_with_1(shapes, capsys, monkeypatch) -> None:
    where = shapes(ROW)
    code, out, err = said(capsys, "drift", "--from", where)
    assert (code, "! response[].newField" in out, err) == (1, True, "1 difference in 1 answer\n")
    code, out, _ = said(capsys, "drift", "--from", where, "--json")
    assert json.loads(out) == {
        "operation": "outbound.query",
        "env": "production",
        "path": "response[].newField",
        "kind": "undescribed",
        "message": "not described; string of 1 character, in 1 of 1",
    }
    assert code == 1
    shapes({"orderNumber": "x"}, id="returns.query")
    assert said(capsys, "drift", "returns.query", "--from", where)[0] == 0
    assert said(capsys, "drift", "--env", "sandbox", "--from", where)[0] == 2


def test_folders_of_several_machines(shapes, tmp_path, capsys) -> None:
    one = shapes(ROW).rename(tmp_path / "one")
    two = shapes({**ROW, "newField": 3}).rename(tmp_path / "two")
    out = said(capsys, "learn", "outbound.query", "--from", one, "--from", two)[1]
    assert "2 answers of production" in out
    assert "string or integer" in out


def test_answers_of_the_local_sandbox_prove_nothing(shapes, capsys) -> None:
    where = shapes(ROW, env="local")
    code, _, err = said(capsys, "learn", "outbound.query", "--from", where)
    assert (code, "answers of the local sandbox are no evidence" in err) == (2, True)
    assert said(capsys, "drift", "--from", where)[0] == 2
    assert "local sandbox" in said(capsys, "learn", "outbound.query", "--from", where, "--env", "local")[1]


def test_what_cannot_be_read(shapes, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.delenv("OCREG_OBSERVE", raising=False)
    code, _, err = said(capsys, "learn", "outbound.query")
    assert (code, "give --from DIR, or set OCREG_OBSERVE" in err) == (2, True)
    where = shapes(ROW)
    (where / "shapes-20260101-000000000000.json").write_text("{")
    code, out, err = said(capsys, "drift", "--from", where)
    assert (code, "not read: " in err, "newField" in out) == (1, True, True)
    (tmp_path / "x").write_text("hello")
    code, _, err = said(capsys, "drift", "--from", tmp_path / "x")
    assert (code, "neither a file of shapes nor of deliveries" in err) == (2, True)
    assert said(capsys, "learn", "no.such", "--from", where)[0] == 2
    monkeypatch.setenv("OCREG_OBSERVE", str(tmp_path / "nothing"))
    assert said(capsys, "drift")[0] == 2


def test_an_operation_that_the_registry_has_no_more(shapes, capsys, tmp_path) -> None:
    where = shapes(ROW)
    file = next(where.iterdir())
    file.write_text(file.read_text().replace('"outbound.query"', '"gone.query"'))
    shapes(ROW)
    code, _, err = said(capsys, "drift", "--from", where)
    assert (code, "not compared: there is no operation 'gone.query'" in err) == (1, True)


def test_observe_as_an_option_of_call(tmp_path, capsys) -> None:
    words = ["outbound.query", 'orderNumberList:=[{"orderNumber": "OCO2000023303105GB"}]', "--env", "local"]
    assert said(capsys, "call", *words, "--observe", tmp_path / "kept")[0] == 0
    assert (
        "1 answer of the local sandbox"
        in said(capsys, "learn", "outbound.query", "--from", tmp_path / "kept", "--env", "local")[1]
    )


def receiving(tmp_path, *words):
    """The command in a process of its own, and where it listens."""
    command = [sys.executable, "-m", "ocreg", "receive", "--port", "0", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    line = process.stdout.readline()
    assert line.startswith("ocreg receive listening on http://127.0.0.1:"), process.stderr.read()
    return process, line.split()[-1]


def test_receive_catches_drafts_and_writes(tmp_path, capsys) -> None:
    process, url = receiving(tmp_path, "--out", "d.jsonl", "--count", 2, "--observe", "kept", "--into", "own", "--yes")
    for _ in range(2):
        body = {"event": "shipped", "consigneeName": "Jane"}
        assert requests.post(url, json=body, headers={"X-Signature": "qzx"}, timeout=30).status_code == 200
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.count("POST /: ") == 2
    assert "2 deliveries, 2 of them JSON" in out
    text = (tmp_path / "own" / "webhook" / "outbound.yaml").read_text()
    assert [word in text for word in ("consigneeName", "x-sensitive: true", "Jane")] == [True, True, False]
    endpoint = Registry([tmp_path / "own"])["webhook.outbound"]
    assert endpoint.received(b'{"event": "x", "more": 1}') == {"event": "x", "more": 1}
    code, out, _ = said(capsys, "lint", "--prove", tmp_path / "own")
    assert (code, "100.0 %  3/3" in out) == (0, True)
    assert "qzx" not in (tmp_path / "d.jsonl").read_text()
    for source in ("kept", "d.jsonl"):
        assert "consigneeName" in said(capsys, "learn", "webhook.outbound", "--from", tmp_path / source)[1]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_receive_ends_by_a_signal(tmp_path, number) -> None:
    process, url = receiving(tmp_path)
    requests.post(url, data=b"no JSON", timeout=30)
    assert process.stdout.readline().startswith("POST /: 7 bytes")
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "1 delivery, 0 of them JSON" in out
    assert "the answer's form is unknown" in out


def test_receive_refuses(tmp_path, capsys) -> None:
    assert said(capsys, "receive", "--port", "0", "--id", "outbound.query")[0] == 2
    code, _, err = said(capsys, "receive", "--port", "0", "--out", tmp_path / "no" / "folder" / "f")
    assert (code, "cannot listen" in err) == (2, True)
    assert said(capsys, "receive", "--port", "0", "--bind", "192.0.2.1")[0] == 2
