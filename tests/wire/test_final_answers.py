"""An answer belongs to its request: interim answers, second ones, and which connections are used again."""

import io
import json
import threading
import time
from http.client import HTTPException, parse_headers

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from server import PATIENCE, Server, body, echo, http, in_turn, raw

from ocreg import CallError, Client
from ocreg.wire.connection import MOST_INTERIM, _fields

KEYS = {"client_key": "CK-1", "secret_key": "SK-1", "access_token": "AT-1"}
FINAL = http({"final": True}, Connection="keep-alive")
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\nLink: </y>\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MISLEADING = b"HTTP/1.1 199 Odd\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def final(reply):
    return (reply.status, json.loads(reply.body)) == (200, {"final": True})


NAMES = st.sampled_from([b"Content-Length", b"X-A", b"x-a", b"Set-Cookie", b"From", b"", b"a b", b"\xe9", b" X", b":"])
VALUES = st.binary(max_size=12) | st.sampled_from(
    [b" 5", b"", b" a, b ", b"\tx", b"\xe9\xff", b"a\rb", b"a\0", b" " * 9]
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"", b"\r\n folded\r\n", b"\r"])
FIELDS = st.lists(st.tuples(NAMES, st.sampled_from([b":", b":", b"", b" :"]), VALUES, ENDS).map(b"".join), max_size=6)


@given(FIELDS.map(b"".join), st.sampled_from([b"\r\n", b"\n", b""]))
@example(b"A: b\r\n" * 99, b"\r\n")
@example(b"A: b\r\n" * 100, b"\r\n")
@example(b"A: " + b"b" * 65_531 + b"\r\n", b"\r\n")
@example(b"A: " + b"b" * 65_532 + b"\r\n", b"\r\n")
def test_header_fields_are_read_as_the_library_reads_them(lines, end):
    def read(parse):
        try:
            return parse(file := io.BytesIO(lines + end + b"the body")).items(), file.read()
        except HTTPException as error:
            return repr(error)

    assert read(_fields) == read(parse_headers)


@pytest.mark.parametrize(
    "interim",
    [PROCESSING, HINTS, CONTINUE, MISLEADING, PROCESSING * 3 + HINTS, CONTINUE + PROCESSING + CONTINUE, CONTINUE * 99],
)
@pytest.mark.parametrize("pause", [0, 0.01])
def test_interim_answers_are_read_over(wire, serve, interim, pause):
    def step(connection):
        connection.read()
        connection.write(interim)
        time.sleep(pause)
        connection.write(FINAL)
        echo(connection)

    with serve(step, echo) as server:
        assert final(wire.send(server.origin))
        assert wire.echoed(server.origin)
        assert server.connections == 1


def test_interim_answers_are_read_over_up_to_a_bound(wire):
    with Server(in_turn(PROCESSING * MOST_INTERIM + FINAL)) as server:
        assert final(wire.send(server.origin))
    with Server(in_turn(PROCESSING * (MOST_INTERIM + 1) + FINAL), echo) as server:
        kind, happened, reason = wire.failed(server.origin)
        assert (kind, happened) == ("too-large", "unknown")
        assert f"more than {MOST_INTERIM} interim answers" in reason
        assert wire.echoed(server.origin)
        assert server.connections == 2


def test_switching_protocols_is_final_and_its_connection_is_given_up(wire):
    with Server(in_turn(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), echo) as server:
        assert wire.send(server.origin).status == 101
        assert wire.echoed(server.origin)
        assert server.connections == 2


@pytest.mark.parametrize("interim", [PROCESSING, HINTS, CONTINUE])
def test_after_an_interim_answer_nobody_answers(wire, serve, interim):
    def silent(connection):
        connection.read()
        connection.write(interim)
        connection.hold()

    with serve(silent, echo) as server:
        assert wire.failed(server.origin, timeout=(20, 0.05))[:2] == ("read-timeout", "unknown")
        assert wire.echoed(server.origin)
    with serve(raw(interim), echo) as server:
        assert wire.failed(server.origin)[:2] == ("reset", "unknown")
        assert wire.echoed(server.origin)


@pytest.mark.parametrize("interim", [PROCESSING, HINTS, b""])
def test_each_of_three_creates_gets_its_own_answer(interim):
    made = []

    def step(connection):
        while True:
            sent = json.loads(body(connection.read()))
            number = sent["data"][0]["referenceNumber"]
            if number == "A":
                connection.write(interim)
                time.sleep(0.01)
            if number == "B":
                connection.write(http({"code": 3, "messageId": sent["messageId"]}, Connection="keep-alive"))
                continue
            made.append(number)
            row = {"orderNumber": f"O-{number}", "referenceNumber": number}
            answer = {"code": 0, "messageId": sent["messageId"], "data": [row]}
            connection.write(http(answer, Connection="keep-alive"))

    outcomes = {}
    with Server(step) as server, Client(host=server.origin, **KEYS) as client:
        for number in "ABC":
            order = {"referenceNumber": number, "consigneeName": "T", "consigneeAddress1": "1 Example Road"}
            try:
                answer = client.call("outbound.create", [{**order, "consigneeCountryCode": "GB"}])
                outcomes[number] = answer["data"][0]["orderNumber"]
            except CallError as error:
                outcomes[number] = error.happened
        assert server.connections == 1
    assert outcomes == {"A": "O-A", "B": "no", "C": "O-C"}
    assert made == ["A", "C"]


# What is kept, and what is not


CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"fin\r\n9;x=y\r\nal": true\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n'


@pytest.mark.parametrize(
    ("data", "connections"),
    [
        (FINAL, 1),
        (CHUNKED, 1),
        (http({"final": True}), 2),  # Connection: close
        (b'HTTP/1.0 200 OK\r\nContent-Length: 15\r\n\r\n{"final": true}', 2),
        (b'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 15\r\n\r\n{"final": true}', 1),
    ],
)
def test_connections_are_kept_where_the_answer_says_so(wire, serve, data, connections):
    with serve(in_turn(data), echo) as server:
        assert final(wire.send(server.origin))
        assert wire.echoed(server.origin)
        assert server.connections == connections


def test_an_answer_without_a_length_ends_with_its_connection(wire, serve):
    with serve(raw(b'HTTP/1.1 200 OK\r\n\r\n{"final": true}'), echo) as server:
        assert final(wire.send(server.origin))
        assert wire.echoed(server.origin)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_keeps_the_connection(wire, serve, status):
    with serve(in_turn(b"HTTP/1.1 %d X\r\nContent-Length: 7\r\n\r\n" % status), echo) as server:
        reply = wire.send(server.origin)
        assert (reply.status, reply.body) == (status, b"")
        assert wire.echoed(server.origin)
        assert server.connections == 1


# A second answer


SECOND = http({"second": True}, Connection="keep-alive")


@pytest.mark.parametrize("second", [SECOND, SECOND[:20], SECOND * 40, b"x", b"\r\n"])
@pytest.mark.parametrize("first", [FINAL, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_a_connection_with_bytes_after_the_answer_serves_no_other_call(wire, serve, first, second):
    with serve(in_turn(first + second), echo) as server:
        assert wire.send(server.origin).status in (200, 204)
        assert wire.echoed(server.origin)
        assert server.connections == 2


@pytest.mark.parametrize("length", [8191, 8192, 8193, 16384])
def test_bytes_that_tls_has_already_unpacked_are_bytes_after_the_answer(wire, serve, length):
    """One record of TLS, of which the first answer fills a buffer to its last byte."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %6d\r\n\r\n"
    first = head % (length - len(head % 0)) + b" " * (length - len(head % 0))
    with serve(in_turn(first + SECOND), echo) as server:
        assert len(first) == length
        assert wire.send(server.origin).status == 200
        assert wire.echoed(server.origin)
        assert server.connections == 2


def test_a_second_answer_that_comes_late_is_never_the_next_calls(wire, serve):
    first, second = threading.Event(), threading.Event()

    def step(connection):
        connection.read()
        connection.write(FINAL)
        first.wait(PATIENCE)
        connection.write(SECOND)
        second.set()
        echo(connection)

    with serve(step, echo) as server:
        assert final(wire.send(server.origin))
        first.set()
        assert second.wait(PATIENCE)
        assert wire.echoed(server.origin)
        assert server.connections == 2


def test_a_reply_can_be_discarded_and_its_connection_is_used_no_more(wire, serve):
    with serve(echo) as server:
        wire.send(server.origin).discard()
        assert wire.echoed(server.origin)
        assert server.connections == 2
        assert wire.echoed(server.origin)
        assert server.connections == 2


def test_a_closed_transport_has_closed_its_connections_and_may_go_on(wire, serve):
    with serve(echo) as server:
        assert wire.echoed(server.origin)
        wire.close()
        assert server.left.wait(PATIENCE)
        if wire.session is None or not hasattr(wire.session, "closed"):  # aiohttp's session ends with its close()
            assert wire.echoed(server.origin)
            assert server.connections == 2
