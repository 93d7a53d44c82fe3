"""The tree of a schema: what it means, with `$ref` and `allOf` merged away. How it is written leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .words import text

Tree = dict[str, Any]

LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
ALL_OF = ("format", "pattern")  # every one of several must be met
_MARKS = {"x-setting": "setting", "x-encoded": "encoded", "x-secret": "masked", "x-sensitive": "masked"}
_NAMES: dict[type, str] = {
    **{str: "string", bool: "boolean", int: "integer", type(None): "null"},
    **{list: "array", dict: "object"},
}
_MEANS_NOTHING = {"$ref", "$defs", "allOf", "description", "examples", "x-hint", "x-instead-of"}  # by themselves
_NEVER: Tree = {"not": {}}
REFUSED: Tree = {"refused": True}


class Reader:
    """Makes trees of a self-contained schema: what all schemas that speak of one value say together."""

    def __init__(self, root: Tree, *, answers: bool) -> None:
        self._defs = root.get("$defs", {})
        self._answers = answers

    def tree(self, nodes: Sequence[Any], above: tuple[frozenset[int], ...] = ()) -> Tree:
        parts = self._parts(nodes)
        if not parts:
            return {}
        key = frozenset(map(id, parts))
        if key in above:  # a schema inside itself
            return {"again": len(above) - above.index(key)}
        above = (*above, key)
        found = {**_own(parts), **self._rules(parts, above), **self._inner(parts, above)}
        return dict(REFUSED) if {} in found.get("not", ()) else found

    def _parts(self, nodes: Sequence[Any]) -> list[Tree]:
        """Those of `nodes`, and of all that they refer to or require together, that say something; each once."""
        found: list[Tree] = []
        waiting = list(nodes)
        while waiting:
            node = waiting.pop(0)
            if node is True:
                continue
            node = _NEVER if node is False else node
            if any(node is other for other in found):
                continue
            found.append(node)
            if "$ref" in node:
                waiting.append(self._defs[node["$ref"].removeprefix("#/$defs/")])
            waiting.extend(node.get("allOf", ()))
        return [node for node in found if node.keys() - _MEANS_NOTHING]

    def _rules(self, parts: list[Tree], above: tuple[frozenset[int], ...]) -> Tree:
        """Alternatives, refusals and conditions."""
        found: Tree = {}
        for key in ("anyOf", "oneOf"):
            for part in parts:
                if key in part:
                    found.setdefault(key, []).append([self.tree([node], above) for node in part[key]])
        for part in parts:
            if "not" in part:
                found.setdefault("not", []).append(self.tree([part["not"]], above))
        conditions: dict[str, list[Tree]] = {}
        for part in parts:
            if "if" in part:
                conditions.setdefault(text(self.tree([part["if"]], above)), []).append(part)
        for same in conditions.values():  # all that one condition brings about is one rule
            rule = {key: self.tree([part[key] for part in same if key in part], above) for key in ("then", "else")}
            rule = {key: tree for key, tree in rule.items() if tree}
            if rule:
                found.setdefault("if", []).append({"if": self.tree([same[0]["if"]], above), **rule})
        return found

    def _inner(self, parts: list[Tree], above: tuple[frozenset[int], ...]) -> Tree:
        """Fields, items, and what holds for fields that are not named."""
        found: Tree = {}
        others = self.tree([part.get("additionalProperties", True) for part in parts], above)
        if others:
            found |= {"closed": True} if "refused" in others else {"others": others}
        required = {name for part in parts for name in part.get("required", ())}
        fields: Tree = {}
        for name in dict.fromkeys(name for part in parts for name in part.get("properties", ())):
            inner = self.tree(
                [part.get("properties", {}).get(name, part.get("additionalProperties", True)) for part in parts], above
            )
            if self._answers and name not in required and len(inner.get("type", ())) > 1:
                inner["type"] = [kind for kind in inner["type"] if kind != "null"]  # null counts as absent
            if not ("refused" in inner and "closed" in found):  # a closed object refuses it anyway
                fields[name] = inner
        items = self.tree([part["items"] for part in parts if "items" in part], above)
        named = {"required": sorted(required), "fields": fields, "items": items}
        return found | {key: value for key, value in named.items() if value}


def _own(parts: list[Tree]) -> Tree:
    """The rules about the value itself."""
    found: Tree = {}
    kinds, values = _allowed(parts)
    if kinds is not None:
        found["type"] = sorted(kinds - {"integer"} if "number" in kinds else kinds)
    if values is not None:
        found["enum"] = values
    for keywords, strictest in ((LOWER, max), (UPPER, min)):
        for keyword in keywords:
            given = [part[keyword] for part in parts if keyword in part]
            if given:
                found[keyword] = strictest(given)
    for keyword in ALL_OF:
        rules = sorted({part[keyword] for part in parts if keyword in part})
        if rules:
            found[keyword] = rules
    if any(part.get("uniqueItems") for part in parts):
        found["uniqueItems"] = True
    for mark, name in _MARKS.items():
        given = [part[mark] for part in parts if part.get(mark)]
        if given:
            found[name] = given[0]
    return found


def _allowed(parts: list[Tree]) -> tuple[set[str] | None, list[Any] | None]:
    """The types and the values that all parts allow; None where any will do."""
    kinds: set[str] | None = None
    values: list[Any] | None = None
    for part in parts:
        if "type" in part:
            given = kinds_of(part)
            kinds = given if kinds is None else kinds & (given or set())
        for listed in [part[key] if key == "enum" else [part[key]] for key in ("enum", "const") if key in part]:
            texts = {text(value) for value in listed}
            values = list(listed) if values is None else [value for value in values if text(value) in texts]
    if values is not None:
        values = sorted((value for value in values if kinds is None or _kind(value) in kinds), key=text)
        kinds = {_kind(value) for value in values}  # the values say it all: `type` beside them adds nothing
    return kinds, values


def kinds_of(node: Tree) -> set[str] | None:
    kinds = node.get("type")
    if kinds is None:
        return None
    listed = {kinds} if isinstance(kinds, str) else set(kinds)
    return listed | {"integer"} if "number" in listed else listed


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return _NAMES[type(value)]
