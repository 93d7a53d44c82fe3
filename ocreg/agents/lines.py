"""The client's messages, as lines. A daemon thread reads them, so that Ctrl-C ends the server.

The SDK ignores a line that it cannot parse (a lone surrogate is enough), and the client waits forever; here the client
gets an error.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal
from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter

MOST = 4_000_000
"""The maximum number of bytes in a line."""
_ID = re.compile(rb'"id"\s*:\s*([0-9]{1,15}|"[^"\\]{1,100}")')


class Unreadable(Exception):
    """A line that is not a message; `reply` is the answer to the client, None if it expects none."""

    def __init__(self, line: bytes, why: str) -> None:
        super().__init__(why)
        found = _ID.search(line[:1000]) or _ID.search(line[-1000:])
        error = ErrorData(code=PARSE_ERROR, message=f"the message cannot be read: {why}", data={"happened": "no"})
        self.reply = None if found is None else JSONRPCError(jsonrpc="2.0", id=json.loads(found[1]), error=error)


def checked(line: bytes) -> str:
    """A line that the SDK can parse. Raises Unreadable."""
    if len(line) > MOST:
        raise Unreadable(line, f"it has more than {MOST:,} bytes; `ocreg push` sends files of rows")
    text = line.decode("utf-8", "replace")
    try:
        jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValueError as error:
        raise Unreadable(line, _first(error)) from None
    return text


def _first(error: Any) -> str:
    """What is wrong, without what was sent."""
    return next((str(one["msg"]) for one in getattr(error, "errors", list)() if "JSON" in one["msg"]), "not a message")


def split(file: int) -> Iterator[bytes]:
    """The lines of a file descriptor, each up to one byte more than allowed; blank lines are skipped."""
    line = bytearray()
    while chunk := os.read(file, 1 << 16):
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            line += part[: MOST + 1 - len(line)]
            if line.strip():
                yield bytes(line)
            line.clear()
        line += rest[: MOST + 1 - len(line)]
    if line.strip():
        yield bytes(line)


@asynccontextmanager
async def lines(file: int) -> AsyncIterator[Any]:
    """A stream of the lines of a file descriptor. Any other reader of it finds nothing."""
    private = os.dup(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, file)
    os.close(nothing)
    send, receive = anyio.create_memory_object_stream[bytes](0)
    async with BlockingPortal() as portal:

        def read() -> None:
            try:
                for line in split(private):
                    portal.call(send.send, line)
                portal.call(send.aclose)
            except (OSError, RuntimeError, CancelledError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                return  # the stream has been closed

        Thread(target=read, name="ocreg mcp: standard input", daemon=True).start()
        try:
            yield receive
        finally:
            receive.close()
            await portal.stop(cancel_remaining=True)
