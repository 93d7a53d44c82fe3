"""`ocreg journal`, as somebody uses it who comes back after a crash; and journals whose URL is a secret."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import ocreg
from ocreg import Client
from ocreg.account.grants import Grant
from ocreg.cli.app import run
from ocreg.redact import Secret
from ocreg.store import open_journal, open_store
from tests.postgres import PASSWORD, server

HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode"


class Desk:
    """A file of orders, a journal, and somebody at the command line."""

    def __init__(self, directory, capsys) -> None:
        self.directory, self.capsys = directory, capsys
        self.file, self.url = directory / "orders.csv", f"sqlite:///{directory}/journal.db"
        with Client("local") as client:
            self.account = client.identity("outbound.create").name
        self.write("R1", "R2", "R3")

    def write(self, *numbers) -> None:
        rows = [f"{number},Ann Example,1 Example Road,GB" for number in numbers]
        self.file.write_text("\n".join([HEADER, *rows]) + "\n")

    def say(self, *words, code=0) -> str:
        found = run(list(words))
        self.out, self.err = self.capsys.readouterr()
        assert found == code, (found, self.out, self.err)
        return self.out

    def push(self, *more, code=0) -> str:
        return self.say(
            "push", "outbound.create", str(self.file), "--env", "local", "--journal", self.url, *more, code=code
        )

    def journal(self, *words, code=0) -> str:
        return self.say("journal", *words, "--journal", self.url, code=code)

    def json(self, *words, code=0):
        return json.loads(self.journal(*words, "--json", code=code))

    def sql(self, statement) -> None:
        with closing(sqlite3.connect(self.url[10:])) as connection, connection:
            connection.execute(statement)


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    overlay = tmp_path / "endpoints" / "outbound" / "create.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("extends: outbound.create\nconfirm: {settles: 0.01}\n")
    monkeypatch.setenv("OCREG_ENDPOINTS", str(tmp_path / "endpoints"))
    return Desk(tmp_path, capsys)


def died(desk) -> None:
    """A process that is killed while its rows are on their way."""
    code = f"""
import os, signal
from ocreg.wire.transport import RequestsTransport
from ocreg.cli.app import run
from ocreg.sandbox import local
local.LocalTransport.send = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
run({["push", "outbound.create", str(desk.file), "--env", "local", "--journal", desk.url, "--const", "consigneePhone=55501"]!r})
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == -9


def test_after_a_crash_it_says_what_is_in_doubt_and_what_to_run(desk) -> None:
    died(desk)
    out = desk.journal()
    assert "3 rows in doubt: they may have taken effect. This looks them up" in out
    command = next(line.strip() for line in out.splitlines() if line.startswith("    ocreg push"))
    words = [*("push", "outbound.create", str(desk.file), "--env", "local"), "--const", "consigneePhone=***"]
    assert shlex.split(command) == ["ocreg", *words, "--journal", desk.url]
    assert "55501" not in out
    assert [line.split()[2] for line in out.splitlines() if " died " in line] == ["died"]
    (after,) = desk.json()["next"]
    assert after["command"] == command
    desk.say(*shlex.split(command.replace("***", "55501"))[1:])
    out = desk.journal()
    assert "in doubt:" not in out
    assert "ocreg push" not in out
    found = desk.json()
    assert found["next"] == []
    assert [run["state"] for run in found["runs"]] == ["ended", "died"]
    assert {name: found["accounts"][0][name] for name in ("done", "refused", "not_sent", "in_doubt", "open")} == {
        **{"done": 3, "refused": 0, "not_sent": 0, "in_doubt": 0, "open": 0}
    }


def test_what_is_in_doubt_and_cannot_be_asked_for_is_listed(desk) -> None:
    with open_journal(desk.url, desk.account, "outbound.cancel") as journal:
        journal.claim([("A1", "d")])
        journal.sending(["A1"], "m")
        journal.settled([("A1", "unknown", None)])
    out = desk.journal()
    assert "1 row in doubt: they may have taken effect, and cannot be looked up" in out
    command = next(line.strip() for line in out.splitlines() if line.startswith("    ocreg "))
    assert json.loads(desk.say(*shlex.split(command)[1:], "--journal", desk.url))["key"] == "A1"


def test_only_the_last_runs_are_shown(desk) -> None:
    for _ in range(3):
        with open_journal(desk.url, desk.account, "outbound.create") as journal:
            journal.claim([("x", "d")])
    assert desk.journal("--runs", "1").count(" ended ") == 1
    assert "... and 2 older runs; --runs N shows more" in desk.out


def test_where_nothing_was_pushed_it_says_so_and_makes_nothing(desk) -> None:
    for words in ((), ("export",), ("prune", "--older-than", "9d")):
        assert desk.say("journal", *words) == ""
        assert "nothing was pushed yet: there is no journal here" in desk.err
    assert json.loads(desk.say("journal", "--json")) == {"journal": None, "accounts": [], "runs": [], "next": []}
    assert json.loads(desk.journal("show", "R1", "--json", code=1)) == []
    assert not (desk.directory / "state").exists()
    assert not (desk.directory / "journal.db").exists()


@pytest.mark.parametrize("kept", ["nowhere", "state", "store"])
def test_without_journal_it_finds_what_push_without_it_wrote(desk, monkeypatch, kept) -> None:
    """Beside the tokens, whether there are any yet, or in a file that is named as the store."""
    monkeypatch.setenv("XDG_STATE_HOME", str(desk.directory))
    tokens = desk.directory / "ocreg" / "tokens.db"
    if kept == "store":
        tokens = desk.directory / "shop.db"
        profile = ["[profiles.default]", 'env = "local"', f'store = "sqlite:///{tokens}"']
        Path("ocreg.toml").write_text("\n".join(profile))
        monkeypatch.setenv("OCREG_CONFIG", "ocreg.toml")
    where = [] if kept == "store" else ["--env", "local"]
    if kept != "nowhere":
        with closing(open_store(f"sqlite:///{tokens}", None)) as store, store.exclusive("other", wait=True) as slot:
            slot.save(Grant(Secret("a"), Secret("r"), 1.0, 2.0))
    with ocreg.sandbox() as box:
        desk.say("push", "outbound.create", str(desk.file), *where, "--host", box.url)
    assert tokens.with_suffix(".journal.db").exists()
    for more in ([], ["--journal", f"sqlite:///{tokens}"]) if kept != "nowhere" else ([],):
        found = json.loads(desk.say("journal", "--json", *where, *more))
        assert found["journal"] == f"sqlite:///{tokens.with_suffix('.journal.db')}"
        assert found["accounts"][0]["done"] == 3


def test_the_story_of_a_row(desk) -> None:
    died(desk)
    desk.push("--const", "consigneePhone=55501")
    out = desk.journal("show", "R2")
    assert out.startswith("R2: done (outbound.create, local, account default at the host of the endpoint file)")
    for words in ("fingerprint  ", "requests     1; the last one: ", '"referenceNumber": "R2"'):
        assert words in out
    states = [line.partition("Z")[2].strip() for line in out.splitlines() if line.startswith("20")]
    begins = ["claimed", "sending", "taken over, to be looked up", "sending", "done"]
    assert [state[: len(begin)] for state, begin in zip(states, begins, strict=True)] == begins
    assert "Ann Example" not in out
    (found,) = desk.json("show", "R2")
    assert found["row"]["referenceNumber"] == "R2"
    assert [event["state"] for event in found["story"]] == ["claimed", "sending", "sending", "sending", "done"]
    assert all(event["host"] and event["pid"] for event in found["story"])
    desk.journal("show", "nothing", code=1)
    assert "nothing is not in the journal" in desk.err
    assert desk.json("show", "R2", "--operation", "sku.create", code=1) == []


def test_what_the_server_said_is_told_without_personal_data(desk) -> None:
    fault = "{'error': {'text': 'refused: *** is not accepted'}}".replace("'", '"')
    desk.push()
    desk.sql(f"UPDATE ocreg_journal SET state = 'refused', result = '{fault}' WHERE key = 'R1'")
    assert "error        refused: *** is not accepted" in desk.journal("show", "R1")
    assert desk.json("show", "R1")[0]["error"] == {"text": "refused: *** is not accepted"}


def test_states_are_exported_as_json_lines_and_csv(desk) -> None:
    desk.push()
    desk.sql("UPDATE ocreg_journal SET state = 'unknown' WHERE key = 'R3'")
    lines = [json.loads(line) for line in desk.journal("export").splitlines()]
    assert [(line["key"], line["state"], line["fate"], line["requests"]) for line in lines] == [
        *(("R1", "done", "done", 1), ("R2", "done", "done", 1), ("R3", "unknown", "in doubt", 1))
    ]
    assert "Ann Example" not in desk.out
    target = desk.directory / "states.csv"
    desk.journal("export", "--state", "in-doubt", "--out", str(target))
    assert "1 row in " in desk.err
    head, row = target.read_text().splitlines()
    assert head.split(",")[:6] == ["account", "operation", "key", "digest", "state", "fate"]
    assert row.split(",")[2:6:3] == ["R3", "in doubt"]
    desk.journal("export", "--out", str(desk.directory / "all.jsonl"))
    assert len((desk.directory / "all.jsonl").read_text().splitlines()) == 3
    desk.journal("export", "--out", "states.txt", code=2)
    desk.journal("export", "--out", "/nowhere/states.csv", code=2)
    assert "cannot be written: No such file or directory" in desk.err


def test_old_rows_are_shown_first_and_removed_with_yes(desk) -> None:
    desk.push()
    desk.sql("UPDATE ocreg_journal SET state = 'unknown' WHERE key = 'R3'")
    desk.sql(f"UPDATE ocreg_journal SET updated_at = updated_at - {91 * 86400}")
    out = desk.journal("prune", "--older-than", "90d")
    assert "rows not changed since 20" in out
    assert re.search(r"outbound\.create +2 +2 +0 +0 ", out)
    assert "1 row of the same age kept: what is in doubt is never removed" in out
    assert "nothing was removed: add --yes. A removed row is sent again if its file is pushed again" in desk.err
    found = desk.json("prune", "--older-than", "90d")
    assert (found["removed"], found["accounts"][0]["done"], found["kept_in_doubt"]) == (0, 2, 1)
    assert len(desk.journal("export").splitlines()) == 3
    assert "no rows that may be removed" in desk.journal("prune", "--older-than", "92d", "--yes")
    assert "2 rows removed" in desk.journal("prune", "--older-than", "90d", "--yes")
    assert json.loads(desk.journal("export"))["key"] == "R3"


@pytest.mark.parametrize("age", ["90", "0d", "d", "-1d", "1.5d", "90 d", "٣d", "12345678d"])
def test_an_age_is_whole_days(desk, age) -> None:
    desk.journal("prune", f"--older-than={age}", "--yes", code=2)
    assert "give whole days, at least one, as in 90d" in desk.err


def test_options_before_a_subcommand_are_not_lost(desk) -> None:
    assert run(["journal", "--journal", desk.url, "show", "R1"]) == 2
    assert "put these options after 'show'" in desk.capsys.readouterr().err


# URLs that are secrets


@pytest.mark.parametrize("form", ["env", "file"])
def test_the_url_of_a_journal_is_given_by_reference(desk, monkeypatch, form) -> None:
    url = server().database()
    secret = desk.directory / "secret"
    secret.write_text(f"{url}\nmore\n")
    monkeypatch.setenv("MY_JOURNAL", url)
    desk.url = {"env": "env:MY_JOURNAL", "file": f"file:{secret}"}[form]
    desk.push()
    assert PASSWORD not in desk.out + desk.err
    assert "warning" not in desk.err
    found = desk.json()
    assert found["accounts"][0]["done"] == 3
    assert f"--journal {desk.url}" in found["runs"][0]["command"]


@pytest.mark.parametrize("form", ["env", "file"])
def test_the_store_is_given_by_reference_too(desk, monkeypatch, form) -> None:
    secret = desk.directory / "secret"
    secret.write_text(desk.url)
    monkeypatch.setenv("MY_STORE", desk.url)
    desk.push()
    monkeypatch.setenv("OCREG_STORE", {"env": "env:MY_STORE", "file": f"file:{secret}"}[form])
    assert json.loads(desk.say("journal", "--json"))["accounts"][0]["done"] == 3
    monkeypatch.setenv("OCREG_STORE", "env:NOT_THERE")
    desk.say("journal", code=2)
    assert "store: env:NOT_THERE returned no value" in desk.err


def test_a_typed_password_gets_one_line_of_warning_and_is_not_kept(desk) -> None:
    desk.url = server().database()
    desk.push()
    assert [line for line in desk.err.splitlines() if "warning" in line] == [
        "warning: process lists and the shell's history show this password: use --journal env:NAME, or file:PATH"
    ]
    out = desk.journal("--json")
    assert "--journal '***'" in json.loads(out)["runs"][0]["command"]
    assert PASSWORD not in out + desk.err


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "--journal is not a database URL"),
        ("mysql://me:SESAME@host/db", "--journal names a database or a driver that is not supported"),
        ("postgresql://me:SES@SESAME@host/db", "--journal has a second @"),
        ("postgresql://me:x@host:SESAME/db", "--journal is not a database URL"),
        ("sqlite://SESAME/path", "--journal must name a file and have no other parts"),
        ("", "--journal is not a database URL"),
        ("env:NOT_THERE", "--journal: env:NOT_THERE returned no value"),
        ("file:/nowhere/SECRET", "--journal: file:/nowhere/SECRET: FileNotFoundError"),
        ("env:postgresql://me:SESAME@host/db", "--journal: env:postgresql://***@host/db returned no value"),
    ],
)
def test_a_bad_journal_is_blamed_on_journal_and_no_password_is_repeated(desk, url, says) -> None:
    desk.url = url
    for told in (desk.push, desk.journal):
        told(code=2)
        assert says in desk.err
        assert "OCREG_STORE" not in desk.err
        assert "SESAME" not in desk.err


def test_what_the_database_refuses_names_no_setting_that_was_not_used(desk) -> None:
    for url in (server().url(password="SESAME"), server().url("not_there")):
        desk.url = url
        desk.journal(code=3)
        assert "in its URL" in desk.err
        assert "OCREG_STORE" not in desk.err
        assert not {"SESAME", PASSWORD} & set(desk.err.split())


def test_without_the_extra_it_says_what_to_install(desk) -> None:
    code = f"import sys; sys.modules['sqlalchemy'] = None\nfrom ocreg.cli.app import run; sys.exit(run({['journal', '--journal', desk.url]!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'ocreg[store]'" in done.stderr
