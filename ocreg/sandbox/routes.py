"""The operation of a request: by method and path, and if several share them, by the fixed query parameters.

A literal path takes precedence over one with {placeholders}; among those, the one with the fewest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..errors import OcregError
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from . import placeholders

Address = tuple[str, str]


class Routes:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._ids: dict[Address, list[str]] = {}

    def find(
        self, method: str, path: str, given: Callable[[], Mapping[str, str]], hint: str | None = None
    ) -> Endpoint | None:
        """`given` reads a token request's parameters; `hint` is an id that avoids a search through all files."""
        address = ("GET" if method == "HEAD" else method, path)
        hinted = self._hinted(hint)
        if hinted is not None and _fits(_address(hinted), address) and not is_token_operation(hinted):
            return hinted
        candidates = [self._registry[id] for id in self._at(address)]
        if not candidates or not is_token_operation(candidates[-1]):
            return candidates[-1] if candidates else None
        sent = given()
        return next((e for e in candidates if _fixed(e).items() <= sent.items()), candidates[0])

    def are_told_by_form(self, method: str, path: str) -> bool:
        """Whether several operations share this address, so that a form body may have to decide between them."""
        return len(self._at((method, path))) > 1

    def methods(self, path: str) -> list[str]:
        """The methods of a path, none for an unknown path; `*` is the server as a whole."""
        self._at(("GET", path))
        known = {method for method, at in self._ids if path == "*" or _fits((method, at), (method, path))}
        return sorted({*known, "OPTIONS", *(("HEAD",) if "GET" in known else ())}) if known else []

    def _at(self, address: Address) -> list[str]:
        if not self._known_at(address):  # or a file that was added a moment ago
            self._ids = self._all()
        return self._known_at(address)

    def _known_at(self, address: Address) -> list[str]:
        if address in self._ids:
            return self._ids[address]
        fitting = [known for known in self._ids if "{" in known[1] and _fits(known, address)]
        return self._ids[min(fitting, key=lambda known: known[1].count("{"))] if fitting else []

    def _hinted(self, hint: str | None) -> Endpoint | None:
        try:
            return self._registry[hint] if hint is not None else None
        except OcregError:  # the caller has files that this world does not have
            return None

    def _all(self) -> dict[Address, list[str]]:
        found: dict[Address, list[str]] = {}
        for id in self._registry:
            try:
                address = _address(self._registry[id])
            except OcregError:  # one broken file must not disable the others; `ocreg lint` reports it
                continue
            if address[1]:
                found.setdefault(address, []).append(id)
        return found


def is_token_operation(endpoint: Endpoint) -> bool:
    """Whether it is a token operation: no keys, no signature, no envelope, all in the query."""
    return not (endpoint.sends_token or endpoint.envelope or "data" in endpoint.document)


def _address(endpoint: Endpoint) -> Address:
    """Method and full path, or empty strings if it cannot be called."""
    if endpoint.path is None or endpoint.method is None or endpoint.caller == "vendor":
        return "", ""
    return endpoint.method, urlsplit(endpoint.base("local", None)).path + endpoint.path


def _fits(known: Address, address: Address) -> bool:
    return known[0] == address[0] and placeholders.values(known[1], address[1]) is not None


def path_parameters(endpoint: Endpoint, path: str) -> dict[str, str] | None:
    """The values of the {placeholders} in a request's path; None if it has none."""
    return placeholders.values(_address(endpoint)[1], path) if endpoint.parameters is not None else None


def _fixed(endpoint: Endpoint) -> dict[str, Any]:
    """The query parameters that distinguish operations with the same path."""
    properties = endpoint.query.root.get("properties", {}) if endpoint.query else {}
    return {name: node["const"] for name, node in properties.items() if "const" in node}
