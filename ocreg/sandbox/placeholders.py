"""Paths with {placeholders}: whether a request's path matches one, and the values in it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

_NAME = re.compile(r"\{([A-Za-z0-9_]+)\}")
_UNRESERVED = re.compile(r"%(?:4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9AE]|3[0-9]|2[DE]|5F)", re.IGNORECASE)


def values(template: str, path: str) -> dict[str, str] | None:
    """The values of a template's placeholders in a path, percent-decoded; None if the path does not match."""
    if "{" not in template:
        return {} if template == path else None
    names, form = _compiled(template)
    found = form.fullmatch(path)
    if found is None:
        return None
    pairs = list(zip(names, map(unquote, found.groups()), strict=True))
    given = dict(pairs)
    return given if all(given[name] == value for name, value in pairs) else None  # one name, one value


def normal(path: str) -> str:
    """A path with the encodings undone that RFC 3986 never requires; the rest stays, because it was signed."""
    return _UNRESERVED.sub(lambda found: unquote(found[0]), path)


@lru_cache(1 << 10)
def _compiled(template: str) -> tuple[list[str], re.Pattern[str]]:
    parts = _NAME.split(template)  # texts and names alternate
    form = "".join("([^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return parts[1::2], re.compile(form)
