"""Rejected examples for the rules of an endpoint file, as `ocreg lint --prove` requires, made from its own examples.

Each rule gets an edit of the first example that breaks it. Edits of one rule at one depth do not interfere and share an
example; an edit inside of what the example lacks is separate. Edits that turn out not to work are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..lint import examples as judging
from ..lint.prove import REMOVED, Mutation
from ..registry.endpoint import Endpoint
from ..registry.files import Registry, inherited
from ..registry.references import File
from ..violation import path_text
from .instances import Instances
from .operation import Node

_WRONG: dict[str, Any] = {"string": "text", "number": 1.5, "boolean": True, "null": None, "object": {}, "array": []}
_LONG = 60  # characters of a pointer; only an empty object or list may then stand on a line of its own
_NO_FORMAT = {"decimal": "no number", "url": "no address"}
_NO_MATCH = ("", "!", "no match", "~~~~", "0", "A")
_LONGEST, _MOST_ITEMS, _MOST, _DEEPEST = 1_000, 60, 80, 12
_TRIED = 300
"""How many examples are tried, at most: a schema with thousands of rules would take minutes."""


class _Place(NamedTuple):
    """The place of a schema's instance; `base` are the edits that create it, none if the example has it."""

    steps: tuple[str | int, ...]
    value: Any
    base: tuple[tuple[str, Any], ...] = ()

    def at(self, step: str | int, value: Any) -> _Place:
        return _Place((*self.steps, step), value, self.base)

    @property
    def pointer(self) -> str:
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.steps)

    @property
    def around(self) -> dict[str, Any]:
        """The edits that create the container of the place."""
        return {pointer: value for pointer, value in self.base if pointer != self.pointer}


@dataclass
class _Edit:
    """One way to break one rule."""

    part: str
    rule: str
    place: _Place
    wrong: Any = None
    drop: bool = False
    where: tuple[str | int, ...] = ()

    def __post_init__(self) -> None:
        self.where = self.where or self.place.steps


@dataclass
class _Walk:
    """A walk through the schemas of one part, along its first example."""

    part: str
    document: Node
    base: Node | None
    seen: set[tuple[str | int, ...]] = field(default_factory=set)

    def edits(self, node: Any, path: tuple[Any, ...], places: list[_Place], depth: int = 0) -> Iterator[_Edit]:
        """The edits for the schema at `path` of the document, whose instances are at `places`."""
        if not isinstance(node, dict) or not places or depth > _DEEPEST or path in self.seen:
            return
        self.seen.add(path)
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name in self.document.get("$defs", {}):
            yield from self.edits(self.document["$defs"][name], ("$defs", name), places, depth)
        for keyword in REMOVED:
            if keyword in node and self._new(path, keyword):
                yield from self._breaking(keyword, node, places)
        for name in node.get("required", ()):
            place = next((p for p in places if isinstance(p.value, dict) and name in p.value), None)
            if place is not None and self._new(path, "required", name):
                yield _Edit(self.part, "required", place.at(name, None), drop=True)
        yield from self._below(node, path, places, depth)

    def _new(self, path: tuple[Any, ...], keyword: str, name: str | None = None) -> bool:
        return self.base is None or Mutation(path, keyword, name).is_new(self.document, self.base)

    def _below(self, node: Node, path: tuple[Any, ...], places: list[_Place], depth: int) -> Iterator[_Edit]:
        for name, inner in node.get("properties", {}).items():
            held = [place.at(name, place.value[name]) for place in places if _has(place.value, name)]
            yield from self.edits(inner, (*path, "properties", name), held or self._put(places, name, inner), depth + 1)
        if "items" in node:
            lists = [place for place in places if isinstance(place.value, list)]
            held = [place.at(n, item) for place in lists for n, item in enumerate(place.value)]
            yield from self.edits(
                node["items"], (*path, "items"), held or self._put(lists, 0, node["items"]), depth + 1
            )
        if isinstance(node.get("additionalProperties"), dict):
            objects = [place for place in places if isinstance(place.value, dict)]
            known, inner = node.get("properties", {}), node["additionalProperties"]
            held = [place.at(k, v) for place in objects for k, v in place.value.items() if k not in known]
            below = (*path, "additionalProperties")
            yield from self.edits(inner, below, held or self._put(objects, "other", inner), depth + 1)
        for number, inner in enumerate(node.get("allOf", ())):
            yield from self.edits(inner, (*path, "allOf", number), places, depth)

    def _put(self, places: list[_Place], step: str | int, schema: Node) -> list[_Place]:
        """An instance where the example has none: it is added to its container, if that exists."""
        holder = next((p for p in places if isinstance(p.value, list if isinstance(step, int) else dict)), None)
        if holder is None or not isinstance(schema, dict) or schema.get("not") == {}:
            return [holder.at(step, 1)] if holder is not None else []
        made = Instances(self.document.get("$defs", {})).made(schema, str(step))
        place = holder.at(step, made)
        return [place._replace(base=(*place.base, (place.pointer, made)))]

    def _breaking(self, keyword: str, node: Node, places: list[_Place]) -> Iterator[_Edit]:
        fitting = [place for place in places if _concerns(keyword, place.value)] or places[:1]
        place = fitting[0]
        if keyword == "additionalProperties":
            yield _Edit(self.part, keyword, place.at("notDescribed", None), 1)
        else:
            for wrong in _wrong(keyword, node, place):
                yield _Edit(self.part, keyword, place, wrong)


def _has(value: Any, name: str) -> bool:
    return isinstance(value, dict) and name in value


def _concerns(keyword: str, value: Any) -> bool:
    if keyword in ("minItems", "maxItems", "uniqueItems"):
        return isinstance(value, list)
    if keyword in ("additionalProperties", "minProperties"):
        return isinstance(value, dict)
    return True


def _wrong(keyword: str, node: Node, place: _Place) -> Iterable[Any]:
    """Values that break a rule; several if only trying shows which one does."""
    rule, value = node[keyword], place.value
    if keyword == "type":
        kinds = [rule] if isinstance(rule, str) else rule
        candidates = list(_WRONG.items())[-2 if len(place.pointer) > _LONG else 0 :]
        return [wrong for kind, wrong in candidates if kind not in kinds][:1]
    if keyword in ("enum", "const"):
        known = rule if keyword == "enum" else [rule]
        return [w for w in ("none of these", 987654, True) if w not in known and type(w) is type(known[0])]
    if keyword == "format":
        return [_NO_FORMAT.get(rule, "no date")]
    if keyword == "pattern":
        return [text for text in _NO_MATCH if not re.search(rule, text, re.ASCII)][:1]
    if keyword in ("minLength", "maxLength"):
        size = rule - 1 if keyword == "minLength" else rule + 1
        return ["x" * size] if size <= _LONGEST else []
    if keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return [rule - 1 if keyword == "minimum" else rule + 1 if keyword == "maximum" else rule]
    if keyword == "minProperties":
        return [dict(list(value.items())[: rule - 1])] if isinstance(value, dict) else [{}]
    if keyword in ("minItems", "maxItems", "uniqueItems"):
        return _lists(keyword, rule, value)
    return list(_WRONG.values())  # anyOf, oneOf, not


def _lists(keyword: str, rule: Any, value: Any) -> list[Any]:
    items = value if isinstance(value, list) else []
    if keyword == "minItems":
        return [items[: rule - 1]]
    if not items or (keyword == "maxItems" and rule > _MOST_ITEMS):
        return []
    return [items[:1] * (2 if keyword == "uniqueItems" else rule + 1)]


def _nothing_shared(name: str) -> File:
    raise KeyError(name)


def added(endpoint: Endpoint, registry: Registry) -> list[Node]:
    """The rejected examples for a file's rules, or, if it extends another, for the rules that it adds."""
    return of(endpoint.id, endpoint.document, inherited(endpoint), registry.shared)


def of(id: str, document: Node, base: Node | None = None, read: Callable[[str], File] = _nothing_shared) -> list[Node]:
    """The rejected examples for the rules of a document that `base`, if given, does not have."""
    document = {**document, "examples": {**document.get("examples", {}), "rejected": []}}
    judge = judging.judge(id, document, read)
    edits: list[_Edit] = []
    for part, value in {each.part: each.value for each in reversed(list(judging.accepted(judge)))}.items():
        place = _Place((), value)
        if part == "response" and judge.envelope:
            place = place.at("data", value.get("data"))
        if part != "path":
            edits += _Walk(part, document, base).edits(document.get(part), (part,), [place])
    own, groups = "data" if judge.data is not None else "query", _groups(edits)[:_TRIED]
    good = _proved(id, document, read, [_together(group, own) for group in groups])
    pairs = zip(groups, good, strict=True)
    alone = [_together([edit], own) for group, kept in pairs if not kept and len(group) > 1 for edit in group]
    again = _proved(id, document, read, alone[:_TRIED])
    return _distinct([each for each in (*good, *again) if each])[:_MOST]


def _groups(edits: list[_Edit]) -> list[list[_Edit]]:
    """Edits that can share an example; several ways to break one rule never do."""
    found: dict[Any, list[_Edit]] = {}
    for edit in edits:
        turn = 0
        while True:
            alone = edit.place.steps if edit.place.around or not edit.place.steps else ()
            key = (edit.part, edit.rule, edit.drop, len(edit.place.steps), alone, turn)
            group = found.setdefault(key, [])
            if (alone and group) or any(other.place.steps == edit.place.steps for other in group):
                turn += 1
                continue
            group.append(edit)
            break
    return list(found.values())


def _together(group: list[_Edit], own: str) -> Node:
    first = group[0]
    inside = {} if first.part == own else {"in": first.part}
    if not first.place.steps:
        return {"because": f"{first.rule} at .", first.part: first.wrong}
    base = first.place.around
    if base:
        because = f"{first.rule} at {'?' if first.part == 'query' else ''}{path_text(first.where)}"
        edit: Node = {"drop": [first.place.pointer]} if first.drop else {}
        changes = base if first.drop else {**base, first.place.pointer: first.wrong}
        return {"because": because, **inside, "change": changes, **edit}
    if first.drop:
        return {"because": first.rule, **inside, "drop": [edit.place.pointer for edit in group]}
    return {"because": first.rule, **inside, "change": {edit.place.pointer: edit.wrong for edit in group}}


def _proved(id: str, document: Node, read: Callable[[str], File], made: list[Node]) -> list[Node | None]:
    """Each example that is refused for all its reasons; None in place of the others."""
    whole = {**document, "examples": {**document["examples"], "rejected": made}}
    judge = judging.judge(id, whole, read)
    good: list[Node | None] = []
    for example, proposed in zip(judging.rejected(judge), made, strict=True):
        reasons = set() if example.problem else {v.because for v in judging.violations(judge, example)}
        good.append(proposed if example.because and set(example.because) <= reasons else None)
    return good


def _distinct(made: list[Node]) -> list[Node]:
    """The first of several ways to break one rule at one place."""
    found: dict[str, Node] = {}
    for each in made:
        whole = next((part for part in ("data", "query", "response") if part in each), each.get("in"))
        found.setdefault(f"{each['because']} {whole} {sorted(each.get('change', {}))} {each.get('drop')}", each)
    return list(found.values())
