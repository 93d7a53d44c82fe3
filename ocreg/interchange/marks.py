"""The `x-ocreg-*` keys for what OpenAPI cannot express: written by an export, read back by an import."""

from __future__ import annotations

from typing import Any

PREFIX = "x-ocreg-"
FACTS = (
    *("title", "caller", "auth", "effect", "envelope", "errors_with_data", "token", "api_version"),
    *("errors", "limits", "confirm", "finds", "evidence"),
)
"""Keys of an endpoint file that an exported operation carries unchanged."""
SECTIONS = ("query", "path_parameters")
"""Keys whose fields become parameters; the rest of them is carried unchanged."""
ENVIRONMENTS = ("sandbox", "production")
SCHEMA = ("x-sensitive", "x-secret", "x-setting", "x-encoded", "x-instead-of", "x-unknown", "x-hint")
"""Annotations of the dialect, whose `x-` the prefix replaces."""
_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([13579][26]|[2468][048]|0[48])00)"
_DAY = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_OFFSET = "[-+]([01][0-9]|2[0-3])[0-5][0-9]"
PATTERNS = {
    "oc-date-time": f"^{_DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]{_OFFSET}$",
    "oc-date": f"^{_DAY}{_OFFSET}$",
    "decimal": r"^-?[0-9]+(\.[0-9]+)?$",
    "url": "^https?://[!-~]+$",
}
"""The dialect's formats as patterns with exactly the same meaning."""


def mark(key: str) -> str:
    """The extension's name for a key: `x-ocreg-api-version`."""
    if key == "token":  # it is a setting's name; under the key `token` it would be masked as a token
        return PREFIX + "grant"
    return PREFIX + key.removeprefix("x-").replace("_", "-")


def facts(document: dict[str, Any]) -> dict[str, Any]:
    """The keys of an endpoint file that an exported operation carries."""
    return {mark(key): document[key] for key in FACTS if key in document}
