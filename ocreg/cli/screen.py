"""Standard output and standard error, as the commands write to them while one runs.

A screen accepts any text. Characters that its encoding lacks, and control characters, are written as `\\u4e2d`, so that
JSON stays JSON and nothing steers the terminal. A failure is raised only if stopping helps: when the reader is gone
before anything was sent. Once a request may have taken effect, nothing is raised: later output is kept, and `ending`
writes it somewhere else.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from .. import redact
from .effect import Effect

_ESCAPED = "ocreg-escaped"


class Unwritable(Exception):
    """Standard output is gone, and nothing with an effect was sent. Not an OSError: commands report those."""


class Screen:
    """One of the two streams. `answers` means standard output; `failure` is why it can no longer be written."""

    errors = "strict"

    def __init__(self, stream: TextIO | None, effect: Effect, *, answers: bool) -> None:
        self._stream, self._effect, self._answers = stream, effect, answers
        self._kept: list[str] = []
        self._encoder = codecs.getincrementalencoder(self.encoding)(_ESCAPED)
        self.failure: Exception | None = None

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self)

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def kept(self) -> str:
        """The output since a request may have taken effect."""
        return "".join(self._kept)

    def write(self, text: str) -> int:
        plain = redact.steerless(text)
        self.styled(plain, plain)
        return len(text)

    def styled(self, plain: str, coloured: str) -> None:
        """Write text that has no control characters: in colours on a terminal."""
        if self._effect.begun:
            self._kept.append(plain)
        self.pass_on(coloured if self.isatty() else plain)

    def pass_on(self, text: str) -> None:
        """Write unchanged, and keep nothing: for a display that moves the cursor."""
        if self.failure is None:
            try:
                self._put(self._open(), text)
            except (OSError, ValueError) as error:
                self._fail(error)
            except RuntimeError:
                return  # a signal handler interrupted a write to this stream
        self._refuse()

    def _put(self, stream: TextIO, text: str) -> None:
        raw = getattr(stream, "buffer", None)
        if not isinstance(raw, io.RawIOBase):
            stream.write(text.encode(self.encoding, _ESCAPED).decode(self.encoding))
            return
        data = self._encoder.encode(text) if text else b""
        while data:  # with PYTHONUNBUFFERED, Python's text layer ignores partial writes
            written = raw.write(data)
            if written is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            data = data[written:]

    def flush(self) -> None:
        if self.failure is None and self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)
        self._refuse()

    def _fail(self, error: Exception) -> None:
        self.failure = error
        with suppress(OSError, ValueError, AttributeError):  # else buffered text would fail when Python exits
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)

    def _refuse(self) -> None:
        if self.failure is not None and self._answers and not self._effect.begun:
            raise Unwritable from self.failure

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # closed
            return False

    def fileno(self) -> int:
        return self._open().fileno()

    def _open(self) -> TextIO:
        if self._stream is None:  # it was closed when Python started
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._stream

    def writable(self) -> bool:
        return True


class _Bytes(io.RawIOBase):
    """A screen for writers of UTF-8 bytes, such as click with an encoding that it mistrusts."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._screen.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)

    def flush(self) -> None:
        if not self.closed:
            self._screen.flush()


class Live:
    """A screen for rich's displays, which move the cursor on purpose. Their text must have no control characters."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self.encoding = screen, screen.encoding
        self.isatty, self.fileno, self.flush = screen.isatty, screen.fileno, screen.flush

    def write(self, text: str) -> int:
        self._screen.pass_on(text)
        return len(text)


@contextmanager
def screens(effect: Effect) -> Iterator[tuple[Screen, Screen]]:
    """Put screens in the place of standard output and standard error."""
    _occupy()
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = Screen(sys.stdout, effect, answers=True), Screen(sys.stderr, effect, answers=False)
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123  # devnull is not a path on every system
        sys.stdin = before[0] or nothing  # it may be closed too
        sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
        try:
            yield out, err
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Open devnull on closed descriptors 0 to 2. Else the next socket or database would get one, and output with it."""
    number = 0
    while number <= 2:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A codec's error handler: writes characters that an encoding lacks as JSON escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPED, _escaped)
