"""The body of an HTTP request, read from its stream by length or in chunks, up to a limit."""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase

MOST_BYTES = 64 * 1024 * 1024
_MOST_LINE = 4096
_MOST_TRAILERS = 100


class Refused(Exception):
    """The HTTP status and message with which a request is refused. The rest of it was not read."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def length_of(headers: Message[str, str], most: int = MOST_BYTES) -> int | None:
    """The number of bytes that the headers announce; None: the body comes in chunks. Raises Refused."""
    coding, length = _only(headers, "Transfer-Encoding"), _only(headers, "Content-Length")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise Refused(501, f"Transfer-Encoding {coding!r:.60} is not supported; send `chunked` or a length")
        if length is not None:
            raise Refused(400, "Content-Length and Transfer-Encoding contradict each other; send one of them")
        return None
    if length is None:
        return 0
    if not re.fullmatch("[0-9]{1,18}", length.strip()):
        raise Refused(400, f"Content-Length {length!r:.60} is not a number of bytes")
    _bearable(int(length), most)
    return int(length)


def _only(headers: Message[str, str], name: str) -> str | None:
    """A header that decides where a request ends. It must be unique, because two would be ambiguous."""
    sent = headers.get_all(name, [])
    if len(set(sent)) > 1:
        raise Refused(400, f"several {name} headers that contradict each other; send one")
    return sent[0] if sent else None


def read(stream: BufferedIOBase, length: int | None, most: int = MOST_BYTES) -> bytes:
    """The body. Raises Refused, and ConnectionError if the stream ends before the body."""
    return _chunks(stream, most) if length is None else _exactly(stream, length)


def _chunks(stream: BufferedIOBase, most: int) -> bytes:
    body, size = [], 0
    while True:
        line = _line(stream)
        digits = line.partition(b";")[0].strip()
        if not re.fullmatch(b"[0-9A-Fa-f]{1,15}", digits):
            raise Refused(400, f"{line!r:.60} is not the size of a chunk: hexadecimal digits expected")
        length = int(digits, 16)
        if length == 0:
            break
        size += length
        _bearable(size, most)
        body.append(_exactly(stream, length))
        if _line(stream):
            raise Refused(400, "a chunk is longer than its size says")
    for _ in range(_MOST_TRAILERS):
        if not _line(stream):
            return b"".join(body)
    raise Refused(400, f"more than {_MOST_TRAILERS} trailers")


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_MOST_LINE)
    if not line:
        raise ConnectionError("the request ended within its body")
    if not line.endswith(b"\n"):
        raise Refused(400, "a line between chunks is too long, or incomplete")
    return line.rstrip(b"\r\n")


def _exactly(stream: BufferedIOBase, length: int) -> bytes:
    body = stream.read(length) if length else b""
    if len(body) < length:
        raise ConnectionError("the request ended within its body")
    return body


def _bearable(length: int, most: int) -> None:
    if length > most:
        raise Refused(413, f"a body of more than {most:,} bytes is refused")
