"""What the PATHS of `ocreg lint` mean: which registry, and which of its operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..registry.files import ID, Registry, ids_below, shipped
from . import checks
from .findings import Finding

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass
class Target:
    """A registry directory, the requested operations and shared files in it, and findings about file names.

    `whole` is the directory's name in findings, if all of its operations are requested.
    """

    registry: Registry
    ids: list[str]
    strays: list[Finding]
    shared: list[str]
    whole: str | None = None


class NoTarget(ValueError):
    """A path that is neither a registry directory nor an endpoint file; the text says why."""


def targets(paths: list[Path]) -> Iterator[Target]:
    """The targets for directories and files; without paths, the shipped registry. Raises NoTarget."""
    if not paths:
        root = shipped()
        registry = Registry([])
        yield Target(registry, sorted(ids_below(root)), [], _shared_below(root), registry.name)
        return
    files: dict[Path, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            yield _directory(path)
        elif path.is_file():
            file = path if path.parent.name not in ("", "..") else path.parent.resolve() / path.name
            files.setdefault(file.parent.parent, []).append(file)
        else:
            raise NoTarget(f"{path}: no such file or directory")
    for root, members in files.items():
        yield _files(root, members)


def _directory(root: Path) -> Target:
    strays = list(checks.stray_files(root))
    ids, shared = sorted(ids_below(root)), _shared_below(root)
    if not ids and not strays and not shared:
        raise NoTarget(f"{root}: no endpoint file (<group>/<name>.yaml) in this directory")
    registry = _registry(root)
    return Target(registry, ids, strays, shared, registry.name)


def _files(root: Path, members: list[Path]) -> Target:
    shared = sorted({file.stem for file in members if file.parent.name == "_shared"})
    named = {file: f"{file.parent.name}.{file.stem}" for file in members if file.parent.name != "_shared"}
    good = {id for file, id in named.items() if ID.match(id) and file.suffix == ".yaml"}
    words = "no operation: the name must be <group>/<name>.yaml, in lower-case letters, digits and underscores"
    strays = [Finding(str(file), 1, "$", "file-name", words) for file, id in named.items() if id not in good]
    # A change in a shared file affects every operation of its registry.
    registry = _registry(root)
    if shared:
        return Target(registry, sorted(ids_below(root)), strays, shared, registry.name)
    return Target(registry, sorted(good), strays, [])


def _shared_below(root: Traversable) -> list[str]:
    folder = root / "_shared"
    names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _registry(root: Path) -> Registry:
    """`root` before the shipped registry, or alone if it is the shipped one."""
    return Registry([]) if root.resolve() == Path(str(shipped())).resolve() else Registry([root])
