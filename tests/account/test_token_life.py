"""The life of a token: who fetches the next one and when, who waits, and what a crash leaves behind.

A test hands `Tokens` its clock. The large one counts what 8 processes with 32 threads each cost the vendor on one
account; OCREG_EXPIRIES says through how many expiries.
"""

import http.client
import json
import os
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ocreg.account.grants import Grant, MemoryStore
from ocreg.account.tokens import ADVISORY, MANDATORY, QUIET, UNANSWERED, Tokens
from ocreg.errors import ApiError, LoginNeeded, StoreError, TokenError, TransportError
from ocreg.redact import Secret
from ocreg.store import open_store
from tests.children import fresh

LIFETIME = 7200.0
START = 1_750_000_000.0
ACCOUNT = "sandbox||0123456789abcdef|default"
EXPIRIES = int(os.environ.get("OCREG_EXPIRIES", "15"))
PATIENCE = 30.0
BUSY = 90.0
"""Seconds for eight processes to start, on a machine that has other things to do."""


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Source:
    """Answers with A1 and R1, then A2 and R2, ...; stops before that while `door` is closed; or fails."""

    def __init__(self, *, rotates=True):
        self.spent, self.rotates, self.error = [], rotates, None
        self.door, self.asked = threading.Event(), threading.Event()
        self.door.set()

    def __call__(self, refresh_token):
        self.spent.append(refresh_token)
        self.asked.set()
        assert self.door.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        number = len(self.spent)
        answer = {"access_token": f"A{number}", "expires_in": LIFETIME}
        return {**answer, "refresh_token": f"R{number}"} if self.rotates else answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(clock):
    """They hold A0, just fetched, and R0."""
    return Tokens(clock=clock, sleep=clock.sleep, store=filled(MemoryStore()))


def filled(store, grant=Grant(Secret("A0"), Secret("R0"), START, LIFETIME)):  # noqa: B008
    with store.exclusive("", wait=True) as slot:
        slot.save(grant)
    return store


def call(tokens, fetch):
    """What a call does about its token."""
    token, due = tokens.current()
    if token is None:
        return tokens.renew(None, fetch)
    return (tokens.renew(None, fetch, early=True) or token) if due else token


def at_once(work, count=8):
    with ThreadPoolExecutor(count) as threads:
        return [threads.submit(work) for _ in range(count)]


def refusal():
    said = {"reply": {"error": "invalid_grant"}, "status": 400}
    return ApiError("invalid_grant", operation="oauth.refresh", happened="no", message_id="m", **said)


def timeout():
    return TransportError("timed out", operation="oauth.refresh", happened="unknown", message_id="m", reply=None)


# The two windows


def test_a_fresh_token_is_used_and_nothing_is_fetched(tokens, clock) -> None:
    clock.now += LIFETIME - ADVISORY - 1
    assert tokens.current() == ("A0", False)


def test_before_the_end_one_fetches_while_the_others_go_on(tokens, clock) -> None:
    source = Source()
    clock.now += LIFETIME - ADVISORY + 1
    source.door.clear()
    with ThreadPoolExecutor(1) as other:
        fetching = other.submit(call, tokens, source)
        assert source.asked.wait(PATIENCE)
        assert [call(tokens, source) for _ in range(5)] == ["A0"] * 5
        source.door.set()
        assert fetching.result(PATIENCE) == "A1"
    assert call(tokens, source) == "A1"
    assert source.spent == ["R0"]


def test_at_the_end_all_wait_for_one(tokens, clock) -> None:
    source = Source()
    clock.now += LIFETIME - MANDATORY + 1
    source.door.clear()
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(call, tokens, source) for _ in range(8)]
        assert source.asked.wait(PATIENCE)
        assert not any(one.done() for one in calls)
        source.door.set()
        assert {one.result(PATIENCE) for one in calls} == {"A1"}
    assert source.spent == ["R0"]


def test_one_that_looks_ahead_does_not_hold_up_those_who_must_wait(tokens, clock) -> None:
    source = Source()
    clock.now += LIFETIME - ADVISORY + 1
    source.door.clear()
    with ThreadPoolExecutor(2) as threads:
        early = threads.submit(call, tokens, source)
        assert source.asked.wait(PATIENCE)
        clock.now += ADVISORY  # while it is at it, the token ends
        late = threads.submit(call, tokens, source)
        source.door.set()
        assert early.result(PATIENCE) == "A1"
        assert late.result(PATIENCE) == "A1"
    assert source.spent == ["R0"]


def test_a_short_life_has_short_windows(clock) -> None:
    short = Grant(Secret("A0"), Secret("R0"), START, 100.0)
    tokens = Tokens(clock=clock, store=filled(MemoryStore(), short))
    seen = []
    for clock.now in (START + 74, START + 76, START + 91):
        seen.append(tokens.current())
    assert seen == [("A0", False), ("A0", True), (None, False)]


def test_a_token_that_the_vendor_refused_is_replaced_once(tokens) -> None:
    source = Source()
    results = at_once(lambda: tokens.renew("A0", source))
    assert {one.result() for one in results} == {"A1"}
    assert tokens.renew("A0", source) == "A1"
    assert source.spent == ["R0"]


def test_what_another_process_brought_is_found_without_a_fetch(clock) -> None:
    store, source = filled(MemoryStore()), Source()
    one, two = (Tokens(clock=clock, store=store) for _ in range(2))
    assert one.current() == two.current() == ("A0", False)
    assert one.renew("A0", source) == "A1"
    assert two.renew("A0", source) == "A1"
    clock.now += LIFETIME - ADVISORY + 1
    assert call(two, source) == "A2"
    assert call(one, source) == "A2"
    assert source.spent == ["R0", "R1"]


# Failures


@pytest.mark.parametrize(("error", "quiet"), [(timeout(), UNANSWERED), (refusal(), QUIET)])
def test_a_failure_ahead_of_time_keeps_the_token_and_is_quiet_for_a_while(tokens, clock, error, quiet) -> None:
    source = Source()
    source.error = error
    clock.now += LIFETIME - ADVISORY + 1
    assert [call(tokens, source) for _ in range(5)] == ["A0"] * 5
    assert len(source.spent) == 1
    source.error = None
    clock.now += quiet - 1
    assert call(tokens, source) == "A0"
    clock.now += 1 + (QUIET if quiet > QUIET else 0)  # the look before was one, too
    assert call(tokens, source) == "A2"


def test_quiet_ends_with_the_token(tokens, clock) -> None:
    source = Source()
    source.error = timeout()
    clock.now += LIFETIME - MANDATORY - 1
    assert call(tokens, source) == "A0"
    clock.now += 2
    with pytest.raises(TransportError):
        call(tokens, source)
    source.error = None
    assert call(tokens, source) == "A3"


def test_a_refused_refresh_token_needs_a_login(tokens, clock) -> None:
    source = Source()
    source.error = refusal()
    clock.now += LIFETIME
    with pytest.raises(LoginNeeded, match="ocreg login") as caught:
        call(tokens, source)
    assert caught.value.__cause__ is source.error


def test_no_refresh_token_needs_a_login(clock) -> None:
    tokens = Tokens(clock=clock, store=MemoryStore())
    with pytest.raises(LoginNeeded, match="ocreg login"):
        tokens.renew(None, Source())
    tokens.accept({"access_token": "A0", "refresh_token": "R0", "expires_in": LIFETIME})
    assert tokens.current() == ("A0", False)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(tokens, clock) -> None:
    source = Source(rotates=False)
    for number in range(1, 4):
        clock.now += LIFETIME
        assert call(tokens, source) == f"A{number}"
    assert source.spent == ["R0"] * 3
    assert tokens.store.load("").refresh_token == Secret("R0")


def test_a_fetched_grant_is_saved_before_it_is_used(clock) -> None:
    store, source = filled(MemoryStore()), Source()
    tokens = Tokens(clock=clock, store=store)
    clock.now += LIFETIME
    assert call(tokens, source) == "A1"
    assert store.load("") == Grant(Secret("A1"), Secret("R1"), clock.now, LIFETIME)


class FullStore(MemoryStore):
    """It has no room while it is `full`."""

    full = False

    def _save(self, account, grant):
        if self.full:
            raise StoreError("no room")
        super()._save(account, grant)


def test_what_cannot_be_saved_is_not_used_and_not_lost(clock) -> None:
    store, source = filled(FullStore()), Source()
    tokens = Tokens(clock=clock, store=store)
    clock.now += LIFETIME
    store.full = True
    for _ in range(3):
        with pytest.raises(StoreError):
            call(tokens, source)
    assert store.load("").refresh_token == Secret("R0")
    store.full = False
    assert call(tokens, source) == "A1"
    assert store.load("").refresh_token == Secret("R1")
    assert source.spent == ["R0"]


# The vendor, small


class Vendor:
    """A token server on loopback. A refresh token buys others until one of those is used; then it is no longer good.

    Each access token is named after the epoch it was bought in.
    """

    def __init__(self):
        self.spent, self.per_epoch = Counter(), Counter()
        self.refused = []
        self._parents, self._replaced = {"R0": None}, set()
        self._lock = threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = vendor._answer(**asked)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, refresh_token, epoch):
        with self._lock:
            if refresh_token in self._replaced or refresh_token not in self._parents:
                self.refused.append((refresh_token, epoch))
                return 400, {"error": "invalid_grant"}
            self.spent[refresh_token] += 1
            self.per_epoch[epoch] += 1
            self._replaced.add(self._parents[refresh_token])
            new = f"R{len(self._parents)}"
            self._parents[new] = refresh_token
            return 200, {"access_token": f"A{epoch}", "refresh_token": new, "expires_in": LIFETIME}


def ask(port, refresh_token, epoch=0):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/", json.dumps({"refresh_token": refresh_token, "epoch": epoch}))
        reply = connection.getresponse()
        answer = json.loads(reply.read())
    if reply.status != 200:
        raise refusal()
    return answer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A store that holds R0 and an access token that has ended."""
    from tests.postgres import server

    url = f"sqlite:///{tmp_path}/tokens.db" if request.param == "sqlite" else server().database()
    with closing(open_store(url, None)) as store, store.exclusive(ACCOUNT, wait=True) as slot:
        slot.save(Grant(Secret("A0"), Secret("R0"), START - LIFETIME, LIFETIME))
    return url


# Many


THREADS, PROCESSES = 32, 8


class Work:
    """What one of the processes does: its threads make a call each per epoch, then all wait for all.

    An epoch begins with an expiry. By turns a token has ended, is refused by the vendor long before, or is about to end.
    """

    def __init__(self, url, port, shared):
        self.clock, self.epoch, self.good_since, self.gate = shared
        self.store, self.port = open_store(url, None), port
        self.tokens = Tokens(Grant(), self.store, ACCOUNT, clock=lambda: self.clock.value)
        self.local = threading.Barrier(THREADS)
        self.failures = []

    def run(self, expiries):
        threads = [threading.Thread(target=self._thread, args=(expiries,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.store.close()
        return self.failures

    def _thread(self, expiries):
        for _ in range(expiries):
            try:
                self._call()
            except Exception as error:
                self.failures.append(f"epoch {self.epoch.value}: {error!r}")
            if self.local.wait(BUSY) == 0:
                if self.gate.wait(BUSY) == 0:
                    self._next()
                self.gate.wait(BUSY)
            self.local.wait(BUSY)

    def _call(self):
        fetch = lambda token: ask(self.port, token, self.epoch.value)  # noqa: E731
        token = call(self.tokens, fetch)
        if not self._good(token):
            token = self.tokens.renew(token, fetch)
            assert self._good(token), f"{token} is not good"

    def _good(self, token):
        """What the vendor would say of it."""
        return int(token.removeprefix("A")) >= self.good_since.value

    def _next(self):
        self.epoch.value += 1
        kind = self.epoch.value % 3
        self.clock.value += (LIFETIME - MANDATORY - 10, LIFETIME, 10)[kind]
        if kind != 0:
            self.good_since.value = self.epoch.value


def work(url, port, shared, expiries, results):
    results.put(Work(url, port, shared).run(expiries))


def test_one_refresh_per_expiry_among_many_threads_and_processes(url) -> None:
    context = fresh()
    clock = context.Value("d", START, lock=False)
    shared = (clock, context.Value("i", 1, lock=False), context.Value("i", 1, lock=False), context.Barrier(PROCESSES))
    results = context.Queue()
    with Vendor() as vendor:
        arguments = (url, vendor.port, shared, EXPIRIES, results)
        processes = [context.Process(target=work, args=arguments) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        failures = [failure for _ in processes for failure in results.get(timeout=BUSY + 4 * EXPIRIES)]
        for process in processes:
            process.join()
    assert failures == []
    assert vendor.per_epoch == dict.fromkeys(range(1, EXPIRIES + 1), 1)
    assert vendor.spent == {f"R{number}": 1 for number in range(EXPIRIES)}
    assert vendor.refused == []


# Kill -9 at each step

LIFE = """
from ocreg.account.tokens import Tokens
from tests.account.test_token_life import START, ask
port, step = PORT, "STEP"
tokens = Tokens(Grant(), store, account, clock=lambda: START)
def pause(name):
    if name == step:
        say(name)
        go()
def fetch(token):
    pause("inside, before the fetch")
    answer = ask(port, token)
    pause("after the fetch, before the save")
    return answer
assert tokens.current() == (None, False)
pause("before the slot")
tokens.renew(None, fetch)
pause("after the save, before the use")
"""
STEPS = re.findall(r'pause\("(.*)"\)', LIFE)
DOUBTFUL = STEPS[:2]
"""Where the next process cannot know whether the refresh token was sent."""


@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_another_process_gets_a_token_and_none_is_lost(url, step) -> None:
    from tests.store.test_store import started

    with Vendor() as vendor, closing(open_store(url, None)) as store:
        child = started(url, LIFE.replace("PORT", str(vendor.port)).replace("STEP", step))
        assert child.hear() == step
        child.kill()
        clock = Clock()
        tokens = Tokens(Grant(), store, ACCOUNT, clock, clock.sleep)
        assert call(tokens, lambda token: ask(vendor.port, token)) == "A0"
        assert (clock.now - START >= UNANSWERED) == (step in DOUBTFUL)
        for _ in range(2):
            clock.now += LIFETIME
            assert call(tokens, lambda token: ask(vendor.port, token)) == "A0"
        assert vendor.refused == []
        again = ["R0"] if step == "after the fetch, before the save" else []  # its answer died with the process
        assert sorted(vendor.spent.elements()) == sorted([*again, *dict.fromkeys(vendor.spent)])
        assert len(vendor.spent) == 3


# Several clients of one store


class Slow(MemoryStore):
    """A store whose first look takes as long as `door` is closed."""

    def __init__(self):
        super().__init__()
        self.door, self.asked = threading.Event(), threading.Event()

    def load(self, account):
        self.asked.set()
        assert self.door.wait(PATIENCE)
        return super().load(account)


def test_nobody_takes_a_store_for_empty_while_another_thread_still_looks(clock) -> None:
    store = Slow()
    store._grants[""] = Grant(Secret("A0"), Secret("R0"), START, LIFETIME)
    tokens = Tokens(clock=clock, store=store)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: tokens.renewable)
        assert store.asked.wait(PATIENCE)
        second = threads.submit(lambda: tokens.renewable)
        store.door.set()
        assert (first.result(PATIENCE), second.result(PATIENCE)) == (True, True)


def test_a_login_elsewhere_is_seen_by_a_client_that_found_nothing_before(clock) -> None:
    store = MemoryStore()
    tokens = Tokens(clock=clock, store=store)
    assert not tokens.renewable
    filled(store)
    assert tokens.renewable
    assert tokens.current() == ("A0", False)


class Failing(MemoryStore):
    """A store that cannot be had, or cannot save, while `broken` says which."""

    broken = ""

    def exclusive(self, account, *, wait):
        if self.broken == "exclusive":
            raise StoreError("as scripted")
        return super().exclusive(account, wait=wait)

    def _save(self, account, grant):
        if self.broken == "save":
            raise StoreError("as scripted")
        super()._save(account, grant)


def test_an_unsaved_grant_does_not_replace_a_later_one_of_somebody_else(clock) -> None:
    store, source = filled(Failing()), Source()
    tokens = Tokens(clock=clock, store=store)
    clock.now += LIFETIME
    store.broken = "save"
    with pytest.raises(StoreError):
        call(tokens, source)
    store.broken = ""
    filled(store, Grant(Secret("A-later"), Secret("R-later"), clock.now + 1, LIFETIME))
    clock.now += 2
    assert call(tokens, source) == "A-later"
    assert store.load("").refresh_token == Secret("R-later")
    assert source.spent == ["R0"]


def test_a_store_that_fails_ahead_of_time_fails_no_call(clock) -> None:
    store, source = filled(Failing()), Source()
    tokens = Tokens(clock=clock, store=store)
    assert tokens.current() == ("A0", False)
    clock.now += LIFETIME - ADVISORY + 1
    store.broken = "exclusive"
    assert call(tokens, source) == "A0"
    clock.now += ADVISORY
    with pytest.raises(StoreError):
        call(tokens, source)
    assert source.spent == []


def test_a_refresh_token_beside_an_unusable_access_token_is_kept(tokens, clock) -> None:
    clock.now += LIFETIME
    answer = {"access_token": "two words", "refresh_token": "R-new", "expires_in": LIFETIME}
    with pytest.raises(TokenError, match="not valid in a header"):
        tokens.renew(None, lambda _: answer)
    assert tokens.store.load("").refresh_token == Secret("R-new")
    assert tokens.renew(None, lambda spent: {"access_token": f"A-for-{spent}", "expires_in": LIFETIME}) == "A-for-R-new"
