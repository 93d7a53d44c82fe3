"""The messages between an exchange and a transport: a request, its limits, and a reply or a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import NamedTuple


class Request(NamedTuple):
    """A request. `body` is exactly the bytes that were signed; `private`: no tracer may see the URL."""

    operation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    private: bool = False

    def __repr__(self) -> str:
        return f"<Request {self.operation}: {self.method}>"  # URL, headers and body may hold secrets


class Limits(NamedTuple):
    """The seconds that one attempt may take: to connect, to wait for data, and until the call's deadline."""

    connect: float
    read: float
    deadline: float = inf

    @property
    def whole(self) -> float:
        """The limit of a whole attempt: to connect, to write, and to read the answer to its last byte."""
        return self.connect + 2 * self.read

    @property
    def attempt(self) -> float:
        return min(self.whole, self.deadline)

    @property
    def exceeded(self) -> str:
        """The limit that an attempt exceeded, as text."""
        if self.deadline < self.whole:
            return f"the call's deadline passed ({self.deadline:.3g} s were left for this attempt)"
        return f"the attempt took longer than {self.whole:.3g} s as a whole"


class Reply(NamedTuple):
    """An answer: status, headers and the raw, decompressed body.

    `discard` keeps its connection from serving other calls.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    discard: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"<Reply {self.status}: {len(self.body)} bytes>"


class Failure(NamedTuple):
    """No answer. `kind` is a row of `policy.TRANSPORT`; `reason` is the transport's own text, redacted."""

    kind: str
    reason: str
