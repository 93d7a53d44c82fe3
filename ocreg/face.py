"""The client interface: the settings and methods that `Client` and `AsyncClient` share.

Each method here is one conversation of the engine. `Client` (`client`) drives it in the calling thread, `AsyncClient`
(`ocreg.aio.client`) in the event loop.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .account import settings
from .account.grants import Store
from .account.identity import Identity, Renamed, identity_of
from .account.tokens import Tokens
from .engine.caller import Caller, Parts, World, answering, given, new_uuid
from .engine.driver import Driver
from .errors import OperationUnavailable, SettingInvalid, guarded
from .lazy import load
from .registry.files import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from .account.settings import Timeout
    from .engine.exchange import Conversation
    from .operations import OperationId
    from .registry.endpoint import Endpoint

Parameters = dict[str, Any] | None


Called = TypeVar("Called")
Session = TypeVar("Session")


class Face(Generic[Called, Session]):
    """What both clients share. `Called` is what their methods return, `Session` the type of `session`."""

    _driver: Callable[..., Any] = Driver
    _observer: Any = None
    _sleep: Callable[[float], Any] = staticmethod(time.sleep)

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
        session: Session | None = None,
        endpoints: Iterable[str | os.PathLike[str]] | None = None,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = new_uuid,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] | None = None,
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
        world = World(clock, new_id, monotonic, sleep or self._sleep, jitter)
        kept_in = self._store(store, whose.name)
        self.tokens = Tokens(given(self.settings), kept_in, whose.name, clock, self._blocking(world.sleep))
        self._observer = self.settings.observe and load("ocreg.observe.observer").of(self.settings, self.registry)
        driver = partial(self._driver, observe=self._observer)
        self.caller = Caller(self.settings, self.registry, self.tokens, world, self._new_transport, driver)

    if not TYPE_CHECKING:  # or any name would pass for an attribute

        def __getattr__(self, name: str) -> Any:
            """Only a client that was unpickled lacks attributes: it is set up at its first use."""
            load("ocreg.account.pickles").complete(self, name)
            return getattr(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """By the sources of its settings, without any secret: `ocreg.account.pickles`."""
        reduced: tuple[Any, ...] = load("ocreg.account.pickles").reduced(self)
        return reduced

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        if "settings" not in vars(self):
            return f"<{type(self).__name__} that came by pickle and was not used yet>"
        where = self.settings.origin or ("in process" if self.settings.env == "local" else "the files' hosts")
        account = f"{self.settings.env} ({where}) client_key={self.settings.client_key}"
        return f"<{type(self).__name__} {account} {self.tokens!r}>"

    def identity(self, id: str = "oauth.refresh") -> Identity:
        """The account of an operation's calls: `env`, `origin`, `account`, and `name`.

        Stores keep tokens and journals under `name`. Operations on another host may belong to another account, so
        name one with `id`. Nothing is sent.
        """
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
        """The object that sends requests, with `send(request, timeout)` and `close()`.

        It is made at its first use. Assign one of your own to replace it.
        """
        return self.caller.transport

    @transport.setter
    def transport(self, transport: Any) -> None:
        self.caller.transport = transport
        self._theirs.add("transport")

    def _new_transport(self) -> Any:
        """The transport of the sandbox inside this process, or None."""
        if self.settings.in_process:
            # The engine knows the sandbox by this name only.
            return load("ocreg.sandbox.local").LocalTransport(self.settings, self.registry, self.caller.world.clock)
        return None

    @guarded
    def call(
        self,
        id: OperationId | str,
        data: Any = None,
        *,
        query: Parameters = None,
        path: Parameters = None,
        message_id: str | None = None,
        timeout: Timeout | None = None,
        on_unknown: str = "raise",
        unknown: Iterable[str] = (),
    ) -> Called:
        """Call an operation and return its whole answer.

        - `id`: the operation, such as `"outbound.create"`.
        - `data`: the payload without the envelope, a `dict`, or a `list` for a batch. `datetime`, `date` and `Decimal`
          values are written in the form that the schema declares. A naive `datetime` is refused.
        - `query`, `path`: the parameters of the URL, and the values of the path's `{placeholders}`.
        - `message_id`: the message id of the request. Default: a new UUID.
        - `timeout`: seconds to connect and to wait for data, or a pair of both. Default: the setting `timeout`.
        - `on_unknown`: what to do if the outcome of a create is unknown. `"raise"` raises the error. `"confirm"` looks
          the items up by their natural key: those that exist are returned as if the answer had arrived, those that
          are certainly absent are sent again, and otherwise `OutcomeUnknown` is raised.
        - `unknown`: the names of fields that the endpoint file does not describe and that you send on purpose.

        Returns the decoded JSON of the answer, a `dict` with `code`, `data`, `message` and `messageId`. An operation
        that a browser opens is not sent: the answer is `{"url": ...}`.

        Raises `UnknownOperation`, `OperationUnavailable`, `EndpointInvalid`, `SettingMissing`, `StoreError` or
        `RequestInvalid` if nothing was sent. Every other error is a `CallError`, and its `happened` says whether the
        request took effect.
        """
        return self._drive(self._calling(id, (data, query, path), message_id, on_unknown, unknown), timeout)  # type: ignore[no-any-return]

    @guarded
    def confirm(
        self,
        id: OperationId | str,
        data: Any,
        *,
        message_id: str | None = None,
        timeout: Timeout | None = None,
        unknown: Iterable[str] = (),
    ) -> Called:
        """Settle a create that an earlier process may have sent.

        Each item is looked up by its natural key before anything is sent. Items that exist are returned, items that
        are certainly absent are sent, and otherwise `OutcomeUnknown` is raised. An item counts as absent only after the
        settling time of its operation (a minute in the shipped files), so create new items with
        `call(..., on_unknown="confirm")`.

        - `data`: the same payload. Every item needs its natural key.
        - `message_id`: the message id of the first attempt, if you kept it.

        The other arguments, the result and the errors are those of `call`. An operation whose endpoint file has no
        `confirm` raises `OperationUnavailable`.
        """
        return self._drive(self._confirming(id, (data, None, None), message_id, unknown, ask_first=True), timeout)  # type: ignore[no-any-return]

    @guarded
    def plan(
        self,
        id: OperationId | str,
        data: Any = None,
        *,
        query: Parameters = None,
        path: Parameters = None,
        message_id: str | None = None,
        show_sensitive: bool = False,
        unknown: Iterable[str] = (),
    ) -> Called:
        """Return what `call` would send, without sending it.

        It takes the arguments of `call`. Secrets are always masked. `show_sensitive` shows personal data.

        Returns a `dict` with `operation`, `summary`, `environment`, `effect`, `valid`, `violations` (broken rules, as
        dicts) and `missing` (settings without a value). If the payload is valid, it also has `message_id`, `method`,
        `url`, `headers`, `body` and `curl`. The curl line can be run: it takes secrets from `OCREG_*` variables, and a
        body with masked personal data from `OCREG_BODY`.

        Raises `UnknownOperation`, `OperationUnavailable` or `EndpointInvalid`. An invalid payload and a missing setting
        raise nothing.
        """
        return self._drive(self._planning(id, (data, query, path), message_id, show_sensitive, unknown))  # type: ignore[no-any-return]

    @guarded
    def receive(self, id: OperationId | str, body: bytes | str | Any, headers: Mapping[str, str] | None = None) -> Any:
        """Decode and check a request that the vendor sent to you, and return its JSON value.

        - `body`: what arrived, as `bytes` or `str`, or as JSON values that are already decoded. No envelope is removed.
        - `headers`: not used. It is unknown which headers such a request has, and whether it is signed. Trust no field
          of it: fetch the order that it is about.

        Raises `RequestInvalid` if the body is not JSON or breaks the operation's schema, and `OperationUnavailable` if
        the operation is one that you send. Nothing is sent.
        """
        endpoint = self.registry[id]
        if endpoint.caller != "vendor":
            raise OperationUnavailable(f"{id} is sent by you: use call()", operation=id)
        return endpoint.received(body)

    def _operation(self, id: str, unknown: Iterable[str]) -> Endpoint:
        endpoint = self.registry[id].allowing(unknown)
        endpoint.callable_by_us()
        return endpoint

    # Conversations, and who drives them

    def _drive(self, conversation: Generator[Any, Any, Any], timeout: Timeout | None = None) -> Any:
        """The result of a conversation; from an asynchronous client, a coroutine that returns it."""
        raise NotImplementedError

    def _blocking(self, sleep: Callable[[float], Any]) -> Callable[[float], None]:
        """How a thread sleeps while another one refreshes the token."""
        return sleep

    def _calling(
        self, id: str, parts: Parts, message_id: str | None, on_unknown: str, unknown: Iterable[str]
    ) -> Conversation:
        endpoint = self._operation(id, unknown)
        if _confirms(on_unknown) and endpoint.effect != "read":
            return (yield from self._confirming(id, parts, message_id, unknown, ask_first=False))
        call = self.caller.prepare(endpoint, parts, message_id)
        return {"url": call.request.url} if endpoint.caller == "browser" else (yield from answering(call))

    def _confirming(
        self, id: str, parts: Parts, message_id: str | None, unknown: Iterable[str], *, ask_first: bool
    ) -> Conversation:
        confirming: Any = load("ocreg.confirm.confirming").confirming
        asked: Conversation = confirming(
            self.caller, self._operation(id, unknown), parts, message_id, ask_first=ask_first
        )
        return (yield from asked)

    def _planning(
        self, id: str, parts: Parts, message_id: str | None, show_sensitive: bool, unknown: Iterable[str]
    ) -> Conversation:
        planned: Any = load("ocreg.engine.plans").planned
        made: dict[str, Any] = planned(self.caller, self._operation(id, unknown), parts, message_id, show_sensitive)
        yield from ()
        return made


def _confirms(on_unknown: str) -> bool:
    if on_unknown not in ("raise", "confirm"):
        raise SettingInvalid(f"on_unknown must be 'raise' or 'confirm', not {on_unknown!r:.60}", setting="on_unknown")
    return on_unknown == "confirm"
