"""A progress bar on standard error, if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..bulk.reading import Progress


@contextmanager
def bar(title: str) -> Iterator[Callable[[Progress], None]]:
    """What to call with each `Progress`; elsewhere than on a terminal nothing comes of it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    counts = TextColumn("parts  {task.fields[rows]:,} rows  {task.fields[requests]:,} requests")
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), counts, TimeElapsedColumn())
    with Display(*shown, console=Console(stderr=True), transient=True) as display:
        task = display.add_task(title, total=None, rows=0, requests=0)

        def tell(now: Progress) -> None:
            display.update(task, completed=now.parts, total=now.of_parts, rows=now.items, requests=now.requests)

        yield tell
