"""What changed between two registries, in words, and whether it breaks callers.

First each operation is brought into its *meaning*: plain JSON without words for people, examples and the sandbox, every
schema a tree in which `$ref` and `allOf` are merged away. How a file is written therefore does not matter, and a change
in `_shared/` shows in every operation that refers to it. Then two meanings are compared.

A change makes what is allowed narrower, wider, or just different. What is sent may become wider and what is answered
may become narrower without breaking anybody; everything else breaks. Two cases are judged more mildly than by that
rule: a new optional field of an object that takes unknown fields (nobody was told to send it), and in answers whether
unknown fields are mentioned (they always pass). Where the two sides cannot be ordered, as with two patterns, it breaks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..endpoint import Endpoint
from ..registry import Registry
from .checks import meta_problem
from .schemas import SECTIONS

Tree = dict[str, Any]
Direction = Literal["narrower", "wider", "different", "harmless"]

_FACTS = ("method", "path", "caller", "auth", "effect", "envelope", "errors_with_data", "token", "api_version")
_UNKNOWN_ONCE = ("method", "path", "host.sandbox", "host.production")
_LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
_ALL_OF = ("format", "pattern")  # every one of several must be met
_MARKS = {"x-setting": "setting", "x-encoded": "encoded", "x-secret": "masked", "x-sensitive": "masked"}
_TAKEN = {
    **{"data": "a payload", "query": "query parameters"},
    **{"path_parameters": "path parameters", "response": "an answer"},
}
_NAMES: dict[type, str] = {
    **{str: "string", bool: "boolean", int: "integer", type(None): "null"},
    **{list: "array", dict: "object"},
}
_MEANS_NOTHING = {"$ref", "$defs", "allOf", "description", "examples", "x-hint", "x-instead-of"}  # by themselves
_NEVER: Tree = {"not": {}}
_REFUSED: Tree = {"refused": True}


@dataclass(frozen=True)
class Change:
    """What changed in an operation, at which path (`data.[].orderNumber`, `method`), and whether it breaks callers."""

    operation: str
    path: str
    message: str
    breaking: bool


def changes(old: Registry, new: Registry) -> list[Change]:
    """Every change between two registries, by operation. Raises EndpointInvalid where a file cannot be read."""
    return between(meanings(old), meanings(new))


def meanings(registry: Registry) -> dict[str, Tree]:
    """The meaning of every operation, by id. Raises EndpointInvalid."""
    return {id: meaning(registry[id]) for id in registry}


def between(old: dict[str, Tree], new: dict[str, Tree]) -> list[Change]:
    """Every change between two registries whose meanings are at hand."""
    found: list[Change] = []
    for id in sorted(old.keys() | new.keys()):
        if id not in new:
            found.append(Change(id, ".", "the operation is removed", breaking=True))
        elif id not in old:
            found.append(Change(id, ".", "a new operation", breaking=False))
        else:
            found.extend(compare(id, old[id], new[id]))
    return found


def meaning(endpoint: Endpoint) -> Tree:
    """What an endpoint file means to callers, as JSON values. Raises EndpointInvalid."""
    facts = {key: getattr(endpoint, key) for key in _FACTS}
    found: Tree = {key: value for key, value in facts.items() if value not in (None, "")}
    found["host"] = dict(endpoint.host)
    found["limits"] = dict(_flat(endpoint.limits))
    found["status"] = endpoint.evidence.get("status")
    for section in SECTIONS:
        if section in endpoint.document:
            schema = endpoint.bundler.schema((section,))
            problem = meta_problem(schema.root)
            if problem:
                raise schema.broken(problem)
            found[section] = _Reader(schema.root, answers=section == "response").tree([schema.root])
    if endpoint.query is not None:
        for name, node in endpoint.query.root.get("properties", {}).items():
            if "const" in node and name in found["query"].get("fields", {}):
                found["query"]["fields"][name]["filled"] = True  # callers need not give it
    return found


def _flat(limits: Tree, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """`{window: {days: 7}}` as `window.days`, without the notes."""
    for key, value in limits.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif prefix or key != "note":
            yield prefix + key, value


class _Reader:
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
        return dict(_REFUSED) if {} in found.get("not", ()) else found

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
                conditions.setdefault(_text(self.tree([part["if"]], above)), []).append(part)
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
    for keywords, strictest in ((_LOWER, max), (_UPPER, min)):
        for keyword in keywords:
            given = [part[keyword] for part in parts if keyword in part]
            if given:
                found[keyword] = strictest(given)
    for keyword in _ALL_OF:
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
            given = _kinds(part)
            kinds = given if kinds is None else kinds & (given or set())
        for listed in [part[key] if key == "enum" else [part[key]] for key in ("enum", "const") if key in part]:
            texts = {_text(value) for value in listed}
            values = list(listed) if values is None else [value for value in values if _text(value) in texts]
    if values is not None:
        values = sorted((value for value in values if kinds is None or _kind(value) in kinds), key=_text)
        kinds = {_kind(value) for value in values}  # the values say it all: `type` beside them adds nothing
    return kinds, values


def _kinds(node: Tree) -> set[str] | None:
    kinds = node.get("type")
    if kinds is None:
        return None
    listed = {kinds} if isinstance(kinds, str) else set(kinds)
    return listed | {"integer"} if "number" in listed else listed


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return _NAMES[type(value)]


def compare(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    """Every change between two meanings of an operation."""
    yield from _facts(operation, old, new)
    yield from _limits(operation, old["limits"], new["limits"])
    for section in SECTIONS:
        promised = (section == "response") != (new["caller"] == "vendor")  # a webhook's payload is sent to callers
        if section in old and section in new:
            walk = _Walk(operation, answers=promised)
            yield from dict.fromkeys(walk.node(section, old[section], new[section]))
        elif section in old:
            words = f"takes no {_TAKEN[section].removeprefix('a ')} any more"
            yield Change(operation, section, "no longer described" if promised else words, breaking=True)
        elif section in new:
            needed = not promised and _needed(section, new[section])
            words = f"{'needs' if needed else 'takes'} {_TAKEN[section]} now"
            yield Change(operation, section, "described now" if promised else words, breaking=needed)
    if old.get("status") != new.get("status"):
        words = f"was {_show(old.get('status'))}, is {_show(new.get('status'))}"
        yield Change(operation, "evidence.status", words, breaking=False)


def _facts(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    before, after = ({**tree, **{f"host.{env}": url for env, url in tree["host"].items()}} for tree in (old, new))
    for key in (*_FACTS, "host.sandbox", "host.production"):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        if was is None and key in _UNKNOWN_ONCE:  # nobody could call it before
            yield Change(operation, key, f"known now: {_show(now)}", breaking=False)
        else:
            yield Change(operation, key, f"was {_show(was)}, is {_show(now)}", breaking=True)


def _limits(operation: str, old: Tree, new: Tree) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        counted = all(isinstance(value, int) for value in (was, now) if value is not None) and key != "page.first"
        lowered = now is not None and (was is None or now < was) if counted else was is not None
        yield Change(operation, f"limits.{key}", _was_is(was, now), breaking=lowered)


def _needed(section: str, tree: Tree) -> bool:
    """Whether a call that gives nothing for this section may be refused."""
    fields = tree.get("fields", {})
    if any("filled" not in fields.get(name, {}) for name in tree.get("required", ())):
        return True
    if any(rule in tree for rule in ("minProperties", "anyOf", "oneOf", "not", "if", "refused")):
        return True
    return section == "data" and tree.get("type") != ["object"]


@dataclass(frozen=True)
class _Walk:
    """Compares two trees of one section, from the top down.

    `note` ends every message. In a `rule` (an alternative, a condition's consequence) a field is no announcement of a
    field: it only says more about one that is known from elsewhere.
    """

    operation: str
    answers: bool
    note: str = ""
    rule: bool = False

    def say(self, path: str, words: str, direction: Direction) -> Change:
        breaks = ("wider", "different") if self.answers else ("narrower", "different")
        return Change(self.operation, path, words + self.note, breaking=direction in breaks)

    def node(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        if old == new:
            return
        if "refused" in old or "refused" in new:
            narrower = "refused" in new
            yield self.say(path, *_turn(narrower, "refused now", "no longer refused"))
            return
        yield from self._own(path, old, new)
        yield from self._required(path, old, new)
        yield from self._alternatives(path, old, new)
        yield from self._conditions(path, old, new)
        for name in dict.fromkeys((*old.get("fields", ()), *new.get("fields", ()))):
            yield from self._field(f"{path}.{name}", name, old, new)
        yield from self._unknown(path, old, new)
        yield from self.node(f"{path}.[]", old.get("items", {}), new.get("items", {}))

    def _own(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        for words, direction in (*_type_and_values(old, new), *_bounds(old, new), *_sets(old, new)):
            yield self.say(path, words, direction)
        if ("uniqueItems" in old) != ("uniqueItems" in new):
            yield self.say(
                path, *_turn("uniqueItems" in new, "equal items are refused now", "equal items are allowed now")
            )
        if old.get("again") != new.get("again"):
            yield self.say(path, "how it nests in itself changed", "different")
        if old.get("encoded") != new.get("encoded"):
            yield self.say(path, f"percent-encoded {_was_is(old.get('encoded'), new.get('encoded'))}", "different")
        if ("masked" in old) != ("masked" in new):
            yield self.say(path, f"{'' if 'masked' in new else 'no longer '}masked in texts", "harmless")
        was, now = _filler(old), _filler(new)
        if was != now:
            gained_or_lost: Direction = "wider" if was is None else "narrower" if now is None else "different"
            yield self.say(path, f"what fills it in: {_was_is(was, now)}", gained_or_lost)

    def _unknown(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """What holds for the fields that are not named."""
        was, now = _others(old), _others(new)
        if ("refused" in was) == ("refused" in now):
            yield from self.node(f"{path}.*", was, now)
        else:
            words, direction = _turn("refused" in now, "unknown fields are refused now", "unknown fields pass now")
            yield self.say(path, words, "harmless" if self.answers else direction)

    def _required(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """Fields that were known and are required now, or no longer. New and removed fields: see `_field`."""
        before, after = old.get("required", ()), new.get("required", ())
        old_fields, new_fields = old.get("fields", {}), new.get("fields", {})
        for name in sorted(set(before) ^ set(after)):
            came_or_went = (name in old_fields) != (name in new_fields) and not self.rule
            if not came_or_went:
                filled = "filled" in new_fields.get(name, ())
                words, direction = _turn(name in after, "now required", "no longer required")
                yield self.say(f"{path}.{name}", words, "harmless" if filled else direction)

    def _field(self, path: str, name: str, old: Tree, new: Tree) -> Iterator[Change]:
        was, now = old.get("fields", {}).get(name), new.get("fields", {}).get(name)
        if self.rule or (was is not None and now is not None):
            yield from self.node(path, _others(old) if was is None else was, _others(new) if now is None else now)
        elif now is None:
            yield from self._gone(path, was or {}, new)
        else:
            yield from self._come(path, name, now, old, new)

    def _gone(self, path: str, was: Tree, new: Tree) -> Iterator[Change]:
        """A field that is no longer named; `new` is the object that had it."""
        if "refused" in was:
            if "closed" not in new:
                yield self.say(path, "no longer refused", "wider")
        elif self.answers:
            yield self.say(path, "removed", "wider")
        elif "closed" in new:
            yield self.say(path, "removed; unknown fields are refused", "narrower")
        else:
            yield self.say(path, "removed; unknown fields pass", "wider")
            yield from self.node(path, was, new.get("others", was))

    def _come(self, path: str, name: str, now: Tree, old: Tree, new: Tree) -> Iterator[Change]:
        """A field that was not named before; `old` is the object without it."""
        if "refused" in now:
            if "closed" not in old:
                yield self.say(path, "refused now", "narrower")
            return
        if self.answers:
            yield self.say(path, "new field", "narrower")
        elif name not in new.get("required", ()) or name in old.get("required", ()):
            yield self.say(path, "new optional field", "wider")
        elif "filled" in now:
            yield self.say(path, "new field; ocreg fills it in", "wider")
        else:
            yield self.say(path, "new required field", "narrower")
        yield from self.node(path, old.get("others", now), now)

    def _alternatives(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """`anyOf`, `oneOf` and `not`: those that both sides have are set aside, the rest is compared in order."""
        for key in ("anyOf", "oneOf", "not"):
            before, after = _unshared(old.get(key, []), new.get(key, []))
            if key == "anyOf" and len(before) == len(after):
                for was, now in zip(before, after, strict=True):
                    yield from self._any_of(path, was, now)
            elif before and after:
                yield self.say(path, f"the rule `{key}` changed", "different")
            elif before or after:
                words = f"rule `{key}`{_about((before or after)[0])}"
                yield self.say(path, *_turn(bool(after), f"new {words}", f"no more {words}"))

    def _any_of(self, path: str, old: list[Tree], new: list[Tree]) -> Iterator[Change]:
        before, after = _unshared(old, new)
        if len(before) == len(after):
            inside = replace(self, note=" (in one of the alternatives)", rule=True)
            for was, now in zip(before, after, strict=True):
                yield from inside.node(path, was, now)
        elif before and after:
            yield self.say(path, "the alternatives (`anyOf`) changed", "different")
        else:
            words = f"alternative{_about(before or after)}"
            yield self.say(path, *_turn(bool(before), f"one less {words}", f"one more {words}"))

    def _conditions(self, path: str, old: Tree, new: Tree) -> Iterator[Change]:
        """`if`, `then`, `else`: rules with the same condition are compared, another condition is another rule."""
        before, after = ({_text(rule["if"]): rule for rule in tree.get("if", ())} for tree in (old, new))
        for condition in dict.fromkeys((*before, *after)):
            was, now = before.get(condition, {}), after.get(condition, {})
            news = "" if was and now else " that is new" if now else " that is gone"
            inside = replace(self, note=f" (on a condition{_about((now or was)['if'])}{news})", rule=True)
            for branch in ("then", "else"):
                yield from inside.node(path, was.get(branch, {}), now.get(branch, {}))


def _others(tree: Tree) -> Tree:
    """What holds for the fields that an object does not name."""
    return _REFUSED if "closed" in tree else tree.get("others", {})


def _filler(tree: Tree) -> str | None:
    """What fills a query parameter in that is not given."""
    setting: str | None = tree.get("setting")
    return "its constant" if "filled" in tree else setting


def _turn(narrower: bool, narrow: str, wide: str) -> tuple[str, Direction]:
    return (narrow, "narrower") if narrower else (wide, "wider")


def _type_and_values(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    kinds, values = _move(_kinds(old), _kinds(new)), _move(_texts(old), _texts(new))
    if kinds and kinds != values:  # else the values say it better
        yield f"was {_either(old.get('type'))}, is {_either(new.get('type'))}", kinds
    if values:
        before, after = _texts(old), _texts(new)
        if before is None or after is None:
            words = (
                f"only {_either(new['enum'])} now" if after is not None else f"no longer only {_either(old['enum'])}"
            )
        else:
            lost = [value for value in old["enum"] if _text(value) not in after]
            won = [value for value in new["enum"] if _text(value) not in before]
            words = f"no longer {_either(lost)}" if lost else ""
            words += "; " if lost and won else ""
            words += f"may be {_either(won)} now" if won else ""
        yield words, values


def _bounds(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    for keyword in (*_LOWER, *_UPPER):
        was, now = old.get(keyword), new.get(keyword)
        if was == now:
            continue
        narrower = was is None or (now is not None and (now > was) == (keyword in _LOWER))
        yield f"{keyword} {_was_is(was, now)}", "narrower" if narrower else "wider"


def _sets(old: Tree, new: Tree) -> Iterator[tuple[str, Direction]]:
    for keyword in _ALL_OF:
        was, now = old.get(keyword, []), new.get(keyword, [])
        move = _move(set(now), set(was))  # more rules allow less
        if move:
            yield f"{keyword} {_was_is(' and '.join(was) or None, ' and '.join(now) or None)}", move


def _move(before: set[str] | None, after: set[str] | None) -> Direction | None:
    """From the things that were allowed to those that are; None stands for everything."""
    if before == after:
        return None
    if before is None or (after is not None and after < before):
        return "narrower"
    return "wider" if after is None or after > before else "different"


def _unshared(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists without what the other has, too."""
    return [item for item in old if item not in new], [item for item in new if item not in old]


def _about(rule: Any) -> str:
    """` about x, y`: the fields that a rule names, if it names any."""
    names = sorted(set(_named(rule)))
    return f" about {', '.join(names)}" if names else ""


def _named(rule: Any) -> Iterator[str]:
    if isinstance(rule, list):
        for inner in rule:
            yield from _named(inner)
    elif isinstance(rule, dict):
        yield from rule.get("required", ())
        yield from rule.get("fields", ())
        for key in ("anyOf", "oneOf", "not"):
            yield from _named(rule.get(key))


def _texts(tree: Tree) -> set[str] | None:
    return {_text(value) for value in tree["enum"]} if "enum" in tree else None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _either(values: list[Any] | None) -> str:
    return "anything" if values is None else " or ".join(map(_show, values)) or "nothing"


def _was_is(was: Any, now: Any) -> str:
    if was is None:
        return f"{_show(now)} is new"
    return f"{_show(was)} is gone" if now is None else f"was {_show(was)}, is {_show(now)}"


def _show(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else _text(value)
