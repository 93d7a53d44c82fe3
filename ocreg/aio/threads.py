"""Blocking work beside an event loop: stores and locks are used in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[[], Result]) -> Result:
    """The result of `work`, or its exception. Cancellation does not stop the thread.

    It is a new thread: those of the loop's executor may all be busy, and keep a program from ending.
    """
    loop, context = asyncio.get_running_loop(), copy_context()
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        result: Any = None
        error = None
        try:
            result = context.run(work)
        except BaseException as caught:  # noqa: BLE001  # raised where it is awaited
            error = caught
        with suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(_settle, done, result, error)

    Thread(target=run, name="ocreg-aio", daemon=True).start()
    return await done


def _settle(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


def from_thread(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of a coroutine of the loop, for another thread. `work` makes the coroutine, in this thread."""

    async def whole(made: Awaitable[Result]) -> Result:
        return await made

    return asyncio.run_coroutine_threadsafe(whole(work()), loop).result()
