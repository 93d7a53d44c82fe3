"""A client in another process: pickled by the sources of its settings, never with a secret.

`multiprocessing` (spawn, forkserver), `ProcessPoolExecutor` and task queues pickle the objects that they pass to a
process. A client is pickled as a `Reference`: its settings that are not secret, and the name of each secret's source.
The other process makes the client from these, with its own connections.

The client is made at its first use, not when it is unpickled: a pool whose worker fails to unpickle a task breaks or
hangs, but an error from a call reaches the code that waits for the task. In one process, all pickles of a client give
the same client. So a worker that gets it with each of a thousand tasks connects once and obtains one token.

Another process may have another environment (a fork server keeps the one of its start) or another directory, and so
another account. So each secret must come from the same source as before. The client key, and secrets from variables,
must also be the same: 32 bits of a salted digest distinguish two secrets, and are too few to find one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from ..errors import SettingInvalid, guarded
from ..forks import ForkSafe
from .settings import DEMO, SECRETS, Settings

_KEPT = 64
"""How many unpickled clients a process keeps. One that arrives again after so many others is made again."""
_SAME = (*(name for name in Settings._fields if name not in (*SECRETS, "origin", "store")), "host")
"""The settings that are pickled as values."""
_RELATIVE = "(ocreg.toml)"
"""Part of the source's name of a setting that came from the file in the current directory."""
_INSTEAD = "set it by a variable or in a profile"
_WAYS = """Set variables before the first process starts: a fork server keeps the environment of its start.
  Or use a profile with secrets from file:, keyring: or cmd:"""


class Reference(NamedTuple):
    """The pickled form of a client. `mark` identifies it, and is the salt of the digests."""

    kind: type[Any]
    mark: bytes
    arguments: dict[str, Any]
    sources: dict[str, str]
    digests: dict[str, str]
    folder: str | None
    """The current directory, if a profile was found there."""


def reduced(client: Any) -> tuple[Any, ...]:
    """The result of `Client.__reduce__`. Raises SettingInvalid for a client that another process could not make."""
    reference = vars(client).get("_reference")  # unpickled, and pickled again before its first use
    if reference is None:
        flaws = list(_flaws(client))
        if flaws:
            words = "this client cannot be pickled for another process:\n  " + "\n  ".join(why for _, why in flaws)
            raise SettingInvalid(words, setting=flaws[0][0])
        reference = _reference(client)
        _here.know(client)
    return restored, (reference,)


def restored(reference: Reference) -> Any:
    """The client of a pickle, in this process. It is made at its first use (`complete`)."""
    return _here.find(reference)


@guarded
def complete(client: Any, name: str) -> None:
    """Make an unpickled client whose attribute `name` is accessed. Raises AttributeError for any other client.

    Raises SettingMissing or SettingInvalid if this process has other settings than the one that pickled it.
    """
    if "_reference" in vars(client) and not name.startswith("__"):
        _here.make(client)
    if name not in vars(client):
        raise AttributeError(f"{type(client).__name__!r} object has no attribute {name!r}")


class _Here(ForkSafe):
    """The clients that this process pickled or unpickled, by their marks."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[bytes, Any] = WeakValueDictionary()
        self._kept: dict[bytes, Any] = {}
        super().__init__()

    def _make_own(self) -> None:
        self._finding, self._making = Lock(), Lock()

    def know(self, client: Any) -> None:
        with self._finding:
            self._known[client._mark] = client

    def find(self, reference: Reference) -> Any:
        with self._finding:
            client = self._known.get(reference.mark)
            if client is None:
                client = object.__new__(reference.kind)
                vars(client).update(_reference=reference, _mark=reference.mark)
                self._known[reference.mark] = self._kept[reference.mark] = client
                if len(self._kept) > _KEPT:
                    del self._kept[next(iter(self._kept))]
            return client

    def make(self, client: Any) -> None:
        with self._making:
            reference = vars(client).get("_reference")
            if reference is None:  # another thread was quicker
                return
            made = reference.kind(**reference.arguments)
            _compare(reference, made)
            own = {**vars(made), "_mark": reference.mark, "came_from": {**made.came_from, **reference.sources}}
            vars(client).update(own)
            del vars(client)["_reference"]


_here = _Here()


def _flaws(client: Any) -> Iterator[tuple[str, str]]:
    """The arguments that cannot be pickled, and why."""
    for name in client._theirs:
        yield name, f"{name}: an object that belongs to this process; make a client in each process"
    settings, came_from = client.settings, client.came_from
    for name in SECRETS:
        demo = settings.env == "local" and _text(settings, name) == DEMO.get(name)
        if came_from.get(name) == "argument" and not demo:
            yield name, f"{name}: given as an argument, and secrets are not pickled; {_INSTEAD}"
    if came_from["store"] == "argument" and not _shown(settings.store):
        yield "store", f"store: given as an argument, and its URL may have a password; {_INSTEAD}"
    if settings.store is None and not settings.in_process and "store" not in client._theirs:
        held = client.tokens.grant.refresh_token
        if held is not None and held != settings.refresh_token:
            words = "only the memory of this process has the newest one; set a store, which processes share"
            yield "refresh_token", f"refresh_token: {words}"


def _reference(client: Any) -> Reference:
    settings, came_from = client.settings, client.came_from
    mark = vars(client).setdefault("_mark", os.urandom(16))
    values = {**settings._asdict(), "host": settings.origin}
    world = client.caller.world
    arguments = {
        **{name: values[name] for name in _SAME},
        **{name: value for name, value in world._asdict().items() if value != world._field_defaults[name]},
        **{name: value for name, value in client._named.items() if value is not None},
        "endpoints": [str(Path(root).absolute()) for root in client.registry.roots[:-1]],
    }
    if settings.store is not None and _shown(settings.store):
        arguments["store"] = _absolute(settings.store)
    folder = str(Path.cwd()) if any(_RELATIVE in source for source in came_from.values()) else None
    return Reference(type(client), mark, arguments, came_from, _digests(client, mark), folder)


def _digests(client: Any, mark: bytes) -> dict[str, str]:
    """Digests of the values that must be the same, by setting."""
    found = {}
    for name in (*SECRETS, "store"):
        text, source = _text(client.settings, name), client.came_from.get(name, "")
        variable = source == f"OCREG_{name.upper()}" or ", env:" in source
        if text is not None and (variable or name == "client_key"):
            salted = mark + f"{name}={text}".encode("utf-8", "surrogatepass")
            found[name] = sha256(salted).hexdigest()[:8]
    return found


def _compare(reference: Reference, made: Any) -> None:
    """Refuse a client that is not the one that was pickled. Raises SettingInvalid."""
    flaws, own = {}, _digests(made, reference.mark)
    for name in (*SECRETS, *(() if "store" in reference.arguments else ("store",))):
        before, now = reference.sources.get(name), made.came_from.get(name)
        if before not in (now, "argument"):  # those from arguments are demo values of env="local"
            flaws[name] = f"{_words(before)} in the process that pickled the client; here {_words(now)}"
        elif reference.digests.get(name, own.get(name)) != own.get(name):
            flaws[name] = f"{now} has another value here than in the process that pickled the client"
    if reference.folder not in (None, os.getcwd()):  # noqa: PTH109
        flaws.setdefault("profile", f"came from ocreg.toml in {reference.folder}, which is not the directory here")
    if flaws:
        lines = "\n".join(f"  {name}: {why}" for name, why in flaws.items())
        words = f"this process has other settings than the one that pickled the client:\n{lines}\n  {_WAYS}"
        raise SettingInvalid(words, setting=next(iter(flaws)))


def _words(source: str | None) -> str:
    return "it is not set" if source in (None, "default") else f"it comes from {source}"


def _text(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name)
    return value if value is None or isinstance(value, str) else str(value.reveal())


def _shown(store: str | None) -> bool:
    """Whether the URL of a store cannot have a password."""
    return store is None or ("?" not in store and urlsplit(store).password is None)


def _absolute(store: str) -> str:
    """The URL of an SQLite store with an absolute path: another process may have another directory."""
    prefix, mark, path = store.partition(":///")
    if not prefix.startswith("sqlite") or not mark or not path:
        return store
    return f"{prefix}:///{os.path.abspath(os.path.expanduser(path))}"  # noqa: PTH100, PTH111  # as the store does it
