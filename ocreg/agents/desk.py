"""What the tools do, with one client. There is no protocol here, and nothing that the client does not offer."""

from __future__ import annotations

import json
import shlex
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import redact
from ..confirm import confirming
from ..errors import OperationUnavailable
from ..files import tree
from ..files.search import search as looked_for
from .refusals import Refusal

if TYPE_CHECKING:
    from ..client import Client
    from ..registry.endpoint import Endpoint
    from .arguments import Asked

_INLINE = 4000
"""The longest payload, in characters, that a command shows; a longer one is read from a file."""
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class Rules(NamedTuple):
    """What the person who starts the server allows. `options` are the command's options that other commands repeat."""

    read_only: bool = False
    show_sensitive: bool = False
    options: tuple[str, ...] = ()


class Desk:
    """Threads may share it."""

    def __init__(self, client: Client, rules: Rules) -> None:
        self.client, self.rules = client, rules

    @property
    def env(self) -> str:
        return self.client.settings.env

    def operations(self, search: str | None = None, group: str | None = None) -> dict[str, Any]:
        """The operations, by id or, for a search, the best matches first."""
        registry = self.client.registry
        found = list(registry) if search is None else [id for id, _ in looked_for(registry, search.split())]
        ids = [id for id in found if group is None or group in (id, id.partition(".")[0])]
        rows = []
        for id in ids:
            brief = tree.brief(registry[id])
            kept = {name: brief[name] for name in ("id", "effect", "evidence", "summary")}
            why = self._why_not(registry[id])
            rows.append({**kept, "not_callable": why} if why else kept)
        return {"environment": self.env, "operations": rows}

    def describe(self, id: str) -> dict[str, Any]:
        """All that is known about an operation: fields, limits, examples, codes, evidence, and what is not known."""
        endpoint = self.client.registry[id]
        return {"id": id, **tree.resolved(endpoint)}

    def plan(self, asked: Asked, message_id: str | None = None) -> dict[str, Any]:
        """What a call would send. It sends nothing."""
        how: dict[str, Any] = {"show_sensitive": self.rules.show_sensitive, "unknown": asked.unknown}
        made = self.client.plan(asked.id, asked.data, query=asked.query, message_id=message_id, **how)
        shown: dict[str, Any] = self._masked(made, asked)
        return shown

    def admitted(self, asked: Asked) -> Endpoint:
        """The operation, if agents may call it. Raises OperationUnavailable, UnknownOperation, Refusal."""
        endpoint = self.client.registry[asked.id]
        endpoint.callable_by_us()
        if why := self._why_not(endpoint):
            kind = "ReadOnly" if self.rules.read_only and endpoint.auth != "oauth" else "NotForAgents"
            raise Refusal(kind, f"{asked.id}: {why}")
        return endpoint

    def check(self, asked: Asked, message_id: str) -> tuple[str, ...]:
        """The natural keys of the objects that the call creates, if the endpoint file names the field.

        Raises what a call would raise before it sends anything: RequestInvalid, SettingMissing.
        """
        endpoint = self.client.registry[asked.id].allowing(asked.unknown)
        caller = self.client.caller
        call = caller.prepare(endpoint, (asked.data, asked.query, None), message_id)
        if self._confirms(endpoint):
            items = asked.data if endpoint.takes_many else [asked.data]
            confirming.with_lookup(
                caller, confirming.create_of(caller, endpoint, items, message_id, (asked.query, None))
            )
        return call.numbers

    def call(self, asked: Asked, message_id: str | None = None) -> dict[str, Any]:
        """Send it. A create whose answer is lost is looked up, if its file says how."""
        endpoint = self.client.registry[asked.id]
        confirms = self._confirms(endpoint)
        how: dict[str, Any] = {"on_unknown": "confirm" if confirms else "raise", "unknown": asked.unknown}
        heard: list[str] = []
        token = _heard.set(heard)
        try:
            answer = self.client.call(asked.id, asked.data, query=asked.query, message_id=message_id, **how)
        finally:
            _heard.reset(token)
        said = {"happened": "yes", "operation": asked.id, "environment": self.env}
        return {**said, **({"warnings": heard} if heard else {}), "answer": self._masked(answer, asked)}

    def command(self, asked: Asked) -> str:
        """The command for a person to run instead; the file `payload.json` holds what the command must not show."""
        words = ["ocreg", "call", asked.id]
        hidden = self.client.registry[asked.id].sensitive
        for name, value in (asked.query or {}).items():
            words.append(f"{name}=={redact.MASK if name in hidden else value}")
        if asked.data is not None:
            text = json.dumps(asked.data, ensure_ascii=False)
            shown = self.rules.show_sensitive or redact.data(asked.data, hidden) == asked.data
            words += ["--data", text if shown and len(text) <= _INLINE else "@payload.json"]
        for field in asked.unknown:
            words += ["--allow-unknown", field]
        return redact.line(shlex.join([*words, *self.rules.options]))

    def _why_not(self, endpoint: Endpoint) -> str | None:
        """Why agents may not call an operation."""
        try:
            endpoint.callable_by_us()
        except OperationUnavailable as error:
            return str(error).partition("\n")[0]
        if endpoint.auth == "oauth" or endpoint.caller == "browser":
            return "agents do not handle tokens; a person runs `ocreg login`"
        if self.rules.read_only and endpoint.effect != "read":
            return f"it has an effect ({endpoint.effect}), and this server was started with --read-only"
        return None

    def _confirms(self, endpoint: Endpoint) -> bool:
        """Whether a create can be looked up afterwards."""
        return endpoint.effect != "read" and bool(endpoint.confirm)

    def _masked(self, value: Any, asked: Asked) -> Any:
        """Without what must stay hidden; a server may repeat in any text what it received."""
        endpoint = self.client.registry[asked.id]
        hidden = endpoint.secret if self.rules.show_sensitive else endpoint.sensitive
        words = redact.values_of([asked.data, asked.query], hidden)
        return redact.data(redact.known(value, words), hidden)


@contextmanager
def listening() -> Iterator[None]:
    """Warnings about a call go to its caller; all others go where they went before."""
    with warnings.catch_warnings():
        before = warnings.showwarning

        def show(message: Warning | str, *rest: Any, **more: Any) -> None:
            heard = _heard.get()
            if heard is None:
                before(message, *rest, **more)
            else:
                heard.append(" ".join(str(message).split()))

        warnings.showwarning = show
        yield
