"""A running sandbox for tests and scripts: `with ocreg.sandbox(faults=[...]) as box`."""

from __future__ import annotations

import os
import threading
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

from ..account.settings import DEMO
from ..client import Client
from .core import Sandbox
from .faults import Faults
from .local import WorldTransport
from .log import RequestLog
from .records import copied
from .server import Server

if TYPE_CHECKING:
    from typing_extensions import Self


class RunningSandbox:
    """Serves over HTTP on 127.0.0.1, on a free port, within its `with` block. Takes the arguments of `Sandbox`.

    `url` is where it listens, `sandbox` the world, `faults` its faults. `requests`, `records` and `advance` are for
    tests: what arrived, what exists, and time.
    """

    url: str

    def __init__(self, **world: Any) -> None:
        self.sandbox = Sandbox(**world)
        self._clients: list[Client] = []
        self._server: Server | None = None

    @property
    def faults(self) -> Faults:
        return self.sandbox.faults

    @property
    def requests(self) -> RequestLog:
        """The requests that arrived, oldest first; `log` describes their attributes."""
        return self.sandbox.requests

    def records(self, kind: str) -> list[dict[str, Any]]:
        """The records of a kind, oldest first: `sku`, `inbound`, `outbound`, `estimate`, or what your files create.

        They are copies with all fields that the record was made with, whether answers show them or not.
        """
        self.sandbox.progress()
        found = self.sandbox.records.all(kind)
        return [copied({name: value for name, value in record.items() if name[:1] != "_"}) for record in found]

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox. When this returns, everything due has happened and been notified."""
        self.sandbox.advance(seconds)
        if self.sandbox.notifier is not None:
            self.sandbox.notifier.settle()

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """The notifications, oldest first: what was posted, with `status` and `why` it was not (`notifier`)."""
        return [] if self.sandbox.notifier is None else list(self.sandbox.notifier.sent)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which `Client()` and the command use this sandbox: for `monkeypatch.setenv`."""
        world = self.sandbox
        found = {"env": "sandbox", "host": self.url, "sign": world.keys.forms[0]}
        found |= {**DEMO, "client_key": world.client_key, "secret_key": world.secret_key}
        roots = os.pathsep.join(str(root) for root in world.registry.roots[:-1])
        return {f"OCREG_{name.upper()}": value for name, value in {**found, "endpoints": roots}.items() if value}

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("this box is already open; make another with ocreg.sandbox()")
        self._server = Server(self.sandbox, 0)
        self._thread = Thread(target=self._server.run, name="ocreg sandbox", daemon=True)
        self._thread.start()
        self.url = self._server.url
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        server, self._server = self._server, None
        assert server is not None
        server.stop()
        self._thread.join()
        server.close()
        self.sandbox.close()

    def client(self, *, waits: bool = True, **settings: Any) -> Client:
        """A client with the right keys, over HTTP. It is closed with the box.

        With `waits=False` it sleeps by advancing the sandbox's time, and uses that time: a `confirm` that looks an
        order up for a minute takes none of yours.
        """
        return self._made({"host": self.url, **({} if waits else self._pace()), **settings})

    def local_client(self, *, waits: bool = True, **settings: Any) -> Client:
        """A client of the same world without a socket; faults become the failures that a socket would have had."""
        settings = {**({} if waits else self._pace()), **settings}
        client = self._made(settings)
        sleep = {"sleep": settings["sleep"]} if "sleep" in settings else {}
        client.transport = WorldTransport(self.sandbox, **sleep)
        return client

    def _pace(self) -> dict[str, Any]:
        pace = Pace(self.sandbox)
        return {"clock": self.sandbox.clock, "monotonic": pace.monotonic, "sleep": pace.sleep}

    def _made(self, settings: dict[str, Any]) -> Client:
        world = self.sandbox
        keys = {"client_key": world.client_key, "secret_key": world.secret_key, "refresh_token": DEMO["refresh_token"]}
        form = {"sign": world.keys.forms[0]} if len(world.keys.forms) == 1 else {}
        files = {"endpoints": [str(root) for root in world.registry.roots[:-1]]}
        client = Client("local", **{**keys, **form, **files, **settings})
        self._clients.append(client)
        return client


class Pace(threading.local):
    """The clocks of a client that does not wait. The time that a thread has slept passes for that thread alone: the
    calls of other threads have no less time.
    """

    slept = 0.0

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self._sandbox.advance(seconds)

    def monotonic(self) -> float:
        return time.monotonic() + self.slept
