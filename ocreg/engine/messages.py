"""What an exchange and a transport say to each other: a request, its limits, and a reply or a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import NamedTuple


class Request(NamedTuple):
    """What goes on the wire. `body` is the very bytes that were signed; `private`: no tracer may see the URL."""

    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    private: bool = False

    def __repr__(self) -> str:
        return f"<Request {self.operation}: {self.method}>"  # URL, headers and body may hold secrets


class Limits(NamedTuple):
    """Seconds that one attempt may take: to connect, to wait for data, and what is left of the call's deadline."""

    connect: float
    read: float
    deadline: float = inf

    @property
    def whole(self) -> float:
        """An attempt as a whole: to connect, to write, and to read the answer to its last byte."""
        return self.connect + 2 * self.read

    @property
    def attempt(self) -> float:
        return min(self.whole, self.deadline)

    @property
    def exceeded(self) -> str:
        """In words, what an attempt that took too long took longer than."""
        if self.deadline < self.whole:
            return f"the call's deadline passed ({self.deadline:.3g} s were left for this attempt)"
        return f"the attempt took longer than {self.whole:.3g} s as a whole"


class Reply(NamedTuple):
    """What came back: status, headers and the raw, unpacked body.

    `discard` lets the connection that it came on serve no other call.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    discard: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<Reply {self.status}: {len(self.body)} bytes>"


class Failure(NamedTuple):
    """No reply. `kind` is a row of `policy.TRANSPORT`; `reason` is the transport's own words, redacted."""

    kind: str
    reason: str
