"""The shape of observed values: a schema that all of them satisfy. Pure: no file, no clock, and no value in it.

`of(values)` is the only inference from values to a schema; `new`, imports of examples and learning from answers use
it. A shape holds `type`, `format`, `properties`, `required`, `items` and `additionalProperties`, no descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..observe.shapes import KINDS
from ..registry.schema import is_date, is_date_time

DEEPEST = 12
_NAME = re.compile(r"[A-Za-z_$](?!.*[0-9]{4})[A-Za-z0-9_.$-]{0,63}\Z")
_MOST_NAMES = 300


def of(values: list[Any], *, required: bool = True, named: Callable[[str], bool] | None = None, depth: int = 0) -> Any:
    """The schema of JSON values that all occur at one place.

    `required`: fields that each object has are required. `named` distinguishes field names from keys that are values
    themselves (order numbers); an object with such a key is a map. Without it, every key is a name.
    """
    schema: dict[str, Any] = {}
    found = kinds(values)
    if found and not {"object", "array", "string", "boolean", "number", "null"} <= set(found):  # otherwise any type
        schema["type"] = found[0] if len(found) == 1 else found
    form = format_of([value for value in values if isinstance(value, str)])
    schema |= {"format": form} if form else {}
    if depth < DEEPEST:
        how: dict[str, Any] = {"required": required, "named": named, "depth": depth + 1}
        schema |= _object([value for value in values if isinstance(value, dict)], how)
        items = [item for value in values if isinstance(value, list) for item in value]
        schema |= {"items": of(items, **how)} if items else {}
    return schema


def _object(objects: list[dict[str, Any]], how: dict[str, Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for value in objects for name in value))
    if not names:
        return {}
    if how["named"] and (len(names) > _MOST_NAMES or not all(map(how["named"], names))):
        return {"additionalProperties": of([item for value in objects for item in value.values()], **how)}
    needed = [name for name in names if how["required"] and all(name in value for value in objects)]
    fields = {name: of([value[name] for value in objects if name in value], **how) for name in names}
    return {**({"required": needed} if needed else {}), "properties": fields}


def is_name(key: str) -> bool:
    """Whether a key looks like a field name, not like a number, an address or a text."""
    return _NAME.match(key) is not None


def kinds(values: list[Any]) -> list[str]:
    """The JSON types of values, in order of appearance; `number` includes `integer`.

    A value of a type that JSON does not have stands for an unknown value, and has no type.
    """
    found = list(dict.fromkeys(KINDS[type(value)] for value in values if type(value) in KINDS))
    return [kind for kind in found if kind != "integer" or "number" not in found]


def format_of(texts: list[str]) -> str | None:
    """The dialect's format that all of the texts have."""
    for name, check in (("oc-date-time", is_date_time), ("oc-date", is_date)):
        if texts and all(map(check, texts)):
            return name
    return None
