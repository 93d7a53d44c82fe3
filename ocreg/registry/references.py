"""`$ref`: its two forms, and how a schema and all that it refers to become one self-contained schema.

    #/$defs/<name>                   a schema in this file's own `$defs`
    _shared/<file>.yaml#/<name>      a schema at the top level of a file in the registry's `_shared/` folder

No other form is followed: no URL is ever fetched, and no path leaves the registry. A circle is allowed if each round
goes deeper into a value; any other is refused (`circles`). Both validators receive the finished schema, so neither
uses a resolver of its own that could disagree.
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
_DEEPEST = 30

File = tuple[dict[str, Any], tuple["Source", ...]]


class _Taken:
    """What a finished schema takes over: schemas and places by name; whether one refers further; the current depth."""

    def __init__(self, schemas: dict[str, Any], places: dict[str, Place]) -> None:
        self.schemas, self.places = schemas, places
        self.nested, self.depth = False, 0


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
        here, taken = Place(self._own[1], section), _Taken({}, {})
        root = self._rewrite(node, None, taken, here)
        if taken.nested:
            _check_ends(root, taken, here)
        found = taken.schemas
        if wrap is not None:
            root = wrap(root)
            found = {name: nullable(node) for name, node in found.items()}
        return Schema({**root, "$defs": found} if found else root, here, taken.places, inner)

    def _rewrite(self, node: Any, shared_name: str | None, taken: _Taken, here: Place) -> Any:
        """A copy of `node` whose references point into the finished schema's `$defs`; fills `taken`."""
        if isinstance(node, list):
            return [self._rewrite(item, shared_name, taken, here.at(n)) for n, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        copy = {key: self._rewrite(item, shared_name, taken, here.at(key)) for key, item in node.items()}
        if isinstance(copy.get("properties"), dict):
            copy["properties"].update(_other_spellings(copy["properties"]))
        if not isinstance(node.get("x-instead-of", {}), dict):
            file, line = here.find(["x-instead-of"])
            raise EndpointInvalid(f"{file}:{line}: x-instead-of must be a mapping", file=file, line=line)
        reference = node.get("$ref")
        if isinstance(reference, str):
            copy["$ref"] = "#/$defs/" + self._take(reference, shared_name, taken, here)
        return copy

    def _take(self, reference: str, shared_name: str | None, taken: _Taken, here: Place) -> str:
        local, shared = _LOCAL.match(reference), _SHARED.match(reference)
        if shared:
            shared_name, name = shared[1], shared[2]
        elif local:
            name = local[1]
        else:
            words = "must be #/$defs/<name> or _shared/<file>.yaml#/<name>; no other form is read"
            raise _broken(here, reference, words)
        key = f"{shared_name}.{name}" if shared_name else name
        taken.nested = taken.nested or taken.depth > 0
        if taken.depth > _DEEPEST:
            raise _unusable(here, f"$ref {reference!r}: more than {_DEEPEST} nested references")
        if key not in taken.schemas:
            try:
                values, sources = self._shared(shared_name) if shared_name else self._own
            except FileNotFoundError:
                raise _broken(here, reference, f"there is no _shared/{shared_name}.yaml") from None
            path = (name,) if shared_name else ("$defs", name)
            target = values.get(name) if shared_name else values.get("$defs", {}).get(name)
            if not isinstance(target, dict):
                raise _broken(here, reference, f"there is no schema {name!r} there")
            taken.schemas[key] = {}  # registered now, because a schema may refer to itself
            taken.places[key] = Place(sources, path)
            taken.depth += 1
            taken.schemas[key] = self._rewrite(target, shared_name, taken, taken.places[key])
            taken.depth -= 1
        return key


def _check_ends(root: Any, taken: _Taken, here: Place) -> None:
    """Raises EndpointInvalid if a check of the finished schema would not end."""
    from .circles import Endless, check  # needed by few schemas: those with nested references

    try:
        check({**root, "$defs": taken.schemas})
    except Endless as error:
        raise _unusable(taken.places.get(error.name or "", here), str(error)) from None


def _unusable(place: Place, why: str) -> EndpointInvalid:
    file, line = place.find([])
    return EndpointInvalid(f"{file}:{line}: {why}", file=file, line=line)


def _other_spellings(properties: dict[str, Any]) -> dict[str, Any]:
    """Schemas that refuse the spellings in `x-instead-of`, each with the reason as its hint."""
    return {
        other: {"not": {}, "x-hint": f"use `{name}`: {reason}"}
        for name, node in properties.items()
        if isinstance(node, dict)
        for other, reason in node.get("x-instead-of", {}).items()
    }


def _broken(here: Place, reference: str, why: str) -> EndpointInvalid:
    file, line = here.find(["$ref"])
    return EndpointInvalid(f"{file}:{line}: $ref {reference!r}: {why}", file=file, line=line)
