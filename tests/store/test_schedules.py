"""The claims of a journal, explored: several runs on one journal, and a scheduler that decides who goes on.

Every statement that touches a table, every BEGIN, every COMMIT and every request is a step of a run; the run waits
before it until it is let go. (What comes between the check and its request is no step: that nobody can close.) A schedule is a run of the whole with a few disturbances: at this step somebody else goes on instead, the run
is killed there, or it sleeps past its lease. All schedules with up to DEPTH disturbances are played, on real sessions
of SQLite and PostgreSQL; between disturbances a run goes on until it ends or waits for a lock.

    DEPTH=2 pytest tests/store/test_schedules.py -s       # takes minutes, and says how many schedules there were

Runs live on hosts of their own (so a lease, not a process, tells whether they live) and share one clock.
"""

import os
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, suppress

import psycopg
import pytest
import sqlalchemy as sa

from ocreg.errors import StoreError
from ocreg.store import databases, open_journal, postgres, runs
from ocreg.store.journal import _RECORD, Journal, Record, _journal
from ocreg.store.runs import Holder
from tests.postgres import server

DEPTH = int(os.environ.get("DEPTH", "1"))
NOTHING, LEFT = "nothing before", "left by a dead run"


class Fault(AssertionError):
    """A schedule under which something was sent twice, lost, or went wrong without a reason."""


class Killed(BaseException):
    pass


class Run(threading.Thread):
    """One run: claims everything, asks or sends what it got, as `files.pushing` does."""

    def __init__(self, world, name, journal) -> None:
        super().__init__(name=name, daemon=True)
        self.world, self.journal = world, journal
        self.go, self.here = threading.Semaphore(0), threading.Semaphore(0)
        self.at, self.before, self.session = "", "", None
        self.ended = self.killed = self.waiting = self.stuck = False
        self.claims, self.told, self.error = {}, [], None

    def run(self) -> None:
        LOCAL.run = self
        with suppress(Killed):
            try:
                self.step("BEGIN of its life")
                self.push()
                self.journal.release()
            except StoreError as error:
                self.error = error
                with suppress(StoreError):
                    self.journal.release()
            except Exception as error:  # told by the scheduler
                self.error = error
        if self.killed:
            self.error = None
        self.journal._ended.set()
        self.ended = True
        self.here.release()

    def push(self) -> None:
        claims = self.journal.claim([(key, "d") for key in self.world.keys])
        self.claims = {key: claim.fate for key, claim in claims.items() if claim.fate in ("send", "ask")}
        before = None
        for key, fate in reversed(self.claims.items()):  # not the order in which rows are locked
            self.journal.sending([key], self.name)  # and with it what became of the one before
            self.told += before or []
            if fate == "ask":
                self.step("the question")
                self.journal.check()
            if fate == "send" or not self.world.made[key]:
                self.step("the request")
                self.journal.check()
                self.world.made[key] += 1
            self.journal.settled([(key, "done", self.name)], later=True)
            before = [key]
        self.journal.flush()
        self.told += before or []

    def step(self, what: str) -> None:
        if self is not threading.current_thread():
            return  # the last run, which nobody disturbs
        self.before, self.at = self.at, what
        self.here.release()
        self.go.acquire()
        if self.killed:
            if isinstance(self.session, psycopg.Connection):
                self.session.close()  # as the system does; SQLAlchemy, dying in a commit, would leave it open
            raise Killed


LOCAL = threading.local()


def before_statement(connection, cursor, statement, *_) -> None:
    run = getattr(LOCAL, "run", None)
    if run is None or not ("ocreg_" in statement or statement in ("BEGIN IMMEDIATE", "COMMIT")):
        return
    run.session = connection.connection.dbapi_connection
    run.step(statement)


def before_commit(connection) -> None:
    if getattr(LOCAL, "run", None) is not None:
        LOCAL.run.step("COMMIT")


class World:
    """A database, the vendor (how often each item was made), and the clock."""

    def __init__(self, url: str, count: int, keys: str = "ab") -> None:
        self.keys = keys
        self.postgres = url.startswith("postgresql")
        self.now, self.made = 1_000_000.0, Counter()
        self.observer = self.journal(url)
        self.journals = [self.journal(url) for _ in range(count)]
        where = url.replace("+psycopg", "")
        lite = sqlite3.connect if not self.postgres else None
        self.eye = psycopg.connect(where, autocommit=True) if lite is None else lite(url[10:], isolation_level=None)

    def journal(self, url: str) -> Journal:
        journal = open_journal(url, "account", "operation", 1e6)
        journal._clock = lambda: self.now
        engine = journal._database._engine
        if not self.postgres:
            sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        journal.claim([("warm", "d")])
        journal.release()
        sa.event.listen(engine, "before_cursor_execute", before_statement)
        if self.postgres:
            sa.event.listen(engine, "commit", before_commit)
        return journal

    def close(self) -> None:
        self.eye.close()
        for journal in (self.observer, *self.journals):
            journal.close()

    def sql(self, statement: str) -> list:
        found = self.eye.execute(statement)
        return found.fetchall() if found.description else []

    def begin(self, before: str) -> list[Run]:
        """Everything as it was at the beginning, and runs that wait before their first step."""
        self.now, self.made = self.now + 10 * runs.LEASE, Counter()
        self.sql("DELETE FROM ocreg_journal")
        self.sql("DELETE FROM ocreg_runs")
        if before == LEFT:
            columns = "account, operation, key, digest, state, run, message_id, together, updated_at"
            row = f"INSERT INTO ocreg_journal ({columns}) VALUES ('account', 'operation', "
            self.sql(f"INSERT INTO ocreg_runs VALUES ('dead', 'elsewhere', 1, {self.now - 2 * runs.LEASE})")
            self.sql(row + "'a', 'd', 'sending', 'dead', 'm', 1, 1)")
            if "b" in self.keys:
                self.sql(row + "'b', 'd', 'claimed', 'dead', NULL, NULL, 1)")
        for journal in self.journals:
            journal._make_own()
        return [Run(self, f"run {place}", journal) for place, journal in enumerate(self.journals)]

    def blocked(self, run: Run) -> bool:
        """Whether a run that was let go waits for another's lock."""
        if not self.postgres or run.session is None or run.session.closed:
            return False
        return bool(self.sql(f"SELECT 1 WHERE cardinality(pg_blocking_pids({run.session.info.backend_pid})) > 0"))


class Play:
    """One schedule: disturbances by the number of their step. `choices` are what else could have been done, by step."""

    def __init__(self, world: World, before: str, schedule) -> None:
        self.world, self.disturbed, self.choices, self.slept = world, dict(schedule), [], False
        self.runs = world.begin(before)
        for run in self.runs:
            run.start()
        self.current = self.runs[0]
        while True:
            self._settle()
            able = [run for run in self.runs if run.waiting and not run.stuck]
            if not able:
                if all(run.ended for run in self.runs):
                    break
                self._unlock()
                continue
            if self.current not in able:
                self.current = self._next(able)
            self._step(able)
        self._check()

    def _next(self, able: list[Run]) -> Run:
        place = self.runs.index(self.current)
        return next(run for run in [*self.runs[place + 1 :], *self.runs[: place + 1]] if run in able)

    def _step(self, able: list[Run]) -> None:
        others = [run for run in able if run is not self.current]
        self.choices.append([("go on", run.name) for run in others] + [("kill", ""), ("sleep", "")])
        what, whom = self.disturbed.get(len(self.choices) - 1, ("", ""))
        if what == "go on":
            self.current = next(run for run in self.runs if run.name == whom)
        elif what:
            self.slept = True
            self.world.now += 1.5 * runs.LEASE
            self.current.killed = what == "kill"
            if what == "sleep" and others:
                self.current = self._next(others)
        run = self.current
        if run.at == "COMMIT" or run.killed:
            for other in self.runs:
                other.stuck = False
        run.waiting = False
        run.go.release()

    def _settle(self) -> None:
        """Until every run waits before a step, waits for a lock, or has ended."""
        for run in self.runs:
            deadline = time.monotonic() + 60
            while not (run.waiting or run.ended):
                if run.here.acquire(timeout=0.003):
                    run.waiting = not run.ended
                    run.stuck = run.at == run.before == "BEGIN IMMEDIATE"  # the file is locked
                elif self.world.blocked(run):
                    break
                assert time.monotonic() < deadline, f"{run.name} does not come back from {run.at}"

    def _unlock(self) -> None:
        """Nobody can go on: PostgreSQL ends a deadlock by itself, after a second."""
        assert self.world.postgres
        time.sleep(0.05)

    def _check(self) -> None:
        claimed = Counter(key for run in self.runs for key in run.claims)
        errors = [run.error for run in self.runs if run.error is not None]
        strange = [error for error in errors if not isinstance(error, StoreError) or "took this one" not in str(error)]
        if strange or (errors and not self.slept):
            raise Fault(f"{errors[0]!r} without a reason")
        if not self.slept and max(claimed.values()) > 1:
            raise Fault(f"claimed by two living runs: {claimed}")
        kept = dict(self.world.sql("SELECT key, result FROM ocreg_journal WHERE state = 'done'"))
        lost = [(run.name, key) for run in self.runs for key in run.told if kept.get(key) != run.name]
        if lost:
            raise Fault(f"written down and not there: {lost}")
        self._recover()

    def _recover(self) -> None:
        """A last run, when all the others are dead, finishes what they left."""
        self.world.now += 2 * runs.LEASE
        journal = self.world.observer
        last = Run(self.world, "last run", journal)
        last.push()
        journal.release()
        if self.world.made != Counter(self.world.keys):
            raise Fault(f"made: {self.world.made}")
        states = dict(self.world.sql("SELECT key, state FROM ocreg_journal"))
        if states != dict.fromkeys(self.world.keys, "done"):
            raise Fault(f"left: {states}")


def explore(world: World, before: str, depth: int) -> tuple[int, int]:
    """Play all schedules; how many there were, and how many steps they had."""
    waiting, played, steps = [()], 0, 0
    while waiting:
        schedule = waiting.pop()
        try:
            play = Play(world, before, schedule)
        except Fault as fault:
            raise Fault(f"{fault}; {before}, schedule {schedule}") from None
        played, steps = played + 1, steps + len(play.choices)
        if len(schedule) < depth:
            first = schedule[-1][0] + 1 if schedule else 0
            for step in range(first, len(play.choices)):
                waiting += [(*schedule, (step, choice)) for choice in play.choices[step]]
    return played, steps


@pytest.fixture(autouse=True)
def virtual(monkeypatch):
    """Hosts, clock and waiting as the scheduler wants them."""
    monkeypatch.setattr(runs, "host", lambda: getattr(getattr(LOCAL, "run", None), "name", "observer"))
    monkeypatch.setattr(runs, "BEAT", 1e6)
    monkeypatch.setattr(databases, "_GLANCE", 0)
    monkeypatch.setattr(postgres.Postgres, "clock", None)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/store.db" if request.param == "sqlite" else server().database()


MADE_OF = [(2, "ab", NOTHING), (2, "ab", LEFT), (3, "a", LEFT), *([(3, "a", NOTHING)] if DEPTH > 1 else [])]
"""How many runs, on which rows, after what."""


@pytest.mark.parametrize(("count", "keys", "before"), MADE_OF)
def test_under_all_schedules_every_row_is_sent_once(url, count, keys, before) -> None:
    with closing(World(url, count, keys)) as world:
        began = time.monotonic()
        played, steps = explore(world, before, DEPTH)
        seconds = time.monotonic() - began
    assert played > 60
    kind = "PostgreSQL" if world.postgres else "SQLite"
    print(
        f"{kind}, {count} runs, {len(keys)} rows, {before}: {played:,} schedules of depth {DEPTH}, {steps:,} steps, {seconds:.0f} s"
    )


# The scheduler finds what was wrong once


def joined(self, connection, keys):
    """Rows and runs in one statement, as it was: the runs are not read again after a wait for the row."""
    run = runs.table.c
    silent = self._now() - run.seen
    chosen = sa.select(*_RECORD, run.host, run.pid, silent)
    chosen = chosen.select_from(_journal.outerjoin(runs.table, run.run == _journal.c.run))
    chosen = chosen.where(*self._conditions(), _journal.c.key.in_(keys)).order_by(_journal.c.key)
    found = connection.execute(chosen.with_for_update(of=_journal)).all()
    runs.living(connection, run.run.in_({row[6] for row in found} - {self._run}), self._now())
    return {row[0]: Record(*row[:6], Holder(*row[6:])) for row in found}


def test_it_finds_runs_that_are_read_beside_the_rows_they_wait_for(monkeypatch) -> None:
    monkeypatch.setattr(Journal, "_locked", joined)
    with (
        closing(World(server().database(), 2)) as world,
        pytest.raises(Fault, match=r"claimed by two|without a reason"),
    ):
        explore(world, LEFT, 1)


def test_it_finds_changes_that_lock_rows_in_an_order_of_their_own(monkeypatch) -> None:
    monkeypatch.setattr(postgres.Postgres, "lock_rows", lambda *_: None)
    with closing(World(server().database(), 2)) as world, pytest.raises(Fault, match="without a reason"):
        explore(world, NOTHING, 1)


def test_it_finds_a_run_that_sends_after_it_slept(url, monkeypatch) -> None:
    monkeypatch.setattr(Journal, "check", lambda self: None)
    with closing(World(url, 2)) as world, pytest.raises(Fault, match="made: Counter"):
        explore(world, NOTHING, 1)
