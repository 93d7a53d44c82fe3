"""Odd hosts, headers, lengths and compressions, by hand and by the thousand; and many threads at once."""

import gzip
import json
import random
import threading
import zlib
from collections import Counter

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from server import PATIENCE, Server, echo, http, in_turn, raw
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER
from wires import Wire

from ocreg import Client, OcregError
from ocreg.engine.messages import Failure, Reply
from ocreg.engine.policy import TRANSPORT
from ocreg.wire.connection import Connection
from tests.pace import paced

KEYS = {"client_key": "CK-1", "secret_key": "SK-1", "access_token": "AT-1"}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}
OK = b'{"code": 0}'

HOSTS = [
    f"http://{'a' * 64}.example.com",
    f"http://{'a.' * 150}com",
    "http://.example.com",
    "http://a..example.com",
    "http://exa mple.com",
    "http://exa\x00mple.com",
    "http://\u2603.invalid",
    "http://xn--.invalid",
    "http://[::1",
    "http://[::1]x:1",
    "http://[v1.x]:1",
    "http://127.0.0.1:0",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:port",
    "http://127.0.0.1:-1",
    "http://:80",
    "http://",
    "http:///x",
    "//x",
    "",
    "ftp://127.0.0.1",
    "http://user:p4ss@h:port",
    "http://256.256.256.256",
    "http://*",
    "http://%",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_cannot_be_used_is_a_no(wire, host):
    kind, happened, reason = wire.failed(f"{host}/x", timeout=(0.5, 0.5))
    assert (happened, "p4ss" in reason) == ("no", False)
    assert kind in {"unusable", "connect", "connect-timeout", "proxy"}


def test_the_ipv6_loopback(wire):
    kind, happened, _ = wire.failed("http://[::1]:1/x")
    assert (kind, happened) == ("connect", "no")


@pytest.mark.parametrize(
    "headers",
    [{"X": "\u4e2d"}, {"X": "a\r\nB: c"}, {"X\r\nY": "a"}, {"X": "a\nb"}, {"": "x"}, {"X Y:": "z"}, {"X": None}],
)
def test_a_header_that_cannot_travel_is_a_no(wire, headers):
    with Server(echo) as server:
        outcome = wire.send(server.origin, headers=headers)
        assert isinstance(outcome, Reply) or TRANSPORT[outcome.kind].happened == "no"
        assert b"\r\nB: c" not in b"".join(server.requests)
        assert wire.echoed(server.origin)


HEAD = b"HTTP/1.1 200 OK\r\n"
STRICTER = {
    HEAD + b"Content-Length: -5\r\n\r\n" + OK,
    HEAD + b"Content-Length: many\r\n\r\n" + OK,
    HEAD + b"Content-Length: 11, 11\r\n\r\n" + OK,
    HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + OK + b"\r\n0\r\n\r\n",
    HEAD + b"Odd Header\r\nX: \xff\r\n\r\n" + OK,
}
"""What aiohttp's parser refuses, and that of http.client does not."""


def packed_twice(wire, data, reply):
    """Whether an answer that was packed more than once is left as it came, as aiohttp does: it is no JSON then."""
    return wire.aio and b"gzip, gzip" in data and reply.body == data.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (HEAD + b"Content-Length: 0\r\n\r\n", b""),
        (HEAD + b"Content-Length: -5\r\n\r\n" + OK, OK),
        (HEAD + b"Content-Length: many\r\n\r\n" + OK, OK),
        (HEAD + b"Content-Length: 11, 11\r\n\r\n" + OK, OK),
        (HEAD + b"Content-Length: 3\r\n\r\n" + OK, OK[:3]),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + OK + b"\r\n0\r\n\r\n", OK),
        (HEAD + b"Content-Type: application/json; charset\r\n\r\n" + OK, OK),
        (b"HTTP/1.1 200\r\n\r\n" + OK, OK),
        (HEAD + b"Odd Header\r\nX: \xff\r\n\r\n" + OK, OK),
        (HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(OK), OK),
        (HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(OK)[2:-4], OK),
        (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(OK)), OK),
        (HEAD + b"Content-Encoding: nonsense\r\n\r\n" + OK, OK),
    ],
)
def test_odd_answers_that_can_be_read(wire, data, body):
    with Server(raw(data), echo) as server:
        reply = wire.send(server.origin)
        if not wire.aio or isinstance(reply, Reply):
            assert packed_twice(wire, data, reply) or reply.body == body
        else:
            assert data in STRICTER
            assert TRANSPORT[reply.kind].happened == "unknown"
        assert server.ended.wait(PATIENCE)  # a connection that is closed without a word may be found closed too late
        assert wire.echoed(server.origin)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (HEAD + b"Content-Length: 12\r\n\r\n" + OK, "truncated"),
        (HEAD + b"Content-Length: 5, 6\r\n\r\n" + OK, "reset"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "truncated"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + OK, {"truncated", "other"}),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + OK, "garbled"),
        (HEAD + b"Content-Encoding: deflate\r\n\r\n" + b"\xff" * 20, "garbled"),
        (HEAD + b"Content-Encoding: " + b"gzip, " * 50 + b"gzip\r\n\r\n" + OK, "garbled"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 5_000_000), "too-large"),
        (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b" " * 90_000_000)), "too-large"),
        (HEAD + b"\r\n" + b" " * 1_000_001, "too-large"),
        (HEAD + b"X: y\r\n" * 200 + b"\r\n", "reset"),
        (b"HTTP/2 200\r\n\r\n", "reset"),
        (b"", "reset"),
    ],
)
def test_odd_answers_that_cannot_be_read(wire, data, kind):
    with Server(raw(data), echo) as server:
        reply = wire.send(server.origin)
        if not packed_twice(wire, data, reply):
            assert (reply.kind == kind or reply.kind in kind, TRANSPORT[reply.kind].happened) == (True, "unknown")
        assert wire.echoed(server.origin)


def test_answers_of_every_size(wire):
    with Server(
        in_turn(*(http(b"x" * size, Connection="keep-alive") for size in (0, 1, 65535, 65536, 65537, 1_000_000)))
    ) as server:
        assert [len(wire.send(server.origin).body) for _ in range(6)] == [0, 1, 65535, 65536, 65537, 1_000_000]
        assert server.connections == 1


# By the thousand


SEEDS = [
    http({"code": 0}),
    http({"code": 0}, Connection="keep-alive"),
    http({"code": 3, "message": "no"}, 400),
    http(b"", 204),
    http(b"moved", 301, Location="http://[half"),
    http(b"busy", 503, Retry_After="1"),
    http(gzip.compress(OK), Content_Encoding="gzip"),
    HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"cod\r\n6\r\ne": 0}\r\n0\r\nX: y\r\n\r\n',
    b"HTTP/1.1 102 P\r\nX: y\r\n\r\n" + http({"code": 0}),
]
PIECES = [
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff",
    b":",
    b" ",
    b"-1",
    b"99999999999999999999",
    b"HTTP/1.1 ",
    b"chunked",
    b"gzip",
    b"\n",
    b"100",
    b";",
]


def mutated(chance, data):
    for _ in range(chance.randrange(4)):
        at, length = chance.randrange(len(data) + 1), chance.choice((0, 0, 1, 2, 9, 60))
        data = (
            data[:at]
            + chance.choice((b"", chance.choice(PIECES), bytes([chance.randrange(256)])))
            + data[at + length :]
        )
    return data


def misbehaving(chance, data):
    """A step that reads all, a part or nothing of the request, then writes something and ends somehow."""
    reads, ends = chance.choice(("whole",) * 6 + ("part", "nothing")), chance.choice(("end", "end", "reset", "next"))

    def step(connection):
        if reads == "whole":
            connection.read()
        elif reads == "part":
            connection.sock.recv(5)
        connection.write(data)
        if ends == "reset":
            connection.reset()
            return
        if ends == "next":
            connection.write(http({"target": connection.read().split(b" ")[1].decode()}))
        connection.end()

    return step


class Scripted(Server):
    """Takes its next step from the test."""

    def _accept(self):
        self.steps = [self._next]
        super()._accept()

    def _next(self, connection):
        self.step(connection)


@pytest.mark.parametrize("seed", range(4))
@paced
def test_whatever_is_answered_it_is_a_reply_or_a_failure(wire, seed, *, pace):
    chance, counts = random.Random(seed), Counter()
    with Scripted(None) as server:
        for turn in range(400):
            server.step = misbehaving(chance, mutated(chance, chance.choice(SEEDS)))
            content = b"x" * chance.choice((2, 2, 100, 400_000))
            outcome = wire.send(f"{server.origin}/{turn}x", timeout=(1, 0.03 * pace), body=content)
            assert isinstance(outcome, (Reply, Failure))
            if isinstance(outcome, Failure):
                assert TRANSPORT[outcome.kind].happened == "unknown" or not server.sent_to(f"/{turn}x")
            counts[outcome.kind if isinstance(outcome, Failure) else "reply"] += 1
    assert counts["reply"] > 100
    assert len(counts) >= 4, counts
    print(seed, wire.session, dict(counts))


@pytest.mark.parametrize("seed", range(2))
@paced
def test_whatever_is_answered_a_call_gives_its_answer_or_an_error_that_is_true(seed, *, pace):
    chance, counts, wrong = random.Random(seed), Counter(), []
    with Scripted(None) as server, Client(host=server.origin, timeout=(1, 0.03 * pace), **KEYS) as client:
        for turn in range(300):
            server.step = misbehaving(chance, mutated(chance, chance.choice(SEEDS)))
            try:
                assert client.call("outbound.cancel", CANCEL, message_id=f"m{turn}x")["code"] == 0
                counts["result"] += 1
            except OcregError as error:
                counts[f"{type(error).__name__} {error.happened}"] += 1
                said_by_the_server = getattr(error, "status", None) is not None
                read = any(f'"m{turn}x"'.encode() in request for request in server.requests)
                told_wrongly = error.happened == "no" and read and not said_by_the_server
                wrong += [error] if told_wrongly else []
    assert wrong == []
    assert counts["result"] > 50
    print(seed, dict(counts))


def test_whatever_the_configuration_it_is_a_reply_a_failure_or_a_refusal(monkeypatch):
    chance, counts = random.Random(1), Counter()
    with Server(echo) as server:
        proxies = [
            "",
            server.origin,
            "http://u:p4ss@[half",
            "socks5://h:1",
            "h:1",
            ":",
            "http://h:port",
            "//",
            "nothing://h",
        ]
        hosts = [server.origin, server.origin.replace("http:", "https:"), "https://vendor.invalid", *HOSTS]
        for turn in range(300):
            session = chance.choice((None, requests.Session()))
            if session is not None:
                session.proxies = chance.choice(({}, {"http": chance.choice(proxies)}, {"all": chance.choice(proxies)}))
                session.verify = chance.choice((True, True, "/no/such/file", "/", False))
                session.cert = chance.choice((None, None, "/no/such/file", ("/", "/")))
                session.trust_env = chance.choice((True, False))
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
                monkeypatch.setenv(name, chance.choice(("", "", chance.choice(proxies))))
            timeout = chance.choice(((0.1, 0.1), (0.01, 0.1), (0.1, 0.001)))
            with Wire(session) as wire:
                try:
                    outcome = wire.send(f"{chance.choice(hosts)}/{turn}x", timeout=timeout)
                except OcregError as error:
                    counts[type(error).__name__] += 1
                    continue
            assert isinstance(outcome, (Reply, Failure))
            assert "p4ss" not in repr(outcome)
            if isinstance(outcome, Failure):
                read = any(b"/%dx " % turn in request for request in server.requests)
                assert TRANSPORT[outcome.kind].happened == "unknown" or not read, outcome
            counts[outcome.kind if isinstance(outcome, Failure) else "reply"] += 1
    assert counts["reply"] > 0
    assert len(counts) >= 4, counts
    print(dict(counts))


# Many threads


def together(count, work):
    failures, start = [], threading.Barrier(count)

    def one(number):
        start.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    assert failures == []


def test_many_threads_and_more_urls_than_are_kept(wire):
    with Server(echo) as server:

        def work(number):
            for url in range(40):
                assert wire.echoed(server.origin, f"/{(url * 16 + number) % 300}")

        together(16, work)
        assert server.connections <= (16 if wire.session is None else 700)


@pytest.mark.parametrize("what", ["close", "forget"])
def test_closing_and_forgetting_while_others_call(wire, what):
    with Server(echo) as server:

        def work(number):
            for turn in range(60):
                if number == 0:
                    wire.pause() if what == "close" else wire.transport.forget()
                else:
                    own = wire.echoed(server.origin, f"/{number}/{turn}")
                    assert own or (wire.aio and what == "close")  # aiohttp closes what is on its way, too

        together(5, work)


def test_a_call_in_many_threads_gets_its_own_answer():
    with Server(echo) as server, Wire() as wire:

        def work(number):
            for turn in range(50):
                reply = wire.send(f"{server.origin}/{number}/{turn}")
                assert json.loads(reply.body) == {"target": f"/{number}/{turn}"}

        together(16, work)
        assert server.connections <= 16


class Ours(Connection, HTTPConnection):
    """As the transport makes it of urllib3's class."""


def head(kind, name, *values):
    """The bytes of a request with this header, or the class of the exception."""
    written, connection = [], kind("127.0.0.1", 1)
    connection.send = written.append
    connection.putrequest("GET", "/")
    try:
        connection.putheader(name, *values)
    except Exception as error:
        return type(error)
    connection.endheaders()
    return b"".join(written)


HEADER = st.text(max_size=9) | st.sampled_from(["clientKey", "User-Agent", "x-1", SKIP_HEADER])


@given(HEADER | st.binary(max_size=3), st.lists(HEADER | st.binary(max_size=3) | st.integers() | st.none(), max_size=2))
@example("Access-Token", ["Bearer 1234-abcd"])
@example("User-Agent", [SKIP_HEADER])
@example("Access-Token", [SKIP_HEADER])
@example("x", [b"bytes"])
@example(b"x", ["text"])
@example("x", [17])
@example("x", ["two", "values"])
@example("x", ["r\xe9sum\xe9"])
@example("x", ["\u2603"])
@example("x", ["tab\there"])
@example("x", ["line\r\nInjected: yes"])
@example("x", ["line\n folded"])
@example("x\n", ["y"])
@example("x y", ["z"])
@example("", ["y"])
@example("x", [""])
@example("x:", ["y"])
@example("a: b", ["c"])
@example("Host: example.com", ["c"])
def test_a_header_is_written_as_urllib3_writes_it(name, values):
    assert head(Ours, name, *values) == head(HTTPConnection, name, *values)


def test_a_tool_around_putheader_sees_every_header(monkeypatch):
    seen, own = [], HTTPConnection.__mro__[1].putheader

    def putheader(self, header, *values):
        seen.append(header)
        return own(self, header, *values)

    monkeypatch.setattr(HTTPConnection.__mro__[1], "putheader", putheader)
    head(Ours, "clientKey", "CK-1")
    assert "clientKey" in seen
