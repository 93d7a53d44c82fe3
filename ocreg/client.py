"""The client: settings, registry and transport around `exchange`, driven with requests."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from .account import settings
from .account.grants import Grant, Store
from .account.tokens import Tokens
from .engine.driver import Driver
from .engine.exchange import Prepared, converse
from .engine.policy import Patience, Quota
from .engine.preparation import prepare
from .engine.rates import Rates
from .errors import OperationUnavailable, RequestInvalid, SettingInvalid, guarded
from .lazy import load
from .redact import Secret
from .registry.files import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from typing_extensions import Self

    from .account.oauth import OAuth
    from .account.settings import Settings, Timeout
    from .bulk.reading import Iteration
    from .bulk.sending import Sending
    from .registry.endpoint import Endpoint

Answer = dict[str, Any]
Parameters = dict[str, Any] | None


def new_uuid() -> str:
    """A random UUID, version 4. (The library's `uuid` costs each start a millisecond of imports.)"""
    digits = f"{int.from_bytes(os.urandom(16), 'big') & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Client:
    """One account in one environment. Safe to share between threads; a context manager.

    Settings that are not given come from `OCREG_*` variables (`ocreg.settings` lists them). `session` is a
    `requests.Session` of your own, with whatever proxies, certificates and adapters it has. `endpoints` are registry
    directories that come before the shipped one.
    """

    @guarded
    def __init__(
        self,
        env: str | None = None,
        *,
        profile: str | None = None,
        client_key: str | None = None,
        secret_key: str | None = None,
        access_token: str | None = None,
        refresh_token: str | None = None,
        host: str | None = None,
        sign: str | None = None,
        timeout: Timeout | None = None,
        oauth_secret: bool | None = None,
        returns_access_token: str | None = None,
        store: str | Store | None = None,
        account: str | None = None,
        retries: int | None = None,
        deadline: float | None = None,
        session: requests.Session | None = None,
        endpoints: Iterable[str | os.PathLike[str]] | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_uuid,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        given = locals()
        named = {name: given[name] for name in settings.NAMES if name != "store_key"}
        own = store is not None and not isinstance(store, str)
        named["store"] = None if own else store
        self.settings, self.came_from = settings.load_with_sources(profile, **named)
        self._patience = Patience(self.settings.retries, self.settings.deadline, monotonic, jitter, Quota())
        self._patiences: dict[str, Patience] = {}
        self._rates, self._monotonic = Rates(monotonic), monotonic
        self.registry = Registry(endpoints)
        self._owns_store = not own
        self.tokens = Tokens(_given(self.settings), self._store(store), self.settings.account_key, clock, sleep)
        self._clock, self._new_id = clock, new_id
        self._session = session
        self._lock = Lock()
        self._transport: Any = None
        self._driver = Driver(self.settings.env, lambda: self.transport, self.tokens, self._refresh, sleep)

    def __repr__(self) -> str:
        where = self.settings.origin or ("in process" if self.settings.env == "local" else "the files' hosts")
        return f"<Client {self.settings.env} ({where}) client_key={self.settings.client_key} {self.tokens!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. A session or a store of yours stays open."""
        if self._transport is not None:
            self._transport.close()
        if self._owns_store:
            self.tokens.store.close()

    @property
    def oauth(self) -> OAuth:
        """Login: `authorize_url` and `exchange`."""
        found: OAuth = load("ocreg.account.oauth").OAuth(self)
        return found

    def _store(self, given: str | Store | None) -> Store | None:
        if given is not None and not isinstance(given, str):
            return given
        if self.settings.store is None or self.settings.in_process:
            return None
        opened: Store = load("ocreg.store").open_store(self.settings.store, self.settings.store_key)
        return opened

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
            return load("ocreg.sandbox.local").LocalTransport(self.settings, self.registry, self._clock)
        return load("ocreg.engine.transport").RequestsTransport(self._session)

    @guarded
    def call(
        self,
        id: str,
        data: Any = None,
        *,
        query: Parameters = None,
        path: Parameters = None,
        message_id: str | None = None,
        timeout: Timeout | None = None,
        on_unknown: str = "raise",
    ) -> Answer:
        """Send one operation and return the vendor's whole answer (`code`, `data`, `message`, `messageId`, ...).

        `data` is the payload without its envelope; `datetime`, `date` and `Decimal` values are written in the
        schema's format. An operation that a browser opens is not sent: the answer is `{"url": ...}`.

        With `on_unknown="confirm"` a create whose outcome is unknown is looked for, as its file's `confirm` says:
        found, it is answered with as if nothing had happened; certainly absent, it is sent again; else OutcomeUnknown
        is raised.

        Raises RequestInvalid, SettingMissing or UnknownOperation before anything is sent, and CallError or one of its
        kinds, with `happened`, after.
        """
        endpoint = self.registry[id]
        endpoint.callable_by_us()
        if _confirms(on_unknown) and endpoint.effect != "read":
            return self._confirmed(endpoint, (data, query, path), message_id, timeout, ask_first=False)
        call = self._prepared(endpoint, self.settings, (data, query, path), message_id)
        if endpoint.caller == "browser":
            return {"url": call.request.url}
        return self._driver.run(converse(call), self._timeout(timeout))

    @guarded
    def confirm(self, id: str, data: Any, *, message_id: str | None = None, timeout: Timeout | None = None) -> Answer:
        """A create that a former process may have sent, and of which nobody knows what became.

        It is looked for first: found, it is answered with; certainly absent, it is sent; else OutcomeUnknown is raised.
        `message_id` is the one it was sent with, if you kept it.
        """
        endpoint = self.registry[id]
        endpoint.callable_by_us()
        return self._confirmed(endpoint, (data, None, None), message_id, timeout, ask_first=True)

    def iterate(
        self,
        id: str,
        data: Any = None,
        *,
        query: Parameters = None,
        resume: str | None = None,
        threads: int = 1,
        progress: Callable[[Any], None] | None = None,
    ) -> Iteration:
        """The rows of a read, one by one, past the limits of one request: all pages, windows and chunks of ids.

        `ocreg.bulk.reading` says how. `resume` is the token of an iteration that ended early.
        """
        found: Iteration = load("ocreg.bulk.reading").iterate(
            self, id, data, query=query, resume=resume, threads=threads, progress=progress
        )
        return found

    def call_many(
        self,
        id: str,
        items: Iterable[Any],
        *,
        size: int | None = None,
        on_unknown: str = "raise",
        on_failure: str = "go_on",
        threads: int = 1,
    ) -> Sending:
        """Send any number of items in requests of at most the operation's limit; iterate over the outcomes, in order.

        `ocreg.bulk.sending` says how.
        """
        found: Sending = load("ocreg.bulk.sending").call_many(
            self, id, items, size=size, on_unknown=on_unknown, on_failure=on_failure, threads=threads
        )
        return found

    @guarded
    def plan(
        self,
        id: str,
        data: Any = None,
        *,
        query: Parameters = None,
        path: Parameters = None,
        message_id: str | None = None,
        show_sensitive: bool = False,
    ) -> dict[str, Any]:
        """What `call` would send, without sending: method, URL, headers, body, a curl line, the payload's violations.

        Secrets are always masked, personal data unless `show_sensitive`. Missing settings are listed in `missing`.
        """
        endpoint = self.registry[id]
        endpoint.callable_by_us()
        plans = load("ocreg.engine.plans")
        missing = plans.missing(endpoint, self.settings)
        gaps: dict[str, Any] = {name: Secret("missing") for name in missing}
        complete = self.settings._replace(**gaps)
        call, violations = None, []
        try:
            call = self._prepared(endpoint, complete, (data, query, path), message_id)
        except RequestInvalid as error:
            violations = error.violations
        made: dict[str, Any] = plans.plan(endpoint, self.settings.env, call, violations, missing, show_sensitive)
        return made

    @guarded
    def receive(self, id: str, body: bytes | str | Any, headers: Mapping[str, str] | None = None) -> Any:
        """The payload of a call that the vendor made to you, checked against its file; no envelope is taken off.

        `body` is what arrived: bytes or text, or JSON values already decoded. Nothing is known of the headers of such a
        call, nor whether it is signed, so they are not looked at: trust no field of it, fetch what it is about.

        Raises RequestInvalid when the body is not JSON or breaks the file's schema.
        """
        endpoint = self.registry[id]
        if endpoint.caller != "vendor":
            raise OperationUnavailable(f"{id} is sent by you: use call()", operation=id)
        return endpoint.received(body)

    def _prepared(
        self, endpoint: Endpoint, settings: Settings, parts: tuple[Any, Any, Any], message_id: str | None
    ) -> Prepared:
        tokens = (
            self.tokens
            if settings is self.settings
            else Tokens(Grant(settings.access_token, settings.refresh_token, 0.0, float("inf")))
        )
        message_id = self._new_id() if message_id is None else str(message_id)
        call = prepare(endpoint, settings, tokens, parts, message_id, int(self._clock() * 1000))
        host, rate = call.request.url.split("/", 3)[2], endpoint.limits.get("rate")
        patience = self._patiences.get(host)
        if patience is None:
            patience = self._patiences[host] = self._patience._replace(quota=Quota())
        pace = partial(self._rates.take, host, endpoint.id, **rate) if rate else None
        return call._replace(patience=patience, pace=pace)

    def _timeout(self, given: Timeout | None) -> tuple[float, float]:
        return self.settings.timeout if given is None else settings.timeout(given)

    def _refresh(self, token: str) -> Answer:
        return self.call("oauth.refresh", query={"refresh_token": token})

    def _confirmed(
        self, endpoint: Endpoint, parts: tuple[Any, Any, Any], message_id: str | None, timeout: Any, *, ask_first: bool
    ) -> Answer:
        confirmed: Answer = load("ocreg.confirm.confirming").confirmed(
            self, endpoint, parts, message_id, self._timeout(timeout), ask_first=ask_first
        )
        return confirmed


def _confirms(on_unknown: str) -> bool:
    if on_unknown not in ("raise", "confirm"):
        raise SettingInvalid(f"on_unknown must be 'raise' or 'confirm', not {on_unknown!r:.60}", setting="on_unknown")
    return on_unknown == "confirm"


def _given(settings: Settings) -> Grant:
    """What the settings bring: an access token without a known end is used until it is refused."""
    return Grant(settings.access_token, settings.refresh_token, 0.0, float("inf"))
