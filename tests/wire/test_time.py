"""Time has an end: one byte now and then, floods, slow and stuck readers. The error says which bound was passed."""

import contextlib
import socket
import threading
import time

import pytest
import requests
from server import PATIENCE, Server, answer, dripping, echo, http, silence, tunnel
from tls import VENDOR
from wires import Wire

from ocreg.engine.messages import Limits
from tests.pace import paced

SLACK = 5.0  # for a machine that has other things to do
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = b"x" * 12_000_000

DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "a header": (OK + b"X: ", b"x"),
    "headers": (OK, b"X: x\r\n"),
    "head of an interim answer": (b"HTTP/1.1 102 P\r\nX: ", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (OK + b"Content-Length: 1000\r\n\r\n", b"x"),
    "a body without a length": (OK + b"\r\n", b"x"),
    "size of a chunk": (CHUNKED, b"0"),
    "extension of a chunk": (CHUNKED + b"5;", b"x"),
    "a chunk": (CHUNKED + b"ff\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: x\r\n"),
    "a trailer": (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"x"),
}


def short(pace):
    """To connect and to wait, in seconds."""
    return Limits(0.06 * pace, 0.09 * pace)


class Watch:
    def __enter__(self):
        self._began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self._began


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS)
@paced
def test_a_byte_now_and_then_does_not_keep_an_attempt_alive(wire, serve, drip, *, pace):
    limits = short(pace)
    with serve(dripping(*drip, every=0.02), echo) as server:
        with Watch() as watch:
            kind, happened, reason = wire.failed(server.origin, timeout=limits)
        assert (kind, happened) == ("read-timeout", "unknown")
        assert f"the attempt took longer than {limits.whole:.3g} s as a whole" in reason
        assert 0.9 * limits.whole <= watch.seconds < limits.whole + SLACK
        assert wire.echoed(server.origin)
        assert server.connections == 2


@paced
def test_the_calls_deadline_is_the_bound_where_it_is_nearer(wire, serve, *, pace):
    with serve(dripping(*DRIPS["a body"])) as server, Watch() as watch:
        kind, happened, reason = wire.failed(server.origin, timeout=Limits(20, 20, 0.2 * pace))
    assert (kind, happened) == ("read-timeout", "unknown")
    assert "the call's deadline passed" in reason
    assert 0.18 * pace <= watch.seconds < 0.2 * pace + SLACK


@paced
def test_one_long_wait_is_no_matter_of_the_whole(wire, serve, *, pace):
    with serve(silence) as server:
        kind, happened, reason = wire.failed(server.origin, timeout=(20, 0.1 * pace))
    assert (kind, happened) == ("read-timeout", "unknown")
    assert "as a whole" not in reason
    assert f"{0.1 * pace}" in reason


FLOODS = {
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "102": (b"", b"HTTP/1.1 102 P\r\n\r\n"),
    "headers": (OK, b"X: x\r\n"),
    "a header": (OK + b"X: ", b"x"),
    "a status line": (b"", b"x"),
    "the head of an interim answer": (b"HTTP/1.1 100 Continue\r\n", b"X: x\r\n"),
    "a chunk's size": (CHUNKED, b"0"),
    "a chunk's extension": (CHUNKED + b"5;", b"x"),
    "tiny chunks": (CHUNKED, b"1\r\nx\r\n"),
    "a chunk of negative size": (CHUNKED + b"-1\r\n", b"x"),
    "a huge chunk": (CHUNKED + b"ffffffffffff\r\n", b"x"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: x\r\n"),
    "a trailer": (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"x"),
    "a body": (OK + b"\r\n", b"x"),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_is_not_read_to_its_end(wire, serve, flood):
    prefix, unit = flood
    with serve(dripping(prefix, unit * 20_000, every=0), echo) as server:
        kind, happened, _ = wire.failed(server.origin, timeout=(20, 20))
        assert (kind in {"too-large", "reset", "truncated"}, happened) == (True, "unknown")
        assert server.sent < 20_000_000
        assert wire.echoed(server.origin)


# Before the request is written


def drip_of_a_handshake(connection):
    connection.sock.recv(1 << 16)
    for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + bytes(200):
        connection.sock.send(bytes([byte]))
        if connection.server.stopping.wait(0.05):
            return


@pytest.mark.parametrize("limits", [Limits(0.2, 20), Limits(20, 20, 0.2)])
@paced
def test_a_handshake_has_the_time_to_connect(wire, limits, *, pace):
    timeout = Limits(*(pace * seconds for seconds in limits))
    with Server(drip_of_a_handshake) as server, Watch() as watch:
        kind, happened, reason = wire.failed(server.origin.replace("http", "https"), timeout=timeout)
    assert (kind, happened) == ("connect-timeout", "no")
    assert ("the call's deadline passed" in reason) == (limits.deadline < 1)
    assert watch.seconds < 0.2 * pace + SLACK


@pytest.mark.parametrize(
    "drip",
    [
        (b"HTTP/1.1 200 O", b"K"),
        (OK + b"X: ", b"x"),
        (OK, b"X: x\r\n"),
        (b"HTTP/1.1 407 No\r\nContent-Length: 9\r\n", b"X: x\r\n"),
    ],
)
@paced
def test_a_proxys_answer_has_a_bound_too(wire, monkeypatch, drip, *, pace):
    with Server(dripping(*drip, every=0.02)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.replace("127.0.0.1", "LOCALHOST"))
        with Watch() as watch:
            kind, happened, _ = wire.failed(f"https://{VENDOR}", timeout=short(pace))
    assert (kind in {"connect-timeout", "proxy"}, happened) == (True, "no")
    assert watch.seconds < short(pace).whole + SLACK


@paced
def test_a_handshake_through_a_proxy_has_what_the_proxy_left(wire, monkeypatch, *, pace):
    with Server(drip_of_a_handshake) as server, Server(tunnel(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        with Watch() as watch:
            kind, happened, _ = wire.failed(f"https://{VENDOR}", timeout=short(pace))
    assert (kind, happened) == ("connect-timeout", "no")
    assert watch.seconds < short(pace).whole + SLACK


@paced
def test_a_handshake_has_what_the_connection_left_of_the_deadline(wire, *, pace):
    """The listener's queue is full at first: the system knocks again after a second."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        listener.settimeout(0.2)

        def let_in():
            with contextlib.suppress(OSError):
                while True:
                    stack.enter_context(listener.accept()[0])

        accept = threading.Timer(0.5, let_in)
        accept.start()
        with Watch() as watch:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            kind, happened, _ = wire.failed(url, timeout=Limits(20, 20, 1.3))
        accept.join(5)
    assert (kind, happened) == ("connect-timeout", "no")
    assert watch.seconds < 2.2  # the handshake had no 1.3 s of its own


# While it is written


def test_head_and_body_of_a_small_request_are_one_write(wire):
    received = []

    def step(connection):
        received.append(connection.sock.recv(1 << 16))
        connection.write(http({}))
        connection.end()

    with Server(step) as server:
        for _ in range(5):
            assert wire.send(server.origin, body=b"[1]").status == 200
    assert [data[-3:] for data in received] == [b"[1]"] * 5


def slowly(bytes_at_a_time, every):
    """Read the request in small pieces, with pauses; then answer."""

    def step(connection):
        # with a large buffer the system tells nobody for a while that there is room again: it looks like standing still
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        size = 0
        while size < len(LARGE):
            piece = connection.sock.recv(bytes_at_a_time)
            if not piece:
                return
            size += len(piece)
            if connection.server.stopping.wait(every):
                return
        connection.write(http({"size": size}))
        connection.end()

    return step


@paced
def test_writing_takes_as_long_as_it_makes_progress(wire, serve, *, pace):
    with serve(slowly(1 << 14, 0.0005 * pace)) as server, Watch() as watch:
        reply = wire.send(server.origin, timeout=(0.2 * pace, 20), body=LARGE)
    assert getattr(reply, "status", reply) == 200
    assert watch.seconds > 0.2 * pace  # the time to connect


@paced
def test_a_reader_that_stops_is_a_time_out_of_writing(wire, serve, *, pace):
    def stop(connection):
        connection.sock.recv(100)
        connection.hold()

    with serve(stop, echo) as server:
        with Watch() as watch:
            kind, happened, reason = wire.failed(server.origin, timeout=(20, 0.2 * pace), body=LARGE)
        assert (kind, happened) == ("write-timeout", "no")
        assert "as a whole" not in reason
        assert watch.seconds < 0.2 * pace + SLACK
        assert wire.echoed(server.origin)


@paced
def test_a_reader_that_hardly_reads_meets_the_bound_of_the_whole(wire, serve, *, pace):
    # fast enough for progress in each wait: the system tells of room only when a third of its buffer is free
    with serve(slowly(1 << 14, 0.0015 * pace)) as server, Watch() as watch:
        kind, happened, reason = wire.failed(server.origin, timeout=Limits(0.1 * pace, 0.2 * pace), body=LARGE)
    assert (kind, happened) == ("write-timeout", "no")
    assert "as a whole" in reason
    assert watch.seconds < 0.5 * pace + SLACK


@pytest.mark.parametrize("reads", [1 << 16, 1 << 20, 1 << 23])
def test_an_answer_that_comes_while_the_body_is_written(wire, serve, reads):
    def step(connection):
        data = b""
        while len(data) < reads:
            data += connection.sock.recv(1 << 16)
        connection.write(http(b"too large", 413, Connection="keep-alive"))
        connection.end()

    with serve(step, echo) as server:
        outcome = wire.send(server.origin, body=LARGE)
        assert outcome[0] in {413, "unsent", "write-timeout", "truncated", "reset"}
        if outcome[0] == 413:
            assert outcome.body == b"too large"
        assert server.ended.wait(PATIENCE)  # where all was written after all, the connection is found closed
        assert wire.echoed(server.origin)
        assert server.connections == 2


@paced
def test_a_proxy_over_tls_keeps_the_bounds(authority, serve, *, pace):
    """TLS within TLS: urllib3's own transport, which has no deadline of its own."""
    with requests.Session() as session, Wire(session) as wire:
        session.verify = authority.bundle
        server = Server(dripping(*DRIPS["a body"]), answer({"code": 0}), tls=authority.server())
        proxy = Server(tunnel(server.port), tls=authority.server())
        with server, proxy:
            session.proxies = {"https": proxy.origin}
            with Watch() as watch:
                kind, happened, _ = wire.failed(f"https://{VENDOR}", timeout=Limits(0.1 * pace, 0.2 * pace))
            assert (kind, happened) == ("read-timeout", "unknown")
            assert watch.seconds < 0.5 * pace + SLACK
            assert wire.send(f"https://{VENDOR}").status == 200
