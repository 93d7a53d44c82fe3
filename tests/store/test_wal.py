"""The file of a journal: its mode, what a commit costs and survives, where it may be, and how it came out of the tokens' file."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from ocreg.account.grants import Grant
from ocreg.errors import StoreError
from ocreg.redact import Secret
from ocreg.store import journal_beside, open_history, open_journal, open_store, wal
from tests.children import Child
from tests.postgres import server

ACCOUNT, OPERATION = "account", "operation"


def opened(file: Path, account: str = ACCOUNT):
    return open_journal(f"sqlite:///{file}", account, OPERATION, 20.0)


def claimed(journal, *keys):
    return {key: claim.fate for key, claim in journal.claim([(key, "d") for key in keys]).items()}


def sql(file: Path, statement: str) -> list:
    with closing(sqlite3.connect(file)) as connection, connection:
        return connection.execute(statement).fetchall()


# The mode


def test_commits_are_synced_and_the_log_is_gone_when_nobody_has_it_open(tmp_path) -> None:
    file = tmp_path / "journal.db"
    with opened(file) as journal:
        claimed(journal, "a")
        with journal._writing() as (connection, _):
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]


def test_a_look_leaves_the_mode_of_an_older_file(tmp_path) -> None:
    file = tmp_path / "journal.db"
    with opened(file) as journal:
        claimed(journal, "a")
    sql(file, "PRAGMA journal_mode = DELETE")
    before = file.read_bytes()
    with opened(file) as journal:
        assert journal.known(["a"]) == {}
        assert file.read_bytes() == before
        claimed(journal, "a")
        assert sql(file, "PRAGMA journal_mode") == [("wal",)]


def test_readers_do_not_wait_for_a_writer(tmp_path) -> None:
    with opened(tmp_path / "journal.db") as one, opened(tmp_path / "journal.db") as two:
        claimed(one, "a")
        with one._writing():
            began = time.monotonic()
            assert two.known(["a"])["a"].state == "claimed"
            one.check()
            assert time.monotonic() - began < 30  # a writer is waited for, for two minutes


def test_connections_are_kept(tmp_path) -> None:
    with opened(tmp_path / "journal.db") as journal:
        claimed(journal, "a")
        made = []
        sa.event.listen(journal._database._engine, "connect", lambda *_: made.append(1))
        for _ in range(5):
            journal.check()
            journal.known(["a"])
        assert made == []


def test_a_file_that_was_replaced_is_another_journal(tmp_path) -> None:
    file = tmp_path / "journal.db"
    with opened(file) as journal:
        claimed(journal, "a")
        for path in tmp_path.iterdir():
            path.unlink()
        with opened(file) as other:
            assert claimed(other, "a") == {"a": "send"}
            with pytest.raises(StoreError, match="took this one for dead"):
                journal.check()
            with pytest.raises(StoreError, match="took this one for dead"):
                journal.sending(["a"], "m")


KEPT = """
import os, sqlite3, sys, threading
from ocreg.store import open_journal
journal = open_journal(sys.argv[1], "account", "operation")
other = open_journal(sys.argv[1], "account", "operation")
journal.claim([("a", "d")])
other.known(["a"])
file = os.path.realpath(sys.argv[1].removeprefix("sqlite:///"))
has = lambda: [fd for fd in os.listdir("/proc/self/fd") if os.path.realpath(f"/proc/self/fd/{fd}") == file]
assert has()
child = os.fork()
if child == 0:
    os._exit(1 if has() else 0)
assert os.waitpid(child, 0)[1] == 0
journal.check()
print("checked")
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tells open files")
def test_no_connection_goes_through_a_fork(tmp_path) -> None:
    assert Child(KEPT, f"sqlite:///{tmp_path}/journal.db").end() == ["checked"]


# One commit for many


def commits(journal) -> list[str]:
    found: list[str] = []
    note = lambda _, __, statement, *___: found.append(statement)  # noqa: E731
    sa.event.listen(journal._database._engine, "before_cursor_execute", note)
    sa.event.listen(journal._database._engine, "commit", lambda _: found.append("COMMIT"))
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request, tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db" if request.param == "sqlite" else server().database()
    with open_journal(url, ACCOUNT, OPERATION, 20.0) as found:
        yield found


def test_what_is_settled_later_is_written_with_what_is_sent_next(journal) -> None:
    claimed(journal, "a", "b")
    said = commits(journal)
    journal.sending(["b"], "m1")
    journal.settled([("b", "done", "{}")], later=True)
    assert journal.known(["b"])["b"].state == "sending"
    journal.sending(["a"], "m2")
    assert said.count("COMMIT") == 2
    assert {key: record.state for key, record in journal.known(["a", "b"]).items()} == {"a": "sending", "b": "done"}


def test_what_is_settled_later_is_there_after_a_flush_and_after_the_end(journal) -> None:
    claimed(journal, "a", "b")
    journal.sending(["a", "b"], "m")
    journal.settled([("a", "done", None)], later=True)
    journal.flush()
    assert journal.known(["a"])["a"].state == "done"
    journal.settled([("b", "refused", None)], later=True)
    journal.release()
    assert journal.known(["b"])["b"].state == "refused"


def test_threads_that_wait_share_a_commit(journal) -> None:
    keys = [f"{number:02d}" for number in range(16)]
    claimed(journal, *keys)
    said = commits(journal)
    with ThreadPoolExecutor(16) as threads:
        with journal._lock:  # somebody commits
            waiting = [threads.submit(journal.sending, [key], key) for key in keys]
            while len(journal._changes._waiting) < 15:
                time.sleep(0.001)
        for one in waiting:
            one.result(20)
    assert said.count("COMMIT") <= 2
    assert {record.message_id for record in journal.known(keys).values()} == set(keys)


def test_of_those_that_share_a_commit_only_who_lost_a_row_is_told(journal) -> None:
    claimed(journal, "a", "b", "c")
    with journal._writing() as (connection, _):
        connection.execute(sa.text("UPDATE ocreg_journal SET run = 'another' WHERE key = 'b'"))
    with ThreadPoolExecutor(3) as threads:
        with journal._lock:
            first = threads.submit(journal.sending, ["c"], "c")
            while not journal._changes._lock.locked():
                time.sleep(0.001)
            rest = [threads.submit(journal.sending, [key], key) for key in "ab"]
            while len(journal._changes._waiting) < 2:
                time.sleep(0.001)
        first.result(20)
        rest[0].result(20)
        with pytest.raises(StoreError, match="took this one for dead"):
            rest[1].result(20)
    assert [journal.known(["a", "b", "c"])[key].state for key in "abc"] == ["sending", "claimed", "sending"]


def test_that_a_row_was_lost_is_said_to_who_sends_next(journal) -> None:
    claimed(journal, "a", "b", "c")
    journal.sending(["a", "b"], "m")
    with journal._writing() as (connection, _):
        connection.execute(sa.text("UPDATE ocreg_journal SET run = 'another' WHERE key = 'b'"))
    journal.settled([("a", "done", None), ("b", "done", None)], later=True)
    with pytest.raises(StoreError, match="took this one for dead"):
        journal.sending(["c"], "m2")
    assert [journal.known(["a", "b"])[key].state for key in "ab"] == ["done", "sending"]


# A file of its own


def test_a_token_store_has_its_journal_beside_it(tmp_path) -> None:
    assert journal_beside(f"sqlite:///{tmp_path}/tokens.db") == f"sqlite:///{tmp_path}/tokens.journal.db"
    assert journal_beside("postgresql+psycopg://me:p%40ss@host/db") == "postgresql+psycopg://me:p%40ss@host/db"
    file, grant = tmp_path / "tokens.db", Grant(Secret("a"), Secret("r"), 1.0, 2.0)
    with closing(open_store(f"sqlite:///{file}", None)) as store:
        with store.exclusive(ACCOUNT, wait=True) as slot:
            slot.save(grant)
        with opened(file) as journal, store.exclusive(ACCOUNT, wait=True):  # nobody waits for the other
            assert claimed(journal, "a") == {"a": "send"}
            assert journal.name == f"sqlite:///{tmp_path}/tokens.journal.db"
        assert store.load(ACCOUNT) == grant
    assert [row[0] for row in sql(file, "PRAGMA journal_mode")] == ["delete"]
    assert not sql(file, "SELECT name FROM sqlite_master WHERE name = 'ocreg_journal'")


def test_tokens_in_the_file_of_a_journal_are_kept_as_it_is(tmp_path) -> None:
    file, grant = tmp_path / "both.db", Grant(Secret("a"), Secret("r"), 1.0, 2.0)
    with opened(file) as journal, closing(open_store(f"sqlite:///{file}", None)) as store:
        claimed(journal, "a")
        with store.exclusive(ACCOUNT, wait=True) as slot:
            slot.save(grant)
        journal.sending(["a"], "m")
        assert store.load(ACCOUNT) == grant


OLD = """
CREATE TABLE ocreg_store (version INTEGER NOT NULL, PRIMARY KEY (version));
INSERT INTO ocreg_store VALUES (1);
CREATE TABLE ocreg_tokens (account TEXT NOT NULL, access_token BLOB, refresh_token BLOB, obtained_at DOUBLE,
    lifetime DOUBLE, updated_at DOUBLE NOT NULL, asked_at DOUBLE, PRIMARY KEY (account));
CREATE TABLE ocreg_journal (account TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
    state TEXT NOT NULL, run TEXT NOT NULL, message_id TEXT, together INTEGER, result TEXT, updated_at DOUBLE NOT NULL,
    PRIMARY KEY (account, operation, key));
CREATE TABLE ocreg_runs (run TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, seen DOUBLE NOT NULL,
    PRIMARY KEY (run));
"""
"""The file as the version before made it."""


def old_file(folder: Path, states: dict[str, str]) -> Path:
    file = folder / "tokens.db"
    file.touch(0o600)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(OLD)
        rows = [(ACCOUNT, OPERATION, key, "d", state, "r", "m", 2, None, 1.0) for key, state in states.items()]
        connection.executemany("INSERT INTO ocreg_journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return file


@pytest.mark.parametrize("name", ["tokens.db", "tokens.journal.db"])
def test_a_journal_in_the_tokens_file_is_found_again_and_moves_out(tmp_path, name) -> None:
    old = old_file(tmp_path, {"a": "done", "b": "sending", "c": "refused"} | {f"{n}": "done" for n in range(2500)})
    before = old.read_bytes()
    with opened(tmp_path / name) as journal:
        assert journal.accounts() == [ACCOUNT]
        assert {key: record.fate("d") for key, record in journal.known(["a", "b", "c"]).items()} == {
            "a": "done",
            "b": "ask",
            "c": "send",
        }
        assert journal.elsewhere([ACCOUNT], ["a", "b", "c"]) == {ACCOUNT: 2}
        assert old.read_bytes() == before  # a look changes nothing, and makes nothing
        assert [path.name for path in tmp_path.iterdir()] == ["tokens.db"]
        assert claimed(journal, "a", "b", "c", "2499") == {"a": "done", "b": "ask", "c": "send", "2499": "done"}
    with opened(tmp_path / name) as journal:
        assert claimed(journal, "a", "new") == {"a": "done", "new": "send"}
    for statement in (
        "INSERT INTO ocreg_runs VALUES ('r', 'h', 1, 1)",
        "INSERT INTO ocreg_journal VALUES ('x', 'x', 'x', 'x', 'x', 'x', 'x', 1, 'x', 1)",
        "UPDATE ocreg_journal SET state = 'sending'",
    ):
        with pytest.raises(
            sqlite3.IntegrityError, match=r"this journal has moved to .*tokens\.journal\.db: upgrade ocreg"
        ):
            sql(old, statement)


def test_a_journal_that_has_not_moved_is_told_where_it_is_and_moves_when_it_is_pruned(tmp_path) -> None:
    old = old_file(tmp_path, {"a": "done", "b": "sending", "c": "refused"})
    before = old.read_bytes()
    with open_history(f"sqlite:///{old}") as history:
        assert (history.is_there(), history.name) == (True, f"sqlite:///{old}")
        groups, past = history.overview()
        assert [group.counts for group in groups] == [
            {"done": 1, "refused": 1, "not sent": 0, "in doubt": 1, "open": 0}
        ]
        assert [(run.run, run.state, run.command) for run in past] == [("r", "ended", None)]
        assert [event.state for event in history.find("b")[0][0].events] == ["sending"]
        assert [row.key for row in history.rows()] == ["a", "b", "c"]
        assert history.old(history.now())[1] == {"in doubt": 1, "open": 0}
        assert old.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["tokens.db"]
        assert history.prune(history.now()) == 2
        assert history.name == f"sqlite:///{tmp_path}/tokens.journal.db"
        assert [row.key for row in history.rows()] == ["b"]
    with opened(old) as journal:
        assert claimed(journal, "a", "b") == {"a": "send", "b": "ask"}


def test_a_file_that_gets_tokens_later_gives_its_journal_away_with_runs_and_stories(tmp_path) -> None:
    file = tmp_path / "both.db"
    with opened(file) as journal:
        claimed(journal, "a")
        journal.sending(["a"], "m")
        journal.settled([("a", "done", None)])
    with open_history(f"sqlite:///{file}") as history:
        told = history.overview(), history.find("a")
    with closing(open_store(f"sqlite:///{file}", None)) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        slot.save(Grant(Secret("a"), Secret("r"), 1.0, 2.0))
    with open_history(f"sqlite:///{file}") as history:
        assert (history.name, history.overview(), history.find("a")) == (f"sqlite:///{file}", *told)
    with opened(file) as journal:
        assert claimed(journal, "a") == {"a": "done"}
    with open_history(f"sqlite:///{file}") as history:
        assert history.name == f"sqlite:///{tmp_path}/both.journal.db"
        assert history.find("a") == told[1]
        assert history.overview()[1][1:] == told[0][1]


def test_a_look_keeps_no_transaction_open_and_prune_leaves_the_log_short(tmp_path) -> None:
    """The log begins anew where nobody reads an older state of the file: else it would only grow."""
    file = tmp_path / "journal.db"
    with opened(file) as journal, open_history(f"sqlite:///{file}") as history:
        claimed(journal, "a")
        history.overview()
        next(history.rows())
        journal.sending(["a"], "m")
        journal.settled([("a", "refused", None)])
        assert sql(file, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0  # 1: somebody reads
        assert history.prune(history.now()) == 0  # its run lives
        journal.release()
        assert history.prune(history.now() + 1) == 1
        assert sql(file, "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0
        assert claimed(journal, "a") == {"a": "send"}
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]


def test_a_journal_that_an_older_version_writes_into_does_not_move(tmp_path) -> None:
    old = old_file(tmp_path, {"a": "claimed"})
    sql(old, f"INSERT INTO ocreg_runs VALUES ('r', 'elsewhere', 1, {time.time()})")
    with opened(old) as journal:
        with pytest.raises(StoreError, match=r"is in use by an older ocreg.*it moves to .* try again then"):
            claimed(journal, "a")
        sql(old, "DELETE FROM ocreg_runs")
        assert claimed(journal, "a") == {"a": "send"}


def test_of_several_processes_that_move_a_journal_each_has_all_of_it(tmp_path) -> None:
    old = old_file(tmp_path, {f"{n}": "done" for n in range(2000)})
    code = """
import sys
from ocreg.store import open_journal
sys.stdin.readline()
with open_journal(sys.argv[1], "account", "operation") as journal:
    print({claim.fate for claim in journal.claim([(str(n), "d") for n in range(2000)]).values()})
"""
    children = [Child(code, f"sqlite:///{old}") for _ in range(3)]
    for child in children:
        child.go()
    assert [child.end() for child in children] == [["{'done'}"]] * 3


# Where it may be


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        ("rootfs / ext4 rw 0 0\nserver:/x {} nfs4 rw 0 0", "nfs4"),
        ("rootfs / ext4 rw 0 0\n//server/x {} cifs rw 0 0\n/dev/b {}/inner ext4 rw 0 0", "cifs"),
        ("x / fuse.sshfs rw 0 0\n/dev/a /somewhere/else ext4 rw 0 0", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_refused_in_words(tmp_path, monkeypatch, mounts, kind) -> None:
    folder = tmp_path / "with blank"
    folder.mkdir()
    (tmp_path / "mounts").write_text(mounts.replace("{}", str(folder).replace(" ", r"\040")))
    monkeypatch.setattr(wal, "_MOUNTS", tmp_path / "mounts")
    with opened(folder / "journal.db") as journal:
        assert journal.known(["a"]) == {}
        with pytest.raises(StoreError, match=rf"network file system \({kind}\).*use a local disk, or PostgreSQL"):
            claimed(journal, "a")
    assert not (folder / "journal.db").exists()


def test_the_innermost_mount_and_of_two_on_one_point_the_last_one_counts(tmp_path, monkeypatch) -> None:
    lines = [f"a / nfs 0 0\nb {tmp_path} cifs 0 0\nc {tmp_path} ext4 0 0\nd {tmp_path}x nfs 0 0"]
    (tmp_path / "mounts").write_text("\n".join(lines))
    monkeypatch.setattr(wal, "_MOUNTS", tmp_path / "mounts")
    assert wal.file_system(tmp_path / "journal.db") == "ext4"
    assert wal.file_system(Path("/elsewhere/journal.db")) == "nfs"
    monkeypatch.setattr(wal, "_MOUNTS", tmp_path / "none")
    assert wal.file_system(tmp_path / "journal.db") == ""
    with opened(tmp_path / "journal.db") as journal:
        assert claimed(journal, "a") == {"a": "send"}
