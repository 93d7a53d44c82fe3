"""One connection of the HTTP server: requests in, answers out, each written at once; and what faults do to them."""

from __future__ import annotations

import re
import socket
import struct
import time
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from ..engine.messages import Reply
from ..errors import OcregError
from . import bodies, placeholders
from .gateway import Delivery, Gateway, HttpRequest
from .replies import as_json

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() resets the connection
_PATIENCE = 2.0
"""Seconds for which the rest of a request is read that was refused."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Listener(Protocol):
    """What a connection needs of the server that accepted it. When `era` grows, older connections are to end."""

    gateway: Gateway
    stopping: Event
    era: int

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...

    def refuse(self, seconds: float) -> None:
        """Refuse new connections for so many seconds, and close the idle ones."""


class Connection(BaseHTTPRequestHandler):
    """`idle` while it waits for a request: then the server may close it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    idle = True
    _expects = False
    _broken = False

    def __init__(self, *accepted: Any, listener: Listener) -> None:
        self._listener, self._era = listener, listener.era
        super().__init__(*accepted)  # which serves until the connection ends

    def setup(self) -> None:
        super().setup()
        self._listener.opened(self)

    def finish(self) -> None:
        self._listener.closed(self)
        super().finish()
        if self._broken:  # before the server says goodbye, which a reset does not
            self.request.close()

    def handle_one_request(self) -> None:
        self.idle, self._expects = True, False
        if self._outlived():  # asked after `idle` is set: who ends an era looks for idle ones afterwards
            self.close_connection = True
        else:
            super().handle_one_request()

    def parse_request(self) -> bool:
        self.idle = False  # its first line is here
        return super().parse_request()

    def handle_expect_100(self) -> bool:
        self._expects = True
        return True

    def _outlived(self) -> bool:
        """Whether the server has closed all connections of this one's age."""
        return self._era != self._listener.era

    def hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses, such as a head that is no head: in the form of all answers."""
        self._refuse(code, message or _PHRASES[code])

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def _answer(self) -> None:
        try:
            length = bodies.length_of(self.headers)
            request = self._request()
            fault = self._listener.gateway.fault(request)
            if fault is not None and fault.kind == "reset":
                self._reset()
                return
            if self._expects and length != 0:
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request = request._replace(body=bodies.read(self.rfile, length))
            delivery = self._listener.gateway.carry_out(request, fault)
        except bodies.BodyRefused as refused:
            self._refuse(refused.status, refused.words)
        except OcregError as error:  # an endpoint file that is broken
            self._refuse(500, str(error))
        else:
            self._send(delivery)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def _request(self) -> HttpRequest:
        try:
            target = urlsplit(self.path)._replace(scheme="", netloc="").geturl() if self.path[:1] != "/" else self.path
        except ValueError as error:
            raise bodies.BodyRefused(400, f"{self.path!r:.60} is no address: {error}") from None
        path, _, query = target.partition("?")
        return HttpRequest(self.command, placeholders.normal(path), query, dict(self.headers.items()))

    def _send(self, delivery: Delivery) -> None:
        if delivery.wait:
            self._listener.stopping.wait(delivery.wait)
        if delivery.lost:
            self._reset()
            return
        if delivery.cut is not None:
            self.close_connection = True
        if delivery.refuse is not None:
            self._listener.refuse(delivery.refuse)
        if self._outlived():
            self.close_connection = True
        self.wfile.write(self._head(delivery.reply) + self._body(delivery))

    def _refuse(self, status: int, words: str) -> None:
        """Say no and close; what else the request has is read away, or its reset would overtake the answer."""
        self.close_connection = True
        self._send(Delivery(as_json(int(status), {"message": f"sandbox: {words}"})))
        until = time.monotonic() + _PATIENCE
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_PATIENCE)
            while time.monotonic() < until and self.connection.recv(1 << 16):
                pass

    def _head(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}", f"Date: {_date(int(time.time()))}"]
        lines += [f"{name}: {_visible(value)}" for name, value in reply.headers.items()]
        if self.close_connection:
            lines.append("Connection: close")
        elif self.request_version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        lines.append(f"Content-Length: {len(reply.body)}\r\n\r\n")
        return "\r\n".join(lines).encode()

    def _body(self, delivery: Delivery) -> bytes:
        return b"" if self.command == "HEAD" else delivery.reply.body[: delivery.cut]

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = self._broken = True


@lru_cache(1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _visible(text: str) -> str:
    """A header's value that cannot end the header: a redirect's address comes from outside."""
    return re.sub(r"[^\x20-\x7e]+", lambda found: quote(found.group()), text)
