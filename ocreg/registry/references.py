"""`$ref`: which two forms there are, and how a schema and all it refers to become one self-contained schema.

    #/$defs/<name>                   a schema under this file's own `$defs`
    _shared/<file>.yaml#/<name>      a schema at the top of a file in the registry's `_shared/` folder

Nothing else is followed: no URL is ever fetched, no path leaves the registry. Both validators are given the finished
schema, so neither has a resolver of its own to disagree with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import EndpointInvalid
from .answer import nullable
from .schema import Place, Schema

if TYPE_CHECKING:
    from .schema import Source

_LOCAL = re.compile(r"#/\$defs/([A-Za-z0-9_-]+)\Z")
_SHARED = re.compile(r"_shared/([a-z0-9_-]+)\.yaml#/([A-Za-z0-9_-]+)\Z")

File = tuple[dict[str, Any], tuple["Source", ...]]


class Bundler:
    """Turns one section of a file into a Schema. `shared` reads a file of the registry's `_shared/` folder."""

    def __init__(self, file: File, shared: Callable[[str], File]) -> None:
        self._own = file
        self._shared = shared

    def schema(
        self,
        section: tuple[str, ...],
        wrap: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        inner: tuple[str, ...] = (),
    ) -> Schema:
        """The Schema at `section` of the file; `wrap` may put it into a larger one, at `inner`."""
        node: Any = self._own[0]
        for step in section:
            node = node[step]
        found: dict[str, Any] = {}
        places: dict[str, Place] = {}
        root = self._rewrite(node, None, found, places, Place(self._own[1], section))
        if wrap is not None:
            root = wrap(root)
            found = {name: nullable(node) for name, node in found.items()}
        return Schema({**root, "$defs": found} if found else root, Place(self._own[1], section), places, inner)

    def _rewrite(
        self, node: Any, shared_name: str | None, found: dict[str, Any], places: dict[str, Place], here: Place
    ) -> Any:
        """A copy of `node` whose references point into the finished schema's `$defs`; fills `found` and `places`."""
        if isinstance(node, list):
            return [self._rewrite(item, shared_name, found, places, here.at(n)) for n, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        copy = {key: self._rewrite(item, shared_name, found, places, here.at(key)) for key, item in node.items()}
        if isinstance(copy.get("properties"), dict):
            copy["properties"].update(_other_spellings(copy["properties"]))
        if not isinstance(node.get("x-instead-of", {}), dict):
            file, line = here.find(["x-instead-of"])
            raise EndpointInvalid(f"{file}:{line}: x-instead-of must be a mapping", file=file, line=line)
        reference = node.get("$ref")
        if isinstance(reference, str):
            copy["$ref"] = "#/$defs/" + self._take(reference, shared_name, found, places, here)
        return copy

    def _take(
        self, reference: str, shared_name: str | None, found: dict[str, Any], places: dict[str, Place], here: Place
    ) -> str:
        local, shared = _LOCAL.match(reference), _SHARED.match(reference)
        if shared:
            shared_name, name = shared[1], shared[2]
        elif local:
            name = local[1]
        else:
            words = "must be #/$defs/<name> or _shared/<file>.yaml#/<name>; nothing else is ever read"
            raise _broken(here, reference, words)
        key = f"{shared_name}.{name}" if shared_name else name
        if key not in found:
            try:
                values, sources = self._shared(shared_name) if shared_name else self._own
            except FileNotFoundError:
                raise _broken(here, reference, f"there is no _shared/{shared_name}.yaml") from None
            path = (name,) if shared_name else ("$defs", name)
            target = values.get(name) if shared_name else values.get("$defs", {}).get(name)
            if not isinstance(target, dict):
                raise _broken(here, reference, f"there is no schema {name!r} there")
            found[key] = {}  # known from here on: a schema may refer to itself
            places[key] = Place(sources, path)
            found[key] = self._rewrite(target, shared_name, found, places, places[key])
        return key


def _other_spellings(properties: dict[str, Any]) -> dict[str, Any]:
    """Schemas that refuse the spellings which `x-instead-of` names, each with the reason as its hint."""
    return {
        other: {"not": {}, "x-hint": f"use `{name}`: {reason}"}
        for name, node in properties.items()
        if isinstance(node, dict)
        for other, reason in node.get("x-instead-of", {}).items()
    }


def _broken(here: Place, reference: str, why: str) -> EndpointInvalid:
    file, line = here.find(["$ref"])
    return EndpointInvalid(f"{file}:{line}: $ref {reference!r}: {why}", file=file, line=line)
