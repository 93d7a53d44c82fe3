"""Who may ask the sandbox's server, and how much of it one asker may take."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest
import requests

import ocreg
from ocreg.sandbox import Sandbox
from ocreg.sandbox.connection import Limits
from ocreg.sandbox.guard import MOST_HEAD
from ocreg.sandbox.server import Server
from tests.children import until
from tests.raw import Raw

SERVICES, CANCEL = "/openapi/3pp/base/v1/service", "/openapi/3pp/outbound/v1/cancel"


@pytest.fixture(scope="module")
def box():
    with ocreg.sandbox() as running:
        yield running


def asked(box, *lines: str, line: str = f"GET {SERVICES} HTTP/1.1") -> tuple[int, dict[str, str], bytes]:
    with Raw(box) as raw:
        raw.send("\r\n".join([line, *lines, "", ""]))
        status, fields = raw.head()
        return status, fields, raw.stream.read(int(fields.get("content-length", 0)))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:8025", "LOCALHOST", "localhost.:1", "[::1]:8025", "erp.localhost", "127.8.9.1"]
)
def test_names_of_this_machine_are_served(box, host) -> None:
    assert asked(box, f"Host: {host}")[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:8025",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "localhost@attacker.example",
        "attacker.example@localhost",
        "10.0.0.1",
        "0.0.0.0",
        "127.0.0.1/x",
        "[::1",
        "",
        "xlocalhost",
    ],
)
def test_a_foreign_host_is_refused_and_nothing_is_done(box, host) -> None:
    """What a web page can do whose name was made to point here."""
    before = len(box.sandbox.tokens._codes)
    line = "GET /oauth/authorize?response_type=code&client_id=demo-client-key&redirect_uri=https://a.example/&state=s"
    status, _, body = asked(box, f"Host: {host}", line=f"{line} HTTP/1.1")
    assert status == 421
    assert "is not this machine" in json.loads(body)["message"]
    assert len(box.sandbox.tokens._codes) == before
    assert (box.requests[-1].status, box.requests[-1].path) == (421, "/oauth/authorize")


def test_a_foreign_host_in_the_request_line_is_refused_too(box) -> None:
    assert asked(box, "Host: localhost", line=f"GET http://attacker.example{SERVICES} HTTP/1.1")[0] == 421
    assert asked(box, "Host: localhost", line=f"GET http://localhost{SERVICES} HTTP/1.1")[0] == 200


def test_one_host_header_is_due(box) -> None:
    assert asked(box)[0] == 400
    assert asked(box, "Host: localhost", "Host: localhost")[0] == 400
    assert asked(box, line=f"GET {SERVICES} HTTP/1.0")[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://attacker.example", "null", "http://localhost:3000", "https://localhost:8025", ""]
)
def test_a_foreign_page_may_not_ask(box, origin) -> None:
    status, fields, body = asked(box, "Host: localhost:8025", f"Origin: {origin}")
    assert (status, "may not call" in json.loads(body)["message"]) == (403, True)
    assert not [name for name in fields if name.startswith("access-control")]
    status, fields, _ = asked(
        box, "Host: localhost:8025", f"Origin: {origin}", "Access-Control-Request-Method: POST", line=f"OPTIONS {CANCEL} HTTP/1.1"
    )  # fmt: skip
    assert status == 403
    assert not [name for name in fields if name.startswith("access-control")]


def test_its_own_page_may_ask_and_gets_a_preflight(box) -> None:
    own = ("Host: localhost:8025", "Origin: http://localhost:8025")
    status, fields, _ = asked(box, *own)
    assert (status, fields["access-control-allow-origin"], fields["vary"]) == (200, own[1].partition(" ")[2], "Origin")
    status, fields, body = asked(box, *own, line=f"OPTIONS {CANCEL} HTTP/1.1")
    assert (status, fields["access-control-allow-methods"], body) == (204, "OPTIONS, POST", b"")
    assert "vAuthorization" in fields["access-control-allow-headers"]
    assert "content-length" not in fields


def test_options_and_head_are_answered(box) -> None:
    with requests.Session() as session:  # on one connection: none of them leaves a body behind
        assert session.options(box.url + SERVICES, timeout=30).headers["Allow"] == "GET, HEAD, OPTIONS"
        head = session.head(box.url + SERVICES, timeout=30)
        whole = session.get(box.url + SERVICES, timeout=30)
        assert (head.status_code, head.content, whole.status_code) == (200, b"", 200)
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]
        assert session.options(f"{box.url}/nowhere", timeout=30).status_code == 404
    assert asked(box, "Host: localhost", line="OPTIONS * HTTP/1.1")[0] == 204


@pytest.mark.parametrize(
    ("lines", "status", "words"),
    [
        (["Content-Length: 2", "Content-Length: 3"], 400, "several Content-Length"),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"], 400, "several Transfer-Encoding"),
        (["Content-Length : 2"], 400, "is not a header"),
        (["nonsense", "Content-Length: 2"], 400, "is not a header"),
        ([" folded"], 421, "is not this machine"),
        ([f"X-{n}: {'x' * 8000}" for n in range(9)], 431, f"longer than {MOST_HEAD:,} bytes"),
        ([f"X-{n}: x" for n in range(200)], 431, "Too many headers"),
        ([f"X: {'x' * 70_000}"], 431, "Line too long"),
    ],
)
def test_heads_that_are_odd_or_endless_are_refused(box, lines, status, words) -> None:
    told, fields, body = asked(box, "Host: localhost", *lines, line=f"POST {CANCEL} HTTP/1.1")
    assert (told, words in json.loads(body)["message"]) == (status, True), body
    assert fields["connection"] == "close"


def test_the_same_length_twice_is_one_length(box) -> None:
    with Raw(box) as raw:
        raw.send(f"POST {CANCEL} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}")
        assert raw.answer()[0] == 200


class Served:
    """A server with limits of its own, as `Raw` wants it."""

    def __init__(self, server: Server) -> None:
        self.server, self.url = server, server.url


@contextmanager
def served(sandbox: Sandbox | None = None, hosts=(), **limits):
    server = Server(sandbox or Sandbox(empty=True), 0, hosts, Limits(**limits))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Served(server)
    finally:
        server.stop()
        thread.join()
        server.close()


def test_a_name_can_be_allowed() -> None:
    with served(hosts=["OC.example"]) as box:
        assert asked(box, "Host: oc.example:8025")[0] == 200
        assert asked(box, "Host: other.example")[0] == 421


def test_a_connection_that_asks_nothing_is_closed() -> None:
    with served(idle=0.05) as box, Raw(box) as silent:
        assert silent.closed()
    with served(idle=0.05) as box, Raw(box) as asking:
        asking.send(f"GET {SERVICES} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asking.answer()[0] == 200
        assert asking.closed()


@pytest.mark.parametrize(
    "sent",
    [
        f"GET {SERVICES} HTTP/1.1\r\nHost: lo",
        f"POST {CANCEL} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{{}}",
    ],
)
def test_a_request_that_never_ends_is_cut(sent) -> None:
    with served(request=0.05) as box, Raw(box) as slow:
        slow.send(sent)
        assert slow.closed()


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    with served(request=0.05) as box, Raw(box) as deaf:
        query = f"response_type=code&client_id=demo-client-key&redirect_uri=https://a.example/&state={'x' * 60_000}"
        deaf.socket.settimeout(60)
        with pytest.raises(OSError, match=r".*"):  # noqa: PT012  # at some time both buffers are full
            for _ in range(2000):
                deaf.send(f"GET /oauth/authorize?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_a_fault_that_delays_is_no_connection_that_hangs() -> None:
    sandbox = Sandbox(faults=["delay:warehouse.services:seconds=0.3"])
    with served(sandbox, request=0.05) as box:
        assert asked(box, "Host: localhost")[0] == 200
        assert sandbox.faults.fired == {"delay:warehouse.services:seconds=0.3": 1}


def test_connections_are_counted_and_the_oldest_idle_one_makes_room() -> None:
    with served(connections=3) as box:
        first, second, third = (Raw(box) for _ in range(3))
        with first, second, third:
            for raw in (first, second, third):
                raw.send(f"GET {SERVICES} HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert raw.answer()[0] == 200
                until(lambda: all(one.idle for one in box.server._connections))
            with Raw(box) as fourth:
                fourth.send(f"GET {SERVICES} HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert fourth.answer()[0] == 200
                assert first.closed()
                second.send(f"GET {SERVICES} HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert second.answer()[0] == 200
        until(lambda: box.server._accepted == 0)


def test_where_all_are_busy_the_next_is_told_so() -> None:
    with served(connections=2) as box:
        busy = [Raw(box), Raw(box)]
        for raw in busy:
            raw.send(f"POST {CANCEL} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        until(lambda: sum(not one.idle for one in box.server._connections) == 2)
        with socket.create_connection(("127.0.0.1", box.server.port), timeout=30) as late:
            assert late.makefile("rb").readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
        for raw in busy:
            raw.__exit__()
        until(lambda: box.server._accepted == 0)
        assert asked(box, "Host: localhost")[0] == 200
