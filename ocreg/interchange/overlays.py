"""What a source adds to an operation of the registry, as a merge patch; and where the two contradict each other.

What the file leaves open is taken from the source. If both say something different, the file stays unchanged and the
contradiction is listed: a rule that a live server confirmed must not be lost to a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..registry.endpoint import Endpoint
from . import tidying
from .operation import Node

_RULES = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "pattern",
    "enum",
    "const",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minProperties",
    "uniqueItems",
)
_OPEN: tuple[Any, ...] = ({}, True, None)
_STATUS = ("announced", "partial", "documented")
_PARTS = {
    "method": "method",
    "path": "path",
    "headers": "headers",
    "request": "request",
    "payload": "request",
    "answer": "answer",
}


class Overlay:
    """The patch that adds `draft` to `current`. With `rules` false, existing fields get no further rules.

    `told`: the source is complete. Otherwise it shows calls, and what they lack contradicts nothing.
    """

    def __init__(
        self, current: Endpoint, draft: Node, *, told: bool = True, fields: bool = True, rules: bool = True
    ) -> None:
        self._current, self._draft, self._told = current, draft, told
        self._fields, self._rules = fields, rules
        self.contradictions: list[str] = []
        self.patch: Node = {}
        self._make()

    def _make(self) -> None:
        now, draft = self._current.document, self._draft
        for key in ("method", "path"):
            if key not in draft:  # a webhook has none
                continue
            if key not in now:
                self.patch[key] = draft[key]
            elif now[key] != draft[key]:
                self._against(key, draft[key], now[key])
        for key in ("host", "title", "description"):
            if key not in now and key in draft:
                self.patch[key] = draft[key]
        if "envelope" in draft and self._current.envelope and "data" in now:
            self._against("envelope", "no envelope", "an envelope")
        elif "envelope" in draft and self._current.envelope:
            self.patch["envelope"] = False
        for key in ("path_parameters", "query", "data", "response"):
            if key in draft:
                added = self._section(key)
                if added:
                    self.patch[key] = added
        if "$defs" in draft and re.search(r"#/\$defs/", str(self.patch)):
            self.patch["$defs"] = {k: v for k, v in draft["$defs"].items() if k not in now.get("$defs", {})}

    def _section(self, key: str) -> Node:
        schema = {"data": self._current.data, "query": self._current.query}.get(key)
        if key == "response" and "response" in self._current.document:
            schema = self._current.bundler.schema(("response",))
        if key == "path_parameters":
            schema = self._current.parameters
        if schema is None or self._current.document[key] in _OPEN:
            if key == "data" and self._draft.get("method") == "GET":
                return {}
            return dict(self._draft[key])
        whole, defs = schema.root, self._draft.get("$defs", {})

        def target(node: Any, names: Node) -> Any:
            for _ in range(10):
                if not (isinstance(node, dict) and "$ref" in node):
                    break
                beside = {key: value for key, value in node.items() if key != "$ref"}  # they apply as well
                node = {**names.get(node["$ref"].rpartition("/")[2], {}), **beside}
            return node if isinstance(node, dict) else {}

        return self._node(
            key, self._current.document[key], whole, self._draft[key],
            lambda node: target(node, whole.get("$defs", {})), lambda node: target(node, defs), 0,
        )  # fmt: skip

    def _node(
        self,
        path: str,
        own: Any,
        whole: Any,
        other: Any,
        now: Callable[[Any], Node],
        then: Callable[[Any], Node],
        depth: int,
    ) -> Node:
        """What to merge into the schema `own` (None if it is in another file); `whole` is its bundled form."""
        whole, other = now(whole), then(other)
        own = own if isinstance(own, dict) else None
        shared = own is not None and "$ref" in own
        if depth > 20 or any(key in whole for key in ("anyOf", "oneOf", "if", "not")):
            return {}
        patch: Node = {}
        here, there = tidying.kinds(whole) - {"null"}, tidying.kinds(other) - {"null"}
        if here and there and not (here == there or (not self._told and there <= _wider(here))):
            self._against(path, " or ".join(sorted(there)), " or ".join(sorted(here)))
            return {}
        sure = self._told or path.startswith("response")  # an accepted request does not show what else would be
        for key in ("type", *_RULES) if self._rules and sure else ():
            if key not in other or _same(whole.get(key), other[key]) or (key == "type" and here):
                continue
            if key in whole:
                self._against(f"{path} {key}", other[key], whole[key])
            elif own is None:
                self.contradictions.append(f"{path}: the source says {key} {str(other[key])[:120]}, the file nothing")
            elif not {"const", "enum"} & set(whole):
                patch[key] = other[key]
        if not whole.get("description") and "description" in other and own is not None and not shared and depth:
            patch["description"] = other["description"]
        self._required(path, whole, other)
        fields = dict(self._inner(path, own, whole, other, now, then, depth))
        if fields:
            patch["properties"] = fields
        if "items" in whole and "items" in other:
            inner = self._node(
                f"{path}[]", (own or {}).get("items"), whole["items"], other["items"], now, then, depth + 1
            )
            patch |= {"items": inner} if inner else {}
        elif "items" in other and own is not None and self._fields and "array" in (here or there):
            patch["items"] = other["items"]
        return patch

    def _inner(
        self,
        path: str,
        own: Node | None,
        whole: Node,
        other: Node,
        now: Callable[[Any], Node],
        then: Callable[[Any], Node],
        depth: int,
    ) -> Iterator[tuple[str, Node]]:
        known = whole.get("properties", {})
        closed = own is not None and "$ref" in own and whole.get("additionalProperties") is False
        for name, node in other.get("properties", {}).items():
            place = f"{path}.{name}"
            if name in known:
                below = (own or {}).get("properties", {}).get(name)
                added = self._node(place, below, known[name], node, now, then, depth + 1)
                if added:
                    yield name, added
            elif near := next((spelled for spelled in known if spelled.lower() == name.lower()), None):
                self._against(place, f"the spelling {name}", near)
            elif own is not None and self._fields and not closed:
                yield name, node
            else:
                self.contradictions.append(f"{place}: the source has this field, the file does not")
        if self._told and whole.get("additionalProperties") is False and "properties" in other:
            spelled = {name.lower() for name in other["properties"]}
            for name in known:
                if name.lower() not in spelled and not _refused(whole, name):
                    self.contradictions.append(f"{path}.{name}: the file has this field, the source does not")

    def _required(self, path: str, whole: Node, other: Node) -> None:
        here, there = set(whole.get("required", ())), set(other.get("required", ()))
        for name in sorted(there - here):
            if name in whole.get("properties", {}):
                self._against(f"{path}.{name}", "required", "optional")
        for name in sorted(here - there) if self._told else ():
            if name in other.get("properties", {}):
                self._against(f"{path}.{name}", "optional", "required")

    def _against(self, what: str, source: Any, file: Any) -> None:
        self.contradictions.append(f"{what}: the source says {str(source)[:120]}, the file {str(file)[:120]}")

    def evidence(self) -> Node:
        """The evidence with the source added, proven items no longer unknown, and contradictions first."""
        now, new = self._current.evidence, self._draft["evidence"]
        best = max(now.get("status", "announced"), new["status"], key=_STATUS.index)
        known = {"method", "path", "headers", "request"} | ({"answer"} if new["status"] == "documented" else set())
        left = [words for words in now.get("unknown", ()) if not _answered(words, known)]
        merged = {
            "status": best,
            "sources": [*now.get("sources", ()), *(s for s in new["sources"] if s not in now.get("sources", ()))],
            "inferred": list(dict.fromkeys([*now.get("inferred", ()), *_new_inferred(now, new)])),
            "unknown": list(dict.fromkeys([*self.contradictions, *left])),
        }
        return {key: value for key, value in merged.items() if value != now.get(key) and (value or now.get(key))}


def _new_inferred(now: Node, new: Node) -> list[str]:
    """The draft's conclusions that the overlay takes over, without the effect, which the file has."""
    return [words for words in new.get("inferred", ()) if not words.startswith(("the effect", "the usual three"))]


def _answered(words: str, known: set[str]) -> bool:
    """Whether an entry names only parts that are now known: `request and answer`."""
    parts = [word for word in re.findall(r"[a-z]+", words.lower()) if word not in ("the", "and", "its")]
    return bool(parts) and all(_PARTS.get(part) in known for part in parts)


def _refused(whole: Node, name: str) -> bool:
    inner = whole["properties"][name]
    return inner is False or (isinstance(inner, dict) and inner.get("not") == {})


def _same(a: Any, b: Any) -> bool:
    """Whether two values are equal; enums also in another order."""
    return bool(a == b) or (isinstance(a, list) and isinstance(b, list) and sorted(map(str, a)) == sorted(map(str, b)))


def _wider(kinds: set[str]) -> set[str]:
    return kinds | ({"integer"} if "number" in kinds else set())
