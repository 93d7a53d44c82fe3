"""A running sandbox for tests and scripts: `with ocreg.sandbox(faults=[...]) as box`."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from ..account.settings import DEMO
from ..client import Client
from .core import Sandbox
from .faults import Faults
from .local import WorldTransport
from .log import RequestLog
from .server import Server

if TYPE_CHECKING:
    from typing_extensions import Self


class RunningSandbox:
    """Serves over HTTP on 127.0.0.1, on a free port, while its `with` lasts. Takes what `Sandbox` takes.

    `sandbox` is the world, to look into and to let time pass; `faults` what goes wrong in it; `url` where it listens.
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
        """What came in, oldest first: `log` says what each of them tells."""
        return self.sandbox.requests

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("this box is open already; make another with ocreg.sandbox()")
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

    def client(self, **settings: Any) -> Client:
        """A client with the right keys, over HTTP. It is closed with the box."""
        return self._made({"host": self.url, **settings})

    def local_client(self, **settings: Any) -> Client:
        """A client of the same world without a socket; faults are the failures that a socket would have had."""
        client = self._made(settings)
        sleep = {"sleep": settings["sleep"]} if "sleep" in settings else {}
        client.transport = WorldTransport(self.sandbox, **sleep)
        return client

    def _made(self, settings: dict[str, Any]) -> Client:
        world = self.sandbox
        keys = {"client_key": world.client_key, "secret_key": world.secret_key, "refresh_token": DEMO["refresh_token"]}
        form = {"sign": world.keys.forms[0]} if len(world.keys.forms) == 1 else {}
        files = {"endpoints": [str(root) for root in world.registry.roots[:-1]]}
        client = Client("local", **{**keys, **form, **files, **settings})
        self._clients.append(client)
        return client
