"""`AsyncClient`: the client for event loops. Its methods are those of `Client`, to be awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Generator, Iterable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..account.oauth import OAuth, code_in
from ..bulk import reading, sending
from ..bulk.stream import whole_number
from ..engine.caller import Answer
from ..errors import SettingInvalid, bare
from ..face import Face, Parameters
from ..lazy import load
from .driver import AsyncDriver
from .stream import AsyncIteration, AsyncStream
from .threads import in_thread

if TYPE_CHECKING:
    import aiohttp  # noqa: F401  # of the base class, by name
    from typing_extensions import Self

    from ..account.settings import Timeout
    from ..account.tokens import Tokens
    from ..operations import AsyncOps, OperationId


class AsyncClient(Face[Coroutine[Any, Any, Answer], "aiohttp.ClientSession"]):
    """A client for event loops. It takes the arguments of `Client` and needs the extra `aio`.

    - `session`: an `aiohttp.ClientSession` of your own. It stays open.
    - `sleep`: may be a coroutine function.

    `call`, `confirm` and `plan` are coroutines with the arguments, results and errors of `Client`. `receive` and
    `identity` are not, since they wait for nothing. A cancelled call raises `CancelledError` with `happened`.

    A client is an asynchronous context manager and is safe to share between the tasks of a loop. In another loop it
    opens connections of its own.
    """

    _driver = AsyncDriver
    _sleep = staticmethod(asyncio.sleep)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        await self._end(error)

    async def aclose(self) -> None:
        """Wait for the requests that are on their way, and close the connections.

        A session or a store of your own stays open.
        """
        await self._end(None)

    async def _end(self, error: BaseException | None) -> None:
        driver: AsyncDriver = self._driving
        try:
            for stream in list(driver.streams):
                await stream._end(error)
        finally:
            await driver.rest()
            closing = self.caller.close()
            if isawaitable(closing):
                await closing
            if self._observer:
                await in_thread(self._observer.flush)
            if self._owns_store:
                await in_thread(self.tokens.store.close)

    @property
    def oauth(self) -> AsyncOAuth:
        """The login of a seller: `authorize_url`, and `exchange`, which is a coroutine."""
        return AsyncOAuth(self._page, self.tokens, self.call)

    @property
    def ops(self) -> AsyncOps:
        """The operations as typed attributes, as in `Client.ops`: `await client.ops.outbound.cancel({...})`."""
        found: AsyncOps = load("ocreg.operations.named").Ops(self)
        return found

    def iterate(
        self,
        id: OperationId | str,
        data: Any = None,
        *,
        query: Parameters = None,
        resume: str | None = None,
        concurrency: int = 1,
        progress: Callable[[Any], None] | None = None,
        unknown: Iterable[str] = (),
    ) -> AsyncIteration:
        """Read rows past the limits of one request, with `async for`.

        It takes the arguments of `Client.iterate`, with `concurrency` for `threads`: how many parts (time windows,
        chunks of ids) are read at a time. Returns an `AsyncIteration`. The errors are those of `Client.iterate`.
        """
        whole_number("concurrency", concurrency)
        how: dict[str, Any] = {"query": query, "resume": resume, "progress": progress, "unknown": unknown}
        script, state, endpoint = reading.planned(self.caller, id, data, ahead=concurrency, **how)
        return AsyncIteration(state, endpoint, script, *self._played(concurrency))

    def call_many(
        self,
        id: OperationId | str,
        items: Iterable[Any] | AsyncIterable[Any],
        *,
        size: int | None = None,
        on_unknown: str = "raise",
        on_failure: str = "go_on",
        concurrency: int = 1,
        unknown: Iterable[str] = (),
    ) -> AsyncStream[sending.Sent]:
        """Send any number of items, and return the outcome of each, with `async for`.

        It takes the arguments of `Client.call_many`, with `concurrency` for `threads`: requests at a time. `items` may
        also be an asynchronous generator. Returns an asynchronous iterator of `Sent`.
        """
        whole_number("concurrency", concurrency)
        how: dict[str, Any] = {"size": size, "on_unknown": on_unknown, "on_failure": on_failure, "unknown": unknown}
        endpoint, most, how = sending.wanted(self.caller, id, items, **how)
        new_id = self.caller.world.new_id
        slow = isinstance(items, AsyncIterable)
        batches: Any = _batches(items, most, new_id) if slow else sending.batches(self.caller, items, most)  # type: ignore[arg-type]
        script, _ = sending.sending(self.caller, endpoint, batches, ahead=concurrency, **how)
        return AsyncStream(script, *self._played(concurrency), lambda one: sending.flat([one]))

    # Who drives

    @property
    def _driving(self) -> Any:
        return self.caller.driver

    def _played(self, concurrency: int) -> tuple[Any, Any, Any, Any]:
        return self.caller.run, concurrency, self._driving.look, self._driving.streams

    async def _drive(self, conversation: Generator[Any, Any, Any], timeout: Timeout | None = None) -> Any:
        try:
            if not self.tokens.looked:
                await self._driving.look()
            driven: Any = self.caller.run(conversation, timeout)
            return await driven
        except BaseException as error:  # noqa: BLE001  # it is raised again
            raise bare(error)  # noqa: B904  # it is the same error

    def _blocking(self, sleep: Callable[[float], Any]) -> Callable[[float], None]:
        def slept(seconds: float) -> None:
            asyncio.run(_awaited(sleep(seconds)))  # in the thread that waits for a store

        return time.sleep if sleep is self._sleep else slept

    def _new_transport(self) -> Any:
        return super()._new_transport() or _aiohttp_transport()(self._session)

    def _page(self, id: str, query: dict[str, Any]) -> Answer:
        return {"url": self.caller.prepare(self.registry[id], (None, query, None)).request.url}


class AsyncOAuth(OAuth):
    """The login of one client's account, as `OAuth`; `exchange` is a coroutine."""

    def __init__(self, page: Callable[..., Answer], tokens: Tokens, call: Callable[..., Any]) -> None:
        super().__init__(page, tokens)
        self._exchange = call

    async def exchange(self, answer: str, redirect_uri: str, *, state: str | None = None) -> None:  # type: ignore[override]
        """Obtain the tokens and keep them in the client's store. As `OAuth.exchange`."""
        query = {"redirect_uri": redirect_uri, "code": code_in(answer, state)}
        tokens = await self._exchange("oauth.token", query=query)
        await in_thread(partial(self._tokens.accept, tokens))


def _aiohttp_transport() -> Any:
    try:
        return load("ocreg.aio.transport").AioTransport
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "ocreg":
            raise
        raise SettingInvalid(
            f"AsyncClient needs {error.name or error}: pip install 'ocreg[aio]'", setting="session"
        ) from None


async def _batches(items: Any, size: int, new_id: Callable[[], str]) -> AsyncIterator[sending.Batch]:
    first, chosen = 0, list[Any]()
    async for item in items:
        chosen.append(item)
        if len(chosen) == size:
            yield sending.Batch(first, chosen, new_id())
            first, chosen = first + size, []
    if chosen:
        yield sending.Batch(first, chosen, new_id())


async def _awaited(slept: Any) -> None:
    if isawaitable(slept):
        await slept
