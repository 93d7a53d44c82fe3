"""What `ocreg lint PATHS` means: which registry, and which of its operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..registry import ID, Registry, ids_below, shipped
from . import checks
from .findings import Finding


@dataclass
class Target:
    """A registry directory, the operations in it that are asked for, and findings about file names."""

    registry: Registry
    ids: list[str]
    strays: list[Finding]
    whole: str | None = None
    """The directory's name in findings, where all of its operations are asked for."""


class NoTarget(ValueError):
    """A path that is no registry directory and no endpoint file; the text says why."""


def targets(paths: list[Path]) -> Iterator[Target]:
    """The targets for directories and files; for no paths, the shipped registry. Raises NoTarget."""
    if not paths:
        root = shipped()
        yield Target(Registry([]), sorted(ids_below(root)), [], "endpoints")
        return
    files: dict[Path, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            yield _directory(path)
        elif path.is_file():
            files.setdefault(path.parent.parent, []).append(path)
        else:
            raise NoTarget(f"{path}: there is no such file or directory")
    for root, members in files.items():
        yield from _files(root, members)


def _directory(root: Path) -> Target:
    strays = list(checks.stray_files(root))
    ids = sorted(ids_below(root))
    if not ids and not strays:
        raise NoTarget(f"{root}: no endpoint file (<group>/<name>.yaml) in this directory")
    registry = _registry(root)
    return Target(registry, ids, strays, "endpoints" if len(registry.roots) == 1 else str(root))


def _files(root: Path, members: list[Path]) -> Iterator[Target]:
    shared = [file for file in members if file.parent.name == "_shared"]
    named = {f"{file.parent.name}.{file.stem}": file for file in members if file.parent.name != "_shared"}
    strays = [
        Finding(str(file), 1, "$", "file-name", "no operation: the name must be <group>/<name>.yaml, in lower case")
        for id, file in named.items()
        if not ID.match(id) or file.suffix != ".yaml"
    ]
    # A change in a shared file concerns every operation of its registry.
    ids = ids_below(root) if shared else [id for id, file in named.items() if ID.match(id) and file.suffix == ".yaml"]
    yield Target(_registry(root), sorted(ids), strays)


def _registry(root: Path) -> Registry:
    """`root` over the shipped registry, or alone where it is the shipped one."""
    return Registry([]) if root.resolve() == Path(str(shipped())).resolve() else Registry([root])
