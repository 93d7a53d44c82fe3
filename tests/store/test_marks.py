"""The mark of a refresh without an answer, in real databases; and tables that an ocreg without marks has made."""

import sqlite3
from contextlib import closing

import pytest

from ocreg.account.grants import Marked
from tests.postgres import PASSWORD, server
from tests.store.test_store import ACCOUNT, KEY, NEW, OLD, load, opened, raw, refused, save, started, url

__all__ = ["url"]  # a fixture

ASKED = OLD.obtained_at + 3000.0
FIRST = """
CREATE TABLE ocreg_store (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE ocreg_tokens (
    account TEXT NOT NULL, access_token BLOB, refresh_token BLOB, obtained_at DOUBLE PRECISION,
    lifetime DOUBLE PRECISION, updated_at DOUBLE PRECISION NOT NULL, PRIMARY KEY (account)
);
INSERT INTO ocreg_store VALUES (1)
"""
"""The tables as the first version made them."""


def sql(url, *statements):
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            return [connection.execute(statement).fetchall() for statement in statements]
    return [server().sql(statement.replace("BLOB", "BYTEA"), url.rpartition("/")[2]) for statement in statements]


def mark(url, at=ASKED, key=None):
    with opened(url, key) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        slot.mark(at)


def asked(url, key=None):
    with opened(url, key) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        assert isinstance(slot, Marked)
        return slot.asked()


def test_a_mark_is_kept_until_there_is_a_grant_and_changes_none(url) -> None:
    assert asked(url) is None
    mark(url)
    assert asked(url) == ASKED
    assert load(url) is None
    save(url, OLD)
    assert asked(url) is None
    mark(url)
    assert (asked(url), load(url)) == (ASKED, OLD)
    mark(url, None)
    assert (asked(url), load(url)) == (None, OLD)
    mark(url)
    with opened(url) as store:
        store.delete(ACCOUNT)
    assert asked(url) is None


def test_a_mark_is_there_after_a_kill_right_behind_it(url) -> None:
    save(url, OLD)
    child = started(url, f"with store.exclusive(account, wait=True) as slot: slot.mark({ASKED}); say('marked'); go()")
    assert child.hear() == "marked"
    with opened(url) as store, store.exclusive(ACCOUNT, wait=False) as slot:
        assert slot is None  # it asks, and lives
    child.kill()
    assert asked(url) == ASKED


def test_a_mark_leaves_an_encrypted_store_encrypted(url) -> None:
    save(url, OLD, KEY)
    mark(url, key=KEY)
    assert (asked(url, KEY), load(url, KEY)) == (ASKED, OLD)
    assert b"SESAME" not in raw(url)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_table_of_the_first_version_is_upgraded_in_place(url, key) -> None:
    save(url, OLD, key)
    sql(url, "ALTER TABLE ocreg_tokens RENAME TO kept", "DROP TABLE ocreg_store", *FIRST.split(";"))
    columns = "account, access_token, refresh_token, obtained_at, lifetime, updated_at"
    sql(url, f"INSERT INTO ocreg_tokens ({columns}) SELECT {columns} FROM kept", "DROP TABLE kept")
    assert load(url, key) == OLD
    mark(url, key=key)
    assert (asked(url, key), load(url, key)) == (ASKED, OLD)
    save(url, NEW, key)
    assert (asked(url, key), load(url, key)) == (None, NEW)


def test_several_processes_may_upgrade_a_table_at_once(url) -> None:
    sql(url, *FIRST.split(";"))
    code = (
        "go()\nwith store.exclusive(account + str(os.getpid()), wait=True) as slot: slot.mark(7.0); say(slot.asked())"
    )
    children = [started(url, code) for _ in range(4)]
    for child in children:
        child.go()
    assert [child.end() for child in children] == [["7.0"]] * 4


def test_an_ocreg_without_marks_may_share_the_store(url) -> None:
    save(url, OLD)
    mark(url)
    sql(url, f"UPDATE ocreg_tokens SET obtained_at = {ASKED + 5}, updated_at = {ASKED + 5}")  # what its save does
    assert asked(url) is None
    assert load(url).obtained_at == ASKED + 5


def test_a_user_who_may_not_alter_a_table_is_told_so() -> None:
    url = server().database()
    sql(url, *FIRST.split(";"))
    name = url.rpartition("/")[2]
    sql(
        url,
        f"CREATE ROLE writer_{name} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT ALL ON ocreg_tokens, ocreg_store TO writer_{name}",
    )
    with refused("lacks a permission", "alter"):
        load(url.replace("ocreg:", f"writer_{name}:"))
