"""The client: settings, registry and transport around `exchange`, driven with requests."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from . import plans, settings
from .envelope import wrap
from .errors import CallError, RequestInvalid, TokenError
from .exchange import Conversation, Prepared, Request, Send, converse
from .redact import Secret
from .registry import Registry
from .signing import signature
from .tokens import Tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from types import TracebackType

    import requests
    from typing_extensions import Self

    from .endpoint import Endpoint
    from .settings import Timeout


class Client:
    """One account in one environment. Safe to share between threads; a context manager.

    Settings that are not given come from `OCREG_*` variables (`ocreg.settings` lists them). `session` is a
    `requests.Session` of your own, with whatever proxies, certificates and adapters it has. `endpoints` are registry
    directories that come before the shipped one.
    """

    def __init__(
        self,
        env: str | None = None,
        *,
        client_key: str | None = None,
        secret_key: str | None = None,
        access_token: str | None = None,
        refresh_token: str | None = None,
        host: str | None = None,
        sign: str | None = None,
        timeout: Timeout | None = None,
        oauth_secret: bool | None = None,
        session: requests.Session | None = None,
        endpoints: Iterable[str | os.PathLike[str]] | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.settings = settings.load(
            env=env,
            client_key=client_key,
            secret_key=secret_key,
            access_token=access_token,
            refresh_token=refresh_token,
            host=host,
            sign=sign,
            timeout=timeout,
            oauth_secret=oauth_secret,
        )
        self.registry = Registry(endpoints)
        self.tokens = Tokens(self.settings, clock)
        self._clock, self._new_id = clock, new_id
        self._session = session
        self._lock = Lock()
        self._transport: Any = None
        self._targets: dict[str, tuple[str, str]] = {}

    def __repr__(self) -> str:
        where = self.settings.origin or ("in process" if self.settings.env == "local" else "the files' hosts")
        return f"<Client {self.settings.env} ({where}) client_key={self.settings.client_key} {self.tokens!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. A session of yours stays open."""
        if self._transport is not None:
            self._transport.close()

    @property
    def transport(self) -> Any:
        """What sends: `send(request, timeout)` and `close()`. Made at first use."""
        if self._transport is None:
            with self._lock:
                if self._transport is None:
                    self._transport = self._new_transport()
        return self._transport

    def _new_transport(self) -> Any:
        if self.settings.in_process:
            # The engine knows the sandbox by this name only.
            return import_module("ocreg.sandbox.local").LocalTransport(self.settings, self.registry, self._clock)
        from .transport import RequestsTransport

        return RequestsTransport(self._session)

    def call(
        self,
        id: str,
        data: Any = None,
        *,
        query: dict[str, Any] | None = None,
        path: dict[str, Any] | None = None,
        message_id: str | None = None,
        timeout: Timeout | None = None,
    ) -> dict[str, Any]:
        """Send one operation and return the vendor's whole answer (`code`, `data`, `message`, `messageId`, ...).

        `data` is the payload without its envelope; `datetime`, `date` and `Decimal` values are written in the
        schema's format. An operation that a browser opens is not sent: the answer is `{"url": ...}`.

        Raises RequestInvalid, SettingMissing or UnknownOperation before anything is sent, and CallError or one of its
        kinds, with `happened`, after.
        """
        endpoint = self.registry[id]
        endpoint.callable_by_us()
        call = self._prepare(endpoint, data, query, path, message_id)
        if endpoint.caller == "browser":
            return {"url": call.request.url}
        limit = self.settings.timeout if timeout is None else settings.timeout("timeout", timeout)
        return self._drive(converse(call), call, limit)

    def plan(
        self,
        id: str,
        data: Any = None,
        *,
        query: dict[str, Any] | None = None,
        path: dict[str, Any] | None = None,
        message_id: str | None = None,
        show_sensitive: bool = False,
    ) -> dict[str, Any]:
        """What `call` would send, without sending: method, URL, headers, body, a curl line, the payload's violations.

        Secrets are always masked, personal data unless `show_sensitive`. Missing settings are listed in `missing`.
        """
        endpoint = self.registry[id]
        endpoint.callable_by_us()
        missing = plans.missing(endpoint, self.settings)
        stand_in = Client.__new__(Client)
        stand_in.__dict__.update(self.__dict__)
        gaps: dict[str, Any] = {name: Secret("missing") for name in missing}
        stand_in.settings = replace(self.settings, **gaps)
        try:
            call: Prepared | None = stand_in._prepare(endpoint, data, query, path, message_id)
            violations: list[Any] = []
        except RequestInvalid as error:
            call, violations = None, error.violations
        return plans.plan(endpoint, self.settings.env, call, violations, missing, show_sensitive)

    def _prepare(
        self,
        endpoint: Endpoint,
        data: Any,
        query: dict[str, Any] | None,
        path: dict[str, Any] | None,
        message_id: str | None,
    ) -> Prepared:
        """Check, wrap and sign: everything about a call that needs no network."""
        if endpoint.query is not None:
            query = self._filled(endpoint, query or {})
        data, query, path = endpoint.check(data, query, path)
        now = int(self._clock() * 1000)
        message_id = self._new_id() if message_id is None else str(message_id)
        body = None
        if endpoint.method != "GET" and endpoint.envelope:
            body = wrap(data, message_id, now, endpoint.api_version)
        base, signed_path = self._target(endpoint)
        if path:
            url = endpoint.url(base, query, path)
            signed_path = urlsplit(url).path
        else:
            url = endpoint.url(base, query, path)
        return Prepared(
            endpoint,
            Request(endpoint.id, endpoint.method or "", url, self._headers(endpoint, signed_path, body, now), body),
            message_id,
            len(data) if isinstance(data, list) else 1,
            self._token_at_hand(endpoint),
            self.tokens.renewable,
        )

    def _target(self, endpoint: Endpoint) -> tuple[str, str]:
        """Base URL, and the path that is signed where it has no placeholders."""
        target = self._targets.get(endpoint.id)
        if target is None:
            base = endpoint.base(self.settings.env, self.settings.origin)
            target = self._targets[endpoint.id] = base, urlsplit(base + (endpoint.path or "")).path
        return target

    def _filled(self, endpoint: Endpoint, query: dict[str, Any]) -> dict[str, Any]:
        """`query` with what the file fixes (`const`) and what a setting holds (`x-setting`) filled in."""
        assert endpoint.query is not None
        filled = dict(query)
        for name, node in endpoint.query.root.get("properties", {}).items():
            if name not in filled and "x-setting" in node:
                filled[name] = self.settings.need(node["x-setting"]).reveal()
            elif name not in filled and "const" in node:
                filled[name] = node["const"]
        return filled

    def _headers(self, endpoint: Endpoint, path: str, body: bytes | None, now: int) -> dict[str, str]:
        headers: dict[str, str] = {}
        if endpoint.auth in ("token", "key"):
            key = self.settings.need("client_key").reveal()
            secret = self.settings.need("secret_key").reveal()
            headers["clientKey"] = key
            headers["vAuthorization"] = signature(path, body, key, secret, self.settings.sign)
            headers["TimeStamp"] = str(now)
        elif endpoint.auth == "oauth" and self.settings.oauth_secret:
            pair = f"{self.settings.need('client_key').reveal()}:{self.settings.need('secret_key').reveal()}"
            headers["Authorization"] = f"Bearer {b64encode(pair.encode()).decode()}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _token_at_hand(self, endpoint: Endpoint) -> str | None:
        if not endpoint.sends_token:
            return None
        token = self.tokens.current()
        if token is None and endpoint.auth == "token" and not self.tokens.renewable:
            if self.settings.access_token is None:
                raise settings.missing("access_token", "refresh_token")
            return self.settings.access_token.reveal()
        return token

    def _drive(self, conversation: Conversation, call: Prepared, timeout: tuple[float, float]) -> dict[str, Any]:
        """Do what the exchange asks for until it has its answer."""
        transport = self.transport
        try:
            wish = next(conversation)
            while True:
                if type(wish) is Send:
                    outcome: Any = transport.send(wish.request, timeout)
                else:
                    outcome = self._renewed(wish.stale, call)  # type: ignore[union-attr]
                wish = conversation.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _renewed(self, stale: str | None, call: Prepared) -> str:
        try:
            return self.tokens.renew(stale, lambda token: self.call("oauth.refresh", query={"refresh_token": token}))
        except CallError as error:
            words = f"{call.endpoint.id}: no access token, so nothing was done (happened: no)\n  {error}"
            raise TokenError(
                words, operation=call.endpoint.id, happened="no", message_id=call.message_id, reply=error.reply
            ) from error


_default: Client | None = None
_default_lock = Lock()


def default() -> Client:
    """The client that `call` and `plan` share, made from `OCREG_*` variables at its first use."""
    global _default
    if _default is None:
        with _default_lock:
            if _default is None:
                _default = Client()
    return _default


def call(
    id: str,
    data: Any = None,
    *,
    query: dict[str, Any] | None = None,
    path: dict[str, Any] | None = None,
    message_id: str | None = None,
    timeout: Timeout | None = None,
) -> dict[str, Any]:
    """`Client.call` on one shared client with settings from `OCREG_*` variables."""
    return default().call(id, data, query=query, path=path, message_id=message_id, timeout=timeout)


def plan(
    id: str,
    data: Any = None,
    *,
    query: dict[str, Any] | None = None,
    path: dict[str, Any] | None = None,
    message_id: str | None = None,
    show_sensitive: bool = False,
) -> dict[str, Any]:
    """`Client.plan` on one shared client with settings from `OCREG_*` variables."""
    return default().plan(id, data, query=query, path=path, message_id=message_id, show_sensitive=show_sensitive)
