"""The other end of a webhook, over real sockets: what it answers, keeps and refuses."""

import base64
import contextlib
import json
import socket
import threading

import pytest
import requests

from ocreg.sandbox import receiver
from ocreg.sandbox.receiver import Delivery, Kept, Receiver
from tests.children import until

BODY = b'{"event": "x", "note": "caf\xc3\xa9"}'


@contextlib.contextmanager
def receiving(take=None, host="127.0.0.1"):
    taken = []
    server = Receiver(host, 0, take or taken.append)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server, taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url(server) -> str:
    return f"http://127.0.0.1:{server.port}/hook"


def raw(server, data: bytes, *, end: bool = True) -> bytes:
    """What is answered to these bytes; nothing, where the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as sock:
        sock.sendall(data)
        if end:
            sock.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while chunk := sock.recv(1 << 16):
                answer += chunk
        return answer


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
def test_every_method_is_answered_with_200_and_kept_to_the_byte(method) -> None:
    with receiving() as (server, taken):
        answer = requests.request(method, url(server), data=BODY, timeout=30)
        until(lambda: taken)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (taken[0].method, taken[0].path, taken[0].body) == (method, "/hook", BODY)


def test_a_body_in_chunks_and_one_that_is_expected() -> None:
    chunks = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    expected = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"
    with receiving() as (server, taken):
        assert raw(server, chunks).startswith(b"HTTP/1.1 200")
        assert raw(server, expected).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
        until(lambda: len(taken) == 2)
    assert sorted(delivery.body for delivery in taken) == [b"abcde", b"hi"]


def test_secrets_in_headers_and_path_are_masked() -> None:
    secret = "qzx900k"
    names = (
        "Authorization",
        "vAuthorization",
        "X-Signature",
        "Access-Token",
        "clientKey",
        "Cookie",
        "X-Hub-Hmac",
        "X-Api-Key",
    )
    with receiving() as (server, taken):
        headers = {**dict.fromkeys(names, secret), "X-Event": "shipped"}
        requests.post(f"{url(server)}?token={secret}&api_key={secret}&x=1&sign={secret}", headers=headers, timeout=30)
        until(lambda: taken)
    assert secret not in json.dumps(taken[0].as_json("webhook.outbound"))
    assert dict(taken[0].headers)["X-Event"] == "shipped"
    assert taken[0].path == "/hook?token=***&api_key=***&x=1&sign=***"


LARGE = receiver.MOST_BYTES + 1
ODD = {
    "too large": (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % LARGE, b"413"),
    "too large in chunks": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % LARGE, b"413"),
    "no number": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
    "both": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    "a long line": (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
    "cut": (b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", b""),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", b"400"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_no_delivery_is_refused_and_the_next_one_is_taken(case, capsys) -> None:
    data, status = ODD[case]
    with receiving() as (server, taken):
        assert status in raw(server, data)[:400]
        assert requests.post(url(server), data=b"good", timeout=30).status_code == 200
        until(lambda: taken)
    assert [delivery.body for delivery in taken] == [b"good"]
    assert capsys.readouterr().err == ""


def test_connections_have_a_bound_in_number_and_in_time(monkeypatch) -> None:
    monkeypatch.setattr(receiver, "MOST_CONNECTIONS", 3)
    with receiving() as (server, _), contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 30)) for _ in range(3)]
        for sock in slow:
            sock.sendall(b"POST / HTTP/1.1\r\n")
        until(lambda: len(server._open) == 3)
        with pytest.raises(requests.ConnectionError):
            requests.post(url(server), data=b"x", timeout=30)
        monkeypatch.setattr(receiver, "PATIENCE", 0.0)
        until(lambda: not server._open)
        assert slow[0].recv(1000)[:12] in (b"", b"HTTP/1.1 400")
        monkeypatch.setattr(receiver, "PATIENCE", 60.0)
        assert requests.post(url(server), data=b"x", timeout=30).status_code == 200


def test_it_answers_before_anything_is_done_with_a_delivery() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take(delivery) -> None:
        begun.set()
        go_on.wait(30)

    with receiving(take) as (server, _):
        assert requests.post(url(server), data=BODY, timeout=30).status_code == 200
        assert begun.wait(30)
        assert requests.post(url(server), data=BODY, timeout=30).status_code == 200
        go_on.set()


def test_deliveries_are_kept_and_read_again(tmp_path, monkeypatch) -> None:
    file = tmp_path / "d.jsonl"
    bodies = [BODY, b"\xff\x00\r\n", b"", b'{"a": "\\n"}']
    for body in bodies:  # each time it is gone on with
        kept = Kept(file, "webhook.outbound")
        assert kept.add(Delivery(0.0, "POST", "/", [("A", "b")], body))
        kept.close()
    assert list(receiver.kept_in(file)) == [("webhook.outbound", body) for body in bodies]
    line = json.loads(file.read_text("utf-8").splitlines()[1])
    assert base64.b64decode(line["body_base64"]) == bodies[1]
    assert line["at"] == "1970-01-01T00:00:00Z"
    monkeypatch.setattr(receiver, "MOST_KEPT", file.stat().st_size + 10)
    kept = Kept(file, "webhook.outbound")
    assert not kept.add(Delivery(0.0, "POST", "/", [], BODY))
    kept.close()


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"operation": "a.b"}', b'{"operation": "a.b", "body_base64": "?"}', b"\xff", b'{"body": 3}']
)
def test_another_kind_of_file_is_refused(tmp_path, line) -> None:
    file = tmp_path / "x"
    file.write_bytes(line + b"\n")
    with pytest.raises(ValueError, match="line 1 is not a delivery"):
        list(receiver.kept_in(file))
