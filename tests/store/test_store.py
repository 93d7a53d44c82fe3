"""The token stores, on real databases: what they keep, whom they keep out, and what they say when something is wrong."""

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocreg.account.grants import Grant
from ocreg.errors import SettingInvalid, StoreError
from ocreg.redact import Secret
from ocreg.store import open_store
from tests.children import Child
from tests.postgres import PASSWORD, server

ACCOUNT = "sandbox||0123456789abcdef|default"
OLD = Grant(Secret("access-old-SESAME"), Secret("refresh-old-SESAME"), 1_750_000_000.25, 3600.0)
NEW = Grant(Secret("access-new-SESAME"), Secret("refresh-new-SESAME"), 1_750_003_600.5, 3600.0)
KEY, OTHER_KEY = (Secret(Fernet.generate_key().decode()) for _ in range(2))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/tokens.db" if request.param == "sqlite" else server().database()


@pytest.fixture
def lite(tmp_path):
    return f"sqlite:///{tmp_path}/tokens.db"


@pytest.fixture
def postgres():
    return server().database()


def opened(url, key=None, patience=20.0):
    return closing(open_store(url, key, patience))


def save(url, grant, key=None, account=ACCOUNT):
    with opened(url, key) as store, store.exclusive(account, wait=True) as slot:
        slot.save(grant)


def load(url, key=None, account=ACCOUNT):
    with opened(url, key) as store:
        return store.load(account)


@contextmanager
def refused(*words):
    """A StoreError that says this, and no secret."""
    with pytest.raises(StoreError) as caught:
        yield
    text = str(caught.value)
    assert not [word for word in words if word not in text], text
    assert caught.value.__cause__ is None
    cause = caught.value.__context__  # not shown, but kept
    for hidden in ("SESAME", PASSWORD, KEY.reveal(), OTHER_KEY.reveal()):
        assert hidden not in text + repr(caught.value) + str(cause)


CHILD = """
import os, resource, sys, time
from ocreg.errors import StoreError
from ocreg.redact import Secret
from ocreg.store import open_store
from ocreg.account.grants import Grant
url, account = sys.argv[1:]
NEW = Grant(Secret("access-new-SESAME"), Secret("refresh-new-SESAME"), 1_750_003_600.5, 3600.0)
store = open_store(url, None, 60.0)
say = lambda *words: print(*words, flush=True)
go = sys.stdin.readline
"""


def started(url, code):
    """A process that runs `code` after CHILD."""
    return Child(CHILD + code, url, ACCOUNT)


# What is kept


def test_a_grant_comes_back_as_it_was_and_in_another_process(url) -> None:
    assert load(url) is None
    save(url, OLD)
    save(url, NEW, account="another")
    assert load(url) == OLD
    assert load(url, account="another") == NEW
    assert started(url, "say(store.load(account).refresh_token.reveal())").end() == ["refresh-old-SESAME"]


TOKENS = st.none() | st.text().filter(lambda text: not text.endswith("\0")).map(Secret)
TIMES = st.floats(allow_nan=False)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grant=st.builds(Grant, TOKENS, TOKENS, TIMES, TIMES), key=st.sampled_from([None, KEY]))
def test_any_grant_comes_back_as_it_was(url, grant, key) -> None:
    save(url, grant, key)
    assert load(url, key) == grant


def test_long_tokens_come_back_as_they_were(url) -> None:
    long = Grant(Secret("a" * 100_000), Secret("r" * 5_000), 1.0, 2.0)
    save(url, OLD)
    save(url, long)
    assert load(url) == long
    save(url, OLD)
    assert load(url) == OLD


def test_tokens_that_no_header_could_carry_come_back_as_they_were(url) -> None:
    odd = Grant(Secret("\ud800\0 é"), Secret(""), float("-inf"), float("inf"))
    save(url, odd)
    assert load(url) == odd


def test_two_stores_see_each_other(url) -> None:
    with opened(url) as one, opened(url) as two:
        for writer, reader, grant in ((one, two, OLD), (two, one, NEW), (one, two, OLD)):
            with writer.exclusive(ACCOUNT, wait=True) as slot:
                slot.save(grant)
            assert reader.load(ACCOUNT) == grant


def test_deleted_is_gone(url) -> None:
    save(url, OLD)
    save(url, OLD, account="another")
    with opened(url) as store:
        store.delete(ACCOUNT)
        store.delete("never seen")
        assert store.load(ACCOUNT) is None
        assert store.load("another") == OLD
        with store.exclusive(ACCOUNT, wait=True) as slot:
            assert slot.load() is None


def test_deleted_tokens_are_not_left_in_the_file(lite, tmp_path) -> None:
    save(lite, OLD)
    assert b"SESAME" in everything(tmp_path)
    with opened(lite) as store:
        store.delete(ACCOUNT)
    assert b"SESAME" not in everything(tmp_path)


def everything(directory):
    return b"".join(path.read_bytes() for path in directory.iterdir())


def test_a_closed_store_opens_again(url) -> None:
    store = open_store(url, None)
    store.close()
    assert store.load(ACCOUNT) is None
    store.close()


def test_nothing_is_made_before_the_first_use(tmp_path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/deep/tokens.db", None)
    assert "deep" in repr(store)
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_of_the_directory_where_the_store_was_opened(tmp_path, monkeypatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    with opened("sqlite:///tokens.db") as store:
        monkeypatch.chdir(elsewhere)
        store.load(ACCOUNT)
    assert stat.S_IMODE((tmp_path / "tokens.db").stat().st_mode) == 0o600
    assert list(elsewhere.iterdir()) == []


# Who is kept out

COUNT = """
go()
for _ in range(15):
    with store.exclusive(account, wait=True) as slot:
        seen = slot.load()
        time.sleep(0.001)
        slot.save(Grant(Secret("a"), Secret(str(int(seen.refresh_token.reveal()) + 1)), 0.0, 1.0))
"""


def test_a_slot_keeps_other_processes_out(url) -> None:
    save(url, Grant(Secret("a"), Secret("0"), 0.0, 1.0))
    children = [started(url, COUNT) for _ in range(4)]
    for child in children:
        child.go()
    for child in children:
        child.end()
    assert load(url).refresh_token == Secret("60")


def test_a_slot_keeps_other_threads_out(url) -> None:
    inside = []

    def count(store):
        for _ in range(5):
            with store.exclusive(ACCOUNT, wait=True) as slot:
                inside.append(threading.get_ident())
                seen = slot.load()
                number = int(seen.refresh_token.reveal()) if seen else 0
                slot.save(Grant(None, Secret(str(number + 1)), 0.0, 1.0))

    with opened(url) as one, opened(url) as two, ThreadPoolExecutor(8) as threads:
        list(threads.map(count, [one, two] * 4))
    assert load(url).refresh_token == Secret("40")


def test_who_does_not_wait_gets_none_while_others_read_on(url) -> None:
    save(url, OLD)
    child = started(url, "with store.exclusive(account, wait=True): say('in'); go()")
    assert child.hear() == "in"
    with opened(url) as store:
        with store.exclusive(ACCOUNT, wait=False) as slot:
            assert slot is None
        assert store.load(ACCOUNT) == OLD
        child.go()
        child.end()
        with store.exclusive(ACCOUNT, wait=False) as slot:
            assert slot.load() == OLD


def test_who_waits_too_long_is_told(url) -> None:
    save(url, OLD)
    began = time.monotonic()
    with opened(url) as one, opened(url, patience=0.2) as two, one.exclusive(ACCOUNT, wait=True):
        with refused("is locked: another process"), two.exclusive(ACCOUNT, wait=True):
            pytest.fail("both are inside")
        with refused("is locked: another process"):
            two.delete(ACCOUNT)
    assert time.monotonic() - began < 30  # not the minute that is usual


def test_accounts_do_not_wait_for_each_other_in_postgresql(postgres) -> None:
    with opened(postgres) as store, store.exclusive("one", wait=True), store.exclusive("two", wait=False) as slot:
        assert slot is not None


def test_an_error_inside_a_slot_ends_it_and_stays_what_it_is(url) -> None:
    save(url, OLD)
    with opened(url) as store:
        with pytest.raises(ZeroDivisionError), store.exclusive(ACCOUNT, wait=True):
            1 / 0  # noqa: B018
        with store.exclusive(ACCOUNT, wait=False) as slot:
            assert slot.load() == OLD


def test_after_a_save_the_slot_is_taken_again_before_anything_is_read(url) -> None:
    with opened(url) as one, opened(url) as two, one.exclusive(ACCOUNT, wait=True) as slot:
        slot.save(OLD)
        with two.exclusive(ACCOUNT, wait=True) as other:
            other.save(NEW)
        assert slot.load() == NEW
        with two.exclusive(ACCOUNT, wait=False) as other:
            assert other is None
        slot.save(OLD)
        assert two.load(ACCOUNT) == OLD


def test_several_processes_may_create_a_store_at_once(url) -> None:
    code = "go()\nwith store.exclusive(account + str(os.getpid()), wait=True) as slot: slot.save(NEW)"
    children = [started(url, code) for _ in range(8)]
    for child in children:
        child.go()
    for child in children:
        child.end()
    for child in children:
        assert load(url, account=f"{ACCOUNT}{child.process.pid}") == NEW


FORK = """
import signal
signal.alarm(60)
store.load(account)  # leaves an idle connection in the pool
child = os.fork()
for _ in range(50):
    assert store.load(account) is None
if child == 0:
    store.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
with store.exclusive(account, wait=True) as slot:
    child = os.fork()
    if child == 0:
        with store.exclusive(account, wait=False) as other:
            assert other is None
        assert store.load(account) is None
        store.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    slot.save(NEW)
assert store.load(account) == NEW
"""


def test_a_store_goes_through_a_fork(url) -> None:
    started(url, FORK).end()
    assert load(url) == NEW


# Kill -9


def test_what_was_saved_is_there_after_a_kill(url) -> None:
    save(url, OLD)
    child = started(url, "with store.exclusive(account, wait=True) as slot: slot.save(NEW); say('saved'); go()")
    assert child.hear() == "saved"
    child.kill()
    assert load(url) == NEW


def test_a_kill_inside_a_slot_changes_nothing_and_frees_it(url) -> None:
    save(url, OLD)
    child = started(url, "with store.exclusive(account, wait=True) as slot: slot.load(); say('in'); go()")
    assert child.hear() == "in"
    child.kill()
    with opened(url) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        assert slot.load() == OLD
        slot.save(NEW)
    assert load(url) == NEW


def test_kills_at_any_moment_leave_a_whole_grant(url) -> None:
    code = """
say('ready')
for number in range(10 ** 6):
    with store.exclusive(account, wait=True) as slot:
        slot.save(Grant(Secret(f"a{number}"), Secret(f"r{number}"), float(number), 1.0))
    say(number)
"""
    for wait in (0.0, 0.01, 0.03, 0.05):
        child = started(url, code)
        child.hear()
        timer = threading.Timer(wait, child.process.kill)
        timer.start()
        said = [line for line in child.rest() if line]
        child.kill()
        grant = load(url)
        if said:
            assert grant.obtained_at >= int(said[-1])
        if grant is not None:
            number = int(grant.obtained_at)
            assert grant == Grant(Secret(f"a{number}"), Secret(f"r{number}"), float(number), 1.0)


def test_sqlite_is_told_to_wait_for_the_disk(lite) -> None:
    with opened(lite) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        ask = slot._connection.exec_driver_sql
        assert ask("PRAGMA synchronous").scalar() == 2
        assert ask("PRAGMA journal_mode").scalar() == "truncate"


def test_postgresql_waits_for_the_disk_whatever_the_database_is_set_to(postgres) -> None:
    name = postgres.rpartition("/")[2]
    server().sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with opened(postgres) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        assert slot._connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


# Encryption


def raw(url):
    """What is really kept, all of it."""
    if url.startswith("sqlite"):
        return everything(Path(url.removeprefix("sqlite:///")).parent)
    rows = server().sql("SELECT * FROM ocreg_tokens", url.rpartition("/")[2])
    return b"".join(bytes(field) for row in rows for field in row if isinstance(field, bytes))


def test_with_a_key_nothing_is_kept_readable(url) -> None:
    save(url, OLD, KEY)
    assert b"SESAME" not in raw(url)
    assert load(url, KEY) == OLD


def test_another_key_and_no_key_are_told_apart(url) -> None:
    save(url, OLD, KEY)
    with refused("another key", "OCREG_STORE_KEY"):
        load(url, OTHER_KEY)
    with refused("has encrypted tokens: give the key"):
        load(url)
    with opened(url, OTHER_KEY) as store, store.exclusive(ACCOUNT, wait=True) as slot, refused("another key"):
        slot.load()


def test_keys_can_be_changed(url) -> None:
    both = Secret(f"{OTHER_KEY.reveal()},{KEY.reveal()}")
    save(url, OLD, KEY)
    assert load(url, both) == OLD
    save(url, NEW, both)
    assert load(url, OTHER_KEY) == NEW


def test_plain_tokens_are_read_with_a_key_and_encrypted_at_the_next_save(url) -> None:
    save(url, OLD)
    assert b"SESAME" in raw(url)
    assert load(url, KEY) == OLD
    save(url, NEW, KEY)
    assert b"SESAME" not in raw(url)
    assert load(url, KEY) == NEW


@pytest.mark.parametrize("key", ["SESAME", "SESAME" * 8, "KEY,", ","])
def test_what_is_no_key_is_refused(lite, key) -> None:
    key = key.replace("KEY", KEY.reveal())
    with pytest.raises(SettingInvalid, match="Fernet key") as caught:
        open_store(lite, Secret(key))
    assert "SESAME" not in str(caught.value)
    assert caught.value.setting == "store_key"


def test_a_damaged_token_is_a_store_error(url) -> None:
    save(url, OLD)
    with opened(url) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        store._write(slot._connection, ACCOUNT, access_token=b"SESAME")
        store._commit(slot._connection)
    with refused("a form that this version does not support"):
        load(url)


# Secrets in texts


def test_nothing_secret_is_logged_even_at_the_lowest_level(url, caplog) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy"):
        save(url, OLD)
        save(url, NEW, KEY)
        load(url, KEY)
    assert not [word for word in ("SESAME", PASSWORD, KEY.reveal(), "gAAAA") if word in caplog.text]


def test_a_store_shows_no_password(postgres) -> None:
    store = open_store(postgres + "?connect_timeout=9", KEY)
    assert "127.0.0.1" in repr(store)
    assert PASSWORD not in repr(store)


# Versions, URLs, the extra


def test_a_store_of_a_newer_version_is_refused(url) -> None:
    save(url, OLD)
    statement = "UPDATE ocreg_store SET version = 2"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        server().sql(statement, url.rpartition("/")[2])
    with refused("newer ocreg", "it has version 2", "upgrade ocreg"):
        load(url)
    with refused("newer ocreg"):
        save(url, NEW)


@pytest.mark.parametrize(
    "url",
    [
        "", "SESAME", "sqlite", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://SESAME/path",
        "sqlite:///file:SESAME?mode=ro&uri=true", "sqlite+aiosqlite:///x.db", "mysql://me:SESAME@host/db",
        "postgres://me:SESAME@host/db", "postgresql+asyncpg://me:SESAME@host/db",
        "postgresql://me:SES@SESAME@host/db", "postgresql://me:x@host:SESAME/db",
    ],
)  # fmt: skip
def test_a_bad_url_is_refused_and_not_repeated(url) -> None:
    with pytest.raises(SettingInvalid, match="OCREG_STORE") as caught:
        open_store(url, None)
    assert "SESAME" not in str(caught.value)
    assert caught.value.setting == "store"


@pytest.mark.parametrize("module", ["sqlalchemy", "psycopg", "cryptography"])
def test_a_missing_extra_is_named(module) -> None:
    code = f"""
import sys
sys.modules[{module!r}] = None
from ocreg.errors import StoreError
from ocreg.redact import Secret
from ocreg.store import open_store
try:
    open_store("postgresql://me:SESAME@host/db", Secret({KEY.reveal()!r}))
except StoreError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert module in said
    assert "pip install 'ocreg[store]'" in said
    assert "SESAME" not in said


# Files


def test_what_is_made_is_for_the_owner_only(tmp_path) -> None:
    before = os.umask(0)
    try:
        with opened(f"sqlite:///{tmp_path}/one/two/tokens.db") as store, store.exclusive(ACCOUNT, wait=True):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "one/two").iterdir()}
    finally:
        os.umask(before)
    assert modes == {"tokens.db": 0o600, "tokens.db-journal": 0o600}
    assert stat.S_IMODE((tmp_path / "one/two").stat().st_mode) == 0o700


def test_a_file_that_others_can_open_is_warned_of_once(lite, tmp_path, caplog) -> None:
    save(lite, OLD)
    assert caplog.messages == []
    (tmp_path / "tokens.db").chmod(0o644)
    with opened(lite) as store:
        assert store.load(ACCOUNT) == store.load(ACCOUNT) == OLD
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "chmod 600" in caplog.text


def as_nobody(url):
    """What a process that may not write everywhere, as root may, says when it takes a slot."""
    code = """
import tempfile
with tempfile.TemporaryDirectory() as other:
    open_store(f"sqlite:///{other}/tokens.db", None).load(account)  # loads modules that nobody may not read
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with store.exclusive(account, wait=True):
        say("in")
except StoreError as error:
    say(error)
"""
    return " ".join(started(url, code).end())


@pytest.fixture
def open_directory():
    """A directory that everybody may enter; pytest's own are for their owner."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


def test_a_file_that_cannot_be_written_is_found_before_a_token_is_spent(open_directory) -> None:
    url = f"sqlite:///{open_directory}/tokens.db"
    save(url, OLD)
    (open_directory / "tokens.db").chmod(0o444)
    said = as_nobody(url)
    assert "cannot be written: check the owner and the permissions" in said
    assert str(open_directory) in said


def test_a_directory_that_cannot_be_written_is_found_before_a_token_is_spent(open_directory) -> None:
    url = f"sqlite:///{open_directory}/tokens.db"
    save(url, OLD)
    (open_directory / "tokens.db").chmod(0o666)
    (open_directory / "tokens.db-journal").unlink()
    open_directory.chmod(0o555)
    assert "cannot be written: check the owner and the permissions" in as_nobody(url)


def test_a_file_that_cannot_be_read_is_a_store_error(open_directory) -> None:
    url = f"sqlite:///{open_directory}/tokens.db"
    save(url, OLD)
    (open_directory / "tokens.db").chmod(0)
    assert "cannot be opened: check that its directory exists and that you may write there" in as_nobody(url)


LIMIT = "room = lambda bytes: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, resource.RLIM_INFINITY))\n"


def test_a_full_disk_is_found_before_a_token_is_spent(lite) -> None:
    save(lite, OLD)
    code = """
room(100)
try:
    with store.exclusive(account, wait=True): say('in')
except StoreError as error: say(error)
"""
    said = started(lite, LIMIT + code).end()
    assert len(said) == 1
    assert "the disk is full: free disk space" in said[0]
    assert load(lite) == OLD


def test_a_disk_that_is_full_at_the_save_leaves_the_old_grant_and_the_next_save_succeeds(lite) -> None:
    save(lite, OLD)
    code = """
with store.exclusive(account, wait=True) as slot:
    room(100)
    try:
        slot.save(NEW)
    except StoreError as error:
        say(error)
    room(resource.RLIM_INFINITY)
    say(slot.load().refresh_token.reveal())
    slot.save(NEW)
say(store.load(account).refresh_token.reveal())
"""
    error, before, after = started(lite, LIMIT + code).end()
    assert "the disk is full" in error
    assert (before, after) == ("refresh-old-SESAME", "refresh-new-SESAME")


def test_a_save_takes_no_room_that_was_not_there_when_the_slot_was_given(lite, tmp_path) -> None:
    long = Grant(Secret("a" * 1000), Secret("r" * 1000), 1.0, 2.0)
    for account in "abc":
        save(lite, long, account=account)  # no page has room left by chance
    code = """
with store.exclusive(account, wait=True) as slot:
    path = url.removeprefix("sqlite:///")
    room(max(os.path.getsize(path), os.path.getsize(path + "-journal")))
    slot.save(Grant(Secret("a" * 1000), Secret("r" * 1000), 1.0, 2.0))
"""
    started(lite, LIMIT + code).end()
    assert load(lite) == long
    with opened(lite) as store, store.exclusive(ACCOUNT, wait=True):
        page, journal = 4096 + 8, (tmp_path / "tokens.db-journal").stat().st_size
        assert journal == 512 + 2 * page  # the row's page and the first one, which every commit changes


def test_a_damaged_file_is_a_store_error(lite, tmp_path) -> None:
    save(lite, OLD)
    file = tmp_path / "tokens.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"SESAME" * ((len(whole) - 4096) // 6))
    with refused("is damaged: move the file away", str(file)):
        load(lite)


@pytest.mark.parametrize("content", [b"SESAME\n" * 1000, b"SQLite format 3\0SESAME" * 300, b"\0" * 5000])
def test_a_file_that_is_no_database_is_a_store_error(lite, tmp_path, content) -> None:
    file = tmp_path / "tokens.db"
    file.write_bytes(content)
    file.chmod(0o600)
    with refused(str(file)):
        load(lite)
    with refused(str(file)):
        save(lite, NEW)
    assert file.read_bytes() == content


def test_a_cut_off_file_is_a_store_error(lite, tmp_path) -> None:
    save(lite, OLD)
    file = tmp_path / "tokens.db"
    file.write_bytes(file.read_bytes()[:5000])
    with refused(str(file)):
        load(lite)


def test_a_directory_is_no_store(tmp_path) -> None:
    with refused("cannot be opened", str(tmp_path)):
        load(f"sqlite:///{tmp_path}")
    (tmp_path / "file").write_text("")
    with refused("cannot be opened"):
        load(f"sqlite:///{tmp_path}/file/tokens.db")


# The server


def test_a_server_that_is_not_there_is_named_by_host_and_port() -> None:
    with refused("postgresql://127.0.0.1:1/tokens cannot be reached"):
        load("postgresql+psycopg://me:SESAME@127.0.0.1:1/tokens")


def test_a_wrong_password_and_a_missing_database_are_told_apart() -> None:
    with refused("refused the user or the password"):
        load(server().url(password="SESAME"))
    with refused("does not exist: create the database"):
        load(server().url("nowhere"))


def test_a_database_that_cannot_be_written_is_found_before_a_token_is_spent(postgres) -> None:
    save(postgres, OLD)
    server().sql(f"ALTER DATABASE {postgres.rpartition('/')[2]} SET default_transaction_read_only = on")
    assert load(postgres) == OLD
    with refused("cannot be written"), opened(postgres) as store, store.exclusive(ACCOUNT, wait=True):
        pytest.fail("the slot was given")


def test_a_user_without_rights_is_told_what_is_needed(postgres) -> None:
    name = postgres.rpartition("/")[2]
    server().sql(f"CREATE ROLE guest_{name} LOGIN PASSWORD '{PASSWORD}'")
    with refused("lacks a permission", "ocreg_tokens"):
        load(postgres.replace("ocreg:", f"guest_{name}:"))


def test_a_connection_lost_inside_a_slot_is_a_store_error(postgres) -> None:
    save(postgres, OLD)
    with opened(postgres) as store:
        with store.exclusive(ACCOUNT, wait=True) as slot:
            name = postgres.rpartition("/")[2]
            server().sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            with refused("the connection was lost"):
                slot.save(NEW)
            slot.save(NEW)  # over another one
        assert store.load(ACCOUNT) == NEW


def test_a_server_that_stops_inside_a_slot_and_comes_back(postgres, caplog) -> None:
    save(postgres, OLD)
    with opened(postgres) as store:
        with store.exclusive(ACCOUNT, wait=True) as slot:
            server().stop()
            try:
                with refused("the connection was lost"):
                    slot.save(NEW)
                with refused("cannot be reached"):
                    slot.load()
            finally:
                server().start()
        assert store.load(ACCOUNT) == OLD
    assert caplog.text == ""


def test_a_server_that_was_restarted_between_calls_is_not_noticed(postgres) -> None:
    with opened(postgres) as store:
        store.load(ACCOUNT)
        server().stop()
        server().start()
        assert store.load(ACCOUNT) is None


def test_a_server_that_stops_between_calls_is_found_and_found_again(postgres) -> None:
    with opened(postgres) as store:
        store.load(ACCOUNT)
        server().stop()
        try:
            with refused("cannot be reached"):
                store.load(ACCOUNT)
        finally:
            server().start()
        assert store.load(ACCOUNT) is None


# Forks in the middle of something

IN_A_SLOT = """
import threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
slot_is_held, THIRD = threading.Event(), NEW._replace(obtained_at=NEW.obtained_at + 1)

def hold():
    with store.exclusive(account, wait=True) as slot:
        slot_is_held.set()
        time.sleep(0.2)
        slot.save(NEW)

thread = threading.Thread(target=hold)
thread.start()
slot_is_held.wait()
child = os.fork()
if child == 0:
    with store.exclusive(account, wait=True) as slot:
        assert slot.load() == NEW
        slot.save(THIRD)
    store.close()
    os._exit(0)
thread.join()
assert os.waitpid(child, 0)[1] == 0
assert store.load(account) == THIRD
with store.exclusive(account, wait=True) as slot:
    slot.save(NEW)
    os.fork() or os._exit(0)  # one's own slot is not waited for
os.wait()
"""


def test_a_child_forked_while_a_thread_has_a_slot_can_have_it_next(url) -> None:
    began = time.monotonic()
    started(url, IN_A_SLOT).end()
    assert load(url) == NEW
    assert time.monotonic() - began < 30  # not the minute that a store waits


STARVED = """
import threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
ended = False

def busy(name):
    while not ended:
        store.load(name)

threads = [threading.Thread(target=busy, args=(f"{account}{number}",)) for number in range(4)]
for thread in threads:
    thread.start()
for _ in range(8):
    child = os.fork()
    if child == 0:
        with store.exclusive(account, wait=True) as slot:
            slot.save(NEW)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
ended = True
for thread in threads:
    thread.join()
"""


def test_forks_among_busy_threads(url) -> None:
    """Each waits until nothing is under way, and lets nothing new begin: none waits for ever."""
    started(url, STARVED).end()
    assert load(url) == NEW
