"""The driver of a conversation: performs its actions until it returns the answer.

The other driver, for event loops, is `ocreg.aio.driver`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from math import inf
from typing import Any, TypeVar

from ..account.tokens import Tokens
from ..errors import CallError, LoginNeeded, OcregError, TokenError
from .exchange import Discard, NeedToken, Send, Sleep
from .logs import log, report
from .messages import Limits, Request

Result = TypeVar("Result")
Refresh = Callable[[str], dict[str, Any]]
Observe = Callable[[Request, Any], None]
"""Called with each request and its outcome. It must neither raise nor wait."""


def unobserved(request: Request, outcome: Any) -> None: ...


class Driver:
    """Sends, sleeps and refreshes tokens. `transport` returns the transport; `refresh` uses a refresh token."""

    def __init__(
        self,
        env: str,
        transport: Callable[[], Any],
        tokens: Tokens,
        refresh: Refresh,
        sleep: Callable[[float], None],
        observe: Observe | None = None,
    ) -> None:
        self._env, self._transport, self._tokens = env, transport, tokens
        self._refresh, self._sleep, self._observe = refresh, sleep, observe or unobserved

    def run(
        self,
        conversation: Generator[Send | NeedToken | Sleep | Discard, Any, Result],
        timeout: tuple[float, float],
        before_send: Callable[[], None] | None = None,
    ) -> Result:
        """Drive a conversation to its end; `timeout` is for each attempt, to connect and to wait for data.

        The transport gets both, and the rest of the call's deadline, as `Limits`.

        An exception of `before_send` ends the conversation before its request is sent.
        """
        send, attempt = None, 0
        try:
            wish = next(conversation)
            while True:
                if isinstance(wish, Send):
                    if before_send is not None:
                        before_send()
                    send = send or self._transport().send
                    attempt, began = attempt + 1, time.perf_counter()
                    outcome: Any = send(wish.request, Limits(*timeout, inf if wish.left is None else wish.left))
                    self._observe(wish.request, outcome)
                    if log.isEnabledFor(logging.INFO):
                        report(self._env, wish, attempt, outcome, time.perf_counter() - began)
                elif isinstance(wish, Sleep):
                    outcome = self._sleep(wish.seconds)
                elif isinstance(wish, Discard):
                    discard = getattr(wish.reply, "discard", None)  # a user's own transport may have none
                    outcome = discard() if discard is not None else None
                else:
                    try:
                        outcome = self._renewed(wish)
                    except OcregError as error:  # a conversation of several calls may handle it
                        wish = conversation.throw(error)
                        continue
                wish = conversation.send(outcome)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _renewed(self, wish: NeedToken) -> str | None:
        try:
            return self._tokens.renew(wish.stale, self._refresh, early=wish.early)
        except CallError as error:
            raise without_token(wish, error) from error


def without_token(wish: NeedToken, error: CallError) -> TokenError:
    """The error for a call without an access token; `error` is the reason."""
    cause = error.__cause__ if isinstance(error, LoginNeeded) else error
    known = cause.__dict__ if cause is not None else {}
    words = f"{wish.operation}: no access token, so nothing was sent (happened: no)\n  {error}"
    facts = {"operation": wish.operation, "happened": "no", "message_id": wish.message_id}
    kept = {name: known.get(name) for name in ("reply", "headers", "retry_after")}
    kept["_masked"] = known.get("_masked", frozenset())
    return (LoginNeeded if isinstance(error, LoginNeeded) else TokenError)(words, **facts, **kept)
