"""The common result of all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import redact
from ..registry.schema import Place, Source


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong: the file, the line, the path in the file, the rule, and a message."""

    file: str
    line: int
    path: str
    rule: str
    message: str

    def __str__(self) -> str:
        return redact.line(f"{self.file}:{self.line}: {self.path}: {self.message}")


def at(sources: tuple[Source, ...], path: tuple[str | int, ...], rule: str, message: str) -> Finding:
    """A finding at `path` of the first of `sources` that has it."""
    file, line = Place(sources, ()).find(list(path))
    return Finding(file, line, dollar(path), rule, message)


def dollar(path: tuple[Any, ...]) -> str:
    """`$.data.properties.x`, `$.examples.rejected[2]`"""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
