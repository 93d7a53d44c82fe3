"""What both clients are: one account in one environment, its settings, and the methods that are one conversation each.

`Client` (`client`) drives these conversations in the thread that calls, `AsyncClient` (`ocreg.aio.client`) in the event
loop that awaits. What they do beyond that is theirs.
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
    """What both clients share. `Called` is what their methods return, `Session` is the transport's.

    Settings that are not given come from `OCREG_*` variables or a profile (`ocreg.account.settings` lists them), tokens
    from the store that `ocreg login` keeps, all as for the command. `session` is one of your own, with whatever
    proxies, certificates and hooks it has. `endpoints` are registry directories that come before the shipped one.
    """

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
            return f"<{type(self).__name__} that came by pickle and was not used yet>"
        where = self.settings.origin or ("in process" if self.settings.env == "local" else "the files' hosts")
        account = f"{self.settings.env} ({where}) client_key={self.settings.client_key}"
        return f"<{type(self).__name__} {account} {self.tokens!r}>"

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

    def _new_transport(self) -> Any:
        """The sandbox's inside this process; else None."""
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
        """A create that a former process may have sent, and of which nobody knows what became.

        It is looked for first: found, it is answered with; certainly absent, it is sent; else OutcomeUnknown is raised.
        `message_id` is the one it was sent with, if you kept it.
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
        """What `call` would send, without sending: method, URL, headers, body, a curl line, the payload's violations.

        Secrets are always masked, personal data unless `show_sensitive`. Missing settings are listed in `missing`. The
        curl line can be run: it takes secrets from `OCREG_*` variables, and a body with personal data that is not shown
        from OCREG_BODY.
        """
        return self._drive(self._planning(id, (data, query, path), message_id, show_sensitive, unknown))  # type: ignore[no-any-return]

    @guarded
    def receive(self, id: OperationId | str, body: bytes | str | Any, headers: Mapping[str, str] | None = None) -> Any:
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

    # Conversations, and who drives them

    def _drive(self, conversation: Generator[Any, Any, Any], timeout: Timeout | None = None) -> Any:
        """What a conversation comes to; from an asynchronous client, a coroutine that gives it."""
        raise NotImplementedError

    def _blocking(self, sleep: Callable[[float], Any]) -> Callable[[float], None]:
        """How whoever waits for a token of somebody else's sleeps."""
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
