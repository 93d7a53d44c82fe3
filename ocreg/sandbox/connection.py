"""One connection of the HTTP server: requests in, answers out, each written at once, with the effects of faults."""

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
from math import inf
from threading import Event
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from ..engine.messages import Reply
from ..errors import OcregError
from . import bodies, placeholders
from .gateway import Delivery, Gateway, HttpRequest
from .guard import Guard
from .page import Page
from .replies import as_json

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with zero seconds: close() resets the connection
_PATIENCE = 2.0
"""For how many seconds the rest of a refused request is read."""
_ALLOWED_HEADERS = "clientKey, vAuthorization, TimeStamp, Access-Token, Authorization, Content-Type"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Limits(NamedTuple):
    """How many connections may be open at once; for how many seconds one may be idle; and within how many seconds a
    request with its body must arrive, and its answer be read.
    """

    connections: int = 512
    idle: float = 75.0
    request: float = 60.0


class Listener(Protocol):
    """What a connection needs of the server that accepted it. When `era` grows, older connections must end."""

    gateway: Gateway
    guard: Guard
    page: Page | None
    limits: Limits
    stopping: Event
    era: int

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...

    def refuse(self, seconds: float) -> None:
        """Refuse new connections for a number of seconds, and close the idle ones."""


class Connection(BaseHTTPRequestHandler):
    """`idle` while it waits for a request: then the server may close it. At its `end` (monotonic) the server does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    idle = True
    end = inf
    _expects = False
    _broken = False

    def __init__(self, *accepted: Any, listener: Listener) -> None:
        self._listener, self._era = listener, listener.era
        super().__init__(*accepted)  # this call serves until the connection ends

    def setup(self) -> None:
        super().setup()
        self._listener.opened(self)

    def finish(self) -> None:
        self._listener.closed(self)
        super().finish()
        if self._broken:  # before an orderly shutdown, which a reset must not send
            self.request.close()

    def handle_one_request(self) -> None:
        self.end = time.monotonic() + self._listener.limits.idle  # before `idle`: to make room, ends are compared
        self.idle, self._expects = True, False
        if self._outlived():  # checked after `idle` is set: the end of an era closes idle ones afterwards
            self.close_connection = True
        else:
            super().handle_one_request()

    def parse_request(self) -> bool:
        self.idle = False  # its first line has arrived
        self._give_time()
        return super().parse_request()

    def handle_expect_100(self) -> bool:
        self._expects = True
        return True

    def _give_time(self) -> None:
        self.end = time.monotonic() + self._listener.limits.request

    def _outlived(self) -> bool:
        """Whether the server has closed all connections of this age."""
        return self._era != self._listener.era

    def hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A refusal of the standard library, such as of malformed headers, in the form of all answers."""
        self._refuse(code, message or _PHRASES[code])

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def _answer(self) -> None:
        request: HttpRequest | None = None
        gateway = self._listener.gateway
        try:
            request, host = self._request()
            self._listener.guard.check(self.request_version, self.headers, host)
            if self.command == "OPTIONS":
                delivery = Delivery(self._options(request.path))
            elif self._listener.page is not None and Page.has(request.path):
                request = self._whole(request, bodies.length_of(self.headers))
                delivery = Delivery(self._listener.page.answer(request))
            else:
                length = bodies.length_of(self.headers)
                early = gateway.needs_body(request)
                if early:
                    request = self._whole(request, length)
                fault = gateway.fault(request)
                if fault is not None and fault.kind == "reset":
                    gateway.struck(request, fault)
                    self._reset()
                    return
                if not early:
                    request = self._whole(request, length)
                delivery = gateway.carry_out(request, fault)
        except bodies.Refused as refused:
            self._refuse(refused.status, refused.words, request)
        except OcregError as error:  # a broken endpoint file
            self._refuse(500, str(error), request)
        else:
            self._send(delivery)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def _request(self) -> tuple[HttpRequest, str]:
        """The request from its headers; and the host in its request line, which is mostly absent."""
        target, host = self.path, ""
        try:
            if target[:1] != "/":
                split = urlsplit(target)
                target, host = split._replace(scheme="", netloc="").geturl(), split.netloc
        except ValueError as error:
            raise bodies.Refused(400, f"{self.path!r:.60} is not a URL: {error}") from None
        path, _, query = target.partition("?")
        return HttpRequest(self.command, placeholders.normal(path), query, dict(self.headers.items())), host

    def _options(self, path: str) -> Reply:
        methods = self._listener.gateway.sandbox.routes.methods(path)
        if not methods:
            return as_json(404, {"message": f"sandbox: no operation {path}"})
        allowed = ", ".join(methods)
        if not self._listener.guard.is_own(self.headers):
            return Reply(204, {"Allow": allowed}, b"")
        preflight = {"Access-Control-Allow-Methods": allowed, "Access-Control-Allow-Headers": _ALLOWED_HEADERS}
        return Reply(204, {"Allow": allowed, **preflight}, b"")

    def _whole(self, request: HttpRequest, length: int | None) -> HttpRequest:
        if self._expects and length != 0:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = bodies.read(self.rfile, length)
        self.end = inf  # processing it has no time limit
        return request._replace(body=body)

    def _send(self, delivery: Delivery) -> None:
        if delivery.wait:
            self.end = inf
            self._listener.stopping.wait(delivery.wait)
        self._give_time()
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

    def _refuse(self, status: int, words: str, request: HttpRequest | None = None) -> None:
        """Refuse and close. The rest of the request is read first, or the reset would overtake the answer."""
        self.close_connection = True
        delivery = Delivery(as_json(int(status), {"message": f"sandbox: {words}"}))
        if request is not None:
            self._listener.gateway.refused(request, delivery)
        self._send(delivery)
        until = time.monotonic() + _PATIENCE
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_PATIENCE)
            while time.monotonic() < until and self.connection.recv(1 << 16):
                pass

    def _head(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}", f"Date: {_date(int(time.time()))}"]
        lines += [f"{name}: {_visible(value)}" for name, value in reply.headers.items()]
        if self._own_origin():
            lines += [f"Access-Control-Allow-Origin: {_visible(self.headers['Origin'])}", "Vary: Origin"]
        if self.close_connection:
            lines.append("Connection: close")
        elif self.request_version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        lines.append("\r\n" if reply.status == 204 else f"Content-Length: {len(reply.body)}\r\n\r\n")
        return "\r\n".join(lines).encode()

    def _own_origin(self) -> bool:
        headers = getattr(self, "headers", None)  # absent if the request line is malformed
        return headers is not None and self._listener.guard.is_own(headers)

    def _body(self, delivery: Delivery) -> bytes:
        return b"" if self.command == "HEAD" else delivery.reply.body[: delivery.cut]

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = self._broken = True


@lru_cache(1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _visible(text: str) -> str:
    """A header's value that cannot end the header: a redirect's URL comes from outside."""
    return re.sub(r"[^\x20-\x7e]+", lambda found: quote(found.group()), text)
