"""The sandbox over HTTP, on loopback, for any client: the standard library's server, with a thread per connection."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from threading import Event, Lock
from types import FrameType
from typing import Any

from ..forks import ForkSafe
from .connection import Connection, Limits
from .core import Sandbox
from .gateway import Gateway
from .guard import Guard
from .listening import Listener
from .page import Page

HOST = "127.0.0.1"
_TICK = 1.0
_CROWDED = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_GOODBYE = 2.0
"""How many seconds the server waits for running answers when it ends."""


class Server(Listener, ForkSafe):
    """Listens on 127.0.0.1 from the start; `run` accepts connections until `close` is called, from any thread.

    Only `run` opens and closes the listening socket, because a socket that another thread waits for would stay open.
    Raises OSError if the port is taken.
    """

    def __init__(
        self, sandbox: Sandbox, port: int, hosts: Iterable[str] = (), limits: Limits | None = None, *, page: bool = True
    ) -> None:
        self.gateway, self.guard, self.limits = Gateway(sandbox), Guard(hosts), limits or Limits()
        self.page = Page(self.gateway) if page else None
        self.era = 0
        self._refusals: list[tuple[float, Event]] = []
        self._woken, self._waker = socket.socketpair()
        try:
            super().__init__((HOST, port), partial(Connection, listener=self))
        except OSError:
            self._woken.close()
            self._waker.close()
            raise
        ForkSafe.__init__(self)

    def _make_own(self) -> None:
        self.stopping, self._at_rest, self._lock = Event(), Event(), Lock()
        self._at_rest.set()
        self._connections: set[Connection] = set()
        self._accepted = 0

    def _forked(self) -> None:
        """A child has no serving thread: it closes its copies of the sockets and leaves the parent's alone."""
        copies = [self.socket, self._woken, self._waker, *(each.connection for each in self._connections)]
        self._make_own()
        self.stopping.set()
        for copy in copies:
            with suppress(OSError):
                os.close(copy.detach())

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        self._at_rest.clear()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._woken, selectors.EVENT_READ)
                while not self.stopping.is_set():
                    self._accept(selector)
                    if self._refusals:
                        self._pause(selector)
        finally:
            self._at_rest.set()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        """Accept connections until there is something else to do."""
        selector.register(self.socket, selectors.EVENT_READ)
        while not self.stopping.is_set() and not self._refusals:
            ready = [key.fileobj for key, _ in selector.select(self._patience())]
            self._close_outlived()
            if self._woken in ready:
                self._woken.recv(1 << 10)
            if self.socket in ready:
                self._handle_request_noblock()  # type: ignore[attr-defined]
        selector.unregister(self.socket)

    def _patience(self) -> float | None:
        """Seconds until connections are checked again, if there are any."""
        return min(_TICK, self.limits.idle, self.limits.request) if self._accepted else None

    def _close_outlived(self) -> None:
        now = time.monotonic()
        with self._lock:
            for connection in self._connections:
                if connection.end < now:
                    connection.hang_up()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for another connection; if not, the longest idle one is closed."""
        with self._lock:
            if self._accepted < self.limits.connections:
                return True
            idle = min((one for one in self._connections if one.idle), key=lambda one: one.end, default=None)
            if idle is not None:
                idle.idle = False  # no other may choose it, too
                idle.hang_up()
                return True
        with suppress(OSError):
            request.sendall(_CROWDED)
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        self._accepted += 1  # here and not in its thread, which may start late
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread is available
            self._left()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._left()

    def _left(self) -> None:
        with self._lock:
            self._accepted -= 1

    def _pause(self, selector: selectors.BaseSelector) -> None:
        """Refuse connections. The port stays taken, so that no one else gets it, but nothing listens on it."""
        self.socket.close()
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self._end_era()
        until = 0.0
        while not self.stopping.is_set():
            while self._refusals:
                seconds, begun = self._refusals.pop()
                until = max(until, time.monotonic() + seconds)
                begun.set()
            left = until - time.monotonic()
            if left <= 0:
                self.server_activate()
                return
            if selector.select(left):
                self._woken.recv(1 << 10)

    def refuse(self, seconds: float) -> None:
        """Refuse connections for a while. When this returns, nothing listens and idle connections are closed."""
        begun = Event()
        self._refusals.append((seconds, begun))
        self._wake()
        begun.wait(_GOODBYE)

    def stop(self) -> None:
        """Let `run` end, or never begin."""
        self.stopping.set()
        self._wake()

    def close(self) -> None:
        """Stop listening, let running answers finish, close all connections."""
        self.stop()
        self._at_rest.wait(_GOODBYE)
        self.socket.close()
        self._end_era()
        patience = time.monotonic() + _GOODBYE
        while self._connections and time.monotonic() < patience:
            time.sleep(0.002)
        with self._lock:
            for connection in self._connections:
                connection.hang_up()
        self._waker.close()
        self._woken.close()

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b"x")

    def opened(self, connection: Connection) -> None:
        with self._lock:
            self._connections.add(connection)
            if self.stopping.is_set():
                connection.hang_up()

    def closed(self, connection: Connection) -> None:
        with self._lock:
            self._connections.discard(connection)

    def _end_era(self) -> None:
        """Close the idle connections; the others close themselves after their answer."""
        with self._lock:
            self.era += 1
            for connection in self._connections:
                if connection.idle:
                    connection.hang_up()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is ignored; anything else is a bug in ocreg and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(sandbox: Sandbox, port: int, hosts: Iterable[str] = (), *, page: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; print one line with the URL when ready. Raises OSError if the port is taken.

    `hosts` are further names by which requests may call this machine.
    """
    server = Server(sandbox, port, hosts, page=page)
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        sys.stdout.write(f"ocreg sandbox listening on {server.url}\n")
        sys.stdout.flush()
        server.run()
    finally:
        server.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
