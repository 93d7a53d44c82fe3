"""The tree of a schema: its meaning, with `$ref` and `allOf` merged in. How it is written leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
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
_WORDS = {"description", "examples", "x-hint", "x-instead-of", "$defs"}
_SIZES = {"minLength", "minItems", "minProperties"}
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_FOR_KIND = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    **{"integer": _NUMBERS, "number": _NUMBERS, "boolean": set(), "null": set()},
    **{
        "array": {"items", "minItems", "maxItems", "uniqueItems"},
        "object": {"required", "properties", "minProperties"},
    },
}
"""The rules that apply to one type only."""
_NEVER: Tree = {"not": {}}
REFUSED: Tree = {"refused": True}


class Reader:
    """Makes trees of a self-contained schema: what all schemas for one value say together."""

    def __init__(self, root: Tree, *, answers: bool) -> None:
        self._defs = root.get("$defs", {})
        self._answers = answers
        self._flat: dict[int, Tree] = {}

    def tree(self, nodes: Sequence[Any], above: tuple[frozenset[int], ...] = ()) -> Tree:
        parts = self._parts(nodes)
        if not parts:
            return {}
        key = frozenset(map(id, parts))
        if key in above:  # a recursive schema
            return {"again": len(above) - above.index(key)}
        above = (*above, key)
        found = {**_own(parts), **self._rules(parts, above), **self._inner(parts, above)}
        return dict(REFUSED) if {} in found.get("not", ()) else found

    def _parts(self, nodes: Sequence[Any]) -> list[Tree]:
        """The schemas among `nodes`, and among all that they refer to or combine, that have rules; each once."""
        found: list[Tree] = []
        waiting = list(nodes)
        while waiting:
            node = waiting.pop(0)
            if node is True:
                continue
            node = self._flattened(_NEVER if node is False else node)
            if any(node is other for other in found):
                continue
            found.append(node)
            if "$ref" in node:
                waiting.append(self._defs[node["$ref"].removeprefix("#/$defs/")])
            waiting.extend(node.get("allOf", ()))
        return [node for node in found if node.keys() - _MEANS_NOTHING]

    def _flattened(self, node: Tree) -> Tree:
        """The schema, with its alternatives as a list of types or values if they are no more than that."""
        if "anyOf" not in node and "oneOf" not in node:
            return node
        if id(node) not in self._flat:  # cached, so that a schema keeps its identity
            flat = dict(node)
            for key in node.keys() & {"anyOf", "oneOf"}:
                one = _one_of_a_kind([self._resolved(branch) for branch in node[key]])
                if one is not None:
                    flat.pop(key)
                    flat["allOf"] = [*flat.get("allOf", ()), one]
            self._flat[id(node)] = flat
        return self._flat[id(node)]

    def _resolved(self, node: Any) -> Any:
        """The target of a schema that is only a reference."""
        while isinstance(node, dict) and node.keys() - _WORDS == {"$ref"}:
            node = self._defs[node["$ref"].removeprefix("#/$defs/")]
        return node

    def _rules(self, parts: list[Tree], above: tuple[frozenset[int], ...]) -> Tree:
        """Alternatives, refusals and conditions."""
        found: Tree = {}
        for key in ("anyOf", "oneOf"):
            for part in parts:
                if key in part:
                    trees = [self.tree([node], above) for node in part[key]]
                    found.setdefault(key, []).append(sorted(trees, key=text))
        for part in parts:
            if "not" in part:
                found.setdefault("not", []).append(self.tree([part["not"]], above))
        found = {key: sorted(rules, key=text) for key, rules in found.items()}  # their order has no meaning
        conditions: dict[str, list[Tree]] = {}
        for part in parts:
            if "if" in part:
                conditions.setdefault(text(self.tree([part["if"]], above)), []).append(part)
        for same in conditions.values():  # all consequences of one condition are one rule
            rule = {key: self.tree([part[key] for part in same if key in part], above) for key in ("then", "else")}
            rule = {key: tree for key, tree in rule.items() if tree}
            if rule:
                found.setdefault("if", []).append({"if": self.tree([same[0]["if"]], above), **rule})
        return found

    def _inner(self, parts: list[Tree], above: tuple[frozenset[int], ...]) -> Tree:
        """Fields, items, and the rules for fields that are not named."""
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
            if not ("refused" in inner and "closed" in found):  # a closed object refuses it in any case
                fields[name] = inner
        if fields and not (others or self._answers) and any(part.get("x-unknown") == "allow" for part in parts):
            found["free"] = True
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
            if given and not (keyword in _SIZES and strictest(given) == 0):
                found[keyword] = strictest(given)
    _one_bound(found, whole=kinds is not None and "number" not in kinds)
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


def _one_bound(found: Tree, *, whole: bool) -> None:
    """Of two bounds on one side, the stricter one; between `whole` numbers always an inclusive one."""
    for bound, beyond, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        ends = [(value * step, key == beyond) for key in (bound, beyond) if (value := found.pop(key, None)) is not None]
        if not ends:
            continue
        end, excluded = max(ends)
        if whole:
            end, excluded = floor(end) + 1 if excluded else ceil(end), False
        found[beyond if excluded else bound] = end * step


def _one_of_a_kind(branches: list[Any]) -> Tree | None:
    """Alternatives as one schema, if a value's type or the value itself decides between them; otherwise None."""
    plain = [{key: b[key] for key in b.keys() - _WORDS} if isinstance(b, dict) else {} for b in branches]
    if all(branch.keys() & {"enum", "const"} and len(branch) == 1 for branch in plain):
        values = [value for branch in plain for value in branch.get("enum", [branch.get("const")])]
        return {"enum": values} if len(set(map(text, values))) == len(values) else None
    one: Tree = {"type": []}
    for branch in plain:
        kinds = kinds_of(branch) or set()
        about = {"type"}.union(*(_FOR_KIND[kind] for kind in kinds))
        if not kinds or set(one["type"]) & kinds or branch.keys() - about:
            return None
        one = {**one, **branch, "type": [*one["type"], *sorted(kinds)]}
    return one


def _allowed(parts: list[Tree]) -> tuple[set[str] | None, list[Any] | None]:
    """The types and the values that all parts allow; None if any are allowed."""
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
        kinds = {_kind(value) for value in values}  # `type` adds nothing to the values
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
