"""What is refused before anything is sent."""

from __future__ import annotations

from typing import Any

from ..errors import OcregError


class Refusal(Exception):
    """Nothing was sent. `kind` is its name for programs; `facts` are JSON values."""

    def __init__(self, kind: str, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.kind, self.facts = kind, facts


def as_dict(error: Refusal | OcregError) -> dict[str, Any]:
    """An error as JSON values. `happened` comes early, because a long text is shortened at its end."""
    if isinstance(error, Refusal):
        return {"error": error.kind, "happened": "no", "text": str(error), **error.facts}
    facts = {"happened": getattr(error, "happened", "no"), **error.as_dict()}
    return {"error": facts.pop("error"), "happened": facts.pop("happened"), **facts}
