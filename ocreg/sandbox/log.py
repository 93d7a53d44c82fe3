"""The requests that the sandbox received: for tests (`box.requests`) and for the page.

    log = sandbox.requests          a sequence, oldest first; the last MOST requests are kept, or fewer large ones
    log[-1], len(log), list(log)
    log.of("outbound.create")       those for an operation, or for a pattern such as outbound.*
    log.since(17)                   those with a number above 17: the new ones after number 17
    log.get(17)                     one by its number; None: it never arrived, or was dropped
    log.last                        the number of the latest, 0 before the first
    log.clear()                     drop them all; numbering continues

A `LoggedRequest` has:

    number       int             from 1, in the order in which answers were decided; never reused
    at           float           when it arrived, by the sandbox's clock, in seconds since the epoch
    took         float           real seconds until its answer was decided
    method, path, query          str; the path as in the URL, decoded once; the query as it came
    headers      dict            as they arrived
    body         bytes           as it arrived; empty if a fault applied before it was read
    operation    str | None      the id; None: no operation has this method and path
    payload      JSON            what is in the envelope's `data`; without an envelope the whole body; of a token
                                 operation its parameters; None where that cannot be read
    signature    Verdict | None  whether it matches and why not (`verdict`); None: this operation is not signed
    status       int | None      the HTTP status that was decided; None: a fault applied first
    answer       JSON            the answer that was decided: JSON as a value, anything else as a text
    delivered    bool            whether a client could read all of it; False: a fault lost or truncated it
    fault        str | None      the text of the fault that applied

`payload`, `signature` and `answer` are computed at first use. `as_dict()` is all of it as JSON: credentials are always
masked there, personal data and what was hashed unless `show_sensitive`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, overload

from .. import redact
from ..engine.messages import Reply
from ..forks import ForkSafe
from ..lazy import cached_property
from ..registry.endpoint import Endpoint
from ..registry.values import decode
from . import parameters
from .routes import is_token_operation
from .verdict import Keys, Verdict

MOST = 1000
MOST_BYTES = 32 * 1024 * 1024
"""The maximum total of the requests that are kept; the latest is always kept."""


@dataclass(frozen=True, eq=False, repr=False)
class LoggedRequest:
    """One request and its answer: see the module's docstring."""

    number: int
    at: float
    took: float
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    reply: Reply | None
    delivered: bool
    fault: str | None
    endpoint: Endpoint | None
    keys: Keys = field(compare=False)

    def __repr__(self) -> str:
        what = self.operation or f"{self.method} {redact.line(self.path)}"
        met = f", fault {self.fault}" if self.fault else ""
        return f"<Request {self.number}: {what}, HTTP {self.status}{met}>"  # everything else may hold secrets

    @property
    def operation(self) -> str | None:
        return None if self.endpoint is None else self.endpoint.id

    @property
    def status(self) -> int | None:
        return None if self.reply is None else self.reply.status

    @property
    def size(self) -> int:
        """The bytes of the request and of the answer."""
        head = len(self.path) + len(self.query) + sum(len(name) + len(value) for name, value in self.headers.items())
        return head + len(self.body) + (0 if self.reply is None else len(self.reply.body))

    @cached_property
    def payload(self) -> Any:
        if self.endpoint is not None and is_token_operation(self.endpoint):
            return parameters.loosely(self.query, self.headers, self.body)
        value = _json(self.body)
        if self.endpoint is None or not self.endpoint.envelope:
            return value
        return value.get("data") if isinstance(value, dict) else None

    @cached_property
    def signature(self) -> Verdict | None:
        if self.endpoint is None or not self.endpoint.sends_token:
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.keys.verdict(self.path, self.query, headers, None if self.endpoint.method == "GET" else self.body)

    @cached_property
    def answer(self) -> Any:
        if self.reply is None:
            return None
        value = _json(self.reply.body)
        return value if value is not None else self.reply.body.decode("utf-8", "replace")

    def as_dict(self, *, show_sensitive: bool = False) -> dict[str, Any]:
        endpoint, verdict = self.endpoint, self.signature
        hidden = frozenset[str]() if endpoint is None else endpoint.secret if show_sensitive else endpoint.sensitive
        plain = ("number", "at", "took", "method", "path", "operation", "status", "delivered", "fault")
        return {
            **{name: getattr(self, name) for name in plain},
            "query": redact.text(self.query),
            "headers": redact.headers(dict(self.headers)),
            "payload": redact.data(self.payload, hidden | (_GRANTS if verdict is None else _TOKENS)),
            "answer": redact.data(self.answer, hidden | _TOKENS),
            "signature": None if verdict is None else _shown(verdict, show_sensitive=show_sensitive),
        }


class RequestLog(Sequence[LoggedRequest], ForkSafe):
    """The requests, oldest first: see the module's docstring. Threads may share it."""

    def __init__(self) -> None:
        self.last = 0
        self._requests: deque[LoggedRequest] = deque()
        self._bytes = 0
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def add(self, **facts: Any) -> None:
        """Record a request: the facts of a `LoggedRequest` except its number. Called before its answer is sent."""
        with self._lock:
            self.last += 1
            request = LoggedRequest(self.last, **facts)
            self._requests.append(request)
            self._bytes += request.size
            while len(self._requests) > 1 and (len(self._requests) > MOST or self._bytes > MOST_BYTES):
                self._bytes -= self._requests.popleft().size

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._bytes = 0

    def of(self, operation: str) -> list[LoggedRequest]:
        return [one for one in self if fnmatchcase(one.operation or "", operation)]

    def since(self, number: int) -> list[LoggedRequest]:
        return [one for one in self if one.number > number]

    def get(self, number: int) -> LoggedRequest | None:
        return next((one for one in self if one.number == number), None)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    @overload
    def __getitem__(self, place: int) -> LoggedRequest: ...

    @overload
    def __getitem__(self, place: slice) -> list[LoggedRequest]: ...

    def __getitem__(self, place: int | slice) -> LoggedRequest | list[LoggedRequest]:
        return list(self)[place]

    def __repr__(self) -> str:
        return f"<RequestLog: {len(self)} of {self.last}>"


_TOKENS = frozenset({"refresh_token", "access_token"})
_GRANTS = _TOKENS | {"client_id", "client_secret", "code"}
"""What a token request may hold, whether its file describes it or not."""


def _shown(verdict: Verdict, *, show_sensitive: bool) -> dict[str, Any]:
    """A verdict as JSON. The text that is hashed contains the whole body, so it is shown only on demand."""
    shown = verdict._asdict()
    return shown if show_sensitive else {**shown, "hashed": {}}


def _json(body: bytes) -> Any:
    try:
        return decode(body)
    except ValueError:
        return None
