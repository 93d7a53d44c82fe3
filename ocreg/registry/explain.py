"""Broken rules in words: what is wrong, where, what was probably meant, and where the rule is written."""

from __future__ import annotations

from itertools import islice
from sys import maxsize
from typing import TYPE_CHECKING, Any

from ..names.levels import refuses
from ..violation import Violation, path_text
from .schema import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .schema import Schema

MOST, ALL = 100, maxsize
"""How many broken rules are explained."""
SHOWN = 20
"""How many violations an error's text shows."""
EXAMPLES = {
    "oc-date-time": "2025-06-17T10:10:10+0800 (seconds, and an offset without a colon), or an aware datetime",
    "oc-date": "2022-10-31+0800 (a day with an offset), or a date",
    "decimal": '"11000.0000"',
    "url": "https://www.example.com/picture.jpg",
}
_TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
# The most useful rules come first: a misspelled name explains most of the others.
_ORDER = ["json", "additionalProperties", "required", "type", "format", "pattern", "enum", "const"]
_ABOUT_THE_VALUE = {"type", "format", "pattern", "enum", "const", "minimum", "maximum"}


def show(value: Any, limit: int = 80) -> str:
    """A value for a message: as JSON if possible, shortened if it is long."""
    import json

    if isinstance(value, (dict, list)):
        kind, count = ("an object", "fields") if isinstance(value, dict) else ("a list", "items")
        return f"{kind} of {len(value)} {count}"
    if isinstance(value, str) and len(value) > limit:
        return f"{json.dumps(value[:limit], ensure_ascii=False)}... ({len(value):,} characters)"
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return f"a value of type {type(value).__name__}" if isinstance(value, int) else repr(value)[:limit]


def hidden_value(value: Any) -> str:
    """What may be shown of a hidden value: its type, and the length of a text. Null is not hidden."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"*** (hidden: a string of {len(value):,} character{'' if len(value) == 1 else 's'})"
    kind = "a boolean" if isinstance(value, bool) else "an integer" if isinstance(value, int) else "a number"
    return f"*** (hidden: {kind})"


def violations(
    schema: Schema, value: Any, *, masked: frozenset[str] = frozenset(), most: int = MOST
) -> tuple[list[Violation], int]:
    """The rules of `schema` that `value` breaks, best first, at most `most` of them explained; and how many more.

    Values of fields named in `masked` are not shown. Counting ends at `COUNTED`, or `most`.
    """
    unique: dict[Any, Violation] = {}
    more = 0
    try:
        for error in _best_first(islice(_leaves(schema.errors(value)), max(most, COUNTED))):
            room = min(most - len(unique), most // 4)  # one object may have thousands of unknown fields
            words = list(islice(_violations(schema, error, masked), room))
            more += _count(error) - len(words) if len(words) == room else 0
            unique.update({(one.path, one.rule, one.message): one for one in words})
    except RecursionError:  # the value is nested too deep
        raise
    except Exception as error:  # noqa: BLE001  # validators raise anything for a bad schema
        raise schema.broken(f"{type(error).__name__}: {error}") from None
    return sorted(unique.values(), key=lambda one: _rank(one.rule, one.path)) or [_mismatch(schema)], more


def listed(violations: list[Violation], more: int = 0) -> str:
    """The best of many violations as text, and how many are omitted."""
    shown = "\n".join(f"  {line}" for one in violations[:SHOWN] for line in str(one).splitlines())
    hidden = len(violations) - SHOWN + more
    kept = f" (which holds {len(violations)})" if more else ""
    return shown if hidden <= 0 else f"{shown}\n  ... and {hidden:,} more in `violations`{kept}"


def _best_first(errors: Iterable[Any]) -> list[Any]:
    """Every rule once before any repeats: a list with one item too many may have a hundred broken items, too."""
    firsts: list[Any] = []
    others: list[Any] = []
    places: set[tuple[Any, ...]] = set()
    for error in sorted(errors, key=lambda error: _rank(_rule(error), tuple(error.absolute_path))):
        place = tuple(error.absolute_schema_path)
        (others if place in places else firsts).append(error)
        places.add(place)
    return firsts + others


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors. Those of alternatives are replaced by the errors of the alternative that was most likely meant."""
    for error in errors:
        closest = _closest_branch(error) if error.validator in ("anyOf", "oneOf") and not _only_required(error) else ()
        yield from _leaves(closest) if closest else [error]


def _rule(error: Any) -> str:
    """The error's keyword. A schema `false` has none: the property is not allowed at all."""
    return "false" if error.validator is None else str(error.validator)


def _count(error: Any) -> int:
    if error.validator != "additionalProperties":
        return 1
    return len(error.instance.keys() - error.schema.get("properties", {}).keys())


def _mismatch(schema: Schema) -> Violation:
    """The fast validator refused what the explaining one accepts: the value is refused, with a request to report it."""
    file, line = schema.place.find([])
    words = "refused by jsonschema-rs although jsonschema accepts it; please report this payload's shape"
    return Violation((), "validators-differ", words, file=file, line=line)


def _rank(rule: str, path: tuple[Any, ...]) -> tuple[int, str]:
    return _ORDER.index(rule) if rule in _ORDER else len(_ORDER), path_text(path)


def _violations(schema: Schema, error: Any, masked: frozenset[str]) -> Iterable[Violation]:
    rule = _rule(error)
    path = tuple(error.absolute_path)
    file, line = schema.origin(list(error.absolute_schema_path))
    if rule == "additionalProperties":
        return _unknown_fields(error, path, file, line)
    if rule == "required":
        return _missing_fields(error, path, file, line)
    words, fix = _WORDS.get(rule, _other)(error)
    value = ""
    if rule in _ABOUT_THE_VALUE and not isinstance(error.instance, (dict, list)):
        # a value in place of an object, or an item of a list, may contain anything that the object's fields hide
        whole = bool(masked) and (not path or isinstance(path[-1], int))
        hidden = whole or any(step in masked for step in path)
        value = f", not {hidden_value(error.instance) if hidden else show(error.instance)}"
    if error.instance is None:
        out = f"null: leave the {'item' if path and isinstance(path[-1], int) else 'field'} out"
        fix = "null does not count as a value, and one is required: give it" if _is_required(schema, path) else out
    hint = _spelling_note(error.schema)
    return [Violation(path, rule, f"{words}{value}", fix or hint, file, line)]


def _is_required(schema: Schema, path: tuple[Any, ...]) -> bool:
    nodes = [schema.root]
    for step in path[:-1]:
        nodes = schema.at(nodes, step)
    return bool(path) and any(path[-1] in node.get("required", ()) for node in schema.spread(nodes))


def _spelling_note(node: Any) -> str | None:
    return node.get("x-hint") if isinstance(node, dict) else None


def _closest_branch(error: Any) -> list[Any]:
    """The errors of the alternative that was most likely meant: the one that fails deepest inside the value."""
    from jsonschema.exceptions import by_relevance

    closest = max(error.context, key=by_relevance(), default=None)
    if closest is None or (closest.validator == "type" and len(closest.path) == 0):
        return []
    return [inner for inner in error.context if inner.schema_path[0] == closest.schema_path[0]]


def _only_required(error: Any) -> bool:
    return all(inner.validator == "required" for inner in error.context)


def closest_name(name: str, names: list[str], cutoff: float = 0.6) -> str | None:
    """The name in `names` that `name` most likely means."""
    from difflib import get_close_matches

    by_lower = {known.lower(): known for known in names}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def _unknown_fields(error: Any, path: tuple[Any, ...], file: str, line: int) -> Iterator[Violation]:
    names = [name for name, node in error.schema.get("properties", {}).items() if not refuses(node)]
    for name in sorted(set(error.instance) - set(error.schema.get("properties", {}))):
        near = closest_name(name, names)
        fix = f"use `{near}`" if near else f"leave it out; known here: {', '.join(names)}"
        words = f"unknown field {show(name, 40)}"
        yield Violation((*path, name[:80]), "additionalProperties", words, fix, file, line)


def _missing_fields(error: Any, path: tuple[Any, ...], file: str, line: int) -> list[Violation]:
    # jsonschema reports one missing name at a time, and names it only in its text
    return [
        Violation((*path, name), "required", "required, but missing", _sample(error, name), file, line)
        for name in error.validator_value
        if name not in error.instance and error.message.startswith(repr(name))
    ]


def _sample(error: Any, name: str) -> str:
    properties = error.schema.get("properties", {})
    sent = closest_name(name, [n for n in error.instance if n not in properties or refuses(properties[n])], 0.8)
    if sent:
        return f"you sent `{sent}`: rename it to `{name}`"
    inner = properties.get(name)
    if isinstance(inner, dict):
        if inner.get("format") in EXAMPLES:
            return f"give `{name}`, such as {EXAMPLES[inner['format']]}"
        if inner.get("examples"):
            return f"give `{name}`, such as {show(inner['examples'][0])}"
        if inner.get("description"):
            return f"give `{name}`: {inner['description']}"
    return f"give `{name}`"


def _type(error: Any) -> tuple[str, str | None]:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(_TYPE_WORDS.get(kind, kind) for kind in kinds)
    fix = None
    value = error.instance
    if isinstance(value, str) and {"integer", "number", "boolean"} & set(kinds):
        fix = "send the value itself, not a string of it (on the command line: `name:=value`)"
    elif kinds == ["string"] and isinstance(value, (int, float)):
        fix = "put it in quotes"
    elif kinds == ["array"] and isinstance(value, dict):
        fix = "put the object into a list: [{...}]"
    elif kinds == ["object"] and isinstance(value, list):
        fix = "one object per call, not a list"
    return f"must be {words}" + (f", not {show(value)}" if isinstance(value, (dict, list)) else ""), fix


def _format(error: Any) -> tuple[str, str | None]:
    name = error.validator_value
    return f"must have the format {name}", f"such as {EXAMPLES.get(name, name)}"


def _enum(error: Any) -> tuple[str, str | None]:
    allowed = error.validator_value
    near = closest_name(str(error.instance), [str(v) for v in allowed]) if isinstance(error.instance, str) else None
    return f"must be one of {', '.join(map(show, allowed))}", f'use "{near}"' if near else None


def _any_of(error: Any) -> tuple[str, str | None]:
    if error.context and _only_required(error):
        names = sorted({name for inner in error.context for name in inner.validator_value})
        return f"needs at least one of {', '.join(names)}", None
    return "fits none of the allowed forms", None


def _other(error: Any) -> tuple[str, str | None]:
    return f"breaks the rule {error.validator}: {show(error.validator_value)}", None


def _limit(words: str, fix: str | None = None) -> Callable[[Any], tuple[str, str | None]]:
    def explain_limit(error: Any) -> tuple[str, str | None]:
        size = len(error.instance) if hasattr(error.instance, "__len__") else error.instance
        limit = error.validator_value
        return words.format(limit=show(limit), size=size), fix.format(limit=limit) if fix else None

    return explain_limit


_WORDS: dict[str, Callable[[Any], tuple[str, str | None]]] = {
    "type": _type,
    "format": _format,
    "enum": _enum,
    "const": _limit("must be {limit}"),
    "anyOf": _any_of,
    "oneOf": _any_of,
    "pattern": _limit("must match the pattern {limit}"),
    "minLength": _limit("must have at least {limit} characters, has {size}"),
    "maxLength": _limit("must have at most {limit} characters, has {size}", "shorten it"),
    "minItems": _limit("must have at least {limit} items, has {size}"),
    "maxItems": _limit("must have at most {limit} items, has {size}", "split it into several calls of {limit}"),
    "uniqueItems": _limit("must not contain the same item twice", "remove the duplicates"),
    "minimum": _limit("must be at least {limit}"),
    "maximum": _limit("must be at most {limit}"),
    "exclusiveMinimum": _limit("must be greater than {limit}"),
    "exclusiveMaximum": _limit("must be less than {limit}"),
    "false": _limit("is not allowed here"),
    "not": _limit("is not a field here"),
}
