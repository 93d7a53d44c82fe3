"""The identity of an account: the environment, the origin, and the account's name. The key pair is no part of it.

A store keeps tokens and journals by the account's name, `sandbox|https://openapi-au.orangeconnex.com||default`. All
spellings of a host are the same origin: in capitals, with its default port, as another name of this machine, or left
out if it is the endpoint file's. Older versions used the host as it was typed and, in the third part, a digest of the
client key; data under such a name is found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..registry.addresses import is_loopback
from .settings import Settings

if TYPE_CHECKING:
    from .grants import Grant, Slot, Store

_PORTS = {"http": 80, "https": 443}


def canonical(origin: str) -> str:
    """The canonical text of an origin."""
    parts = urlsplit(origin)
    host = (parts.hostname or "").rstrip(".")
    name = "localhost" if is_loopback(host) else f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


class Identity(NamedTuple):
    """An account. `own` is the canonical origin in the endpoint file, `key` the client key's digest."""

    env: str
    origin: str
    account: str
    own: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """The name under which a store keeps the account's data. It contains no secret."""
        return f"{self.env}|{self.origin}||{self.account}"

    def former(self, names: Iterable[str]) -> list[str]:
        """The old names of this account among some names.

        If several key pairs were used side by side, it is unknown whose the rows of the others are: they are left.
        """
        found = {name: parts[2] for name in names if (parts := parts_of(name)) and parts[2] and self._is(parts)}
        keys = set(found.values())
        return sorted(name for name, key in found.items() if len(keys) == 1 or key == self.key)

    def others(self, names: Iterable[str]) -> list[str]:
        """The names of other accounts of the same environment. Each local sandbox is an environment of its own."""
        known = list(names)
        mine = {self.name, *self.former(known)}
        same = [name for name in known if name.partition("|")[0] == self.env != "local"]
        return sorted(name for name in same if name not in mine)

    def _is(self, parts: list[str]) -> bool:
        env, origin, _, account = parts
        return (env, _other_than(self.own, origin), account) == (self.env, self.origin, self.account)


def identity_of(settings: Settings, host: dict[str, str]) -> Identity:
    """The account of calls with `settings`. `host` is the endpoint file's host, by environment."""
    documented = host.get("production" if settings.env == "production" else "sandbox")
    own = canonical(documented) if documented else ""
    origin = _other_than(own, settings.origin or "")
    return Identity(settings.env, origin, settings.account, own, _digest(settings))


def words(name: str) -> str:
    """An account's name, as text for people."""
    parts = parts_of(name)
    if parts is None:
        return name
    key = f", with the client key whose digest is {parts[2]}" if parts[2] else ""
    return f"account {parts[3]} at {parts[1] or 'the host of the endpoint file'}{key}"


def _other_than(own: str, origin: str) -> str:
    """The canonical origin; empty if it is the endpoint file's."""
    one = canonical(origin) if origin else ""
    return "" if one == own else one


def parts_of(name: str) -> list[str] | None:
    """Environment, origin, former key digest and account of a name; None if it is not a name of an account."""
    parts = name.split("|", 3)
    return parts if len(parts) == 4 and re.fullmatch("[0-9a-f]{16}|", parts[2]) else None


def _digest(settings: Settings) -> str:
    key = settings.client_key.reveal() if settings.client_key is not None else ""
    return sha256(key.encode()).hexdigest()[:16]


class Renamed:
    """A token store in which an account may still have its old name. Everything else is as in the store."""

    def __init__(self, store: Store, settings: Settings, account: str) -> None:
        origins = (settings.origin or "", canonical(settings.origin) if settings.origin else "")
        old = [f"{settings.env}|{origin}|{_digest(settings)}|{settings.account}" for origin in origins]
        self._store, self._former = store, {account: list(dict.fromkeys(old))}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def __repr__(self) -> str:
        return repr(self._store)

    def load(self, account: str) -> Grant | None:
        names = (account, *self._former.get(account, ()))
        return next((found for name in names if (found := self._store.load(name)) is not None), None)

    @contextmanager
    def exclusive(self, account: str, *, wait: bool) -> Iterator[Slot | None]:
        with self._store.exclusive(account, wait=wait) as slot:
            if slot is not None and slot.load() is None and (found := self.load(account)) is not None:
                slot.save(found)
            yield slot

    def delete(self, account: str) -> None:
        for name in (account, *self._former.get(account, ())):
            self._store.delete(name)

    def close(self) -> None:
        self._store.close()
