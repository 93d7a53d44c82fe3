"""The driver for event loops: performs a conversation's actions, like `engine.driver`, and waits without blocking.

Cancellation is a kind of failure. The `CancelledError` passes through unchanged, with these attributes:

    operation, message_id   of the request that was under way
    happened                whether it took effect: "unknown" once the request was written
    error                   the CallError for it, as if the connection had failed; for a batch that is reconciled, with
                            the `outcomes` of its items

One task refreshes the access token for all. The store is used in a thread, which holds its locks as one of a
synchronous client would, so that threads, processes and hosts take turns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from inspect import isawaitable
from math import inf
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from ..account.tokens import Tokens
from ..engine.driver import Observe, unobserved, without_token
from ..engine.exchange import Discard, Halted, NeedToken, Send, Sleep
from ..engine.logs import log, report
from ..engine.messages import Failure, Limits
from ..errors import CallError, OcregError
from ..forks import ForkSafe
from .threads import from_thread, in_thread

Result = TypeVar("Result")
Renewal = tuple[str | None, BaseException | None]
_STEPS = 100
"""How often a conversation is told to end at most: once for each call that it still wants to make."""


class AsyncDriver(ForkSafe):
    """Sends, sleeps and refreshes tokens. `transport` returns the transport; `refresh` makes a coroutine."""

    def __init__(
        self,
        env: str,
        transport: Callable[[], Any],
        tokens: Tokens,
        refresh: Callable[[str], Coroutine[Any, Any, dict[str, Any]]],
        sleep: Callable[[float], Any],
        observe: Observe | None = None,
    ) -> None:
        self._env, self._transport, self._tokens = env, transport, tokens
        self._refresh, self._sleep, self._observe = refresh, sleep, observe or unobserved
        super().__init__()

    def _make_own(self) -> None:
        self._renewals: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Renewal]] = WeakKeyDictionary()
        self.streams: set[Any] = set()
        """Refreshes that have started and not ended."""

    async def look(self) -> None:
        """Read the tokens from the store, once. Later reads of the tokens do not block."""
        if not self._tokens.looked:
            await in_thread(lambda: self._tokens.grant)

    async def rest(self) -> None:
        """Wait for a refresh under way: its refresh token is used up, so the new tokens must be stored."""
        renewal = self._renewals.get(asyncio.get_running_loop())
        if renewal is not None:
            await asyncio.wait([renewal])

    async def run(
        self,
        conversation: Generator[Send | NeedToken | Sleep | Discard, Any, Result],
        timeout: tuple[float, float],
        before_send: Callable[[], None] | None = None,
    ) -> Result:
        """Drive a conversation to its end; `timeout` is for each attempt, to connect and to wait for data."""
        wish: Any = None
        send, attempt = None, 0
        try:
            if self._tokens.looked:
                wish = next(conversation)
            else:  # read the store again for a token
                wish = await in_thread(partial(_stepped, conversation))
                if isinstance(wish, StopIteration):
                    raise wish
            while True:
                if isinstance(wish, Send):
                    if before_send is not None:
                        before_send()
                    send = send or self._transport().send
                    attempt, began = attempt + 1, time.perf_counter()
                    outcome: Any = send(wish.request, Limits(*timeout, inf if wish.left is None else wish.left))
                    if isawaitable(outcome):  # a user's own transport may answer at once
                        outcome = await outcome
                    self._observe(wish.request, outcome)
                    if log.isEnabledFor(logging.INFO):
                        report(self._env, wish, attempt, outcome, time.perf_counter() - began)
                elif isinstance(wish, Sleep):
                    outcome = self._sleep(wish.seconds)
                    if isawaitable(outcome):
                        outcome = await outcome
                elif isinstance(wish, Discard):
                    discard = getattr(wish.reply, "discard", None)
                    outcome = discard() if discard is not None else None
                else:
                    try:
                        outcome = await self._renewed(wish)
                    except OcregError as error:  # a conversation of several calls may handle it
                        wish = conversation.throw(error)
                        continue
                wish = conversation.send(outcome)
        except StopIteration as end:
            result: Result = end.value
            return result
        except asyncio.CancelledError as cancelled:
            _tell(cancelled, conversation, wish)
            raise
        finally:
            conversation.close()

    async def _renewed(self, wish: NeedToken) -> str | None:
        try:
            return await self._renew(wish.stale, early=wish.early)
        except CallError as error:
            raise without_token(wish, error) from error

    async def _renew(self, stale: str | None, *, early: bool) -> str | None:
        """One refresh for all tasks of a loop. It is a task of its own, so that a cancelled task does not end it."""
        loop = asyncio.get_running_loop()
        while True:
            renewal = self._renewals.get(loop)
            mine = renewal is None or renewal.done()
            if mine:
                token, due = self._tokens.current() if self._tokens.looked else (None, False)
                if token is not None and token != stale and not (early and due):
                    return token
                renewal = self._renewals[loop] = loop.create_task(self._renewing(stale, early=early))
            elif early:
                return None
            assert renewal is not None
            token, error = await asyncio.shield(renewal)
            if error is not None:
                raise error
            if mine or (token is not None and token != stale):
                return token

    async def _renewing(self, stale: str | None, *, early: bool) -> Renewal:
        loop = asyncio.get_running_loop()

        def fetch(refresh_token: str) -> dict[str, Any]:
            return from_thread(loop, partial(self._refresh, refresh_token))

        try:
            return await in_thread(partial(self._tokens.renew, stale, fetch, early=early)), None
        except Exception as error:  # noqa: BLE001  # raised in each task that waits
            return None, error


def _stepped(conversation: Generator[Any, Any, Any]) -> Any:
    try:
        return next(conversation)
    except StopIteration as end:
        return end


def _tell(cancelled: asyncio.CancelledError, conversation: Generator[Any, Any, Any], wish: Any) -> None:
    """End the conversation, and add its facts to the CancelledError."""
    facts: dict[str, Any] = {"happened": "no"}
    try:
        try:
            if isinstance(wish, Send):
                facts |= {"operation": wish.request.operation, "message_id": wish.message_id}
                kind = "cancelled-unsent" if getattr(cancelled, "unsent", False) else "cancelled"
                conversation.send(Failure(kind, "CancelledError"))
            elif isinstance(wish, NeedToken):
                facts |= {"operation": wish.operation, "message_id": wish.message_id}
            for _ in range(_STEPS):
                conversation.throw(Halted("cancelled"))
        except StopIteration as end:
            facts["result"] = end.value  # the conversation has its whole result
    except CallError as error:
        facts |= {"error": error}
        facts |= {
            name: error.__dict__[name]
            for name in ("operation", "message_id", "happened", "outcomes")
            if name in error.__dict__
        }
    except (Halted, OcregError):
        pass
    cancelled.__dict__.update({**facts, **{k: v for k, v in cancelled.__dict__.items() if k != "unsent"}})
