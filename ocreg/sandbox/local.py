"""The sandbox inside this process: no socket; faults become the failures that a socket would have had."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ..account.settings import Settings
from ..engine.messages import Failure, Reply, Request
from ..registry.files import Registry
from .core import Sandbox
from .gateway import Gateway, HttpRequest

_BEFORE = {"refuse": "connect", "reset": "reset"}
"""Faults that apply before a request is processed, and the kind of failure that they cause."""


class WorldTransport:
    """Sends to an existing world. `sandbox` is that world, for tests to inspect."""

    def __init__(self, sandbox: Sandbox, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sandbox = sandbox
        self._gateway, self._sleep = Gateway(sandbox), sleep

    def send(self, request: Request, timeout: tuple[float, float]) -> Reply | Failure:
        parts = urlsplit(request.url)
        incoming = HttpRequest(
            request.method, parts.path, parts.query, request.headers, request.body or b"", request.operation
        )
        fault = self._gateway.fault(incoming)
        if fault is not None and fault.code is None and fault.kind in _BEFORE:
            self._gateway.struck(incoming, fault)
            return _failure(_BEFORE[fault.kind], fault.text)
        delivery = self._gateway.carry_out(incoming, fault)
        if fault is not None and delivery.lost:
            return _failure("reset", fault.text)
        if fault is not None and delivery.cut is not None:
            return _failure("truncated", fault.text)
        if fault is not None and delivery.wait > timeout[1]:
            return _failure("read-timeout", fault.text)
        if delivery.wait:
            self._sleep(delivery.wait)
        return delivery.reply

    def close(self) -> None:
        pass


class LocalTransport(WorldTransport):
    """The transport of `env="local"`, with a world of its own."""

    def __init__(self, settings: Settings, registry: Registry, clock: Callable[[], float]) -> None:
        sandbox = Sandbox(
            registry,
            client_key=settings.need("client_key").reveal(),
            secret_key=settings.need("secret_key").reveal(),
            sign=settings.sign,
            clock=clock,
        )
        super().__init__(sandbox)


def _failure(kind: str, text: str) -> Failure:
    return Failure(kind, f"sandbox: fault {text}")
