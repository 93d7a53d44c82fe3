"""The progress of long commands: a bar on a terminal, elsewhere a line on standard error each minute."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TextIO

from .. import redact
from . import output

if TYPE_CHECKING:
    from ..bulk.reading import Progress

EVERY = 60.0
"""Seconds between two lines if there is no terminal."""


class Work:
    """How much of the work is done. Safe to share between threads."""

    unit = ""

    def __init__(self, title: str, total: int | None = None) -> None:
        self.title, self.total, self.done = title, total, 0
        self._lock = Lock()

    def note(self) -> str:
        """A remark on the current state, or nothing."""
        return ""

    def line(self, *, as_json: bool) -> str:
        if as_json:
            facts = {"done": self.done, "of": self.total, "unit": self.unit, "note": self.note()}
            return json.dumps({"progress": self.title, **facts}, ensure_ascii=False)
        of = "" if self.total is None else f" of {self.total:,}"
        parts = [f"{self.title}: {self.done:,}{of} {self.unit}", self.note()]
        return redact.line("; ".join(filter(None, parts)))


class Reading(Work):
    """A pull, in parts."""

    unit = "parts"
    _now: Progress | None = None

    def tell(self, now: Progress) -> None:
        self._now, self.done, self.total = now, now.parts, now.of_parts

    def note(self) -> str:
        if self._now is None:
            return ""
        return f"{output.counted(self._now.items, 'row')}, {output.counted(self._now.requests, 'request')}"


class Sending(Work):
    """A push: rows that are settled, and rows in doubt that are being looked up."""

    unit = "rows"

    def __init__(self, title: str, total: int) -> None:
        super().__init__(title, total)
        self._doubts: dict[str, tuple[int, float]] = {}

    def settled(self, rows: int) -> None:
        with self._lock:
            self.done += rows

    def doubt(self, request: str, rows: int, seconds: float) -> None:
        """Rows of a request are looked up for so many seconds more. No rows: the lookup has ended."""
        with self._lock:
            self._doubts.pop(request, None)
            if rows:
                self._doubts[request] = rows, time.time() + seconds

    def note(self) -> str:
        with self._lock:
            rows, until = (
                sum(r for r, _ in self._doubts.values()),
                max((u for _, u in self._doubts.values()), default=0),
            )
        if not rows:
            return ""
        latest = time.strftime("%H:%M:%S", time.localtime(until))
        return f"{output.counted(rows, 'row')} in doubt: looking {'it' if rows == 1 else 'them'} up until {latest}"


@contextmanager
def shown(work: Work, *, as_json: bool = False) -> Iterator[None]:
    """Show the progress of the work while it lasts."""
    if sys.stderr.isatty():
        with _bar(work):
            yield
        return
    ended = Event()
    teller = Thread(target=_tell, args=(work, ended, sys.stderr, as_json), name="ocreg-progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell(work: Work, ended: Event, stream: TextIO, as_json: bool) -> None:
    while not ended.wait(EVERY):
        stream.write(work.line(as_json=as_json) + "\n")
        stream.flush()


@contextmanager
def _bar(work: Work) -> Iterator[None]:
    from rich.console import RenderableType
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Display(Progress):
        """Reads the state of the work each time it is drawn."""

        def get_renderables(self) -> Iterator[RenderableType]:
            for task in self.task_ids:
                self.update(task, completed=work.done, total=work.total)
            yield self.make_tasks_table(self.tasks)
            if note := work.note():
                yield Text(redact.line(note))

    title, unit = (TextColumn(redact.line(text), markup=False) for text in (work.title, work.unit))
    clock = TimeElapsedColumn() if work.total is None else TimeRemainingColumn()
    with Display(
        title,
        BarColumn(),
        MofNCompleteColumn(),
        unit,
        clock,
        console=output.terminal(err=True),
        transient=True,
        redirect_stdout=False,  # other output goes through the screens too
        redirect_stderr=False,
    ) as display:
        display.add_task("", total=work.total)
        yield
