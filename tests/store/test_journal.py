"""The journal on real databases: whose a row is, what is left after a crash, and what is said when it cannot be written."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from ocreg.account.grants import Grant
from ocreg.errors import SettingInvalid, StoreError
from ocreg.redact import Secret
from ocreg.store import open_journal, open_store, runs
from tests.children import Child, until
from tests.postgres import PASSWORD, server

ACCOUNT, OPERATION = "sandbox||0123456789abcdef|default", "outbound.create"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/store.db" if request.param == "sqlite" else server().database()


@pytest.fixture
def lite(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


def opened(url, operation=OPERATION, account=ACCOUNT, patience=20.0):
    return open_journal(url, account, operation, patience)


def items(*keys, digest="d"):
    return [(key, digest) for key in keys]


def fates(journal, *keys, digest="d"):
    """What comes of claiming."""
    claims = journal.claim(items(*keys, digest=digest))
    return [claims[key].fate for key in keys]


def state(url, key):
    with opened(url) as journal:
        record = journal.known([key]).get(key)
        return None if record is None else record.state


CHILD = """
import os, resource, sys, time
from ocreg.errors import StoreError
from ocreg.store import open_journal, runs
url, account, operation = sys.argv[1:]
journal = open_journal(url, account, operation, 60.0)
say = lambda *words: print(*words, flush=True)
go = sys.stdin.readline
room = lambda bytes: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, resource.RLIM_INFINITY))
"""


def started(url, code):
    """A process that runs `code` after CHILD."""
    return Child(CHILD + code, url, ACCOUNT, OPERATION)


@contextmanager
def refused(*words):
    """A StoreError that says this, and no secret."""
    with pytest.raises(StoreError) as caught:
        yield
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
    assert PASSWORD not in str(caught.value)


# What is kept


def test_the_life_of_rows(url) -> None:
    with opened(url) as journal:
        assert journal.known(["a"]) == {}
        assert fates(journal, "c", "a", "b", "d") == ["send"] * 4
        journal.sending(["a", "b", "c"], "m1")
        journal.settled([("a", "done", '{"row": 1}'), ("b", "refused", "{}"), ("c", "unknown", None)])
    with opened(url) as journal:
        known = journal.known(["a", "b", "c", "d", "e"])
        assert {key: (r.state, r.message_id, r.together, r.result) for key, r in known.items()} == {
            "a": ("done", "m1", 3, '{"row": 1}'),
            "b": ("refused", "m1", 3, "{}"),
            "c": ("unknown", "m1", 3, None),
        }
        claims = journal.claim(items("a", "b", "c", "d"))
        assert [claims[key].fate for key in "abcd"] == ["done", "send", "ask", "send"]
        assert (claims["c"].message_id, claims["c"].together) == ("m1", 3)


def test_keys_and_results_are_kept_however_they_are_written(url) -> None:
    """PostgreSQL gets them as arrays, in which these mean something."""
    odd = ["NULL", "null", "", "{a,b}", "a,b", '"', "\\", "'", "\\N", "%s", ":key", "$1", "\t\n", "中 é 🎉", "a" * 5000]
    with opened(url) as journal:
        assert fates(journal, *odd) == ["send"] * len(odd)
        journal.sending(odd, "m")
        journal.settled([(key, "done", None if key == "null" else f"[{key}]") for key in odd])
    with opened(url) as journal:
        known = journal.known(odd)
        assert {key: row.result for key, row in known.items()} == {k: None if k == "null" else f"[{k}]" for k in odd}
        assert fates(journal, *odd) == ["done"] * len(odd)


def test_accounts_and_operations_are_apart(url) -> None:
    with opened(url) as one, opened(url, "sku.create") as two, opened(url, account="another") as three:
        assert fates(one, "a") == fates(two, "a") == fates(three, "a") == ["send"]


def test_what_is_under_an_old_name_is_known_at_once_and_taken_over_with_the_first_claim(url) -> None:
    old, older = "old", "older"
    told = {
        old: {"a": "done", "b": "refused", "c": "unknown", "d": "refused"},
        older: {"b": "done", "d": "not sent", "e": "done", "f": "done"},
        ACCOUNT: {"f": "refused"},
    }
    for account, states in told.items():
        with opened(url, account=account) as journal:
            journal.claim(items(*states))
            journal.sending(list(states), account)
            journal.settled([(key, state, None) for key, state in states.items()])
    with opened(url, "sku.create", account=old) as journal:
        journal.claim(items("a"))
    expected = ["done", "done", "ask", "send", "done", "done", "send"]
    with open_journal(
        url, ACCOUNT, OPERATION, former=lambda names: [n for n in names if n.startswith("old")]
    ) as journal:
        assert sorted(journal.accounts()) == sorted(told)
        known = journal.known([*"abcdefg"])
        assert [known[key].fate("d") for key in "abcdef"] == expected[:6]
        assert state(url, "a") is None  # a look changes nothing
        assert fates(journal, *"abcdefg") == expected
    assert [state(url, key) for key in "abcdef"] == ["done", "done", "sending", "not sent", "done", "done"]
    assert state(url, "g") is None
    with opened(url, "sku.create", account=old) as journal:
        assert journal.accounts() == []  # its run ended; the other operation's names were left alone all the same


def test_old_names_are_taken_over_by_one_run_at_a_time(url) -> None:
    keys = [str(number) for number in range(200)]
    with opened(url, account="old") as journal:
        journal.claim(items(*keys))
        journal.sending(keys, "m")
        journal.settled([(key, "done", None) for key in keys])

    def claimed(_):
        with open_journal(url, ACCOUNT, OPERATION, former=lambda names: [n for n in names if n == "old"]) as journal:
            return set(fates(journal, *keys))

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(claimed, range(4))) == [{"done"}] * 4


def test_what_other_accounts_have_carried_out_is_counted(url) -> None:
    with opened(url, account="other") as journal:
        assert journal.accounts() == []
        journal.claim(items(*"abcde"))
        journal.sending([*"abcd"], "m")
        journal.settled([("a", "done", None), ("b", "refused", None), ("c", "unknown", None)])
        assert journal.accounts() == ["other"]
        with opened(url) as mine:
            assert mine.elsewhere(["other", "third"], [*"abcdefg"]) == {"other": 3}
            assert mine.elsewhere(["other"], ["b", "e"]) == {}
            assert mine.elsewhere(["third"], [*"abc"]) == {}


def test_keys_may_be_any_text(url) -> None:
    keys = ["é", "'; DROP TABLE ocreg_journal", "%", ":x", "\\", "a" * 5000, " ", "A", "a", "\U0001f600"]
    with opened(url) as journal:
        assert fates(journal, *keys) == ["send"] * len(keys)
        journal.sending(keys, "m")
        journal.settled([(key, "done", json.dumps({"row": key})) for key in keys])
        known = journal.known(keys)
        assert [json.loads(known[key].result)["row"] for key in keys] == keys


@pytest.mark.parametrize(
    ("left", "same", "other"),
    [("done", "done", "changed"), ("unknown", "ask", "changed"), ("refused", "send", "send"), ("not sent", "send", "send")],
)  # fmt: skip
def test_another_content_may_be_sent_only_where_nothing_was_carried_out(url, left, same, other) -> None:
    with opened(url) as journal:
        journal.claim(items("a", "b"))
        journal.sending(["a", "b"], "m")
        journal.settled([("a", left, None), ("b", left, None)])
    with opened(url) as journal:
        assert journal.known(["a"])["a"].fate("d") == same
        assert journal.known(["a"])["a"].fate("D") == other
        assert fates(journal, "a") == [same]
        assert fates(journal, "b", digest="D") == [other]
        assert journal.known(["b"])["b"].digest == ("D" if other == "send" else "d")


def test_a_look_makes_nothing(tmp_path) -> None:
    with opened(f"sqlite:///{tmp_path}/deep/store.db") as journal:
        assert journal.known(["a"]) == {}
    (tmp_path / "empty.db").write_bytes(b"")
    with opened(f"sqlite:///{tmp_path}/empty.db") as journal:
        assert journal.known(["a"]) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_it_lives_in_the_tokens_store_also_in_an_old_one(url) -> None:
    grant = Grant(Secret("a"), Secret("r"), 1.0, 2.0)
    with closing(open_store(url, None)) as store:
        with store.exclusive(ACCOUNT, wait=True) as slot:
            slot.save(grant)
        with opened(url) as journal:
            assert journal.known(["a"]) == {}
            assert fates(journal, "a") == ["send"]
        assert store.load(ACCOUNT) == grant


def test_a_store_of_a_newer_version_is_refused(url) -> None:
    with opened(url) as journal:
        journal.claim(items("a"))
    statement = "UPDATE ocreg_store SET version = 2"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        server().sql(statement, url.rpartition("/")[2])
    with opened(url) as journal, refused("the journal", "newer ocreg"):
        journal.known(["a"])


def test_a_bad_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingInvalid) as caught:
        opened("mysql://me:SESAME@host/db")
    assert "SESAME" not in str(caught.value)


def test_what_is_written_is_on_the_disk_when_it_returns(lite, tmp_path) -> None:
    with opened(lite) as journal, journal._writing() as (connection, _):
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert (tmp_path / "store.db").stat().st_mode & 0o777 == 0o600


# Whose a row is


def test_a_row_of_a_living_run_is_nobody_elses(url) -> None:
    with opened(url) as one, opened(url) as two:
        assert fates(one, "a", "b") == ["send", "send"]
        assert fates(two, "b", "c") == ["busy", "send"]
        one.sending(["a"], "m")
        assert fates(two, "a") == ["busy"]
        with refused("was changed by another run"):
            two.sending(["a"], "m")
        with refused("was changed by another run"):
            two.settled([("a", "done", None), ("c", "refused", None)])
        known = two.known(["a", "c"])
        assert (known["a"].state, known["c"].state) == ("sending", "refused")  # what is its own is written down


def test_what_was_not_sent_is_free_when_a_run_ends(url) -> None:
    with opened(url) as one:
        one.claim(items("a", "b"))
        one.sending(["a"], "m")
    assert (state(url, "a"), state(url, "b")) == ("sending", None)
    with opened(url) as two:
        assert fates(two, "a", "b") == ["ask", "send"]


RACE = """
go()
mine = []
for start in range(0, 400, 20):
    keys = [f"k{number:03d}" for number in range(start, start + 20)]
    claims = journal.claim([(key, "d") for key in (keys if os.getpid() % 2 else keys[::-1])])
    ours = [key for key in keys if claims[key].fate == "send"]
    if ours:
        journal.sending(ours, "m")
        journal.settled([(key, "done", None) for key in ours])
    mine += ours
say(*mine)
journal.close()
"""


def test_of_several_processes_one_gets_a_row(url) -> None:
    children = [started(url, RACE) for _ in range(4)]
    for child in children:
        child.go()
    got = [key for child in children for line in child.end() for key in line.split()]
    assert sorted(got) == [f"k{number:03d}" for number in range(400)]


def test_of_several_threads_one_gets_a_row(url) -> None:
    def claim(journal):
        claims = journal.claim(items(*(f"k{number}" for number in range(200))))
        return [key for key, claim in claims.items() if claim.fate == "send"]

    with opened(url) as one, opened(url) as two, ThreadPoolExecutor(8) as threads:
        first = list(threads.map(claim, [two, one]))
        assert sorted(len(keys) for keys in first) == [0, 200]


# Crashes


def test_after_a_kill_what_was_claimed_is_sent_and_what_was_on_its_way_asked_for(url) -> None:
    code = "journal.claim([(k, 'd') for k in 'abc']); journal.sending(['a', 'b'], 'm'); say('in'); go()"
    child = started(url, code)
    assert child.hear() == "in"
    with opened(url) as journal:
        assert fates(journal, "a", "c") == ["busy", "busy"]
    child.kill()
    with opened(url) as journal:
        claims = journal.claim(items("a", "b", "c"))
        assert [claims[key].fate for key in "abc"] == ["ask", "ask", "send"]
        assert (claims["a"].message_id, claims["a"].together) == ("m", 2)
    child = started(url, "say(journal.claim([('a', 'd')])['a'].fate)")  # asked for, but the answer never came
    assert child.end() == ["ask"]


def test_a_run_on_another_host_is_dead_after_a_while_without_a_sign_of_life(url, monkeypatch) -> None:
    with opened(url) as one, opened(url) as two:
        monkeypatch.setattr(runs, "host", lambda: "another")
        one.claim(items("a"))
        monkeypatch.undo()
        assert fates(two, "a") == ["busy"]
        _silent_for(url, runs.LEASE - 60)
        assert fates(two, "a") == ["busy"]
        _silent_for(url, 120)
        assert fates(two, "a") == ["send"]
        with refused("was changed by another run"):
            one.sending(["a"], "m")


def _silent_for(url, seconds, of="another"):
    _sql(url, f"UPDATE ocreg_runs SET seen = seen - {seconds} WHERE host = '{of}'")


def _sql(url, statement):
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        server().sql(statement, url.rpartition("/")[2])


def test_a_run_gives_signs_of_life(url, monkeypatch) -> None:
    monkeypatch.setattr(runs, "BEAT", 0.05)
    monkeypatch.setattr(runs, "host", lambda: "another")
    with opened(url) as journal:
        journal.claim(items("a"))
        _silent_for(url, 10_000)
        until(lambda: journal.known(["a"])["a"].holder.silent < 5_000)


def test_two_live_runs_that_want_the_rows_of_a_dead_one_do_not_both_get_them() -> None:
    """One waits for the other's lock; what it then reads is what the other made of the rows."""
    url = server().database()
    dead = started(url, "journal.claim([(k, 'd') for k in 'abc']); say('in'); go()")
    dead.hear()
    dead.kill()
    with opened(url) as one, opened(url) as two, ThreadPoolExecutor(1) as thread:
        commit, claimed = one._database.commit, threading.Event()

        def slow_commit(connection) -> None:
            if connection.scalar(sa.text("SELECT count(*) FROM ocreg_journal WHERE run = :run"), {"run": one._run}):
                claimed.set()
                time.sleep(0.2)  # the other comes to wait for the rows
            commit(connection)

        one._database.commit = slow_commit
        first = thread.submit(fates, one, "a", "b", "c")
        assert claimed.wait(60)
        assert fates(two, "a", "b", "c") == ["busy"] * 3
        assert first.result() == ["send"] * 3
        one.sending(["a", "b", "c"], "m")
        one.check()


def test_a_row_whose_run_ends_before_it_is_locked_is_claimed_all_the_same(monkeypatch) -> None:
    url = server().database()
    with opened(url) as one, opened(url) as two:
        one.claim(items("a", "b"))
        locked = two._locked

        def late(connection, keys):
            one.release()  # of no effect the second time
            return locked(connection, keys)

        monkeypatch.setattr(two, "_locked", late)
        assert fates(two, "a", "b", "c") == ["send"] * 3
        two.sending(["a", "b", "c"], "m")


def test_who_was_taken_for_dead_may_not_send_and_never_comes_back(url, monkeypatch) -> None:
    with opened(url) as one, opened(url) as two:
        monkeypatch.setattr(runs, "host", lambda: "another")
        one.claim(items("a", "b", "c"))
        monkeypatch.undo()
        one.sending(["a", "b"], "m")
        one.check()
        _silent_for(url, runs.LEASE + 60)
        one.check()  # it is still on the books, and gives a sign of life
        assert fates(two, "a") == ["busy"]
        _silent_for(url, runs.LEASE + 60)
        assert fates(two, "a") == ["ask"]
        assert not one._beat(one._run)
        with refused("took this one for dead"):
            one.check()
        with refused("took this one for dead"):
            one.settled([("a", "done", None), ("b", "done", None)])
        known = two.known(["a", "b"])
        assert (known["a"].state, known["b"].state) == ("sending", "done")  # what nobody took is written down


def test_a_machine_that_stops_during_the_look_looks_again(monkeypatch) -> None:
    """What the database said was true when it was said; half a lease later it counts no more."""
    url = server().database()
    monkeypatch.setattr(runs, "LEASE", 3.0)  # nothing else takes half of it
    with opened(url) as journal:
        journal.claim(items("a"))
        looks = []

        def stopped(_, __, statement, *___) -> None:
            looks.append(statement)
            if len(looks) == 1:
                _sql(url, "DELETE FROM ocreg_runs")
                time.sleep(1.6)

        sa.event.listen(journal._database._engine, "after_cursor_execute", stopped)
        with refused("took this one for dead"):
            journal.check()
        assert len(looks) == 2


def test_a_check_reads_and_writes_nothing(url) -> None:
    with opened(url) as journal:
        journal.claim(items("a"))
        said = []
        note = lambda _, __, statement, *___: said.append(statement)  # noqa: E731
        sa.event.listen(journal._database._engine, "before_cursor_execute", note)
        sa.event.listen(journal._database._engine, "commit", lambda _: said.append("COMMIT"))
        journal.check()
        assert len(said) == 1
        assert said[0].startswith("SELECT")


def test_on_one_host_a_process_that_only_sleeps_is_not_taken_for_dead(url) -> None:
    child = started(url, "journal.claim([('a', 'd')]); say('in'); go()")
    child.hear()
    os.kill(child.process.pid, signal.SIGSTOP)
    try:
        with opened(url) as journal:
            _silent_for(url, 100 * runs.FORGOTTEN, of=runs.host())
            assert fates(journal, "a") == ["busy"]
    finally:
        os.kill(child.process.pid, signal.SIGCONT)
        child.kill()


HALTS = """
import signal, sqlalchemy as sa, ocreg.store.runs as runs
runs.host = lambda: "elsewhere"
journal.claim([("first", "d")])
halt = lambda _: (say("in"), os.kill(os.getpid(), signal.SIGSTOP))
names = ["a", "b", "c"]
try:
    if late:
        journal.claim([(name, "d") for name in names])
    sa.event.listen(journal._database._engine, "commit", halt)
    if late:
        journal.sending(names, "m")
    else:
        journal.claim([(name, "d") for name in names])
except StoreError as error:
    say(error)
"""


@pytest.mark.parametrize("late", [True, False], ids=["sending", "claiming"])
def test_a_machine_that_stops_in_a_transaction_does_not_hold_up_the_others(late) -> None:
    """Its rows would stay locked for as long as it sleeps, and every other run that wants them would wait."""
    url = server().database()
    child = started(url, f"import ocreg.store.wal as wal; wal.Shared.idle = 0.5\nlate = {late}\n{HALTS}")
    try:
        assert child.hear() == "in"
        _silent_for(url, 2 * runs.LEASE, of="elsewhere")
        with opened(url) as journal:
            assert fates(journal, *"abc") == ["send"] * 3  # what it wrote was not committed, and nothing was sent
        os.kill(child.process.pid, signal.SIGCONT)
        (said,) = child.rest()
        assert "ended an idle transaction" in said
        assert "run the same command again" in said
    finally:
        child.kill()


def test_a_process_that_was_killed_and_not_waited_for_is_dead(url) -> None:
    code = f"{CHILD}journal.claim([('a', 'd')]); say('in'); go()"
    command = [sys.executable, "-c", code, url, ACCOUNT, OPERATION]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"in\n"
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # its number is still taken
        with opened(url) as journal:
            assert fates(journal, "a") == ["send"]


def test_another_process_with_the_number_of_then_is_not_the_run_of_then(url) -> None:
    child = started(url, "journal.claim([('a', 'd')]); say(journal._run); go()")
    run = child.hear()
    name, _, born = run.partition("-")
    with opened(url) as journal:
        assert fates(journal, "a") == ["busy"]
        _sql(url, f"UPDATE ocreg_runs SET run = '{name}-{int(born) + 1}' WHERE run = '{run}'")
        _sql(url, f"UPDATE ocreg_journal SET run = '{name}-{int(born) + 1}'")
        assert fates(journal, "a") == ["send"]
    child.kill()


def test_who_was_forgotten_is_taken_off_the_books_and_who_lives_is_not(url, monkeypatch) -> None:
    with opened(url) as one, opened(url) as two, opened(url) as three:
        monkeypatch.setattr(runs, "host", lambda: "another")
        one.claim(items("a"))
        monkeypatch.undo()
        two.claim(items("b"))
        _silent_for(url, 2 * runs.FORGOTTEN)
        _silent_for(url, 2 * runs.FORGOTTEN, of=runs.host())
        three.claim(items("c"))
        assert [three.known([key])[key].holder.silent is None for key in "abc"] == [True, False, False]


def test_rows_are_locked_in_one_order_whatever_the_language_of_the_database() -> None:
    """Two who lock the same rows in two orders wait for each other until one of them is ended."""
    name = "in_english"
    server().sql(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    keys = [*"aBcDeF", *"AbCdEf"]
    with opened(server().url(name)) as one, opened(server().url(name)) as two:
        one.claim(items(*keys))
        assert server().sql("SELECT 'a' < 'B'", name) == [(True,)]  # unlike Python
        found = []
        with two._writing() as (connection, _):
            sa.event.listen(connection, "before_cursor_execute", lambda _, __, s, *___: found.append(s))
            two._locked(connection, keys)
        assert 'COLLATE "C"' in found[0]
        with one._writing() as (connection, _):
            assert list(one._locked(connection, keys)) == sorted(keys)


def test_a_process_number_that_came_again_is_not_the_run_of_then(lite) -> None:
    journal = opened(lite)
    journal.claim(items("a"))
    with opened(lite) as two:
        assert fates(two, "a") == ["busy"]
        runs.end(journal._run)  # as if this process were a new one
        assert fates(two, "a") == ["send"]
    journal.close()


def test_kills_at_any_moment_leave_every_row_known(lite) -> None:
    code = """
say('ready')
for number in range(10 ** 6):
    journal.claim([(str(number), 'd')])
    journal.sending([str(number)], 'm')
    say('sent', number)
    journal.settled([(str(number), 'done', None)])
"""
    for wait in (0.05, 0.1, 0.2):
        child = started(lite, code)
        child.hear()
        threading.Timer(wait, child.process.kill).start()
        said = [line.split()[-1] for line in child.rest() if line.startswith("sent ")]
        child.kill()
        with opened(lite) as journal:
            known = journal.known(said[-500:])
            assert {known[number].state for number in said[-500:-1]} <= {"done"}
            assert not said or known[said[-1]].state in ("done", "sending")
        Path(lite.removeprefix("sqlite:///")).unlink()


# What cannot be written


def test_a_full_disk_is_found_before_anything_is_sent_and_nothing_is_lost_after(lite) -> None:
    code = """
keys = [f"{number:06d}" for number in range(1000)]
journal.claim([(key, "d") for key in keys])
journal.sending(keys[:50], "m1")
room(1000)
for what in (lambda: journal.settled([(key, "done", None) for key in keys[:50]]),
             lambda: journal.sending(keys[50:100], "m2"),
             lambda: journal.claim([("x", "d")])):
    try:
        what()
        say("written")
    except StoreError as error:
        say(error)
journal.close()
"""
    said = started(lite, code).end()
    assert len(said) == 3
    assert all("the journal sqlite:///" in line and "the disk is full: free disk space" in line for line in said)
    assert [state(lite, key) for key in ("000000", "000050", "x")] == ["sending", "claimed", None]
    with opened(lite) as journal:
        assert fates(journal, "000000", "000050") == ["ask", "send"]


def test_a_file_that_is_no_database_is_a_store_error(tmp_path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database\n" * 1000)
    (tmp_path / "store.db").chmod(0o600)
    with opened(f"sqlite:///{tmp_path}/store.db") as journal, refused("is not an SQLite database"):
        journal.known(["a"])


def test_a_server_that_is_not_there_is_a_store_error() -> None:
    with opened("postgresql+psycopg://me:SESAME@127.0.0.1:1/x") as journal, refused("cannot be reached"):
        journal.claim(items("a"))


def test_a_server_that_stops_in_a_run_and_comes_back() -> None:
    url = server().database()
    with opened(url) as journal:
        journal.claim(items("a", "b"))
        server().stop()
        try:
            with refused("the connection was lost"):
                journal.sending(["a"], "m")
        finally:
            server().start()
        journal.sending(["a"], "m")
    assert state(url, "a") == "sending"


def test_it_waits_while_somebody_fetches_a_token(lite) -> None:
    with closing(open_store(lite, None)) as store, opened(lite) as journal:
        journal.claim(items("a"))
        with ThreadPoolExecutor(1) as thread, store.exclusive(ACCOUNT, wait=True):
            waiting = thread.submit(journal.sending, ["a"], "m")
            time.sleep(0.1)
            assert not waiting.done()
        waiting.result(60)
    assert state(lite, "a") == "sending"


# Forks

FORKED = """
assert journal.claim([("A", "d"), ("B", "d")])["A"].fate == "send"
child = os.fork()
if child == 0:
    claims = journal.claim([("A", "d"), ("C", "d")])
    assert (claims["A"].fate, claims["C"].fate) == ("busy", "send")
    journal.sending(["C"], "m-child")
    journal.settled([("C", "done", None)])
    journal.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
journal.sending(["A"], "m-parent")  # the child's end left it to us
journal.settled([("A", "done", None)])
journal.close()
"""


def test_a_child_has_a_run_of_its_own(url) -> None:
    started(url, FORKED).end()
    assert [state(url, key) for key in "ABC"] == ["done", None, "done"]
