"""aiohttp's protocol of a connection, which also tracks the phase of its request and accepts only its own answer.

It answers the questions that `wire.connection` answers for threads: how far a request was, how long it may take, which
answer is final, and whether the connection is still in step. aiohttp's parser gets no byte beyond the expected answer.
A connection with such bytes is not reused. A task finds its attempt in `here`.
"""

from __future__ import annotations

import asyncio
import re
import select
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any
from weakref import WeakSet

from aiohttp.client_proto import ResponseHandler

from ..engine.messages import Limits
from ..wire.connection import MOST_HEAD, MOST_INTERIM
from ..wire.phases import TooMuch

_END = b"\r\n\r\n"
_PLAIN = re.compile(
    rb"HTTP/1\.1 (?![23]04)[2-5][0-9][0-9] [^\r\n]*\r\n"
    rb"(?:(?![Tt]ransfer-|[Cc]ontent-[Ll])[!-9;-~]+:[^\r\n]*\r\n)*"
    rb"[Cc]ontent-[Ll]ength: *([0-9]{1,9})\r\n"
    rb"(?:(?![Tt]ransfer-|[Cc]ontent-[Ll])[!-9;-~]+:[^\r\n]*\r\n)*\r\n"
)
"""The head of a final answer with exactly one length."""
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)([0-9]{2})\b")
_AFTER = (204, 304)
"""Statuses of answers without a body."""


class Attempt:
    """One attempt to send a request. `phase` is as in `wire.connection`; `since` is the time of the last progress."""

    def __init__(self, limits: Limits, most: int, now: float) -> None:
        self.limits, self.most = limits, most
        self.phase = "prepare"
        self.since, self.ends = now, now + limits.attempt
        self.connection: Protocol | None = None

    @property
    def overdue(self) -> bool:
        """Whether the whole attempt took too long, rather than one wait."""
        return asyncio.get_running_loop().time() >= self.ends

    @property
    def written(self) -> bool:
        """Whether a server may have the whole request."""
        return self.phase in ("handed", "wait", "read", "done")


here: ContextVar[Attempt | None] = ContextVar("ocreg_attempt", default=None)
"""The attempt of this task."""


class Protocol(ResponseHandler):
    """A connection. Requests of the session's owner, outside our attempts, pass unchanged."""

    spoiled = False
    attempt: Attempt | None = None
    _timer: Any = None
    _poll: Any = None
    _size = _interim = _left = 0
    _final = False
    _length: int | None = None
    _kept = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=1, low=0)  # type: ignore[attr-defined]  # paused: not all is written

    def is_connected(self) -> bool:
        """Called by the pool before it gives out a connection."""
        return super().is_connected() and not self.spoiled and not self._unread()

    def _unread(self) -> bool:
        """Whether data was received that the loop has not read yet and that belongs to no request."""
        if self._poll is None:
            sock = self.transport.get_extra_info("socket") if self.transport is not None else None
            if sock is None or sock.fileno() < 0 or not hasattr(select, "poll"):
                return False
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN)
        return bool(self._poll.poll(0))

    # An attempt

    def set_response_params(self, **params: Any) -> None:
        """Called on both paths, right before a request is written."""
        attempt = here.get()
        if attempt is not None and attempt.phase in ("handed", "connect") and "timer" in params:  # a proxy's has none
            self._begin(attempt)
        super().set_response_params(**params)

    def _begin(self, attempt: Attempt) -> None:
        attempt.phase, attempt.connection = "write", self
        attempt.since = self._loop.time()
        self.attempt = attempt
        self._size = self._interim = self._left = 0
        self._final, self._length, self._kept = False, None, b""
        self._arm()

    def written(self) -> None:
        """The whole request was passed to the system."""
        attempt = self.attempt
        if attempt is not None and attempt.phase == "write":
            attempt.phase, attempt.since = "wait", self._loop.time()

    def start_timeout(self) -> None:
        self.written()
        super().start_timeout()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.attempt is not None:
            self.attempt.since = self._loop.time()

    def end(self) -> None:
        """Data that comes from now on belongs to no request."""
        self.attempt = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    # Time

    def _arm(self) -> None:
        attempt = self.attempt
        assert attempt is not None
        at = min(attempt.since + attempt.limits.read, attempt.ends)
        self._timer = self._loop.call_at(at, self._check)

    def _check(self) -> None:
        attempt, self._timer = self.attempt, None
        if attempt is None:
            return
        now, left = self._loop.time(), self._unsent() if attempt.phase in ("write", "wait") else 0
        if left or attempt.phase == "write":
            attempt.since = now if left < self._left or not self._left else attempt.since
            self._left = left
        if now >= attempt.ends or now - attempt.since >= attempt.limits.read:
            if left:
                attempt.phase = "write"  # the rest is lost with the connection, so no server has the whole request
            self._fail(TimeoutError(f"timed out: nothing for {attempt.limits.read} seconds"))
        else:
            self._arm()

    def _unsent(self) -> int:
        """Bytes that the system has not accepted yet. Encrypted ones are in the transport below."""
        below = getattr(getattr(self.transport, "_ssl_protocol", None), "_transport", None)
        known = [one for one in (self.transport, below) if one is not None and hasattr(one, "get_write_buffer_size")]
        return sum(one.get_write_buffer_size() for one in known)

    def set_exception(self, exc: BaseException, *cause: Any) -> None:
        """Parser errors also end the wait for a body."""
        super().set_exception(exc, *cause)
        payload = self._payload
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(exc)

    def _fail(self, error: Exception) -> None:
        """End the attempt in any phase, and the connection."""
        self.spoiled = True
        waiter, self._drain_waiter = self._drain_waiter, None
        self.set_exception(error)
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        if self.transport is not None:
            self.transport.abort()

    # Received data

    def data_received(self, data: bytes) -> None:
        attempt = self.attempt
        if attempt is None or not data:
            if data and self._parser_done:
                self._stray()
            else:
                super().data_received(data)
            return
        if not self._size and (plain := _PLAIN.match(data)) and len(data) - plain.end() == int(plain[1]):
            self._size = len(data)
            super().data_received(data)  # the usual case: the whole answer at once, and nothing else
            return
        attempt.since = self._loop.time()
        self._size += len(data)
        if self._size > MOST_HEAD and (not self._final or self._size > attempt.most):
            words = f"{self._size:,} bytes before the end of the answer" + "'s head" * (not self._final)
            self._fail(TooMuch(words))
            return
        while data and not self.spoiled and self._exception is None:
            if not self._final:
                data = self._head(data)
            elif self._length == 0 or self._answered():
                self._stray()
            else:
                piece, data = self._piece(data)
                super().data_received(piece)

    def _head(self, data: bytes) -> bytes:
        """Pass the head of the final answer to the parser once it is complete. Returns the bytes after it.

        Interim answers are skipped with any content, up to a limit that excludes 100 Continue.
        """
        start, whole = max(0, len(self._kept) - 3), self._kept + data if self._kept else data
        at = whole.find(_END, start)
        if at < 0:
            self._kept = whole
            return b""
        head, self._kept = whole[: at + len(_END)], b""
        interim = _INTERIM.match(head)
        if interim is None:
            super().data_received(head)
        elif interim[1] != b"00":
            self._interim += 1
            if self._interim > MOST_INTERIM:
                self._fail(TooMuch(f"more than {MOST_INTERIM} interim answers"))
        return whole[at + len(_END) :]

    @property
    def _parser_done(self) -> bool:
        """Whether nothing is expected: our answer was read, and the connection is idle."""
        return self._final and self._answered()

    def _answered(self) -> bool:
        return self._final and (self._payload is None or self._payload.is_eof()) and not self._upgraded

    def _stray(self) -> None:
        """Handle bytes that belong to no request: the connection is out of step."""
        self.spoiled = True
        if self.attempt is None and self.transport is not None:
            self.transport.close()

    def _piece(self, data: bytes) -> tuple[bytes, bytes]:
        """The bytes up to the end of the answer, and the rest."""
        if self._length is not None:
            piece = data[: self._length]
            self._length -= len(piece)
            return piece, data[len(piece) :]
        window = self._kept + data
        at = window.find(_END)
        end = len(data) if at < 0 else at + len(_END) - len(self._kept)
        self._kept = window[-3:] if at < 0 else b""
        return data[:end], data[end:]

    def feed_data(self, data: Any, size: int = 0) -> None:
        """The final answer's head was parsed."""
        attempt, message = self.attempt, data[0]
        if attempt is not None:
            self._final, attempt.phase = True, "read" if attempt.phase == "wait" else attempt.phase
            if message.code == 101:
                self.spoiled = True
            elif not message.chunked and message.code not in _AFTER:
                with suppress(KeyError, ValueError):
                    self._length = int(message.headers["Content-Length"])
        super().feed_data(data, size)


_adopted: WeakSet[Any] = WeakSet()
"""Connectors that have only connections of ours."""


def adopt(connector: Any, loop: asyncio.AbstractEventLoop) -> bool:
    """Make the connections that a connector opens from now on ours. Returns whether all of its connections are."""
    if connector in _adopted:
        return True
    if getattr(getattr(connector, "_factory", None), "func", None) is ResponseHandler:
        connector._factory = partial(Protocol, loop=loop)
    ours = getattr(getattr(connector, "_factory", None), "func", None) is Protocol
    idle = [protocol for kept in getattr(connector, "_conns", {}).values() for protocol, _ in kept]
    if not ours or not all(isinstance(protocol, Protocol) for protocol in idle):
        return False
    _adopted.add(connector)
    return True
