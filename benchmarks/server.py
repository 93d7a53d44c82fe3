"""A loopback HTTP/1.1 server in its own process, as fast as plain Python sockets allow.

It keeps connections alive, reads requests by their Content-Length, and answers with fixed JSON for each path. It
ignores the content of requests, so its share of a call is small, and the same for every contender. With `--slow` it
takes 20 milliseconds for a request, which must contain orders, and answers with their numbers. It prints its port, and
stops when its standard input closes, which the system does when the parent ends in any way.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

from .payloads import CANCEL, CREATE


@contextmanager
def running(*options: str) -> Iterator[str]:
    """The origin of a server that runs during the block."""
    command = [sys.executable, "-m", "benchmarks.server", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


def http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


ANSWERS = {operation.path.encode(): http(operation.answer) for operation in (CANCEL, CREATE)}
SECONDS = 0.020


def _taken(orders: bytes) -> bytes:
    """The slow answer to orders: each was accepted."""
    begin = monotonic()
    numbers = re.findall(rb'"referenceNumber": ?"([^"]*)"', orders)
    rows = [{"orderNumber": f"OCO{number.decode()}", "referenceNumber": number.decode()} for number in numbers]
    answer = http(json.dumps({"code": 0, "message": "Success", "data": rows}, separators=(",", ":")).encode())
    sleep(max(0, begin + SECONDS - monotonic()))
    return answer


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def requests(connection: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """The requests on a connection, as head and body, until the client closes it."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while True:
        while (end := received.find(b"\r\n\r\n")) < 0:
            if not (chunk := connection.recv(1 << 16)):
                return
            received += chunk
        head, received = received[:end], received[end + 4 :]
        length = _content_length(head)
        while len(received) < length:
            if not (chunk := connection.recv(1 << 16)):
                return
            received += chunk
        body, received = received[:length], received[length:]
        yield head, body


def _serve(connection: socket.socket, slow: bool) -> None:
    with connection:
        for head, body in requests(connection):
            connection.sendall(_taken(body) if slow else ANSWERS[head.split(b" ", 2)[1]])


def _accept(listener: socket.socket) -> None:
    while True:
        connection = listener.accept()[0]
        Thread(target=_serve, args=(connection, "--slow" in sys.argv), daemon=True).start()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    Thread(target=_accept, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()  # ends with the parent
    os._exit(0)


if __name__ == "__main__":
    main()
