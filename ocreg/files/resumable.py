"""A file of rows that can be resumed after an interruption, without lost or duplicate rows.

Rows are JSON lines in the file itself or, for CSV, in FILE.rows until all are there. FILE.resume records how many bytes
of them are complete, and the token to resume with. It is replaced as a whole, after those rows are on the disk. On
resuming, anything after those bytes is cut off.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from . import flatten
from .replacing import replacing, sync_folder
from .table import kept

if TYPE_CHECKING:
    from ..bulk.flat import Flat

try:
    import fcntl
except ImportError:  # this system has no such locks: two runs could write at once
    fcntl = None  # type: ignore[assignment]

SECONDS = 1.0
"""The least seconds between two records of the progress."""


_ANEW = "add --fresh to start over, or name another file"


class Refused(Exception):
    """The file cannot be used as requested. The text says why, and the fix."""


class State(NamedTuple):
    """The content of FILE.resume: its query, the meaning of relative times when it began, and the progress."""

    query: str
    meant: dict[str, Any]
    token: str | None = None
    bytes: int = 0
    rows: int = 0
    requests: int = 0
    seconds: float = 0.0
    until: int | None = None
    """The second at which the time window ends; None if there is no window."""
    base: int = 0
    """What was in the file before, and stays: bytes of JSON lines, or rows of CSV."""


class ResumableFile:
    """A file to write rows to; with `append`, after those that it has. Raises Refused and OSError."""

    def __init__(
        self,
        file: Path,
        query: str,
        meant: dict[str, Any],
        *,
        fresh: bool,
        append: bool = False,
        until: int | None = None,
    ) -> None:
        self._append = append
        self.file = file
        self.resume = file.with_name(file.name + ".resume")
        self.rows_file = file if file.suffix == ".jsonl" else file.with_name(file.name + ".rows")
        if file.is_dir():
            raise Refused(f"{file} is a directory: name a file")
        if self.resume.is_symlink():
            raise Refused(f"{self.resume} is a symbolic link, which ocreg does not make: remove it")
        state = None if fresh else self._found(query)
        self.resumed = state is not None
        self.state = state or self._first(query, meant, until)
        self.added = 0
        self._rows_before = self.state.rows
        self._out = self._opened(query if not fresh else None)
        self._began = time.monotonic() - self.state.seconds
        self._written = time.monotonic()

    def _first(self, query: str, meant: dict[str, Any], until: int | None) -> State:
        """Where to begin: after the rows that stay."""
        state = State(query, meant, until=until)
        if not self._append or not self.file.exists():
            return state
        base = self._half().base if self.resume.exists() else None
        if self.rows_file != self.file:
            return state._replace(base=sum(1 for _ in self._kept()) - 1 if base is None else base)
        size = self.file.stat().st_size if base is None else base
        with self.file.open("rb") as file:
            file.seek(max(size - 1, 0))
            if size and file.read(1) != b"\n":
                raise Refused(f"{self.file} does not end with a complete line: correct it, or name another file")
        return state._replace(base=size, bytes=size)

    def _half(self) -> State:
        """The content of FILE.resume."""
        try:
            return State(**json.loads(self.resume.read_text("utf-8")))
        except (ValueError, TypeError):
            raise Refused(f"{self.resume} cannot be read: {_ANEW}") from None

    def _kept(self) -> Iterator[list[str]]:
        """The lines that the CSV file had before, its header first."""
        try:
            with self.file.open(encoding="utf-8-sig", newline="") as file:
                yield from kept(file)
        except ValueError as error:
            raise Refused(f"{self.file} cannot be appended to, because pull did not write it: {error}") from None

    def _found(self, query: str) -> State | None:
        """Where to resume; None if there is nothing to resume."""
        if not self.resume.exists():
            if self.file.exists() and self.file.stat().st_size and not self._append:
                raise Refused(f"{self.file} exists, and is not an interrupted pull: {_ANEW}")
            return None
        state = self._half()
        if state.query != query:
            raise Refused(f"{self.file} is an interrupted pull of another query, account or environment: {_ANEW}")
        size = self.rows_file.stat().st_size if self.rows_file.exists() else 0
        if size < state.bytes:
            raise Refused(f"{self.rows_file} has {size:,} bytes, but {state.bytes:,} were written: {_ANEW}")
        return state

    def _opened(self, query: str | None) -> BinaryIO:
        ours = 0 if self.rows_file == self.file else getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.rows_file, os.O_RDWR | os.O_CREAT | ours, 0o666)
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
        """Check that no other pull has written to the file between our reading of its state and the lock."""
        if query is not None and (self._found(query) or self.state) != self.state:
            raise BlockingIOError

    def add(self, row: Any) -> None:
        self._out.write(as_line(row))
        self.added += 1

    @property
    def due(self) -> bool:
        """Whether it is time to record the progress."""
        return time.monotonic() - self._written >= SECONDS

    def keep(self, token: str, requests: int) -> None:
        """Sync the rows so far to the disk, then the token that resumes after them."""
        self._out.flush()
        os.fsync(self._out.fileno())
        seconds = time.monotonic() - self._began
        size, rows = self._out.tell(), self._rows_before + self.added
        self.state = self.state._replace(token=token, bytes=size, rows=rows, requests=requests, seconds=seconds)
        self._write_down(self.state)
        self._written = time.monotonic()

    def finish(
        self,
        shape: Flat | None = None,
        *,
        bom: bool = False,
        excel: bool = False,
        complete: Callable[[], None] = lambda: None,
    ) -> None:
        """Finish after the last row: write the file in its final form, call `complete`, and delete the progress.

        If this is interrupted, resuming does it again.
        """
        self._out.flush()
        os.fsync(self._out.fileno())
        if self.rows_file != self.file:
            before = islice(self._kept(), self.state.base + 1) if self.state.base else ()
            with replacing(self.file) as out:
                text = io.TextIOWrapper(out, "utf-8-sig" if bom or excel else "utf-8", "backslashreplace", newline="")
                flatten.write(self._rows, text, shape, excel=excel, before=before)
                text.detach()
        complete()
        self.resume.unlink()
        sync_folder(self.file)
        self.close()
        if self.rows_file != self.file:
            self.rows_file.unlink()

    def close(self) -> None:
        """Close the file. Rows that the disk refused are not written again."""
        with contextlib.suppress(OSError):
            self._out.close()

    def _rows(self) -> Iterator[Any]:
        with self.rows_file.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def _write_down(self, state: State) -> None:
        with replacing(self.resume) as out:
            out.write(json.dumps(state._asdict()).encode())


def as_line(row: Any) -> bytes:
    """A row as one line of JSON."""
    try:
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot encode
        text = json.dumps(row, separators=(",", ":")).encode()
    return text + b"\n"
