"""A registry from a directory, or from a git revision, which is extracted into a temporary directory."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

from ..registry.files import Registry


class NoRevision(ValueError):
    """A text that names neither a directory nor a revision with a registry; the text says why."""


class Alone(Registry):
    """One directory by itself, without the shipped registry and OCREG_ENDPOINTS."""

    def __init__(self, directory: Path) -> None:
        super().__init__([directory])
        self.roots = [directory]
        self._shipped_name = directory.name if directory.name == "endpoints" else str(directory)


def registry(directory: Path) -> Registry:
    """The registry in a directory: over the shipped one if a file in it extends an operation from elsewhere.

    Such a directory holds only differences and means nothing by itself. Raises EndpointInvalid.
    """
    alone = Alone(directory)
    ids = set(alone)
    for id in sorted(ids):
        base = alone.base(id)
        if base is not None and (base == id or base not in ids):
            return Registry([directory])
    return alone


def directory(text: str, folder: str, into: Path) -> Path:
    """The registry directory that `text` names: a directory, or else the `folder` of a git revision, written to `into`.

    The repository is that of the current directory. If a directory and a revision have the same name, the directory is
    used. Raises NoRevision.
    """
    if text and Path(text).is_dir():
        return Path(text)
    if not text or text.startswith("-"):  # git would read it as an option
        raise NoRevision(f"{text!r} is neither a directory nor a git revision")
    top = _git(Path(), "rev-parse", "--show-cdup")
    if top is None:
        raise NoRevision(f"{text}: no such directory, and {Path.cwd()} is not in a git repository")
    repository = Path(top.decode().strip() or ".")
    commit = _git(repository, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}")
    if commit is None:
        raise NoRevision(f"{text}: no such directory, and no such revision in the git repository")
    name = PurePosixPath(folder).as_posix()
    tree = f"{commit.decode().strip()}:{'' if name == '.' else name}"
    archive = _git(repository, "archive", "--format=tar", tree)
    if archive is None:
        raise NoRevision(f"{text}: this revision has no folder {folder} (name another one with --path)")
    target = into / "endpoints"  # so that findings name files as for the shipped registry
    _unpack(archive, target, text)
    return target


def _git(where: Path, *words: str) -> bytes | None:
    """What git prints; None if it fails."""
    git = shutil.which("git")
    if git is None:
        raise NoRevision("git is required to read a revision, but it is not installed")
    done = subprocess.run(  # noqa: S603  # no shell; no argument can be read as an option
        [git, *words], cwd=where, capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def _unpack(archive: bytes, target: Path, revision: str) -> None:
    """Write the YAML files of a tar archive below `target`: no other files, no other places."""
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if path.suffix != ".yaml" or member.isdir():
                continue
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or path.is_absolute() or ".." in path.parts:
                raise NoRevision(f"{revision}: {member.name} is a link or leads outside, and is not followed")
            file = target.joinpath(*path.parts)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.read())
