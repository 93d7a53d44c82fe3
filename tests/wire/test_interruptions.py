"""What a signal handler, or another thread, raises inside a call comes through; the connection is used no more."""

import ctypes
import functools
import signal
import threading
import time

import pytest
from server import PATIENCE, Server, dripping, echo, silence, stopping

from tests.children import until
from tests.pace import paced

pytestmark = pytest.mark.timeout(method="thread")  # the other one has the timer that these tests set
LARGE = b"x" * 12_000_000


class Watchdog(Exception):
    """An exception of the application's own."""


class Shutdown(BaseException):
    """Like SystemExit."""


class Hangs(TimeoutError):
    """As an application may derive one."""


class AsMethod:
    def __init__(self, error):
        self.error = error

    def handle(self, *_):
        raise self.error


class AsCallable(AsMethod):
    def __call__(self, *_):
        raise self.error


def as_function(error):
    def handler(*_):
        raise error

    return handler


def with_error(error, *_):
    raise error


HANDLERS = {
    "function": as_function,
    "method": lambda error: AsMethod(error).handle,
    "partial": lambda error: functools.partial(with_error, error),
    "partial of a method": lambda error: functools.partial(AsMethod(error).handle, 1),
    "object": AsCallable,
}


@pytest.fixture
def alarm():
    """Install a handler and let it be called in the moment after a server has fallen silent."""
    before = signal.getsignal(signal.SIGALRM)

    def set_alarm(server, handler):
        signal.signal(signal.SIGALRM, handler)
        server.holding = lambda: signal.setitimer(signal.ITIMER_REAL, 0.02)

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def does_not_read(connection):
    connection.sock.recv(10)
    connection.hold()


PHASES = {
    "write": (does_not_read, LARGE),
    "wait": (silence, b"{}"),
    "head": (stopping(b"HTTP/1.1 200 OK\r\nX: "), b"{}"),
    "body": (stopping(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), b"{}"),
    "chunk": (stopping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx"), b"{}"),
    "drip": (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x", every=0.01), b"{}"),
}
ERRORS = [TimeoutError("watchdog"), Watchdog(), Hangs(), ConnectionResetError("mine"), Shutdown(), KeyboardInterrupt()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_what_a_signal_handler_raises_comes_through(wire, serve, alarm, phase, error):
    step, content = phase
    with serve(step, echo) as server:
        alarm(server, as_function(error))
        with pytest.raises(type(error)) as caught:
            wire.send(server.origin, body=content)
        assert caught.value is error
        assert wire.echoed(server.origin)
        assert server.connections == 2


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_also_while_connecting(wire, alarm, error):
    with Server(lambda connection: connection.hold()) as server:
        alarm(server, as_function(error))
        with pytest.raises(type(error)) as caught:
            wire.send(server.origin.replace("http", "https"))
    assert caught.value is error


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_whatever_kind_of_handler_it_is(wire, alarm, handler):
    error = TimeoutError("watchdog")
    with Server(silence) as server:
        alarm(server, handler(error))
        with pytest.raises(TimeoutError) as caught:
            wire.send(server.origin)
    assert caught.value is error


@paced
def test_a_handler_that_only_looks_does_not_end_the_call(wire, alarm, *, pace):
    seen = []
    with Server(silence) as server:
        alarm(server, lambda number, _: seen.append(number))
        assert wire.failed(server.origin, timeout=(20, 0.2 * pace))[:2] == ("read-timeout", "unknown")
    assert seen == [signal.SIGALRM]


@pytest.mark.parametrize("kind", [Watchdog, Hangs, Shutdown, KeyboardInterrupt])
@pytest.mark.parametrize(
    "drip",
    [
        (b"", b"HTTP/1.1 102 P\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x"),
    ],
)
def test_what_another_thread_throws_into_this_one_comes_through(wire, serve, drip, kind):
    outcome = []

    def work():
        try:
            outcome.append(wire.send(server.origin))
        except BaseException as error:
            outcome.append(error)

    with serve(dripping(*drip, every=0.01), echo) as server:
        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: server.requests)
        time.sleep(0.03)
        assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(kind)) == 1
        thread.join(PATIENCE)
        assert [type(one) for one in outcome] == [kind]
        assert wire.echoed(server.origin)
        assert server.connections == 2
