"""How a comparison shows values and rules; `text` is also used to compare two values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def about(rule: Any) -> str:
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


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def either(values: list[Any] | None) -> str:
    return "anything" if values is None else " or ".join(map(show, values)) or "nothing"


def was_is(was: Any, now: Any) -> str:
    if was is None:
        return f"{show(now)} is new"
    return f"{show(was)} was removed" if now is None else f"was {show(was)}, is {show(now)}"


def show(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else text(value)
