"""What both ways into the sandbox, inside the process and over HTTP, pass a request through.

The caller asks `fault` once it knows the headers, and `carry_out` once it has the body. The result is the sandbox's
reply and what happens to it on the wire, which the caller simulates. `reset` never reaches `carry_out`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..engine.messages import Reply
from ..errors import OcregError
from ..registry.endpoint import Endpoint
from ..registry.values import decode
from . import parameters
from .core import Sandbox
from .faults import Fault
from .replies import as_json, as_page, unauthenticated
from .request import Forced, Refusal
from .routes import is_token_operation
from .tokens import credentials

_PAGE = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Be right back</h1></body></html>\n"
_SAYS = frozenset({"code", "success", "errors", "error"})
_WRONG: tuple[Any, ...] = ("sandbox: a text", 7, [7])


class HttpRequest(NamedTuple):
    """A request: its headers, and its body once it has arrived. `operation` is a hint."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    operation: str | None = None


class Delivery(NamedTuple):
    """The reply and what happens to it.

    It is sent after `wait` seconds; not at all if `lost`; with `cut`, only that many bytes of its body. After it was
    sent, connections are refused for `refuse` seconds.
    """

    reply: Reply
    wait: float = 0.0
    lost: bool = False
    cut: int | None = None
    refuse: float | None = None


class Gateway:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def needs_body(self, request: HttpRequest) -> bool:
        """Whether only the body decides which fault applies: if a form names the operation, or a fault an item."""
        routes = self.sandbox.routes
        form = parameters.in_form(request.headers) and routes.are_told_by_form(request.method, request.path)
        return form or self.sandbox.faults.count_items

    def fault(self, request: HttpRequest) -> Fault | None:
        """The fault that applies to this request; call it once for each request."""
        faults = self.sandbox.faults
        endpoint = self._endpoint(request) if len(faults) else None
        if endpoint is None:
            return None
        return faults.at(endpoint.id, token_operation=is_token_operation(endpoint), items=lambda: _items(request.body))

    def struck(self, request: HttpRequest, fault: Fault) -> None:
        """Record a request that a fault took before it was processed."""
        self._note(request, fault, None)

    def refused(self, request: HttpRequest, delivery: Delivery) -> None:
        """Record a request that was not let in."""
        self._note(request, None, delivery)

    def carry_out(self, request: HttpRequest, fault: Fault | None = None) -> Delivery:
        begun = time.perf_counter()
        delivery = self._carried_out(request, fault)
        self._note(request, fault, delivery, time.perf_counter() - begun)
        return delivery

    def _note(self, request: HttpRequest, fault: Fault | None, delivery: Delivery | None, took: float = 0.0) -> None:
        self.sandbox.requests.add(
            at=self.sandbox.clock(),
            took=took,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            reply=None if delivery is None else delivery.reply,
            delivered=delivery is not None and not delivery.lost and delivery.cut is None,
            fault=None if fault is None else fault.text,
            endpoint=self._known(request),
            keys=self.sandbox.keys,
        )

    def _carried_out(self, request: HttpRequest, fault: Fault | None) -> Delivery:
        if fault is None:
            return Delivery(self._handle(request))
        if fault.kind == "expired":
            self.sandbox.tokens.expire(credentials(request.headers)[1])
        hidden = fault.seconds if fault.kind == "late" else fault.hides
        reply = self._instead(request, fault, hidden)
        if reply is None:
            reply = self._handle(request, hidden, _forced(fault))
        if fault.kind == "duplicate":
            reply = self._handle(request, hidden)
        if fault.kind == "json":
            reply = self._misshapen(request, reply)
        return _delivery(fault, reply)

    def _known(self, request: HttpRequest) -> Endpoint | None:
        try:
            return self._endpoint(request)
        except OcregError:  # its file is broken, as the answer says
            return None

    def _endpoint(self, request: HttpRequest) -> Endpoint | None:
        given = lambda: parameters.loosely(request.query, request.headers, request.body)  # noqa: E731
        return self.sandbox.routes.find(request.method, request.path, given, request.operation)

    def _handle(self, request: HttpRequest, hidden: float = 0.0, refused: Forced | None = None) -> Reply:
        return self.sandbox.handle(*request, hidden=hidden, refused=refused)

    def _instead(self, request: HttpRequest, fault: Fault, hidden: float) -> Reply | None:
        """The reply of a fault that has its own."""
        if fault.kind == "401":
            return unauthenticated(401, "Access-Token invalid")
        if fault.kind == "429":
            return as_json(429, {"message": "sandbox: fault 429"}, Retry_After=str(fault.after))
        if fault.kind != "html" and not fault.kind.isdigit():
            return None
        if fault.acts:
            self._handle(request, hidden)
        if fault.kind == "html":
            return as_page(200, _PAGE)
        return as_json(int(fault.kind), {"message": f"sandbox: fault {fault.kind}"})

    def _misshapen(self, request: HttpRequest, reply: Reply) -> Reply:
        """The reply with one value of a type that the file refuses; a list if no such value is found."""
        endpoint, value = self._endpoint(request), decode(reply.body) if reply.body else None
        answer: Any = [value]
        if endpoint is not None and isinstance(value, dict) and endpoint.answer.ok(value):
            names = [name for name in ("data", *value) if name not in _SAYS]
            candidates = ({**value, name: wrong} for name in names for wrong in _WRONG)
            answer = next((c for c in candidates if not endpoint.answer.ok(c)), answer)
        return as_json(reply.status, answer)


def _items(body: bytes) -> int:
    """The number of items if the payload is a list."""
    try:
        value = decode(body)
    except ValueError:
        return 0
    data = value.get("data") if isinstance(value, dict) else value
    return len(data) if isinstance(data, list) else 0


def _forced(fault: Fault) -> Forced | None:
    if fault.code is None:
        return None
    which = "" if fault.item is None else f" (item {fault.item})"
    return Forced(Refusal(fault.code, f"sandbox: refused by a fault{which}"), fault.item)


def _delivery(fault: Fault, reply: Reply) -> Delivery:
    if fault.kind == "delay":
        return Delivery(reply, wait=fault.seconds)
    if fault.kind == "drop":
        return Delivery(reply, lost=True)
    if fault.kind == "refuse" and fault.code is None:
        return Delivery(reply, refuse=fault.seconds)
    if fault.kind == "truncate" and reply.body:
        size = len(reply.body)
        return Delivery(reply, cut=size // 2 if fault.at is None else min(fault.at, size - 1))
    return Delivery(reply)
