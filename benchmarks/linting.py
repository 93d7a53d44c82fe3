"""The time of `ocreg lint`: for the shipped registry, warm, and for a registry of 1,000 files of realistic size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ocreg import Registry
from ocreg.lint import checks

from .payloads import FILES
from .timing import Measures, once, per_call

_MANY = Path("lint-many")
"""Below the checkout's copy, in which a worker runs."""


def shipped(_: str, __: bool) -> Measures:
    registry = Registry([])
    return {"shipped": {"ocreg": per_call(_linting(registry, list(registry)))}}


def many(_: str, __: bool) -> Measures:
    ids = [f"many.op{number}" for number in range(FILES)]
    return {"many": {"ocreg": once(_linting(Registry([_many_files()]), ids))}}


def _linting(registry: Registry, ids: list[str]) -> Callable[[], object]:
    return lambda: checks.lint(registry, ids)


def _many_files() -> Path:
    """Copies of the shipped files, each with its own path."""
    texts = [file.read_text("utf-8") for file in sorted(Path("endpoints").glob("[a-z]*/*.yaml"))]
    group = _MANY / "many"
    group.mkdir(parents=True, exist_ok=True)
    for number in range(FILES):
        text = re.sub(r"^path: .*$", f"path: /v1/op{number}", texts[number % len(texts)], flags=re.MULTILINE)
        (group / f"op{number}.yaml").write_text(text, "utf-8")
    return _MANY
