"""The sandbox over HTTP, on loopback, for anyone's client. Served by waitress (extra `sandbox`)."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterable
from http import HTTPStatus
from types import FrameType
from typing import Any

from ..exchange import Reply
from .core import Sandbox

_THREADS = 16
_MOST_BYTES = 64 * 1024 * 1024


class Application:
    """The sandbox as a WSGI application."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        reply: Reply = self.sandbox.handle(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            headers,
            environ["wsgi.input"].read(),
        )
        length = [("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", [*reply.headers.items(), *length])
        return [reply.body]


def create(sandbox: Sandbox, port: int) -> Any:
    """A waitress server on 127.0.0.1, listening but not yet running; `effective_port` is its port."""
    from waitress import create_server

    logging.getLogger("waitress").setLevel(logging.ERROR)
    return create_server(
        Application(sandbox),
        host="127.0.0.1",
        port=port,
        threads=_THREADS,
        ident=None,
        max_request_body_size=_MOST_BYTES,
    )


def serve(sandbox: Sandbox, port: int) -> None:
    """Serve until SIGINT or SIGTERM; print one line with the URL when ready. Raises OSError if the port is taken."""
    server = create(sandbox, port)
    signal.signal(signal.SIGTERM, _interrupt)
    sys.stdout.write(f"ocreg sandbox listening on http://127.0.0.1:{server.effective_port}\n")
    sys.stdout.flush()
    try:
        server.run()
    finally:
        server.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
