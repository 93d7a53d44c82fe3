"""One change of an operation, and its direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["narrower", "wider", "different", "harmless"]


@dataclass(frozen=True)
class Change:
    """What changed in an operation, at which path (`data.[].orderNumber`, `method`), and whether it breaks callers."""

    operation: str
    path: str
    message: str
    breaking: bool


def turn(narrower: bool, narrow: str, wide: str) -> tuple[str, Direction]:
    return (narrow, "narrower") if narrower else (wide, "wider")
