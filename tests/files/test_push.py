"""`ocreg push` against a sandbox in a process of its own: each row once, whatever ends a run, and what is said of it."""

import csv
import io
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

import ocreg
from ocreg import Client, Outcome
from ocreg.cli.app import run
from ocreg.errors import OperationUnavailable
from ocreg.files.pushing import _written, pushable
from ocreg.registry.files import Registry
from ocreg.store import open_journal, runs
from tests.children import until
from tests.postgres import server
from tests.sandbox.test_sandbox_http import Served

HEADER = "referenceNumber,consigneeName,consigneeAddress1,consigneeCountryCode,productList.0.mfSkuId,productList.0.skuQuantity"


def _pushable(id: str) -> bool:
    try:
        pushable(Registry()[id])
    except OperationUnavailable:
        return False
    return True


@pytest.fixture(scope="module")
def served():
    running = Served()
    yield running
    running.stop()


class House:
    """A directory with a file of orders, a journal, and an overlay that makes asking short."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url
        self.file, self.out = directory / "orders.csv", directory / "results.jsonl"
        self.journal = f"sqlite:///{directory}/journal.db"
        overlay = directory / "endpoints" / "outbound" / "create.yaml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text("extends: outbound.create\nconfirm: {settles: 1}\n")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OCREG_")},
            "OCREG_ENDPOINTS": str(directory / "endpoints"),
            "OCREG_RETRIES": "1",
        }

    def write(self, numbers, **fields) -> None:
        row = {"consigneeName": "Ann", "consigneeAddress1": "Road 1", "consigneeCountryCode": "GB", **fields}
        with self.file.open("w", newline="") as file:
            table = csv.DictWriter(file, HEADER.split(","), restval="")
            table.writeheader()
            table.writerows({"referenceNumber": number, **row} for number in numbers)

    def words(self, *more: str, operation: str = "outbound.create") -> list[str]:
        where = ["--env", "local", "--host", self.url, "--journal", self.journal, "--out", str(self.out)]
        return ["push", operation, str(self.file), *where, *more]

    def push(self, *more: str, before: str = "", stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it in a process of its own, after some code."""
        return subprocess.run(
            self.command(before, *more),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            input=stdin,
        )

    def command(self, before: str, *more: str) -> list[str]:
        code = f"import sys, resource; {before}\nfrom ocreg.cli.app import run; sys.exit(run(sys.argv[1:]))"
        return [sys.executable, "-c", code, *self.words(*more)]

    def started(self, *more: str, before: str = "") -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(before, *more), env=self.environment, stderr=subprocess.PIPE, text=True)

    def results(self) -> list[dict]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def there(self, numbers) -> Counter:
        """How often each number is in the sandbox, by the API."""
        numbers, found = list(numbers), Counter()
        with Client("local", host=self.url, retries=20) as client:
            for start in range(0, len(numbers), 100):
                asked = [{"referenceNumber": number} for number in numbers[start : start + 100]]
                rows = client.call("outbound.query", {"referenceNumberList": asked}).get("data") or []
                found.update(row["referenceNumber"] for row in rows)
        return found


@pytest.fixture
def house(tmp_path, served, monkeypatch):
    found = House(tmp_path, served.url)
    monkeypatch.setenv("OCREG_ENDPOINTS", found.environment["OCREG_ENDPOINTS"])
    return found


_count = iter(range(10**6))


def numbers(count: int) -> list[str]:
    """Numbers that no other test uses."""
    mark = next(_count)
    return [f"T{mark}-{number:05d}" for number in range(count)]


def once(house, wanted) -> None:
    assert house.there(wanted) == Counter(wanted)


# What is sent and what is told


@pytest.mark.parametrize("count", [0, 1, 50, 51, 1000])
def test_any_number_of_rows_is_sent_once_and_not_again(house, count, capsys) -> None:
    wanted = numbers(count)
    house.write(wanted)
    assert run(house.words()) == 0
    rows = "1 row" if count == 1 else f"{count:,} rows"
    assert f"{rows}: {count:,} done (0 before), 0 refused, 0 unknown, 0 not sent" in capsys.readouterr().err
    first = house.results()
    assert [(row["line"], row["key"], row["state"], row["happened"]) for row in first] == [
        (place, key, "done", "yes") for place, key in enumerate(wanted, 2)
    ]
    assert len({row["orderNumber"] for row in first}) == count
    assert run(house.words()) == 0
    assert f"{count:,} done ({count:,} before), 0 refused, 0 unknown, 0 not sent; 0 requests" in capsys.readouterr().err
    assert house.results() == first
    once(house, wanted)


def test_results_as_csv_and_a_summary_as_json(house, capsys) -> None:
    wanted = numbers(3)
    house.write(wanted)
    house.out = house.directory / "results.csv"
    assert run(house.words("--json", "--threads", "1", "--size", "2")) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"rows": 3, "done": 3, "before": 0, "not_sent": 0, "out": str(house.out)}.items() <= told.items()
    with house.out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["line", "key", "state", "happened", "orderNumber", "referenceNumber", "error"]
    assert [row["key"] for row in rows] == wanted
    assert all(row["orderNumber"].startswith("OCO") for row in rows)
    assert [path.name for path in house.directory.iterdir() if path.name.startswith(".")] == []


def test_json_lines_from_standard_input(house) -> None:
    (number,) = numbers(1)
    item = {"referenceNumber": number, "consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    house.file = "-"
    done = house.push(stdin=json.dumps(item) + "\n")
    assert done.returncode == 0, done.stderr
    once(house, [number])


def test_a_dry_run_sends_and_writes_nothing(house, capsys) -> None:
    wanted = numbers(120)
    house.write(wanted)
    assert run(house.words("--dry-run")) == 0
    assert "120 rows, 0 already done; 120 to send in 3 requests, 0 to look up first" in capsys.readouterr().out
    assert sorted(path.name for path in house.directory.iterdir()) == ["endpoints", "orders.csv"]
    assert house.there(wanted) == Counter()
    house.write(wanted[:60])
    run(house.words())
    house.write(wanted)
    capsys.readouterr()
    assert run(house.words("--dry-run", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"rows": 120, "done": 60, "send": 60, "ask": 0, "busy": 0, "requests": 2}


def test_bad_rows_keep_everything_from_being_sent(house, capsys) -> None:
    wanted = numbers(3)
    house.write([*wanted, wanted[1], ""])
    assert run(house.words()) == 2
    said = capsys.readouterr().err
    assert "line 5: referenceNumber: is also on line 3" in said
    assert "line 6: referenceNumber: is needed" in said
    assert house.there(wanted) == Counter()
    assert not house.out.exists()


def test_a_number_that_might_not_be_found_again_is_refused(house, capsys) -> None:
    (wanted,) = numbers(1)
    house.file = house.file.with_suffix(".jsonl")
    fields = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
    odd = (f"{wanted} ", f"{wanted}u\u0308")
    house.file.write_text("".join(json.dumps({"referenceNumber": number, **fields}) + "\n" for number in odd))
    assert run(house.words()) == 2
    said = capsys.readouterr().err
    assert "line 1: referenceNumber: begins or ends with a space" in said
    assert "line 2: referenceNumber: has decomposed letters instead of Unicode's composed form (NFC)" in said
    assert house.there([wanted, *odd]) == Counter()


def test_another_content_under_a_number_that_was_sent_is_refused_before_anything_is_sent(house, capsys) -> None:
    wanted = numbers(4)
    house.write(wanted[:2])
    assert run(house.words()) == 0
    house.write(wanted, consigneeName="Bob")
    capsys.readouterr()
    assert run(house.words()) == 2
    said = capsys.readouterr().err
    assert "2 rows were sent before with other content; nothing was sent now" in said
    assert f"line 2: referenceNumber: {wanted[0]} was sent before with other content" in said
    assert "the journal belongs to other data: use another journal with --journal" in said
    once(house, wanted[:2])
    assert house.there(wanted[2:]) == Counter()


def test_refused_rows_are_told_and_sent_again_when_they_are_repaired(house, capsys) -> None:
    overlay = house.directory / "endpoints" / "outbound" / "create.yaml"
    overlay.write_text(
        overlay.read_text() + "data: {items: {required: [consigneeAddress1]}}\n"
    )  # the sandbox knows more
    wanted = numbers(3)
    house.write(wanted, consigneeName="")
    assert run(house.words("--size", "1", "--on-failure", "stop", "--threads", "1")) == 3
    assert [row["state"] for row in house.results()] == ["refused", "not sent", "not sent"]
    first = house.results()[0]
    assert first["happened"] == "no"
    assert first["error"]["error"] == "ApiError"
    assert run(house.words("--size", "1")) == 1
    assert [row["state"] for row in house.results()] == ["refused"] * 3
    assert "refused rows are sent again" in capsys.readouterr().err
    house.write(wanted)
    assert run(house.words()) == 0
    once(house, wanted)


def test_what_cannot_be_reached_is_not_sent_and_goes_on_later(house, capsys) -> None:
    wanted = numbers(2)
    house.write(wanted)
    url, house.url = house.url, "http://127.0.0.1:1"
    assert run(house.words()) == 3
    assert [row["state"] for row in house.results()] == ["not sent"] * 2
    assert house.results()[0]["error"]["error"] in ("TransportError", "TokenError")
    house.url = url
    assert run(house.words()) == 0
    once(house, wanted)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["push", "outbound.query", "x.csv"], "outbound.query cannot be pushed; it only reads"),
        (["push", "outbound.create", "no-such-file.csv"], "no-such-file.csv cannot be read: No such file"),
        (["push", "outbound.create", "x.csv", "--out", "x.txt"], "must end in .jsonl or .csv"),
        (["push", "outbound.create", "x.csv", "--out", "no/such/x.csv"], "cannot be written: No such file"),
        (["push", "outbound.cancel", "x.csv", "--on-unknown", "confirm"], "has no `confirm`"),
    ],
)
def test_what_cannot_work_is_said_first(house, capsys, monkeypatch, words, says) -> None:
    monkeypatch.chdir(house.directory)
    house.write([])
    house.file.rename("x.csv")
    assert run([*words, "--env", "local", "--host", house.url]) == 2
    assert says in capsys.readouterr().err


def test_production_is_asked_for(house, capsys) -> None:
    house.write(numbers(1))
    keys = ["--client-key", "K"]
    words = ["push", "outbound.create", str(house.file), "--env", "production", "--host", house.url, *keys]
    assert run([*words, "--journal", house.journal]) == 2
    said = capsys.readouterr().err
    assert "1 row, 0 already done; 1 to send in 1 request," in said
    assert "add --yes" in said


def test_a_missing_key_is_said_before_anything_is_claimed(house, capsys) -> None:
    house.write(numbers(1))
    words = ["push", "outbound.create", str(house.file), "--env", "sandbox", "--host", house.url]
    assert run([*words, "--journal", house.journal]) == 2
    assert "client_key" in capsys.readouterr().err
    assert not (house.directory / "journal.db").exists()


def test_the_sandbox_inside_the_process_has_a_journal_that_ends_with_it(house, capsys, monkeypatch) -> None:
    house.write(numbers(2))
    for _ in range(2):
        assert run(["push", "outbound.create", str(house.file), "--env", "local"]) == 0
        assert "2 done (0 before)" in capsys.readouterr().err


def test_operations_without_a_number_are_done_once_too(house, capsys) -> None:
    wanted = numbers(2)
    house.write(wanted)
    run(house.words())
    made = [row["orderNumber"] for row in house.results()]
    house.file = house.directory / "cancel.jsonl"
    house.file.write_text(
        "".join(json.dumps({"orderNumber": n, "cancelTime": "2025-06-17T10:10:10+0800"}) + "\n" for n in made)
    )
    for before in (0, 2):
        capsys.readouterr()
        assert run(house.words(operation="outbound.cancel")) == 0
        assert f"2 done ({before} before)" in capsys.readouterr().err


# The account, however it is written


def as_sandbox(house, **more) -> list[str]:
    """The command against the served sandbox as if it were the vendor's."""
    words = {"host": house.url, "client-key": "demo-client-key", "journal": house.journal, **more}
    return ["push", "outbound.create", str(house.file), *(f"--{name}={value}" for name, value in words.items())]


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("OCREG_SECRET_KEY", "demo-secret-key")
    monkeypatch.setenv("OCREG_REFRESH_TOKEN", "demo-refresh-token")


def test_one_account_written_in_many_ways_sends_its_rows_once(house, keys, capsys) -> None:
    wanted = numbers(3)
    house.write(wanted)
    port = house.url.rpartition(":")[2]
    for place, host in enumerate(
        (house.url, f"http://localhost:{port}", f"http://LOCALHOST:{port}", f"http://127.0.0.1:{port}/")
    ):
        assert run(as_sandbox(house, host=host)) == 0
        assert f"3 done ({3 if place else 0} before)" in capsys.readouterr().err
    once(house, wanted)


@pytest.mark.parametrize("typed", ["http://localhost:{port}", "http://127.0.0.1:{port}"])
@pytest.mark.parametrize("key", ["demo-client-key", "the-key-before"])
def test_a_journal_of_the_old_rule_is_found_again(house, keys, capsys, typed, key) -> None:
    wanted = numbers(3)
    house.write(wanted)
    assert run(as_sandbox(house)) == 0
    typed, digest = typed.format(port=house.url.rpartition(":")[2]), sha256(key.encode()).hexdigest()[:16]
    change(house, f"UPDATE ocreg_journal SET account = 'sandbox|{typed}|{digest}|default'")
    capsys.readouterr()
    assert run([*as_sandbox(house), "--dry-run"]) == 0
    assert "3 already done; 0 to send" in capsys.readouterr().out
    assert run(as_sandbox(house)) == 0
    assert "3 done (3 before)" in capsys.readouterr().err
    once(house, wanted)


def change(house, statement) -> None:
    if not house.journal.startswith("sqlite"):
        server().sql(statement, house.journal.rpartition("/")[2])
        return
    with closing(sqlite3.connect(house.journal.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement)


def test_rows_that_are_known_from_another_account_are_asked_about(house, keys, capsys) -> None:
    wanted = numbers(4)
    house.write(wanted[:3])
    assert run(as_sandbox(house, account="shop")) == 0
    house.write(wanted)
    capsys.readouterr()
    assert run([*as_sandbox(house), "--dry-run"]) == 0
    known = f"3 rows to send are in the journal from account shop at {house.url.replace('127.0.0.1', 'localhost')}"
    assert known in capsys.readouterr().err
    assert run(as_sandbox(house)) == 2
    said = capsys.readouterr().err
    assert known in said
    assert "nothing was sent" in said
    assert "--send-known-elsewhere" in said
    once(house, wanted[:3])
    assert run([*as_sandbox(house), "--send-known-elsewhere"]) == 0
    assert house.there(wanted) == Counter({**dict.fromkeys(wanted[:3], 2), wanted[3]: 1})
    assert run(as_sandbox(house)) == 0  # now they are known here, too


@pytest.mark.parametrize(("answer", "made"), [("n", 1), ("y", 2)])
def test_on_a_terminal_it_is_a_question(house, keys, capsys, monkeypatch, answer, made) -> None:
    wanted = numbers(1)
    house.write(wanted)
    assert run(as_sandbox(house, account="shop")) == 0
    terminal = io.StringIO(f"{answer}\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    assert run(as_sandbox(house)) == (0 if made == 2 else 2)
    assert "they would be sent twice. Send them?" in capsys.readouterr().err
    assert house.there(wanted) == Counter({wanted[0]: made})


# Whatever ends a run


def killed(house, box, chance, *words: str) -> bool:
    """Start a push and kill it at some moment after it has made its first orders; whether it was still at it."""
    made = len(box.sandbox.records.all("outbound"))
    wanted = made + chance.randrange(1, 80)
    process = house.started(*words)
    until(lambda: len(box.sandbox.records.all("outbound")) >= wanted or process.poll() is not None)
    time.sleep(chance.uniform(0, 0.01))
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_after_kills_at_any_moment_every_order_is_there_once(tmp_path, database) -> None:
    with ocreg.sandbox(empty=True) as box:
        house = House(tmp_path, box.url)
        if database == "postgresql":
            house.journal = server().database()
        wanted, chance = numbers(600), random.Random(7)
        house.write(wanted)
        kills = [killed(house, box, chance, "--size", "5") for _ in range(4)]
        assert any(kills)
        done = house.push("--size", "5")
        assert done.returncode == 0, done.stderr
        assert [row["state"] for row in house.results()] == ["done"] * 600
        assert [row["key"] for row in house.results()] == wanted
        once(house, wanted)


def test_a_row_that_was_on_its_way_is_asked_for_with_the_others_of_its_request(house, capsys) -> None:
    wanted = numbers(60)
    house.write(wanted)
    with Client("local", host=house.url) as client:
        account = client.identity("outbound.create").name
    assert run(house.words("--dry-run")) == 0
    assert run(house.words()) == 0
    made = house.results()
    with open_journal(house.journal, account, "outbound.create") as journal:
        journal._begun()
        with journal._writing() as (connection, _):
            connection.exec_driver_sql("UPDATE ocreg_journal SET state = 'sending', result = NULL")
    capsys.readouterr()
    assert run(house.words("--dry-run")) == 0
    assert "0 to send in 0 requests, 60 to look up first" in capsys.readouterr().out
    assert run(house.words("--on-unknown", "report")) == 3
    assert "60 unknown, 0 not sent" in capsys.readouterr().err
    assert run(house.words()) == 0
    assert {row["orderNumber"] for row in house.results()} == {row["orderNumber"] for row in made}
    once(house, wanted)


def test_ctrl_c_waits_for_what_is_on_its_way(tmp_path) -> None:
    with ocreg.sandbox(faults=["delay:outbound.create:seconds=0.4:chance=1"], empty=True) as box:
        house = House(tmp_path, box.url)
        wanted = numbers(200)
        house.write(wanted)
        heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # in the background, too
        process = house.started("--size", "5", "--threads", "2", before=heard)
        until(lambda: len(box.sandbox.records.all("outbound")) >= 15)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 3, said
        assert "waiting for requests under way" in said
        assert "run the same command to resume" in said
        assert "0 refused, 0 unknown" in said
        states = Counter(row["state"] for row in house.results())
        assert set(states) == {"done", "not sent"}
        assert house.there(wanted).total() == states["done"]
        done = house.push()
        assert done.returncode == 0, done.stderr
        once(house, wanted)


def on_host(name: str) -> str:
    """A process on a host of its own."""
    return f"import ocreg.store.runs as r; r.host = lambda: {name!r}"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("hosts", "taken"), [("AB", True), ("AA", False)], ids=["two hosts", "one host"])
def test_a_run_that_slept_sends_nothing_that_another_has_taken_over(tmp_path, database, hosts, taken) -> None:
    busy = "429:outbound.create:after=3:count=1"
    with ocreg.sandbox(faults=[busy], empty=True) as box:
        house = House(tmp_path, box.url)
        house.journal = server().database() if database == "postgresql" else house.journal
        wanted = numbers(5)
        house.write(wanted)
        sleeper = house.started(before=on_host(hosts[0]))
        until(lambda: box.faults.fired[busy])  # it is told to wait for three seconds before it tries again
        sleeper.send_signal(signal.SIGSTOP)
        change(house, f"UPDATE ocreg_runs SET seen = seen - {runs.LEASE + 60}")
        other = house.push(before=on_host(hosts[1]))
        assert other.returncode == (0 if taken else 3), other.stderr
        sleeper.send_signal(signal.SIGCONT)
        said = sleeper.communicate(timeout=60)[1]
        assert sleeper.returncode == (3 if taken else 0), said
        assert ("took this one for dead" in said) == taken
        once(house, wanted)
        assert house.push().returncode == 0


DEAD = ", which counts as dead after 15 minutes without a sign of life,"


@pytest.mark.parametrize(("host", "end"), [("A", ""), ("B", DEAD)])
def test_rows_of_another_run_are_reported_with_where_it_runs(tmp_path, host, end) -> None:
    busy = "429:outbound.create:after=60:count=1"
    with ocreg.sandbox(faults=[busy], empty=True) as box:
        house = House(tmp_path, box.url)
        house.write(numbers(4))
        sleeper = house.started("--size", "2", "--threads", "1", before=on_host("A|boot|namespace"))
        until(lambda: box.faults.fired[busy])
        sleeper.send_signal(signal.SIGSTOP)
        other = house.push(before=on_host(f"{host}|boot|namespace"))
        assert other.returncode == 3, other.stderr
        said = [re.sub(r"[0-9]+ s ago", "0 s ago", row["error"]["text"]) for row in house.results()]
        whose = f"a run on A (process {sleeper.pid}, last sign of life 0 s ago){end}"
        assert said == [f"{whose} is {what} it" for what in ["sending"] * 2 + ["about to send"] * 2]
        sleeper.kill()
        sleeper.communicate()


def test_two_runs_of_one_file_share_it(house) -> None:
    wanted = numbers(800)
    house.write(wanted)
    processes = [house.started("--size", "10", "--threads", "2") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert {process.returncode for process in processes} <= {0, 3}, said
    once(house, wanted)
    assert house.push().returncode == 0


def test_a_full_disk_ends_a_run_and_loses_nothing(house) -> None:
    wanted = numbers(3000)
    house.write(wanted)
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, resource.RLIM_INFINITY))"
    ended = house.push(before=limit)
    assert ended.returncode == 3, ended.stderr
    assert "the disk is full: free disk space" in ended.stderr
    assert "rows whose outcome was not recorded are looked up first" in ended.stderr
    assert 0 < house.there(wanted).total() < 3000
    done = house.push()
    assert done.returncode == 0, done.stderr
    once(house, wanted)


def test_a_full_temporary_directory_is_said_before_anything_is_sent(house) -> None:
    wanted = numbers(3000)
    house.write(wanted)
    ended = house.push(before="resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))")
    assert ended.returncode == 2
    assert "cannot be checked: File too large; checked rows need space in" in ended.stderr
    assert house.there(wanted) == Counter()


FAULTS = (
    *("drop:outbound.create:chance=0.1", "reset:outbound.create:chance=0.1", "503:outbound.create:chance=0.1"),
    *("truncate:outbound.*:chance=0.1", "html:outbound.create:chance=0.1", "json:outbound.create:chance=0.1"),
    *("500:outbound.query:chance=0.1", "429:outbound.create:chance=0.05", "expired:outbound.create:chance=0.05"),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_and_faults_of_all_kinds_leave_every_order_there_once(tmp_path, seed) -> None:
    chance = random.Random(seed)
    with ocreg.sandbox(seed=seed, faults=FAULTS, empty=True) as box:
        house = House(tmp_path, box.url)
        wanted = numbers(400)
        house.write(wanted)
        for _ in range(3):
            killed(house, box, chance, "--size", "10")
        for _ in range(10):
            done = house.push("--size", "10")
            if done.returncode == 0:
                break
        assert done.returncode == 0, done.stderr
        assert [row["state"] for row in house.results()] == ["done"] * 400
        once(house, wanted)


# Memory


def test_memory_does_not_grow_with_the_file(house) -> None:
    """The check and the comparison; what is sent is made from the same stream."""
    peaks = []
    for count in (2_000, 20_000):
        house.write(numbers(count))
        code = f"""
import resource, sys
from ocreg.cli.app import run
assert run({house.words("--dry-run")!r}) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
        said = subprocess.run(
            [sys.executable, "-c", code], env=house.environment, capture_output=True, text=True, check=True
        )
        peaks.append(int(said.stdout.split()[-1]))
    assert peaks[1] < 1.2 * peaks[0], peaks


# What a hostile reader found


def test_the_file_with_the_rows_is_not_replaced_by_the_results(house, capsys) -> None:
    house.write(numbers(2))
    before = house.file.read_bytes()
    link = house.directory / "link.csv"
    link.symlink_to(house.file)
    for out in (house.file, link):
        words = ["push", "outbound.create", str(house.file), "--env", "local", "--host", house.url, "--out", str(out)]
        assert run(words) == 2
        assert "is the file with the rows, which it would replace" in capsys.readouterr().err
    assert house.file.read_bytes() == before


def test_rows_from_standard_input_are_asked_about_too(house) -> None:
    house.write(numbers(1))
    words = ["push", "outbound.create", "-", "--env", "production", "--host", house.url, "--client-key", "K"]
    command = [sys.executable, "-m", "ocreg", *words, "--journal", house.journal]
    text = house.file.read_text()
    done = subprocess.run(command, env=house.environment, capture_output=True, text=True, input=text, check=False)
    assert done.returncode == 2
    assert "add --yes" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_did_not_get_out_is_sent_once_more_and_what_was_refused_is_not(tmp_path) -> None:
    overlay = tmp_path / "endpoints" / "outbound" / "create.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("extends: outbound.create\ndata: {items: {required: [remarks]}}\n")  # the sandbox knows more
    file, out = tmp_path / "orders.jsonl", tmp_path / "results.jsonl"
    address = {"consigneeName": "Ann", "consigneeAddress1": "Road 1", "consigneeCountryCode": "GB"}
    rows = [
        {"referenceNumber": "A", "remarks": "x"},
        {"referenceNumber": "B"},
        {"referenceNumber": "C", "remarks": "x"},
    ]
    file.write_text("\n".join(json.dumps({**row, **address}) for row in rows))
    counting = "delay:outbound.create:seconds=0:chance=1"
    faults = ["429:outbound.create:skip=2:count=1", counting]
    with ocreg.sandbox(registry=Registry([tmp_path / "endpoints"]), empty=True, faults=faults) as box:
        words = ["push", "outbound.create", str(file), "--env", "local", "--host", box.url, "--size", "1"]
        words += ["--threads", "1", "--journal", f"sqlite:///{tmp_path}/journal.db", "--out", str(out)]
        assert run(words) == 1
        assert [record["referenceNumber"] for record in box.sandbox.records.all("outbound")] == ["A", "C"]
        assert box.faults.fired[counting] == 3  # A, B, and C when it was not told to wait
    assert [json.loads(line)["state"] for line in out.read_text().splitlines()] == ["done", "refused", "done"]


def test_the_journal_keeps_no_personal_data_that_a_row_repeats(house) -> None:
    outcome = Outcome({"orderNumber": "OCO1", "consigneeName": "Ann Example"})
    state, result = _written(outcome, frozenset({"consigneeName"}))
    assert state == "done"
    assert "Ann" not in result
    assert "OCO1" in result


@pytest.mark.parametrize("value", ["\ud83d", 2**70, 0.1, "中"])
def test_a_row_that_the_fast_encoder_refuses_is_kept_all_the_same(value) -> None:
    state, result = _written(Outcome({"orderNumber": value}), frozenset())
    assert (state, json.loads(result)) == ("done", {"row": {"orderNumber": value}})
    result.encode()


# Files as they come


def run_local(*words: str) -> int:
    return run(["push", "outbound.create", *words, "--env", "local"])


@pytest.mark.parametrize("id", [id for id in Registry() if _pushable(id)])
def test_every_template_pushes_cleanly(id, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["push", id, "--template", "--env", "local"]) == 0
    text = capsys.readouterr().out
    Path("rows.csv").write_text(text)
    assert len(text.splitlines()) == 2
    assert run(["push", id, "rows.csv", "--env", "local"]) == 0
    assert "1 row: 1 done" in capsys.readouterr().err


def test_an_export_with_its_own_columns_is_pushed(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "订单号;收件人;地址;国家;备注;SKU;数量\n4711;王小明;路 1 号;GB;x;S1;1,0\n4711;王小明;路 1 号;GB;x;S2;2\n4712;Bob;Road;GB;x;S1;1\n"
    Path("erp.csv").write_bytes(lines.encode("gb18030"))
    Path("map.toml").write_text(
        '"订单号" = "referenceNumber"\n"收件人" = "consigneeName"\n"地址" = "consigneeAddress1"\n"SKU" = "productList.mfSkuId"\n',
        "utf-8",
    )
    words = [
        "erp.csv",
        "--encoding",
        "gb18030",
        "--decimal",
        ",",
        "--map",
        "@map.toml",
        "--map",
        "国家=consigneeCountryCode",
    ]
    words += ["--map", "数量 = productList.skuQuantity", "--ignore", "备注", "--const", "serviceRegion=UK"]
    words += ["--group-by", "referenceNumber", "--out", "results.csv", "--bom"]
    assert run_local(*words) == 0
    assert "2 rows: 2 done" in capsys.readouterr().err
    assert Path("results.csv").read_bytes().startswith(b"\xef\xbb\xbfline,key,state")


def test_with_skip_the_good_rows_are_sent(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    header = HEADER.rpartition(",productList.0.mfSkuId")[0]
    Path("orders.csv").write_text(f"{header}\nA-1,Ann,Road,GB\nA-2,Bob,Road,GBR\n")
    assert run_local("orders.csv", "--rejects", "bad.csv") == 2
    assert "1 row of orders.csv cannot be sent; nothing was sent" in capsys.readouterr().err
    assert 'A-2,Bob,Road,GBR,3,"consigneeCountryCode: must have' in Path("bad.csv").read_text()
    assert run_local("orders.csv", "--on-invalid", "skip", "--dry-run") == 1
    assert "1 more row cannot be sent: correct orders.rejects.csv" in capsys.readouterr().err
    assert run_local("orders.csv", "--on-invalid", "skip", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["done"], told["invalid"], told["rejects"]) == (1, 1, 1, "orders.rejects.csv")
    Path("orders.rejects.csv").write_text(Path("orders.rejects.csv").read_text().replace("GBR", "GB"))
    assert run_local("orders.rejects.csv") == 0


def test_a_thousand_and_more_bad_rows_are_all_in_the_rejects_file(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    header = HEADER.rpartition(",productList.0.mfSkuId")[0]
    Path("orders.csv").write_text(f"{header}\n" + "".join(f"A-{n},Ann,Road,GBR\n" for n in range(1500)))
    assert run_local("orders.csv") == 2
    assert "1,480 more rows; --rejects FILE writes them all" in capsys.readouterr().err
    assert run_local("orders.csv", "--rejects", "bad.csv") == 2
    assert "; all of them are in bad.csv" in capsys.readouterr().err
    lines = Path("bad.csv").read_text().splitlines()[1:]
    assert len(lines) == 1500
    assert all("must have at most 2 characters" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name the FILE with the rows"),
        (["x.csv", "--encoding", "klingon"], "--encoding klingon: unknown encoding"),
        (["x.csv", "--encoding", "base64"], "--encoding base64: unknown encoding"),
        (["x.csv", "--map", "Order"], "--map Order: give COLUMN=FIELD"),
        (["x.csv", "--map", "A=b", "--map", "A=c"], "the column 'A' is mapped twice"),
        (["x.csv", "--map", "@no.toml"], "--map @no.toml"),
        (["x.csv", "--map", "@bad.toml"], 'give lines of "Column" = "field"'),
        (["x.csv", "--const", "UK"], "--const UK: give FIELD=VALUE"),
        (["x.csv", "--offset", "8"], "--offset 8: give hours and minutes"),
        (["x.csv", "--bom"], "--bom and --excel are for --out FILE.csv"),
        (["-", "--on-invalid", "skip"], "with --rejects FILE"),
        (["x.csv", "--rejects", "x.csv"], "is the file with the rows, which it would replace"),
        (["x.csv", "--rejects", "no/x.csv"], "no/x.csv cannot be written: No such file or directory"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(tmp_path, capsys, monkeypatch, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("referenceNumber\nA-1\nA-1\n")
    Path("bad.toml").write_text("a = 1\n")
    assert run_local(*words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_results_and_rejects_keep_links_and_modes(tmp_path, capsys, monkeypatch, form) -> None:
    monkeypatch.chdir(tmp_path)
    header = HEADER.rpartition(",productList.0.mfSkuId")[0]
    Path("orders.csv").write_text(f"{header}\n=A-1,Ann,Road,GB\nA-2,Bob,Road,GBR\n")
    out, real = Path(f"out.{form}"), Path("elsewhere")
    real.write_text("old")
    real.chmod(0o640)
    out.symlink_to(real)
    planted = Path("precious")
    planted.write_text("mine")
    for name in ("elsewhere", "orders.rejects.csv"):
        for mark in ("part", "tmp", "tried"):
            Path(f"{name}.{os.getpid()}.{mark}").symlink_to(planted)
    assert run_local("orders.csv", "--out", str(out), "--on-invalid", "skip") == 1
    assert out.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "=A-1" in real.read_text()
    assert planted.read_text() == "mine"
    if form == "csv":
        assert run_local("orders.csv", "--out", str(out), "--on-invalid", "skip", "--excel") == 1
        assert "\n2,'=A-1,done," in real.read_text("utf-8-sig")
