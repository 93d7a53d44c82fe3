"""Small repairs of schemas: sources are full of rules without effect, and of texts of many lines."""

from __future__ import annotations

from typing import Any

from ..observe.shapes import KINDS
from .operation import Node

COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
TEXT = 600
_BELONG = (
    ({"string"}, ("minLength", "maxLength", "pattern")),
    ({"array"}, ("minItems", "maxItems", "uniqueItems", "items")),
    ({"object"}, ("properties", "required", "additionalProperties", "minProperties")),
    ({"integer", "number"}, BOUNDS),
)


def fits(value: Any, kinds: list[str]) -> bool:
    kind = KINDS.get(type(value), "")
    return kind in kinds or (kind == "integer" and "number" in kinds)


def kinds(schema: Node) -> set[str]:
    """The types that a schema names."""
    named = schema.get("type")
    return {named} if isinstance(named, str) else set(named or ())


def sort_out(made: Node) -> None:
    """Remove what lint calls unsatisfiable or unbreakable, which is frequent in sources."""
    if not made.get("description"):
        made.pop("description", None)
    named = kinds(made)
    for belong, keys in _BELONG:
        for key in keys if named and not named & belong else ():
            made.pop(key, None)
    for low, high in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
        if low in made and high in made and made[low] > made[high]:
            del made[low], made[high]
    for key in ("minLength", "minItems", "minProperties"):
        if made.get(key) == 0:
            del made[key]
    for key in ("properties", "required", "additionalProperties"):
        if made.get(key) == {} or made.get(key) == []:
            del made[key]


def short(text: str) -> str:
    """A text on one line, with its Markdown and HTML unchanged."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:TEXT]


def only_said(made: Node) -> None:
    """Move an answer field's enum into its description, and remove rules that only a request needs."""
    values = made.pop("enum", [made.pop("const")] if "const" in made else [])
    words = made.get("description", "")
    if not all(f"{value}: " in words for value in values):
        listed = ", ".join(str(value) for value in values if value is not None)
        made["description"] = f"{words[:TEXT]} Known values: {listed[:TEXT]}.".strip()
    for key in (*COUNTS, *BOUNDS, "pattern", "uniqueItems", "not"):
        made.pop(key, None)
    if made.get("additionalProperties") is False:
        del made["additionalProperties"]
