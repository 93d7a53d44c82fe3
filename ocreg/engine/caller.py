"""The means of making calls: the settings, files, tokens and transport of one account in one environment.

A client has one; login, `confirm`, `iterate` and `call_many` use it instead of the client. `prepare` prepares a call,
`run` drives its conversation. With the driver of an asynchronous client, `run` returns a coroutine.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Generator
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from ..account import settings as settings_room
from ..account.grants import Grant
from ..account.settings import Settings, Timeout
from ..account.tokens import Tokens
from ..forks import ForkSafe
from ..lazy import load
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from .driver import Driver
from .exchange import Conversation, Prepared, converse
from .policy import Patience, Quota
from .preparation import prepare
from .rates import Rates

Answer = dict[str, Any]
Parts = tuple[Any, Any, Any]
"""Payload, query and path parameters."""
Result = TypeVar("Result")


def new_uuid() -> str:
    """A random UUID, version 4. (Importing the standard library's `uuid` takes a millisecond.)"""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class World(NamedTuple):
    """Clocks and randomness for a call. They are passed in, so that tests control them.

    `clock` gives seconds since the epoch, `monotonic` seconds, `jitter` a number from 0 to 1.
    """

    clock: Callable[[], float] = time.time
    new_id: Callable[[], str] = new_uuid
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Any] = time.sleep
    jitter: Callable[[], float] = random.random


class Caller(ForkSafe):
    """Safe to share between threads. `new_transport` makes the transport at its first use."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        tokens: Tokens,
        world: World,
        new_transport: Callable[[], Any],
        new_driver: Callable[..., Any] = Driver,
    ) -> None:
        self.settings, self.registry, self.tokens, self.world = settings, registry, tokens, world
        self._new_transport = new_transport
        self._transport: Any = None
        self._patience = Patience(settings.retries, settings.deadline, world.monotonic, world.jitter, Quota())
        self._patiences: dict[str, Patience] = {}
        self._rates = Rates(world.monotonic)
        self.driver: Driver = new_driver(settings.env, lambda: self.transport, tokens, self._refresh, world.sleep)
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    @property
    def transport(self) -> Any:
        """The transport: `send(request, timeout)` and `close()`."""
        if self._transport is None:
            with self._lock:
                if self._transport is None:
                    self._transport = self._new_transport()
        return self._transport

    @transport.setter
    def transport(self, transport: Any) -> None:
        self._transport = transport

    def close(self) -> Any:
        """Close the transport. Returns its result: an awaitable for one of an event loop."""
        return None if self._transport is None else self._transport.close()

    def prepare(
        self, endpoint: Endpoint, parts: Parts, message_id: str | None = None, settings: Settings | None = None
    ) -> Prepared:
        """A prepared call. With other `settings` than the caller's, it has only their tokens.

        Raises RequestInvalid and SettingMissing.
        """
        tokens = self.tokens if settings is None else Tokens(given(settings))
        settings = self.settings if settings is None else settings
        message_id = self.world.new_id() if message_id is None else str(message_id)
        call = prepare(endpoint, settings, tokens, parts, message_id, int(self.world.clock() * 1000))
        host, rate = call.request.url.split("/", 3)[2], endpoint.limits.get("rate")
        patience = self._patiences.get(host)
        if patience is None:
            patience = self._patiences.setdefault(host, self._patience._replace(quota=Quota()))
        pace = partial(self._rates.take, host, endpoint.id, **rate) if rate else None
        return Prepared(*call[:7], patience, pace, *call[9:])  # `_replace` leaves CPython a spare tuple each time

    def run(
        self,
        conversation: Generator[Any, Any, Result],
        timeout: Timeout | None = None,
        before_send: Callable[[], None] | None = None,
    ) -> Result:
        """Drive a conversation to its end. `before_send` is called right before each request."""
        seconds = self.settings.timeout if timeout is None else settings_room.timeout(timeout)
        return self.driver.run(conversation, seconds, before_send)

    def answer(self, call: Prepared, timeout: Timeout | None = None) -> Answer:
        """Send a call and return its answer."""
        return self.run(answering(call), timeout)

    def call(self, id: str, data: Any = None, query: dict[str, Any] | None = None) -> Answer:
        """The answer of one operation, as `Client.call` gives it."""
        return self.answer(self.prepare(self.registry[id], (data, query, None)))

    def _refresh(self, token: str) -> Answer:
        return self.call("oauth.refresh", query={"refresh_token": token})


def answering(call: Prepared) -> Conversation:
    """A call, to its answer. Rows about ids that were not requested are reported or refused."""
    answer = yield from converse(call)
    if call.endpoint.finds:
        load("ocreg.engine.others").told(call, answer)
    return answer


def given(settings: Settings) -> Grant:
    """The tokens in the settings. An access token without a known expiry is used until it is refused."""
    return Grant(settings.access_token, settings.refresh_token, 0.0, float("inf"))
