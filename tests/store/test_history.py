"""The journal for people, on real databases: what there is, which runs there were, a row's story, and what is forgotten."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from ocreg.store import history, open_history, open_journal, runs, stories
from ocreg.store.history import Which
from tests.children import Child
from tests.postgres import server
from tests.store.test_journal import ACCOUNT, CHILD, OPERATION, _sql, fates, items, opened


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/store.db" if request.param == "sqlite" else server().database()


@pytest.fixture(scope="module", autouse=True)
def fast():
    """Nobody pulls the plug here: commits need not reach the disk."""
    for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
        server().sql(statement)
    yield
    for statement in ("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()"):
        server().sql(statement)


DAY = 24 * 3600.0
NO = json.dumps({"error": {"text": "it said no\nand more"}})


def pushed(url, states, account=ACCOUNT, operation=OPERATION, message="m", command="ocreg push it") -> None:
    """A run that sends rows, of which so much becomes; `claimed` and `sending` are left as they are."""
    with open_journal(url, account, operation, command=command) as journal:
        journal.claim(items(*states))
        sent = [key for key, state in states.items() if state != "claimed"]
        if sent:
            journal.sending(sent, message)
        told = [(key, state, None if state == "done" else NO) for key, state in states.items() if key in sent]
        journal.settled([one for one in told if one[1] != "sending"])


def left_by_a_dead_run(url, code) -> None:
    child = Child(CHILD + code + "; say('in'); go()", url, ACCOUNT, OPERATION)
    assert child.hear() == "in"
    child.kill()


def seen(url):
    with open_history(url) as found:
        return found.overview()


def older(url, days) -> None:
    for table, column in (("ocreg_journal", "updated_at"), ("ocreg_history", "begun")):
        _sql(url, f"UPDATE {table} SET {column} = {column} - {days * DAY}")


def pruned(url, days=90.0, which=history.ALL):
    with open_history(url) as found:
        before = found.now() - days * DAY
        groups, kept = found.old(before, which)
        return sum(group.rows for group in groups), kept, found.prune(before, which)


def keys(url):
    with open_history(url) as found:
        return [row.key for row in found.rows()]


# What there is


def test_rows_are_counted_by_account_and_operation(url) -> None:
    pushed(url, {"a": "done", "b": "refused", "c": "unknown", "d": "not sent", "e": "sending", "f": "claimed"})
    pushed(url, {"a": "done"}, operation="sku.create")
    pushed(url, {"a": "done", "z": "done"}, account="another")
    groups, _ = seen(url)
    assert [(group.account, group.operation, tuple(group.counts.values())) for group in groups] == [
        ("another", OPERATION, (2, 0, 0, 0, 0)),
        (ACCOUNT, OPERATION, (1, 1, 1, 2, 0)),  # what was claimed is free again, and is no row any more
        (ACCOUNT, "sku.create", (1, 0, 0, 0, 0)),
    ]
    assert groups[0].rows == 2
    assert groups[1].oldest <= groups[1].newest


def test_a_run_is_alive_until_it_ends_or_dies(url) -> None:
    left_by_a_dead_run(url, "journal.claim([(k, 'd') for k in 'ab']); journal.sending(['a'], 'm')")
    pushed(url, {"c": "done"})
    with opened(url) as journal:
        fates(journal, "d", "e")
        journal.sending(["d"], "m")
        groups, past = seen(url)
        assert [run.state for run in past] == ["alive", "ended", "died"]
        assert [tuple(run.counts.values()) for run in past] == [(0, 0, 0, 0, 2), (1, 0, 0, 0, 0), (0, 0, 1, 1, 0)]
        assert tuple(groups[0].counts.values()) == (1, 0, 1, 1, 2)
        assert [run.command for run in past] == [None, "ocreg push it", None]
        assert all(run.host == runs.host().partition("|")[0] and run.pid for run in past)
        assert past[1].begun <= past[1].ended
        assert (past[0].ended, past[2].ended) == (None, None)
        assert past[0].silent < 60


def test_a_look_makes_and_changes_nothing(url, tmp_path) -> None:
    with open_history(url) as found:
        assert not found.is_there()
    assert url.startswith("postgresql") or not list(tmp_path.iterdir())
    left_by_a_dead_run(url, "journal.claim([('a', 'd')])")
    said = []
    with open_history(url) as found:
        assert found.is_there()
        found.overview()  # what the first use sees to
        note = lambda _, __, statement, *___: said.append(statement)  # noqa: E731
        sa.event.listen(found._database._engine, "before_cursor_execute", note)
        found.overview()
        found.find("a")
        list(found.rows())
        found.old(1e12)
    assert len(said) > 8
    assert all(re.match("SELECT|PRAGMA|BEGIN$|SET TRANSACTION ISOLATION", statement) for statement in said), said


def test_what_is_seen_is_of_one_moment(url) -> None:
    """A run that ends between two statements of a look would leave rows that seem to be nobody's."""
    with opened(url) as journal, open_history(url) as found:
        fates(journal, "a")
        journal.sending(["a"], "m")
        found.overview()

        def between(_, __, statement, *___) -> None:
            if "ocreg_runs" in statement and url.startswith("postgresql"):  # of SQLite's file nobody can write now
                _sql(url, "DELETE FROM ocreg_runs")
                _sql(url, "UPDATE ocreg_journal SET state = 'done'")

        sa.event.listen(found._database._engine, "after_cursor_execute", between)
        assert tuple(found.overview()[0][0].counts.values()) == (0, 0, 0, 0, 1)


def test_a_journal_of_an_older_version_is_told_as_far_as_it_goes(url) -> None:
    pushed(url, {"a": "done", "b": "refused"})
    for statement in ("ALTER TABLE ocreg_journal DROP COLUMN story", "DROP TABLE ocreg_history"):
        _sql(url, statement)
    groups, past = seen(url)
    assert tuple(groups[0].counts.values()) == (1, 1, 0, 0, 0)
    assert [(run.state, run.host, run.begun, run.command) for run in past] == [("ended", None, None, None)]
    with open_history(url) as found:
        rows, known = found.find("b")
    assert [(event.state, event.detail) for event in rows[0].events] == [("refused", "it said no")]
    assert (rows[0].requests, known) == (1, {})
    pushed(url, {"b": "done"})
    with open_history(url) as found:
        assert [event.state for event in found.find("b")[0][0].events] == ["claimed", "sending", "done"]


# A row's story


def test_the_story_of_a_row_names_states_runs_requests_and_what_was_said(url) -> None:
    pushed(url, {"a": "refused"}, message="m1")
    with opened(url) as journal:
        fates(journal, "a")  # it ends before it sends
    left_by_a_dead_run(url, "journal.claim([('a', 'd')]); journal.sending(['a'], 'm2')")
    with opened(url) as journal:
        assert fates(journal, "a") == ["ask"]
        journal.sending(["a"], "m2")
        journal.settled([("a", "done", '{"row": {"orderNumber": "O1"}}')])
    with open_history(url) as found:
        rows, known = found.find("a", Which(OPERATION))
        assert found.find("a", Which("sku.create")) == ([], {})
        assert found.find("b") == ([], {})
    (row,) = rows
    assert [(event.state, event.detail) for event in row.events] == [
        *(("claimed", None), ("sending", "m1"), ("refused", "it said no")),
        *(("claimed", None), ("not sent", None)),
        *(("claimed", None), ("sending", "m2")),
        *(("sending", None), ("sending", "m2"), ("done", None)),
    ]
    assert [event.at for event in row.events] == sorted(event.at for event in row.events)
    assert len({event.run for event in row.events}) == 4
    assert {known[event.run].state for event in row.events} == {"ended", "died"}
    assert (row.digest, row.requests, row.said, row.fate) == ("d", 2, None, "done")


def test_telling_the_story_costs_no_statement(url) -> None:
    with opened(url) as journal:
        fates(journal, "warm")
        said = []
        note = lambda _, __, statement, *___: said.append(statement)  # noqa: E731
        sa.event.listen(journal._database._engine, "before_cursor_execute", note)
        journal.sending(["warm"], "m")
        journal.settled([("warm", "done", None)])
    told = [statement for statement in said if "ocreg_" in statement]
    assert [statement.split()[0] for statement in told[:2]] == ["UPDATE", "UPDATE"]
    assert not any("SELECT" in statement and "ocreg_" in statement for statement in said[:6])


def test_a_story_keeps_its_end_when_it_grows_long(url) -> None:
    pushed(url, {"a": "refused"})
    long = "".join(stories.event(number, "refused", "an older run", "no") for number in range(300))
    _sql(url, f"UPDATE ocreg_journal SET story = '{long}'")
    pushed(url, {"a": "refused"}, message="m2")
    with open_history(url) as found:
        (row,) = found.find("a")[0]
    assert 100 < len(row.events) < 250
    assert [event.detail for event in row.events[-4:]] == ["no", None, "m2", "it said no"]


@pytest.mark.parametrize("result", [None, "", "{", "[]", "1", '{"error": 1}', '{"row": 2}'])
def test_a_result_that_says_nothing_is_no_error(result) -> None:
    assert stories.said(result) is None
    assert stories.events('lf broken"]\n[1,"done","r"]\n') == [(1, "done", "r", None)]


def test_all_rows_are_read_in_order_and_by_fate(url, monkeypatch) -> None:
    monkeypatch.setattr(history, "_CHUNK", 7)
    names = [f"k{number:02d}" for number in range(30)]
    pushed(url, {key: ("done", "unknown")[number % 2] for number, key in enumerate(names)})
    pushed(url, {"a": "done"}, account=f"x|y||{'de%fault'}", operation="sku.create")
    assert keys(url) == [*names, "a"]
    with open_history(url) as found:
        assert [row.key for row in found.rows(Which(fate="in doubt"))] == names[1::2]
        assert [row.key for row in found.rows(Which(account="de%fault"))] == ["a"]
        assert [row.key for row in found.rows(Which(account="%fault"))] == []
        assert [row.key for row in found.rows(Which("sku.create", f"x|y||{'de%fault'}"))] == ["a"]


# Forgetting


def test_old_rows_are_forgotten_and_what_is_in_doubt_never(url) -> None:
    pushed(url, {"a": "done", "b": "refused", "c": "unknown", "d": "not sent", "e": "sending"})
    left_by_a_dead_run(url, "journal.claim([(k, 'd') for k in 'fg']); journal.sending(['f'], 'm')")
    older(url, 91)
    pushed(url, {"new": "done"})
    assert pruned(url) == (4, {"in doubt": 3, "open": 0}, 4)
    assert keys(url) == ["c", "e", "f", "new"]
    assert pruned(url) == (0, {"in doubt": 3, "open": 0}, 0)
    with opened(url) as journal:
        assert fates(journal, *"abcdefg", "new") == ["send", "send", "ask", "send", "ask", "ask", "send", "done"]


def test_runs_without_rows_are_forgotten_too(url) -> None:
    pushed(url, {"a": "done"})
    pushed(url, {"b": "unknown"})
    older(url, 91)
    pushed(url, {"c": "done"})
    pruned(url)
    assert [sum(run.counts.values()) for run in seen(url)[1]] == [1, 1]


def test_what_a_living_run_has_is_never_forgotten(url) -> None:
    with opened(url) as journal:
        fates(journal, "a", "b", "c")
        journal.sending(["a", "b"], "m")
        journal.settled([("a", "done", None)])
        older(url, 91)
        assert pruned(url) == (0, {"in doubt": 0, "open": 3}, 0)
        journal.settled([("b", "done", None)])
    older(url, 91)
    assert pruned(url)[2] == 2  # the third one was free when the run ended


def test_a_run_elsewhere_that_may_live_keeps_its_rows(url, monkeypatch) -> None:
    with closing(opened(url)) as journal:
        monkeypatch.setattr(runs, "host", lambda: "elsewhere")
        fates(journal, "a")
        monkeypatch.undo()
        older(url, 91)
        assert pruned(url)[2] == 0
        _sql(url, f"UPDATE ocreg_runs SET seen = seen - {2 * runs.LEASE}")
        assert pruned(url)[2] == 1


def test_only_the_rows_that_were_asked_for_are_forgotten(url, monkeypatch) -> None:
    monkeypatch.setattr(history, "_CHUNK", 3)
    pushed(url, {f"k{number}": "done" for number in range(10)})
    pushed(url, {"a": "done"}, operation="sku.create")
    pushed(url, {"a": "done"}, account="another")
    older(url, 91)
    assert pruned(url, which=Which(OPERATION, "default"))[2] == 10
    assert keys(url) == ["a", "a"]
    assert pruned(url, which=Which("nothing"))[2] == 0
    assert pruned(url, days=92)[2] == 0
    assert pruned(url)[2] == 2


def test_a_row_that_is_claimed_meanwhile_is_not_forgotten(url, monkeypatch) -> None:
    """A refused row is old; a run claims it between the look and the removal."""
    pushed(url, {"a": "refused", "b": "refused"})
    older(url, 91)
    with opened(url) as journal, open_history(url) as found:
        before = found.now() - 90 * DAY
        assert found.old(before)[0][0].rows == 2
        fates(journal, "a")
        assert found.prune(before) == 1
        journal.sending(["a"], "m")  # raises where the row is gone
    assert keys(url) == ["a"]


def test_rows_and_runs_may_come_while_it_is_pruned(url, monkeypatch) -> None:
    monkeypatch.setattr(history, "_CHUNK", 20)
    old = [f"k{number:03d}" for number in range(200)]
    pushed(url, dict.fromkeys(old, "refused"))
    older(url, 91)

    def claims() -> int:
        with opened(url) as journal:
            sent = 0
            for start in range(0, 200, 25):
                mine = [key for key, claim in journal.claim(items(*old[start : start + 25])).items()]
                journal.sending(mine, "m")
                journal.settled([(key, "done", None) for key in mine])
                sent += len(mine)
            return sent

    with ThreadPoolExecutor(2) as pool:
        sending, removed = pool.submit(claims), pool.submit(pruned, url)
        assert sending.result() == 200
        assert 0 <= removed.result()[2] <= 200
    assert keys(url) == old
    with opened(url) as journal:
        assert set(fates(journal, *old)) == {"done"}
