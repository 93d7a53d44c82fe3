"""Broken rules in words: what is wrong, where, what was meant, and where the rule stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..violation import Violation, path_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Schema

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
# The order in which rules are worth reading: a misspelled name explains most of what follows it.
_ORDER = ["json", "additionalProperties", "required", "type", "format", "pattern", "enum", "const"]
_ABOUT_THE_VALUE = {"type", "format", "pattern", "enum", "const", "minimum", "maximum"}


def show(value: Any, limit: int = 80) -> str:
    """A value for a message: JSON where it can be, cut where it is long."""
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


def violations(schema: Schema, value: Any, *, masked: frozenset[str] = frozenset()) -> list[Violation]:
    """Every rule of `schema` that `value` breaks, best first; values of fields named in `masked` are not shown."""
    try:
        found = [one for error in schema.errors(value) for one in _violations(schema, error, masked)]
    except RecursionError:  # the value's fault
        raise
    except Exception as error:  # noqa: BLE001  # whatever a validator makes of a bad schema
        raise schema.broken(f"{type(error).__name__}: {error}") from None
    unique = {(one.path, one.rule, one.message): one for one in found}
    return sorted(unique.values(), key=_rank) or [_mismatch(schema)]


def _mismatch(schema: Schema) -> Violation:
    """The fast validator refused what the explaining one accepts: refused all the same, and said so."""
    file, line = schema.place.find([])
    words = "refused by jsonschema-rs although jsonschema accepts it; please report this payload's shape"
    return Violation((), "validators-differ", words, file=file, line=line)


def _rank(violation: Violation) -> tuple[int, str]:
    order = _ORDER.index(violation.rule) if violation.rule in _ORDER else len(_ORDER)
    return order, path_text(violation.path)


def _violations(schema: Schema, error: Any, masked: frozenset[str]) -> list[Violation]:
    rule = str(error.validator)
    if error.validator is None:  # a schema that is just `false`: the property is not wanted at all
        rule = "false"
    if rule in ("anyOf", "oneOf") and not _only_required(error):
        closest = _closest_branch(error)
        if closest:
            return [v for inner in closest for v in _violations(schema, inner, masked)]
    path = tuple(error.absolute_path)
    file, line = schema.origin(list(error.absolute_schema_path))
    if rule == "additionalProperties":
        return _unknown_fields(error, path, file, line)
    if rule == "required":
        return _missing_fields(error, path, file, line)
    words, fix = _WORDS.get(rule, _other)(error)
    value = ""
    if rule in _ABOUT_THE_VALUE and not isinstance(error.instance, (dict, list)):
        # a value that stands for a whole object, or one of a list, may hold anything that its fields hide
        whole = bool(masked) and (not path or isinstance(path[-1], int))
        hidden = whole or any(step in masked for step in path)
        value = f", not {'*** (hidden)' if hidden else show(error.instance)}"
    hint = _spelling_note(error.schema)
    return [Violation(path, rule, f"{words}{value}", fix or hint, file, line)]


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
    """The one of `names` that `name` most likely means."""
    from difflib import get_close_matches

    by_lower = {known.lower(): known for known in names}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def _unknown_fields(error: Any, path: tuple[Any, ...], file: str, line: int) -> list[Violation]:
    names = [name for name, node in error.schema.get("properties", {}).items() if not _refused(node)]
    found = []
    for name in sorted(set(error.instance) - set(error.schema.get("properties", {}))):
        near = closest_name(name, names)
        fix = f"use `{near}`" if near else f"leave it out; known here: {', '.join(names)}"
        words = f"unknown field {show(name, 40)}"
        found.append(Violation((*path, name[:80]), "additionalProperties", words, fix, file, line))
    return found


def _refused(node: Any) -> bool:
    """Whether a property is only there to refuse a spelling."""
    return node is False or (isinstance(node, dict) and node.get("not") == {})


def _missing_fields(error: Any, path: tuple[Any, ...], file: str, line: int) -> list[Violation]:
    # jsonschema reports one missing name at a time, and says which only in its text
    return [
        Violation((*path, name), "required", "required, but missing", _sample(error, name), file, line)
        for name in error.validator_value
        if name not in error.instance and error.message.startswith(repr(name))
    ]


def _sample(error: Any, name: str) -> str:
    properties = error.schema.get("properties", {})
    sent = closest_name(name, [n for n in error.instance if n not in properties or _refused(properties[n])], 0.8)
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
    "uniqueItems": _limit("must not hold the same item twice", "remove the doubles"),
    "minimum": _limit("must be at least {limit}"),
    "maximum": _limit("must be at most {limit}"),
    "exclusiveMinimum": _limit("must be greater than {limit}"),
    "exclusiveMaximum": _limit("must be less than {limit}"),
    "false": _limit("is not wanted here"),
    "not": _limit("is not the name of a field here"),
}
