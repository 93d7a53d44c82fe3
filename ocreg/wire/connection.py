"""A connection that tracks the phase of its request, limits every wait, and accepts only its own answer.

These are urllib3's connections, which answer four questions here, wherever a request comes from (`transport`):

- How far was the request? `Attempt.phase`: a server cannot act on part of a request, so a request that fails before
  "wait" certainly took no effect.
- How long may it take? Every wait for the socket is limited to the rest of the attempt, so that a byte now and then
  does not keep it alive.
- Which answer is final? Interim ones (100 to 199, but 101) are skipped, up to a limit.
- Is the connection still in step? Bytes after an answer, or an answer to another request, spoil it: it is closed before
  it is used again.

Requests that our transport did not start pass unchanged, except for interim answers: a user's own requests in the same
session, and those that a hook or an authentication of the session sends during a call.
"""

from __future__ import annotations

import http.client
import io
import re
import time
from http.client import HTTPMessage, HTTPResponse
from threading import local
from types import FunctionType
from typing import Any

from urllib3.util import SKIP_HEADER

from ..engine.messages import Limits
from .phases import TooMuch

MOST_INTERIM = 20
"""The most interim answers before the final one."""
MOST_HEAD = 1 << 20
"""The most bytes before the body of the final answer."""
_SLICE, _RECORD = 1 << 18, 1 << 14
"""Bytes of a body to write at a time, each within the time-out: the size of a TLS record."""
_UNDER_WAY = ("handed", "connect", "write")


class Attempt:
    """One attempt to send a request, in the thread that sends it.

    `phase` is "prepare", "connect", "write", "wait" (for the answer) or "read". It is "handed" if other code sends the
    request, so that its phase is unknown.
    """

    def __init__(self, limits: Limits, most: int) -> None:
        self.limits = limits
        self.most = most  # bytes of the whole answer on the wire, which also limits endless lines
        self.phase = "prepare"
        self.connection: Any = None
        self.answer: _Answer | None = None
        self.ends = time.monotonic() + limits.attempt

    def seconds(self) -> float:
        """How long the next wait for the socket may be. Raises TimeoutError if no time is left."""
        most = self.limits.connect if self.phase == "connect" else self.limits.read
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(most, left)

    def end(self) -> None:
        """Close the connection of an answer that was not read to its end, as after a hook that raises."""
        if self.answer is not None and not self.answer.closed:
            self.connection.close()

    @property
    def overdue(self) -> bool:
        """Whether the whole attempt took too long, rather than one wait."""
        return time.monotonic() >= self.ends


class _Here(local):
    attempt: Attempt | None = None


here = _Here()
"""The attempt of this thread."""


def _followed() -> Attempt | None:
    """The attempt whose request a connection is to send. Requests before or after it belong to a hook."""
    attempt = here.attempt
    return attempt if attempt is not None and attempt.phase in _UNDER_WAY else None


class _Socket(io.RawIOBase):
    """Reads from a socket, each time within the attempt's limits."""

    def __init__(self, file: Any, sock: Any, attempt: Attempt) -> None:
        self._file, self._sock, self._attempt = file, sock, attempt
        self.connection, self.ended, self._size = attempt.connection, False, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return 0
        attempt = self._attempt
        self._sock.settimeout(attempt.seconds())
        count: int | None = self._file.readinto(buffer)
        self._size += count or 0
        if self._size > MOST_HEAD and (attempt.phase != "read" or self._size > attempt.most):
            raise TooMuch(f"{self._size:,} bytes before the end of the answer" + "'s head" * (attempt.phase != "read"))
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Answer(io.BufferedReader):
    """The bytes of one answer. Bytes beyond its end belong to no request: the connection is out of step."""

    raw: _Socket

    def close(self) -> None:
        if not self.closed:
            self.raw.ended = True
            if self.peek(1):
                self.raw.connection.spoiled = True
        super().close()


_FIELD = re.compile(rb"([!-9;-~]+):[ \t]*([^\r\n\0]*)\r?\n")
_MOST_FIELDS, _LONGEST_FIELD = 100, 1 << 16  # the limits of http.client


def _fields(file: Any, kind: type[HTTPMessage] = HTTPMessage) -> HTTPMessage:
    """The header fields of an answer, as `http.client.parse_headers` reads them.

    That function uses the e-mail parser, and takes a tenth of a call. It is used only for answers with a line that is
    not plainly a name and a value.
    """
    lines: list[bytes] = []
    found, plain = kind(), True
    while len(lines) <= _MOST_FIELDS:
        line = file.readline(_LONGEST_FIELD + 1)
        lines.append(line)
        if line in (b"\r\n", b"\n", b""):
            break
        field = _FIELD.fullmatch(line)
        if field is None or len(line) > _LONGEST_FIELD:
            plain = False
        else:
            found[field[1].decode("latin-1")] = field[2].decode("latin-1")
    if plain and len(lines) <= _MOST_FIELDS:
        return found
    return http.client.parse_headers(io.BytesIO(b"".join(lines)), kind)


_begin: Any = HTTPResponse.begin
if not HTTPResponse.begin.__code__.co_freevars:  # the library's own `begin`, with this parser
    _begin = FunctionType(HTTPResponse.begin.__code__, {**vars(http.client), "parse_headers": _fields})


class _Response(HTTPResponse):
    """The final answer to a request."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        attempt = here.attempt
        if attempt is not None and attempt.connection is not None and attempt.connection.sock is sock:
            self.fp: Any = _Answer(_Socket(self.fp.detach(), sock, attempt))
            attempt.answer = self.fp

    def begin(self) -> None:
        for _ in range(MOST_INTERIM + 1):
            _begin(self)
            if self.status == 101 or not 100 <= self.status < 200:
                return
            self.headers = self.msg = None  # type: ignore[assignment]  # so that `begin` works again
        raise TooMuch(f"more than {MOST_INTERIM} interim answers")


_NAME, _VALUE = re.compile(r"[!#-'*+.0-9A-Z^-z|~-]+"), re.compile(r"[ -~]*")
_output: Any = getattr(http.client.HTTPConnection, "_output", None)
_HTTP_CLIENT = vars(http.client)


def is_own(function: Any, home: dict[str, Any]) -> bool:
    """Whether a function is still the module's own: a tool that replaced it must see every call.

    A wrapper of wrapt pretends to have the globals of the wrapped function.
    """
    return type(function) is FunctionType and function.__globals__ is home


class Connection:
    """A mixin for urllib3's connection classes."""

    spoiled = False
    _held = b""
    """The head of a request, held back to be written with the body, so that the server wakes up once."""
    response_class = _Response
    sock: Any
    timeout: Any

    @property
    def is_connected(self) -> bool:
        """Called by the pool before it gives out a connection. If false, the connection is reopened."""
        pending = getattr(self.sock, "pending", None)  # TLS: decrypted data, which the socket does not show
        return not self.spoiled and super().is_connected and not (pending and pending())  # type: ignore[misc]

    def connect(self) -> None:
        attempt = _followed()
        self.spoiled, self._held = False, b""
        if attempt is None:
            super().connect()  # type: ignore[misc]
            return
        before, attempt.phase, attempt.connection = attempt.phase, "connect", self
        self.timeout = attempt.seconds()
        super().connect()  # type: ignore[misc]
        attempt.phase = before

    def _new_conn(self) -> Any:
        self.sock = super()._new_conn()  # type: ignore[misc]
        attempt = _followed()
        if attempt is not None:
            self.sock.settimeout(attempt.seconds())  # the rest of the time, for a handshake
        return self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        attempt = _followed()
        if attempt is None:
            super().request(*args, **kwargs)  # type: ignore[misc]
            return
        attempt.connection, attempt.phase, self._held = self, "write", b""
        super().request(*args, **kwargs)  # type: ignore[misc]
        self._write(attempt)
        attempt.phase = "wait"  # not after EPIPE or ECONNRESET, when urllib3 looks for an early answer

    def putheader(self, header: Any, *values: Any) -> None:
        """Write a plain header as http.client does, in a third of the time; leave others to it."""
        value = values[0] if len(values) == 1 else None
        plain = type(value) is type(header) is str and _NAME.fullmatch(header) and _VALUE.fullmatch(value)
        own = http.client.HTTPConnection.putheader
        if plain and value != SKIP_HEADER and _output is not None and is_own(own, _HTTP_CLIENT):
            _output(self, f"{header}: {value}".encode("ascii"))
        else:
            super().putheader(header, *values)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        attempt = _followed()
        if attempt is None:
            super().send(data)  # type: ignore[misc]
            return
        self._held = self._held + data if self._held else data
        if attempt.phase != "write" or len(self._held) > _SLICE:  # else wait for the body: head and body in one piece
            self._write(attempt)

    def _write(self, attempt: Attempt) -> None:
        data, self._held = self._held, b""
        size = _RECORD if hasattr(self.sock, "cipher") else _SLICE
        for start in range(0, len(data), size):
            if self.sock is not None:
                self.sock.settimeout(attempt.seconds())
            super().send(data if len(data) <= size else memoryview(data)[start : start + size])  # type: ignore[misc]

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        attempt = here.attempt if here.attempt is not None and here.attempt.connection is self else None
        response = super().getresponse(*args, **kwargs)  # type: ignore[misc]
        if attempt is not None:
            attempt.phase = "read"
        if response.status == 101:
            self.spoiled = True
        return response
