"""The arguments of a tool, as a model wrote them. Their form is checked here; payloads are checked by their schemas."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..registry.explain import closest_name
from .refusals import Refusal

MOST = 1_000_000
"""The maximum number of JSON characters in the arguments of a call: larger data is a file, for `ocreg push`."""
_KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("id", "group", "search", "more"), (str, "a text")),
    "query": (dict, "an object"),
    "allow_unknown": (list, "a list of texts"),
}
"""`data` may be any JSON value here."""


class Asked(NamedTuple):
    """A call, as an agent requests it."""

    id: str
    data: Any
    query: dict[str, Any] | None
    unknown: tuple[str, ...]


def checked(tool: str, given: dict[str, Any] | None, known: list[str], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The given arguments. Raises Refusal for names that are not `known`, wrong types, and too large ones."""
    given = {name: value for name, value in (given or {}).items() if value is not None}
    for name, value in given.items():
        if name not in known:
            near = closest_name(name[:80], known)
            words = f"did you mean {near}?" if near else f"it takes {', '.join(known)}"
            raise Refusal("ArgumentInvalid", f"{tool} takes no argument {name[:80]!r}; {words}", argument=name[:80])
        kind, words = _KINDS.get(name, (object, ""))
        texts = not isinstance(value, list) or all(isinstance(item, str) for item in value)
        if not isinstance(value, kind) or (kind is list and not texts):
            raise Refusal("ArgumentInvalid", f"{tool}: {name} must be {words}", argument=name)
    missing = [name for name in needed if name not in given]
    if missing:
        raise Refusal("ArgumentInvalid", f"{tool}: {', '.join(missing)} is missing", argument=missing[0])
    try:
        size = len(json.dumps(given, ensure_ascii=False))
    except (ValueError, RecursionError) as error:  # numbers with thousands of digits; nested too deep
        raise Refusal("ArgumentInvalid", f"{tool}: the arguments cannot be written as JSON") from error
    if size > MOST:
        words = f"{tool}: the arguments have {size:,} characters, more than {MOST:,}; `ocreg push` sends files of rows"
        raise Refusal("ArgumentInvalid", words)
    return given


def call(given: dict[str, Any], id: str | None = None) -> Asked:
    unknown = tuple(given.get("allow_unknown", ()))
    return Asked(id or given["id"], given.get("data"), given.get("query"), unknown)
