"""A refresh of which nobody knows what became: it is written down, the others wait, and one of them asks again."""

import os
import threading
import time
import warnings
from contextlib import closing, contextmanager

import pytest
from server import PATIENCE, Server, http

from ocreg.account.grants import Grant, MemoryStore
from ocreg.account.tokens import QUIET, UNANSWERED, Tokens
from ocreg.errors import HttpError, SettingMissing, StoreError, TokenError
from ocreg.redact import Secret
from ocreg.store import open_store
from tests.account.test_token_life import (
    ACCOUNT,
    BUSY,
    LIFETIME,
    START,
    Clock,
    Source,
    at_once,
    call,
    filled,
    refusal,
    timeout,
    url,
)
from tests.children import fresh

__all__ = ["url"]  # a fixture


@pytest.fixture
def clock():
    return Clock()


def ended(store=None):
    """A store that holds R0 and an access token that has ended."""
    return filled(store or MemoryStore(), Grant(Secret("A0"), Secret("R0"), START - 2 * LIFETIME, LIFETIME))


def tokens(clock, store, account=""):
    return Tokens(Grant(), store, account, clock, clock.sleep)


def lost(tokens, source):
    """One refresh whose answer never comes."""
    source.error = timeout()
    with pytest.raises(type(source.error)):
        call(tokens, source)
    source.error = None


def test_who_comes_later_waits_and_then_asks_again(clock) -> None:
    store, source = ended(), Source()
    lost(tokens(clock, store), source)
    assert call(tokens(clock, store), source) == "A2"
    assert clock.now - START >= UNANSWERED
    assert source.spent == ["R0", "R0"]


def test_what_certainly_was_not_carried_out_is_asked_again_at_once(clock) -> None:
    store, source = ended(), Source()
    busy = HttpError("busy", operation="oauth.refresh", happened="no", message_id="m", reply=None, status=429)
    for source.error in (busy, refusal(), SettingMissing("no key", setting="client_key", variable="OCREG_CLIENT_KEY")):
        with pytest.raises(Exception, match=r"busy|refused|no key"):
            call(tokens(clock, store), source)
    source.error = None
    assert call(tokens(clock, store), source) == "A4"
    assert clock.now == START


def test_of_all_who_wait_one_asks_and_if_no_answer_comes_the_others_do_not() -> None:
    now, asked = [START], []
    shared = Tokens(Grant(), ended(), "", lambda: now[0], lambda _: time.sleep(0.001))

    def fetch(refresh_token):
        asked.append(now[0])
        now[0] += 70  # its time-out
        raise timeout()

    with pytest.raises(type(timeout())):
        call(shared, fetch)
    kinds = [type(result.exception(PATIENCE)) for result in at_once(lambda: call(shared, fetch))]
    assert len(asked) == 1  # the clock stands still: nobody's turn came, and all were told within their patience
    assert kinds == [TokenError] * 8


def test_one_who_waited_long_enough_for_another_is_told_and_does_not_wait_again(clock) -> None:
    store, source = ended(), Source()
    lost(tokens(clock, store), source)
    mine = tokens(clock, store)

    def sleep(seconds):
        clock.now += seconds
        with store.exclusive("", wait=True) as slot:
            slot.mark(clock.now)  # others ask all the time, and get no answer

    mine._sleep = sleep
    with pytest.raises(TokenError, match="no answer came"):
        call(mine, source)
    assert UNANSWERED <= clock.now - START < 2 * UNANSWERED
    assert source.spent == ["R0"]


def test_a_token_that_still_does_is_used_while_an_answer_is_missing(clock) -> None:
    store, source = filled(MemoryStore()), Source()
    clock.now += LIFETIME - 300
    mine = tokens(clock, store)
    source.error = timeout()
    assert [call(mine, source) for _ in range(3)] == ["A0"] * 3
    source.error = None
    clock.now += QUIET
    assert call(tokens(clock, store), source) == call(mine, source) == "A0"
    clock.now += UNANSWERED
    assert call(mine, source) == "A2"


@pytest.mark.parametrize("skew", [-30, 30, -3000, 3000])
def test_a_clock_that_goes_wrong_elsewhere_keeps_nobody_waiting_for_long(clock, skew) -> None:
    store, source = ended(), Source()
    clock.now += skew
    lost(tokens(clock, store), source)
    clock.now -= skew
    assert call(tokens(clock, store), source) == "A2"
    assert clock.now - START <= 2 * UNANSWERED


def test_a_login_that_comes_between_the_mark_and_the_request_is_used_instead(clock) -> None:
    class Interrupted(MemoryStore):
        @contextmanager
        def exclusive(self, account, *, wait):
            with super().exclusive(account, wait=wait) as slot:
                mark = slot.mark

                def marked(at):
                    mark(at)
                    if not source.spent and login.grant.access_token is None:
                        login.accept({"access_token": "A-login", "refresh_token": "R-login", "expires_in": LIFETIME})

                slot.mark = marked
                yield slot

    store, source = Interrupted(), Source()
    login = Tokens(Grant(), store, "", clock, clock.sleep)
    mine = Tokens(Grant(None, Secret("R0")), store, "", clock, clock.sleep)
    assert call(mine, source) == "A-login"
    assert source.spent == []


def test_a_mark_that_cannot_be_taken_back_costs_time_and_no_token(clock) -> None:
    class Stuck(MemoryStore):
        @contextmanager
        def exclusive(self, account, *, wait):
            with super().exclusive(account, wait=wait) as slot:
                mark = slot.mark

                def marked(at):
                    if at is None:
                        raise StoreError("as scripted")
                    mark(at)

                slot.mark = marked
                yield slot

    store, source = ended(Stuck()), Source()
    source.error = refusal()
    with pytest.raises(TokenError, match="ocreg login"):
        call(tokens(clock, store), source)
    source.error = None
    assert call(tokens(clock, store), source) == "A2"
    assert clock.now - START >= UNANSWERED


# A store of somebody's own, which knows nothing of marks


class Plain:
    """A store as the protocol has been from the start: four values, one lock."""

    def __init__(self):
        self.rows, self.lock = {"": ("A0", "R0", START - LIFETIME, LIFETIME)}, threading.Lock()

    def load(self, account):
        if account not in self.rows:
            return None
        access, refresh, obtained_at, lifetime = self.rows[account]
        return Grant(Secret(access), Secret(refresh), obtained_at, lifetime)

    def save(self, grant):
        access, refresh, obtained_at, lifetime = grant
        self.rows[""] = (access.reveal(), refresh.reveal(), obtained_at, lifetime)

    @contextmanager
    def exclusive(self, account, *, wait):
        if not self.lock.acquire(blocking=wait):
            yield None
            return
        try:
            slot = type("Slot", (), {"load": lambda _: self.load(account), "save": lambda _, grant: self.save(grant)})
            yield slot()
        finally:
            self.lock.release()

    def delete(self, account):
        self.rows.pop(account, None)

    def close(self):
        pass


def test_a_store_without_marks_works_and_this_process_remembers(clock) -> None:
    store, source = Plain(), Source()
    mine = tokens(clock, store)
    assert call(mine, source) == "A1"
    clock.now += LIFETIME
    lost(mine, source)
    began = clock.now
    assert call(mine, source) == "A3"
    assert clock.now - began >= UNANSWERED
    assert store.rows[""][:2] == ("A3", "R3")


def test_a_store_without_marks_shows_what_came_and_nobody_waits(clock) -> None:
    store, source = Plain(), Source()
    mine = tokens(clock, store)
    lost(mine, source)
    assert call(Tokens(Grant(), store, "", clock, clock.sleep), source) == "A2"  # another process
    assert mine.renew("A2", source) == "A3"  # it is refused at once
    assert mine.renew("A3", source) == "A4"
    assert clock.now == START


def test_a_forked_process_does_not_wait_for_what_its_parent_asked(clock) -> None:
    store, source = ended(), Source()
    lost(tokens(clock, store), source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
        child = os.fork()
    if child == 0:
        good = call(tokens(clock, store), source) == "A2" and clock.now == START
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0


# Many processes


def knock(url, port, clock, ready, results):
    """What one of the processes does: one call, however long it takes."""
    import http.client

    from ocreg.errors import TransportError

    def fetch(refresh_token):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
                connection.request("POST", f"/oauth/token?refresh_token={refresh_token}")
                connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            facts = {"operation": "oauth.refresh", "happened": "unknown", "message_id": "m", "reply": None}
            raise TransportError(str(error), **facts) from None
        return {"access_token": "A-new", "refresh_token": "R-new", "expires_in": LIFETIME}

    store = open_store(url, None)
    tokens = Tokens(Grant(), store, ACCOUNT, lambda: clock.value)
    ready.wait(BUSY)
    try:
        results.put(call(tokens, fetch))
    except Exception as error:
        results.put(type(error).__name__)
    store.close()


def test_eight_processes_do_not_present_one_refresh_token_sixteen_times(url) -> None:
    """The server takes the token, and its answer is lost."""
    presented, first = [], threading.Event()

    def step(connection):
        connection.read()
        presented.append(clock.value)
        if len(presented) > 1:
            connection.sock.sendall(http({}))
        first.set()

    context = fresh()
    clock, ready, results = context.Value("d", START, lock=False), context.Barrier(8), context.Queue()
    with Server(step) as server:
        children = [context.Process(target=knock, args=(url, server.port, clock, ready, results)) for _ in range(8)]
        for child in children:
            child.start()
        assert first.wait(BUSY)
        said = [results.get(timeout=BUSY)]
        time.sleep(0.3)  # the others look, and look again
        assert len(presented) == 1
        clock.value += UNANSWERED
        said += [results.get(timeout=BUSY) for _ in children[1:]]
        for child in children:
            child.join()
    assert said == ["TransportError"] + ["A-new"] * 7
    assert presented == [START, START + UNANSWERED]
