"""What push says while it works, and how signals end it: on a real terminal, into pipes, with real signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest

import ocreg
from ocreg.bulk.sending import Batch, send
from tests.children import until

ORDER = {"consigneeName": "A", "consigneeAddress1": "B", "consigneeCountryCode": "GB"}
OFTEN = "import ocreg.cli.progress as p; p.EVERY = 0.05"
HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""As from a shell, also where the tests run in the background."""
IN_DOUBT = "rows in doubt: looking them up until "


@pytest.fixture
def pushed(tmp_path):
    """Begin to push rows into a sandbox; gives the process. A lost answer is looked for for a second."""
    overlay = tmp_path / "endpoints" / "outbound" / "create.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("extends: outbound.create\nconfirm: {settles: 1}\n")

    def begin(box, count: int, *more: str, before: str = OFTEN, **how) -> subprocess.Popen:
        file = tmp_path / "rows.jsonl"
        file.write_text("".join(json.dumps({"referenceNumber": f"R{n}", **ORDER}) + "\n" for n in range(count)))
        words = ["push", "outbound.create", str(file), "--env", "local", "--host", box.url]
        journal = ["--journal", f"sqlite:///{tmp_path}/journal.db"]
        code = f"import sys; {before}\nfrom ocreg.cli.app import run; sys.exit(run(sys.argv[1:]))"
        env = {**os.environ, "OCREG_ENDPOINTS": str(tmp_path / "endpoints"), "TERM": "xterm", "COLUMNS": "100"}
        env["XDG_STATE_HOME"] = str(tmp_path / "state")
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} if "stderr" not in how else {}
        return subprocess.Popen([sys.executable, "-c", code, *words, *journal, *more], env=env, **streams, **how)

    return begin


def lost(hides: float) -> ocreg.sandbox:
    """A sandbox whose first answer is lost, and whose orders are seen later."""
    return ocreg.sandbox(empty=True, faults=[f"drop:outbound.create:count=1:hides={hides}"])


def test_without_a_terminal_it_says_now_and_then_how_far_it_is_and_what_it_waits_for(pushed) -> None:
    with lost(0.6) as box:
        process = pushed(box, 70)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert len(box.sandbox.records.all("outbound")) == 70
    lines = err.decode().splitlines()
    waiting = [line for line in lines if IN_DOUBT in line]
    assert re.fullmatch(rf"outbound\.create: [25]0 of 70 rows; [25]0 {IN_DOUBT}\d\d:\d\d:\d\d", waiting[-1]), lines
    assert lines[-1].startswith("70 rows: 70 done")
    assert out == b""


def test_with_json_these_lines_are_json(pushed) -> None:
    with lost(0.6) as box:
        out, err = pushed(box, 50, "--json").communicate(timeout=60)
    told = [json.loads(line) for line in err.splitlines()]
    assert {"progress": "outbound.create", "done": 0, "of": 50, "unit": "rows"}.items() <= told[0].items()
    assert any(line["note"].startswith(f"50 {IN_DOUBT}") for line in told)
    assert json.loads(out)["done"] == 50


def test_a_short_push_says_nothing_on_its_way(pushed) -> None:
    with ocreg.sandbox(empty=True) as box:
        _, err = pushed(box, 2, before="").communicate(timeout=60)
    assert len(err.splitlines()) == 1


def test_the_bar_says_what_it_waits_for(pushed) -> None:
    parent, child = pty.openpty()
    with lost(0.6) as box:
        process = pushed(box, 70, before="", stdin=child, stdout=child, stderr=child)
        os.close(child)
        shown = b""
        while process.poll() is None or IN_DOUBT.encode() not in shown:
            try:
                shown += os.read(parent, 1 << 16)
            except OSError:
                break
        os.close(parent)
        assert process.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"outbound\.create \S+ +[25]0/70 rows", text), text
    assert re.search(rf"[25]0 {IN_DOUBT}\d\d:\d\d:\d\d", text), text


# Signals

SLOW = "delay:outbound.create:seconds=0.1:chance=1"
ONE_BY_ONE = ("--size", "1", "--threads", "1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(pushed, number) -> None:
    with ocreg.sandbox(empty=True, faults=[SLOW]) as box:
        process = pushed(box, 200, *ONE_BY_ONE, before=HEARD)
        until(lambda: len(box.sandbox.records.all("outbound")) > 1)
        process.send_signal(number)
        said = process.stderr.readline() + process.stderr.readline()
        if number == signal.SIGHUP:  # a terminal that is closed says so more than once
            process.send_signal(number)
        err = said + process.communicate(timeout=60)[1]
        made = len(box.sandbox.records.all("outbound"))
    assert process.returncode == 3, err
    assert b"waiting for requests under way" in err
    assert f"{made} done (0 before), 0 refused, 0 unknown" in err.decode()


def test_the_second_is_obeyed_at_once(pushed) -> None:
    with ocreg.sandbox(empty=True, faults=["delay:outbound.create:seconds=20:count=1"]) as box:
        process = pushed(box, 3, *ONE_BY_ONE, before=HEARD)
        until(lambda: len(box.sandbox.records.all("outbound")) > 0)
        process.send_signal(signal.SIGINT)
        assert b"waiting" in process.stderr.readline() + process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_ignored(pushed, number) -> None:
    ignored = f"import signal; signal.signal({int(number)}, signal.SIG_IGN)"
    with ocreg.sandbox(empty=True, faults=[SLOW]) as box:
        process = pushed(box, 5, *ONE_BY_ONE, before=ignored)
        until(lambda: len(box.sandbox.records.all("outbound")) > 1)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"waiting" not in err


def test_when_its_terminal_goes_away_it_ends_in_order(pushed) -> None:
    """The kernel sends SIGHUP, and every write to the terminal fails from then on."""
    parent, child = pty.openpty()
    leader = f"{HEARD}; import os, fcntl, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    with ocreg.sandbox(empty=True, faults=[SLOW]) as box:
        process = pushed(box, 200, *ONE_BY_ONE, before=leader, stdin=child, stdout=child, stderr=child)
        os.close(child)
        until(lambda: len(box.sandbox.records.all("outbound")) > 1)
        os.close(parent)
        assert process.wait(timeout=60) == 3
        assert 1 < len(box.sandbox.records.all("outbound")) < 200


def test_who_is_told_of_a_doubt_is_told_when_it_is_over() -> None:
    told = []
    with lost(0) as box:
        client = box.client()
        batch = Batch(0, [{"referenceNumber": "R", **ORDER}], "m-1")
        operations = client.registry["outbound.create"], client.registry["outbound.query"]
        ((_, outcomes),) = send(
            client.caller, operations[0], [batch], lookup=operations[1], doubt=lambda *facts: told.append(facts)
        )
    assert outcomes[0].happened == "yes"
    assert told[0][:2] == ("m-1", 1)
    assert 55 < told[0][2] <= 60
    assert told[-1] == ("m-1", 0, 0.0)
