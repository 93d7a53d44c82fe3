"""Rows on their way into a file, so that nothing is lost or doubled when the way there is cut short.

Rows are JSON lines in the file itself or, where it is to be CSV, in FILE.rows until all are there. FILE.resume says how
many bytes of them are complete, and with which token to go on; it is replaced as a whole, after the rows it speaks of
are on the disk. What stands behind those bytes is cut off when it goes on.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from . import flatten as flat

try:
    import fcntl
except ImportError:  # not on this system: nobody keeps two of us apart
    fcntl = None  # type: ignore[assignment]

SECONDS = 1.0
"""How often, at most, the way so far is written down."""


class Refused(Exception):
    """The file cannot be written to as asked; the text says why and what to do."""


class State(NamedTuple):
    """What FILE.resume says: the query it belongs to, what its words meant when it began, and the way so far."""

    query: str
    meant: dict[str, Any]
    token: str | None = None
    bytes: int = 0
    rows: int = 0
    requests: int = 0
    seconds: float = 0.0


class Landing:
    """A file that rows are written to. Raises Refused and OSError."""

    def __init__(self, file: Path, query: str, meant: dict[str, Any], *, fresh: bool) -> None:
        self.file = file
        self.resume = file.with_name(file.name + ".resume")
        self.rows_file = file if file.suffix == ".jsonl" else file.with_name(file.name + ".rows")
        if file.is_dir():
            raise Refused(f"{file} is a directory: name a file")
        state = None if fresh else self._found(query)
        self.resumed = state is not None
        self.state = state or State(query, meant)
        self.added = 0
        self._rows_before = self.state.rows
        self._out = self._opened(query if not fresh else None)
        self._began = time.monotonic() - self.state.seconds
        self._written = time.monotonic()

    def _found(self, query: str) -> State | None:
        """Where to go on; None where there is nothing."""
        anew = "add --fresh to start anew, or name another file"
        if not self.resume.exists():
            if self.file.exists() and self.file.stat().st_size:
                raise Refused(f"{self.file} is there already, and is not half of a pull: {anew}")
            return None
        try:
            state = State(**json.loads(self.resume.read_text("utf-8")))
        except (ValueError, TypeError):
            raise Refused(f"{self.resume} cannot be read: {anew}") from None
        if state.query != query:
            raise Refused(f"{self.file} is half of another pull (of another query, account or environment): {anew}")
        size = self.rows_file.stat().st_size if self.rows_file.exists() else 0
        if size < state.bytes:
            raise Refused(f"{self.rows_file} has {size:,} bytes where {state.bytes:,} were written: {anew}")
        return state

    def _opened(self, query: str | None) -> BinaryIO:
        descriptor = os.open(self.rows_file, os.O_RDWR | os.O_CREAT, 0o666)
        out: BinaryIO = open(descriptor, "wb", buffering=1 << 16)  # noqa: PTH123, SIM115  # closed when it is done
        try:
            if fcntl is not None:
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._unchanged(query)
            out.truncate(self.state.bytes)
            out.seek(self.state.bytes)
            self._write_down(self.state)
        except BlockingIOError:
            out.close()
            raise Refused(f"another pull is writing to {self.file}: wait for it, or name another file") from None
        except BaseException:
            out.close()
            raise
        return out

    def _unchanged(self, query: str | None) -> None:
        """Another pull may have come on, or to its end, between our look at its state and the lock."""
        if query is not None and (self._found(query) or self.state) != self.state:
            raise BlockingIOError

    def add(self, row: Any) -> None:
        self._out.write(as_line(row))
        self.added += 1

    @property
    def due(self) -> bool:
        """Whether it is time to write down how far it is."""
        return time.monotonic() - self._written >= SECONDS

    def keep(self, token: str, requests: int) -> None:
        """Bring the rows so far to the disk, and then the token that goes on after them."""
        self._out.flush()
        os.fsync(self._out.fileno())
        seconds = time.monotonic() - self._began
        size, rows = self._out.tell(), self._rows_before + self.added
        self.state = self.state._replace(token=token, bytes=size, rows=rows, requests=requests, seconds=seconds)
        self._write_down(self.state)
        self._written = time.monotonic()

    def finish(self) -> None:
        """All rows are there: make the file what it is to be, and forget the way."""
        if self.rows_file != self.file:
            with _replacing(self.file) as out, io.TextIOWrapper(out, "utf-8", "backslashreplace", newline="") as text:
                flat.write(self._rows, text)
                text.flush()
                os.fsync(out.fileno())
        self.resume.unlink()
        _sync_folder(self.file)
        self.close()
        if self.rows_file != self.file:
            self.rows_file.unlink()

    def close(self) -> None:
        """Leave it as it is. What the disk did not take is not tried again."""
        with contextlib.suppress(OSError):
            self._out.close()

    def _rows(self) -> Iterator[Any]:
        with self.rows_file.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def _write_down(self, state: State) -> None:
        with _replacing(self.resume) as out:
            out.write(json.dumps(state._asdict()).encode())
            out.flush()
            os.fsync(out.fileno())


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[BinaryIO]:
    """Write a file that takes another one's place when it is complete, and not before."""
    temporary = file.with_name(file.name + ".tmp")
    try:
        with temporary.open("wb") as out:
            yield out
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(file)


def _sync_folder(file: Path) -> None:
    """Bring a change of names to the disk, where the system has a way to."""
    with contextlib.suppress(OSError):
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def as_line(row: Any) -> bytes:
    """A row as one line of JSON."""
    try:
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot write
        text = json.dumps(row, separators=(",", ":")).encode()
    return text + b"\n"
