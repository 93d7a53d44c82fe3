"""The transport of `env="local"`: a sandbox in this process, no socket."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ..exchange import Reply, Request
from ..registry import Registry
from ..settings import Settings
from .core import Sandbox


class LocalTransport:
    """`sandbox` is the world behind it, for a test to look into."""

    def __init__(self, settings: Settings, registry: Registry, clock: Callable[[], float]) -> None:
        self.sandbox = Sandbox(
            registry,
            client_key=settings.need("client_key").reveal(),
            secret_key=settings.need("secret_key").reveal(),
            sign=settings.sign,
            clock=clock,
        )

    def send(self, request: Request, timeout: tuple[float, float]) -> Reply:
        parts = urlsplit(request.url)
        return self.sandbox.handle(
            request.method, parts.path, parts.query, request.headers, request.body or b"", request.operation
        )

    def close(self) -> None:
        pass
