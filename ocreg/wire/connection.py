"""A connection that knows how far its request is, ends every wait in time, and takes no answer but its own.

These are urllib3's connections with four questions answered here, wherever a request comes from (`transport`):

- How far was it? `Attempt.phase`: a server cannot act on a request that it has only a part of, so what fails before
  "wait" certainly did not happen.
- How long may it take? Every wait for the socket is cut to what is left of the attempt, so that a byte now and then
  does not keep it alive.
- Which answer is final? Interim ones (100 to 199, but 101) are read over, a bounded number of them.
- Is the connection still in step? Bytes that follow an answer, or an answer that belongs to another request, spoil it:
  it is closed before it is used again.

Requests that were not begun by our transport (in a session of a user's own) pass unchanged.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPException, HTTPResponse
from threading import local
from typing import Any

from ..engine.messages import Limits

MOST_INTERIM = 20
"""Interim answers before the final one."""
MOST_HEAD = 1 << 20
"""Bytes before the body of the final answer."""
_SLICE = 1 << 18
"""Bytes of a body that are written at a time, each within the time-out."""


class Attempt:
    """One request on its way, in the thread that sends it.

    `phase` is "prepare", "connect", "write", "wait" (for the answer) or "read"; "handed" where somebody else's code
    sends it, so that nobody can tell.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.phase = "prepare"
        self.connection: Any = None
        self.ends = time.monotonic() + limits.attempt

    def seconds(self) -> float:
        """How long the next wait for the socket may be. Raises TimeoutError where no time is left."""
        most = self.limits.connect if self.phase == "connect" else self.limits.read
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(most, left)

    @property
    def overdue(self) -> bool:
        """Whether the attempt as a whole took too long, and not one wait."""
        return time.monotonic() >= self.ends


class _Here(local):
    attempt: Attempt | None = None


here = _Here()
"""The attempt of this thread."""


class _Socket(io.RawIOBase):
    """What a socket receives, each time within the attempt's limits."""

    def __init__(self, sock: Any, attempt: Attempt) -> None:
        self._file = sock.makefile("rb", buffering=0)  # keeps the socket open for as long as the answer is read
        self._sock, self.attempt = sock, attempt
        self._head = 0
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return 0
        self._sock.settimeout(self.attempt.seconds())
        count: int | None = self._file.readinto(buffer)
        if self.attempt.phase == "wait":
            self._head += count or 0
            if self._head > MOST_HEAD:
                raise HTTPException(f"more than {MOST_HEAD:,} bytes before the answer's body")
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Answer(io.BufferedReader):
    """The bytes of one answer. What was received beyond its end belongs to nobody: the connection is out of step."""

    raw: _Socket

    def close(self) -> None:
        if not self.closed:
            self.raw.ended = True
            connection = self.raw.attempt.connection
            if connection is not None and self.peek(1):
                connection.spoiled = True
        super().close()


class _Makefile:
    """A socket, as far as an `HTTPResponse` needs one."""

    def __init__(self, sock: Any, attempt: Attempt) -> None:
        self._sock, self._attempt = sock, attempt

    def makefile(self, *_: Any, **__: Any) -> _Answer:
        return _Answer(_Socket(self._sock, self._attempt))


class _Response(HTTPResponse):
    """The final answer to a request."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        attempt = here.attempt
        super().__init__(sock if attempt is None else _Makefile(sock, attempt), *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        for _ in range(MOST_INTERIM):
            super().begin()
            if self.status == 101 or not 100 <= self.status < 200:
                return
            self.headers = self.msg = None  # type: ignore[assignment]  # so that it begins once more
        raise HTTPException(f"more than {MOST_INTERIM} interim answers")


class Connection:
    """What is put before one of urllib3's connection classes."""

    spoiled = False
    _held: bytes | None = None
    """The head of a request whose body is still to come; None where nothing is held back."""
    response_class = _Response
    sock: Any
    timeout: Any

    @property
    def is_connected(self) -> bool:
        """Asked by the pool before it gives out a connection; one that is not is closed and opened anew."""
        return not self.spoiled and super().is_connected  # type: ignore[misc]

    def connect(self) -> None:
        attempt = here.attempt
        self.spoiled = False
        if attempt is None:
            super().connect()  # type: ignore[misc]
            return
        before, attempt.phase = attempt.phase, "connect"
        self.timeout = attempt.seconds()
        super().connect()  # type: ignore[misc]
        attempt.phase = before

    def request(self, *args: Any, **kwargs: Any) -> None:
        attempt = here.attempt
        if attempt is None:
            super().request(*args, **kwargs)  # type: ignore[misc]
            return
        attempt.connection, attempt.phase, self._held = self, "write", b""
        super().request(*args, **kwargs)  # type: ignore[misc]
        self._write(attempt, b"")
        attempt.phase = "wait"  # not after EPIPE or ECONNRESET: urllib3 goes on to look for an early answer

    def send(self, data: Any) -> None:
        attempt = here.attempt
        if attempt is None or not isinstance(data, bytes):
            super().send(data)  # type: ignore[misc]
        elif self._held == b"" and attempt.phase == "write":
            self._held = data  # the head waits for the body: one packet wakes the server once
        else:
            self._write(attempt, data)

    def _write(self, attempt: Attempt, data: bytes) -> None:
        """Write what was held back and `data`, each slice within the time-out."""
        held, self._held = self._held or b"", None
        if len(held) + len(data) <= _SLICE:
            held, data = held + data, b""
        for part in (held, data):
            for start in range(0, len(part), _SLICE):
                if self.sock is not None:
                    self.sock.settimeout(attempt.seconds())
                super().send(part if len(part) <= _SLICE else memoryview(part)[start : start + _SLICE])  # type: ignore[misc]

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        response = super().getresponse(*args, **kwargs)  # type: ignore[misc]
        if here.attempt is not None:
            here.attempt.phase = "read"
        return response
