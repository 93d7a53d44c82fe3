"""How long `ocreg lint` takes: the shipped registry, warm, and a registry of 1,000 files of real size."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from time import perf_counter

from ocreg.lint import checks
from ocreg.registry.files import Registry, ids_below, shipped

FILES = 1_000


def shipped_registry(rounds: int) -> list[float]:
    """Milliseconds for each round; the first one, cold, is left out."""
    registry = Registry([])
    ids = sorted(ids_below(shipped()))
    return [_timed(registry, ids) for _ in range(rounds + 1)][1:]


def many_files() -> list[float]:
    """Milliseconds for one round over copies of the shipped files, each with a path of its own."""
    texts = [file.read_text("utf-8") for file in Path(str(shipped())).glob("[a-z]*/*.yaml")]
    with tempfile.TemporaryDirectory() as folder:
        group = Path(folder) / "many"
        group.mkdir()
        for number in range(FILES):
            text = re.sub(r"^path: .*$", f"path: /v1/op{number}", texts[number % len(texts)], flags=re.MULTILINE)
            (group / f"op{number}.yaml").write_text(text, "utf-8")
        return [_timed(Registry([folder]), sorted(ids_below(Path(folder))))]


def _timed(registry: Registry, ids: list[str]) -> float:
    began = perf_counter()
    checks.lint(registry, ids)
    return (perf_counter() - began) * 1000
