"""The operation of the registry that a source describes, or the id of a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ..errors import OcregError
from ..registry.endpoint import Endpoint
from ..registry.files import ID, Registry
from . import scaffold
from .operation import Operation

_DOMAIN = ".orangeconnex.com"
_NOISE = re.compile(r"(?:v[0-9]+|api|openapi|3pp|rest|\{.*\})\Z", re.IGNORECASE)


class Ambiguous(ValueError):
    """Several operations of the registry match; the text names them."""


class Known:
    """The readable operations of a registry, and the hosts that they name.

    `hosts` are others (names, or base URLs) whose calls are read: a proxy, a mock. No key is ever sent there.
    """

    def __init__(self, registry: Registry, hosts: Iterable[str] = ()) -> None:
        self.registry, self.endpoints = registry, list[Endpoint]()
        for id in registry:
            try:
                self.endpoints.append(registry[id])
            except OcregError:  # `ocreg lint` reports it
                continue
        urls = [*scaffold.HOSTS.values(), *(url for e in self.endpoints for url in e.host.values())]
        self._hosts = {str(urlsplit(url).hostname) for url in urls}
        others = [urlsplit(host if "://" in host else f"//{host}") for host in hosts]
        self._others = {str(parts.hostname) for parts in others}
        self._bases = {path.rstrip("/") for path in (*(urlsplit(url).path for url in urls), *(o.path for o in others))}
        self._bases -= {""}

    def ours(self, url: str) -> bool:
        """Whether keys may be sent to a URL: a host of the registry or of the vendor's domain, over https."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        host = parts.hostname or ""
        return parts.scheme == "https" and (host in self._hosts or host.endswith(_DOMAIN))

    def named(self, url: str) -> bool:
        """Whether calls to a URL are read."""
        try:
            host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
        except ValueError:
            return False
        return host in self._others or host in self._hosts or host.endswith(_DOMAIN)

    def below(self, path: str) -> str:
        """A path without the base path that hosts already contain."""
        base = next((base for base in sorted(self._bases, reverse=True) if path.startswith(base + "/")), "")
        return path[len(base) :]

    def match(self, operation: Operation) -> Endpoint | None:
        """By the id in an export of ocreg, by page, method and path, path, or the title of one without a path.

        A webhook matches only operations that the vendor sends, and may be recognized by its name.
        """
        sent = operation.caller == "vendor"
        every = [e for e in self.endpoints if (e.caller == "vendor") is sent]
        pages = [e for e in every if operation.page and operation.page in _pages(e)]
        paths = [e for e in every if e.path and _plain(e.path) == _plain(operation.path)]
        exact = [e for e in paths if e.method == operation.method]
        title = operation.title.strip().casefold()
        titles = [e for e in every if not e.path and title and e.title.strip().casefold() == title]
        named = [e for e in every if e.id == (operation.id or _webhook_id(operation))] if sent else []
        named = named or [e for e in exact if e.id == operation.id]
        for found in (named, pages, exact, paths, titles):
            if len(found) > 1:
                raise Ambiguous(f"{', '.join(e.id for e in found)} match it equally: import it separately, with --id")
            if found:
                return found[0]
        return None


def _webhook_id(operation: Operation) -> str:
    return f"webhook.{_word(operation.path.partition('/')[2])[:90]}"


def _pages(endpoint: Endpoint) -> set[str]:
    return {source["page"] for source in endpoint.evidence.get("sources", ()) if isinstance(source.get("page"), str)}


def _plain(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path).rstrip("/")


def new_id(operation: Operation, taken: Iterable[str]) -> str:
    """The id in an export of ocreg; otherwise one from the path's words, with the method if it is taken."""
    taken = set(taken)
    if operation.caller == "vendor":
        names = [operation.id or "", _webhook_id(operation)]
        return next((id for id in names if id not in taken and ID.match(id)), "")
    words = [_word(part) for part in operation.path.split("/") if part and not _NOISE.match(part)]
    words = [word for word in words if word]
    if len(words) < 2:
        tags = [word for tag in operation.tags if (word := _word(tag))]
        words = [*(tags[:1] or ["imported"]), *(words or [operation.method.lower()])]
    first, *rest = words
    id = f"{first[:60]}.{'_'.join(rest)[:90]}"
    choices = [
        operation.id or id,
        id,
        f"{id}_{operation.method.lower()}",
        *(f"{id}_{number}" for number in range(2, 100)),
    ]
    return next((choice for choice in choices if choice not in taken and ID.match(choice)), "")


def _word(text: str) -> str:
    word = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()
    return re.sub(r"[^a-z0-9]+", "_", word).lstrip("_0123456789").rstrip("_")
