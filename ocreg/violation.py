"""One broken rule, as a value: where it was broken, which rule, how to fix it, and the rule's file and line."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import redact


class Violation(NamedTuple):
    """One broken rule. `path` leads into the payload; `file` and `line` say where the rule is written."""

    path: tuple[str | int, ...]
    rule: str
    message: str
    fix: str | None = None
    file: str | None = None
    line: int | None = None
    prefix: str = ""

    @property
    def where(self) -> str:
        """`path` as people write it, on one line: `[0].consigneeName`; `?code` for a query parameter."""
        return redact.line(self.prefix + path_text(self.path))

    @property
    def because(self) -> str:
        """`rule at path`: the form in which a rejected example names its reason."""
        return f"{self.rule} at {self.where or '.'}"

    def as_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "path": list(self.path), "where": self.where}

    def __str__(self) -> str:
        lines = [f"{self.where or 'payload'}: {redact.line(self.message)}"]
        if self.fix:
            lines.append(f"    fix: {redact.line(self.fix)}")
        if self.file:
            lines.append(f"    rule: {self.rule}, {self.file}:{self.line}")
        return "\n".join(lines)


def path_text(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
