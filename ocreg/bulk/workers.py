"""Threads that work ahead. If no thread can be started, the thread that needs a result does the work."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from typing_extensions import Self

Result = TypeVar("Result")


class Task(Generic[Result]):
    """Work that is done once, by the first thread that comes."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work, self._begun = work, Lock()
        self._done: Future[Result] = Future()
        self.certain = True
        """Whether a thread will do it."""

    def run(self) -> None:
        if not self._begun.acquire(blocking=False):
            return
        done = self._done
        try:
            done.set_result(self._work())
        except BaseException as error:  # noqa: BLE001  # raised where the result is needed
            done.set_exception(error)
            del self  # else the error's traceback would keep it

    def result(self) -> Result:
        if not self.certain:
            self.run()
        return self._done.result()


class Workers:
    """A number of threads. Leaving the `with` waits for started work, and drops the rest."""

    def __init__(self, threads: int, name: str) -> None:
        self._process = os.getpid()
        self._executor: ThreadPoolExecutor | None = None
        with suppress(RuntimeError):  # at the interpreter's end its module can no longer be imported
            from concurrent.futures import ThreadPoolExecutor

            self._executor = ThreadPoolExecutor(threads, name)

    def submit(self, work: Callable[[], Result]) -> Task[Result]:
        task = Task(work)
        try:
            if self._executor is not None:
                self._executor.submit(task.run)
                return task
        except RuntimeError:  # the interpreter ends, or there are too many threads
            pass
        task.certain = False
        return task

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None and self._process == os.getpid():  # a forked child has none of the threads
            self._executor.shutdown(wait=True, cancel_futures=True)
