"""The receiving end of a webhook: accepts what the vendor sends, answers 200 at once, and records it.

It is bounded against any sender: `MOST_BYTES` per delivery, `MOST_CONNECTIONS` at a time, `PATIENCE` seconds for each,
and `MOST_KEPT` bytes in the file. Deliveries are recorded as JSON lines:

    {"at": "2026-11-27T20:10:05Z", "operation": "webhook.outbound", "method": "POST", "path": "/", "headers": [[n, v]],
     "body": "..."}    or "body_base64", if the bytes are not UTF-8

The body is recorded byte for byte. The values of headers and parameters whose names suggest a credential are masked.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from .. import redact
from ..names.private import SECRET
from . import bodies
from .listening import Listener

MOST_BYTES = 1 << 20
MOST_CONNECTIONS = 32
PATIENCE = 20.0
MOST_KEPT = 256 * 1024 * 1024
_POLL = 0.1
_AUTH = re.compile(r"(?i)auth|key|hmac|session")


class Delivery(NamedTuple):
    """What arrived, and when (seconds since the epoch). Secrets in the path and in headers are masked."""

    at: float
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def as_json(self, operation: str) -> dict[str, Any]:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at))
        facts = {"at": at, "operation": operation, "method": self.method, "path": self.path, "headers": self.headers}
        try:
            return {**facts, "body": self.body.decode()}
        except UnicodeDecodeError:
            return {**facts, "body_base64": b64encode(self.body).decode()}


class Receiver(Listener):
    """Listens on `host` and `port`. `take` is called with each delivery after its answer, one at a time.

    Raises OSError if the port is taken.
    """

    def __init__(self, host: str, port: int, take: Callable[[Delivery], None]) -> None:
        self._take, self.taking = take, Lock()
        self._open: dict[socket.socket, float] = {}
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), partial(_Connection, receiver=self))

    def run(self) -> None:
        """Serves until `shutdown` is called from another thread, or this one is interrupted."""
        self.serve_forever(_POLL)

    def taken(self, delivery: Delivery) -> None:
        with self.taking:
            self._take(delivery)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._open) >= MOST_CONNECTIONS:
            self.shutdown_request(request)
            return
        self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called periodically: ends connections that took too long."""
        latest = time.monotonic() - PATIENCE
        for connection in [each for each, began in list(self._open.items()) if began < latest]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is ignored; anything else is a bug in ocreg and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    """One request; its answer ends the connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ocreg", ""
    timeout = PATIENCE

    def __init__(self, *accepted: Any, receiver: Receiver) -> None:
        self._receiver = receiver
        super().__init__(*accepted)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def _receive(self) -> None:
        self.close_connection = True
        try:
            body = bodies.read(self.rfile, bodies.length_of(self.headers, MOST_BYTES), MOST_BYTES)
        except bodies.Refused as refused:
            self._answer(refused.status)
            return
        self._answer(200)
        headers = [(name, _header(name, value)) for name, value in self.headers.items()]
        self._receiver.taken(Delivery(time.time(), self.command, _path(self.path), headers, body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _receive  # noqa: N815

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


def _header(name: str, value: str) -> str:
    hidden = redact.reply_headers({name: value}) == {} or SECRET.search(name) or _AUTH.search(name)
    return redact.MASK if hidden else redact.text(value)


def _path(target: str) -> str:
    path, mark, query = redact.text(target).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    hidden = [SECRET.search(name) or _AUTH.search(name) for name, _, _ in pairs]
    kept = [
        name + sign + (redact.MASK if hide else value) for (name, sign, value), hide in zip(pairs, hidden, strict=True)
    ]
    return path + mark + "&".join(kept)


class Kept:
    """The file for deliveries; without one they are only counted. An existing file is appended to."""

    def __init__(self, file: Path | None, operation: str) -> None:
        self._operation, self._size, self._out = operation, 0, None
        if file is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._out = os.fdopen(os.open(file, flags, 0o600), "ab")
            self._size = self._out.tell()

    def add(self, delivery: Delivery) -> bool:
        """Whether it was recorded: False if the file is full. Raises OSError."""
        if self._out is None:
            return True
        line = json.dumps(delivery.as_json(self._operation), ensure_ascii=False).encode() + b"\n"
        if self._size + len(line) > MOST_KEPT:
            return False
        self._out.write(line)
        self._out.flush()
        self._size += len(line)
        return True

    def close(self) -> None:
        if self._out is not None:
            self._out.close()


def kept_in(file: Path) -> Iterator[tuple[str, bytes]]:
    """The operations and bodies of the deliveries in a file. Raises OSError; ValueError for another kind of file."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                facts = json.loads(line.decode())
                body = facts["body"].encode() if "body" in facts else b64decode(facts["body_base64"], validate=True)
                yield str(facts["operation"]), body
            except (ValueError, KeyError, TypeError, AttributeError):
                raise ValueError(f"line {number} is not a delivery as `ocreg receive` records it") from None
