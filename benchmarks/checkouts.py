"""The code to measure: this checkout, and with `--beside` another one.

Each is copied into its own folder, together with these benchmarks, and its children run there with that folder first
in their search path. So they find its `ocreg` and `endpoints`, no matter which checkout is installed in the shared
virtual environment, and edits during a run have no effect.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent.parent
PARTS = ("ocreg", "endpoints")
NOW, BEFORE = "now", "before"
_BUILD = (
    "from pathlib import Path; from ocreg.registry.parsed import FOLDER, write;"
    "write(Path('endpoints'), Path('endpoints', FOLDER))"
)
"""What `hatch_build.py` does, because an installed package is measured. Checkouts before it have no such step."""


@dataclass(frozen=True)
class Checkout:
    """A version of the code; `side` is its name in results, `folder` is where its children run."""

    side: str
    folder: Path

    def environment(self, fast: bool = True, /, **extra: str) -> dict[str, str]:
        """This process's environment without proxies and without the settings of a real account."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OCREG_") and not k.lower().endswith("_proxy")}
        return {**kept, "PYTHONPATH": str(self.folder), **({} if fast else {"OCREG_FAST": "0"}), **extra}


@dataclass(frozen=True)
class Bench:
    """The inputs of groups: the loopback server's origin, and the checkouts, this one first."""

    host: str
    checkouts: tuple[Checkout, ...]

    @property
    def now(self) -> Checkout:
        return self.checkouts[0]


def is_checkout(folder: Path) -> bool:
    return all((folder / part).is_dir() for part in PARTS)


@contextmanager
def copied(side: str, source: Path) -> Iterator[Checkout]:
    """A copy of `source` in which its children run, during the block."""
    with TemporaryDirectory(prefix=f"ocreg-{side}-") as name:
        folder = Path(name)
        for origin in (*(source / part for part in PARTS), HERE / "benchmarks"):
            shutil.copytree(origin, folder / origin.name, ignore=shutil.ignore_patterns("__pycache__"))
        if (folder / "ocreg" / "registry" / "parsed.py").is_file():
            subprocess.run([sys.executable, "-c", _BUILD], cwd=folder, check=True)
        yield Checkout(side, folder)


@contextmanager
def bytecode_kept() -> Iterator[None]:
    """Let children keep compiled modules, in a directory of this run, even with PYTHONDONTWRITEBYTECODE.

    An installed package has bytecode. A source tree may not, and then every start would include compilation.
    """
    with TemporaryDirectory() as directory:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = directory
        yield
