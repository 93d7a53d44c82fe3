"""The client: one account in one environment, and all that can be done with it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .account import settings
from .account.grants import Store
from .account.identity import Identity, Renamed, identity_of
from .account.tokens import Tokens
from .engine.caller import Answer, Caller, World, given, new_uuid
from .errors import OperationUnavailable, RequestInvalid, SettingInvalid, guarded
from .lazy import load
from .redact import Secret
from .registry.files import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from typing_extensions import Self

    from .account.oauth import OAuth
    from .account.settings import Timeout
    from .bulk.reading import Iteration
    from .bulk.sending import Sending
    from .registry.endpoint import Endpoint

Parameters = dict[str, Any] | None


class Client:
    """One account in one environment. Safe to share between threads; a context manager.

    Settings that are not given come from `OCREG_*` variables or a profile (`ocreg.account.settings` lists them), tokens
    from the store that `ocreg login` keeps, all as for the command. `session` is a `requests.Session` of your own, with
    whatever proxies, certificates and adapters it has. `endpoints` are registry directories that come before the
    shipped one.
    """

    @guarded
    def __init__(
        self,
        env: str | None = None,
        *,
        profile: str | None = None,
        config: str | os.PathLike[str] | None = None,
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
        unknown: str | None = None,
        observe: str | os.PathLike[str] | None = None,
        session: requests.Session | None = None,
        endpoints: Iterable[str | os.PathLike[str]] | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_uuid,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        passed = locals()
        named = {name: passed[name] for name in settings.NAMES if name != "store_key"}
        own = store is not None and not isinstance(store, str)
        named["store"] = None if own else store
        where = None if config is None else str(Path(config).absolute())
        self._named = {"profile": profile or os.environ.get("OCREG_PROFILE"), "config": where}
        self._theirs = {name for name, thing in (("session", session), ("store", own or None)) if thing is not None}
        self.settings, self.came_from = settings.load_with_sources(profile, config, **named)
        if not own and (found := settings.own_store(self.settings)) is not None:
            self.settings, self.came_from["store"] = self.settings._replace(store=found), "your own, of `ocreg login`"
        self.registry = Registry(endpoints, self.settings.unknown)
        self._owns_store = not own
        self._session = session
        kept = own or self.settings.store is not None  # only then the name matters, and a file more is read for it
        whose = self.identity() if kept and self.settings.origin else identity_of(self.settings, {})
        self.tokens = Tokens(given(self.settings), self._store(store, whose.name), whose.name, clock, sleep)
        world = World(clock, new_id, monotonic, sleep, jitter)
        self._observer = self._new_observer()
        self.caller = Caller(self.settings, self.registry, self.tokens, world, self._new_transport, self._observer)

    if not TYPE_CHECKING:  # or any name would pass for an attribute

        def __getattr__(self, name: str) -> Any:
            """Only a client that came by pickle lacks anything: it is made at its first use."""
            load("ocreg.account.pickles").complete(self, name)
            return getattr(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """By where its settings came from, never with a secret: `ocreg.account.pickles`."""
        reduced: tuple[Any, ...] = load("ocreg.account.pickles").reduced(self)
        return reduced

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        if "settings" not in vars(self):
            return "<Client that came by pickle and was not used yet>"
        where = self.settings.origin or ("in process" if self.settings.env == "local" else "the files' hosts")
        return f"<Client {self.settings.env} ({where}) client_key={self.settings.client_key} {self.tokens!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. A session or a store of yours stays open."""
        self.caller.close()
        if self._observer is not None:
            self._observer.flush()
        if self._owns_store:
            self.tokens.store.close()

    @property
    def oauth(self) -> OAuth:
        """Login: `authorize_url` and `exchange`."""
        found: OAuth = load("ocreg.account.oauth").OAuth(self.call, self.tokens)
        return found

    def identity(self, id: str = "oauth.refresh") -> Identity:
        """Whose the calls of an operation are; by its `name` stores keep tokens and journals."""
        return identity_of(self.settings, self.registry[id].host)

    def _store(self, given: str | Store | None, account: str) -> Store | None:
        if given is not None and not isinstance(given, str):
            return Renamed(given, self.settings, account)
        if self.settings.store is None or self.settings.in_process:
            return None
        opened: Store = load("ocreg.store").open_store(self.settings.store, self.settings.store_key)
        return Renamed(opened, self.settings, account)

    @property
    def transport(self) -> Any:
        """What sends: `send(request, timeout)` and `close()`. Made at first use; another may be put in its place."""
        return self.caller.transport

    @transport.setter
    def transport(self, transport: Any) -> None:
        self.caller.transport = transport
        self._theirs.add("transport")

    def _new_observer(self) -> Any:
        if self.settings.observe is None:
            return None
        settings = self.settings
        return load("ocreg.observe.observer").Observer(settings.observe, settings.env, settings.origin, self.registry)

    def _new_transport(self) -> Any:
        if self.settings.in_process:
            # The engine knows the sandbox by this name only.
            return load("ocreg.sandbox.local").LocalTransport(self.settings, self.registry, self.caller.world.clock)
        return load("ocreg.wire.transport").RequestsTransport(self._session)

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
        unknown: Iterable[str] = (),
    ) -> Answer:
        """Send one operation and return the vendor's whole answer (`code`, `data`, `message`, `messageId`, ...).

        `data` is the payload without its envelope; `datetime`, `date` and `Decimal` values are written in the
        schema's format. An operation that a browser opens is not sent: the answer is `{"url": ...}`.

        With `on_unknown="confirm"` a create whose outcome is unknown is looked for, as its file's `confirm` says:
        found, it is answered with as if nothing had happened; certainly absent, it is sent again; else OutcomeUnknown
        is raised.

        `unknown` names fields that the operation's file does not describe and that are sent on purpose.

        Raises RequestInvalid, SettingMissing or UnknownOperation before anything is sent, and CallError or one of its
        kinds, with `happened`, after.
        """
        endpoint = self._operation(id, unknown)
        if _confirms(on_unknown) and endpoint.effect != "read":
            return self._confirmed(endpoint, (data, query, path), message_id, timeout, ask_first=False)
        call = self.caller.prepare(endpoint, (data, query, path), message_id)
        if endpoint.caller == "browser":
            return {"url": call.request.url}
        return self.caller.answer(call, timeout)

    @guarded
    def confirm(
        self,
        id: str,
        data: Any,
        *,
        message_id: str | None = None,
        timeout: Timeout | None = None,
        unknown: Iterable[str] = (),
    ) -> Answer:
        """A create that a former process may have sent, and of which nobody knows what became.

        It is looked for first: found, it is answered with; certainly absent, it is sent; else OutcomeUnknown is raised.
        `message_id` is the one it was sent with, if you kept it.
        """
        endpoint = self._operation(id, unknown)
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
        unknown: Iterable[str] = (),
    ) -> Iteration:
        """The rows of a read, one by one, past the limits of one request: all pages, windows and chunks of ids.

        `ocreg.bulk.reading` says how. `resume` is the token of an iteration that ended early.
        """
        options: dict[str, Any] = {"resume": resume, "threads": threads, "progress": progress, "unknown": unknown}
        found: Iteration = load("ocreg.bulk.reading").iterate(self.caller, id, data, query=query, **options)
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
        unknown: Iterable[str] = (),
    ) -> Sending:
        """Send any number of items in requests of at most the operation's limit; iterate over the outcomes, in order.

        `ocreg.bulk.sending` says how.
        """
        how: dict[str, Any] = {"on_unknown": on_unknown, "on_failure": on_failure, "unknown": unknown}
        found: Sending = load("ocreg.bulk.sending").call_many(self.caller, id, items, size=size, threads=threads, **how)
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
        unknown: Iterable[str] = (),
    ) -> dict[str, Any]:
        """What `call` would send, without sending: method, URL, headers, body, a curl line, the payload's violations.

        Secrets are always masked, personal data unless `show_sensitive`. Missing settings are listed in `missing`. The
        curl line can be run: it takes secrets from `OCREG_*` variables, and a body with personal data that is not shown
        from OCREG_BODY.
        """
        endpoint = self._operation(id, unknown)
        plans = load("ocreg.engine.plans")
        missing = load("ocreg.engine.preparation").gaps(endpoint, self.settings, self.tokens, query)
        lacking = [*missing, *(["access_token"] if endpoint.auth == "token" and not self.settings.access_token else [])]
        gaps: dict[str, Any] = {name: Secret("missing") for name in lacking}
        complete = self.settings._replace(**gaps)
        call, violations = None, []
        try:
            call = self.caller.prepare(endpoint, (data, query, path), message_id, complete)
        except RequestInvalid as error:
            violations = error.violations
        how = (self.settings.env, call, violations, missing, show_sensitive, self.settings.sign)
        made: dict[str, Any] = plans.plan(endpoint, *how)
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

    def _operation(self, id: str, unknown: Iterable[str]) -> Endpoint:
        endpoint = self.registry[id].allowing(unknown)
        endpoint.callable_by_us()
        return endpoint

    def _confirmed(
        self, endpoint: Endpoint, parts: tuple[Any, Any, Any], message_id: str | None, timeout: Any, *, ask_first: bool
    ) -> Answer:
        confirmed: Answer = load("ocreg.confirm.confirming").confirmed(
            self.caller, endpoint, parts, message_id, timeout, ask_first=ask_first
        )
        return confirmed


def _confirms(on_unknown: str) -> bool:
    if on_unknown not in ("raise", "confirm"):
        raise SettingInvalid(f"on_unknown must be 'raise' or 'confirm', not {on_unknown!r:.60}", setting="on_unknown")
    return on_unknown == "confirm"
