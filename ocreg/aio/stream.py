"""The asynchronous results of `iterate` and `call_many`: made one by one, and they can be closed at any time.

It plays a script of `bulk.stream` with tasks instead of threads.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..bulk.flat import Flat
from ..bulk.reading import Reached
from ..bulk.stream import ELSEWHERE, END, Begin, Done, Next, Script
from ..errors import OcregError, bare

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..registry.endpoint import Endpoint

Result = TypeVar("Result")


class AsyncStream(Generic[Result]):
    """An asynchronous iterator and context manager, for one task.

    Leaving the `async with`, its own or the client's, starts nothing more and waits for requests under way; leaving it
    by cancellation cancels them. A CancelledError then has in `sent` the outcomes that were not given yet, including
    those of cancelled requests. `begin` is awaited before anything else; `open` are the client's streams.
    """

    def __init__(
        self,
        script: Script,
        run: Callable[[Any], Awaitable[Any]],
        concurrency: int,
        begin: Callable[[], Awaitable[None]],
        open: set[Any],
        results: Callable[[Any], Iterable[Result]] = lambda one: (one,),
    ) -> None:
        self._script, self._run, self._begin, self._open, self._results = script, run, begin, open, results
        self._concurrency, self._process = concurrency, os.getpid()
        self._tasks: dict[asyncio.Task[Any], Any] = {}  # in order, with the facts of a cancelled one
        self._ready: deque[Result] = deque()
        self._begun = self._over = self._busy = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        if self._process != os.getpid():
            raise self._elsewhere()
        if self._busy:
            raise RuntimeError("another task waits for the next result: give each task its own stream")
        self._busy = True
        try:
            while not self._ready and not self._over:
                made = await self._next()
                if made is END:
                    await self._end(None)
                else:
                    self._ready.extend(self._results(made))
        except BaseException as error:  # noqa: BLE001  # it is raised again
            await self._end(error)
            raise bare(error)  # noqa: B904  # it is the same error
        finally:
            self._busy = False
        if not self._ready:
            raise StopAsyncIteration
        return self._ready.popleft()

    def _elsewhere(self) -> OcregError:
        return OcregError(ELSEWHERE)

    async def _next(self) -> Any:
        """Play the script up to its next result, or END after the last."""
        try:
            if not self._begun:
                self._begun, self._room = True, asyncio.Semaphore(self._concurrency)
                self._open.add(self)
                await self._begin()
            wish = self._script.send(None)
            while isinstance(wish, (Begin, Done, Next)):
                try:
                    answer = await self._done(wish)
                except BaseException as error:  # noqa: BLE001  # the script may handle it, or add facts
                    wish = self._script.throw(error)
                else:
                    wish = self._script.send(answer)
        except StopIteration:
            return END
        return wish

    async def _done(self, wish: Begin | Done | Next) -> Any:
        if isinstance(wish, Begin):
            if self._concurrency == 1:
                return wish.work
            task = asyncio.create_task(self._one(wish.work))
            self._tasks[task] = None
            return task
        if isinstance(wish, Done):
            if not isinstance(wish.work, asyncio.Task):
                return await self._run(wish.work)
            result = await wish.work
            del self._tasks[wish.work]
            return result
        if not hasattr(wish.source, "__anext__"):
            return next(wish.source, END)
        try:
            return await wish.source.__anext__()
        except StopAsyncIteration:
            return END

    async def _one(self, work: Any) -> Any:
        async with self._room:
            try:
                return await self._run(work)
            except asyncio.CancelledError as cancelled:
                self._tasks[asyncio.current_task()] = getattr(cancelled, "result", None)  # type: ignore[index]
                raise

    # The end

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        await self._end(error)

    async def aclose(self) -> None:
        """Wait for requests under way; start nothing more."""
        await self._end(None)

    async def _end(self, error: BaseException | None) -> None:
        if self._process != os.getpid():
            return
        first, self._over = not self._over, True
        with suppress(ValueError):  # it is running: closed while a task still waits
            self._script.close()
        cancelled = error if isinstance(error, asyncio.CancelledError) else None
        while pending := [task for task in self._tasks if not task.done()]:
            if cancelled is not None:
                for task in pending:
                    task.cancel()
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError as again:
                cancelled = again
        self._open.discard(self)
        if cancelled is not None and first:
            known = [self._tasks[task] if task.cancelled() else _result(task) for task in self._tasks]
            if isinstance(error, asyncio.CancelledError) and self._concurrency == 1:
                known.append(getattr(error, "result", None))
            cancelled.__dict__["sent"] = [
                *self._ready,
                *chain.from_iterable(self._results(one) for one in known if one is not None),
            ]
        self._tasks.clear()
        if cancelled is not None and cancelled is not error:
            raise cancelled


def _result(task: asyncio.Task[Any]) -> Any:
    return None if task.exception() is not None else task.result()


class AsyncIteration(AsyncStream[Any], Reached):
    """The rows. With the token `resume`, `iterate` resumes after the last row that was given."""

    def __init__(self, state: Any, endpoint: Endpoint, *played: Any) -> None:
        super().__init__(*played)
        self._state, self._endpoint = state, endpoint

    def _elsewhere(self) -> OcregError:
        return self.elsewhere()

    async def flat(self) -> AsyncIterator[dict[str, Any]]:
        """The remaining rows as flat lines, as in `Iteration.flat`."""
        shape = Flat(self._endpoint)
        absent = dict.fromkeys(shape.names)
        async for row in self:
            for line in shape.lines(row):
                yield {**absent, **line}
