"""JSON that people write: fractions keep their digits, and a duplicate field in an object is an error."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .values import no_constant


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {json.dumps(twice, ensure_ascii=False)} occurs twice in one object")
    return found


def decode_exact(text: str) -> Any:
    """JSON text from a user, with fractions kept as Decimal. Raises ValueError, also for duplicate fields."""
    try:
        return EXACT.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _exactly(text: str) -> Decimal:
    return Decimal(text)


EXACT = json.JSONDecoder(parse_float=_exactly, parse_constant=no_constant, object_pairs_hook=_once)
"""Decodes as `decode_exact` does."""
OURS = json.JSONDecoder(parse_float=Decimal)
"""Decodes what `encode` wrote, with the same fractions; it looks for no mistakes."""
