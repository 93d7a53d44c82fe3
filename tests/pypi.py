"""Programs in Python that tests run, and libraries that a page of the documents uses, in an environment of their own.

Some of them pin libraries that ocreg leaves open. The versions are in tests/pypi/requirements.txt; the environment is
made when a test first asks for one of them.
"""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.alone import alone

WANTED = Path(__file__).parent / "pypi" / "requirements.txt"
ROOT = Path(__file__).parents[1] / ".venv-tools"
BEHIND = ROOT / "libraries"


def command(name):
    """The words that run a program of the environment; `python` is its interpreter."""
    _install()
    folder = ROOT / ("Scripts" if os.name == "nt" else "bin")
    return [str(folder / (f"{name}.exe" if os.name == "nt" else name))]


def libraries():
    """A directory for PYTHONPATH: with it, a Python finds the environment's libraries too, after its own."""
    _install()
    return str(BEHIND)


@functools.cache
def _install():
    """Make the environment, where it is not there for this Python with what is wanted."""
    with alone(WANTED.with_name(".lock")):
        _made()


def _made():
    mark, wanted = ROOT / "made-for.txt", f"{sys.version}\n{WANTED.read_text('utf-8')}"
    if mark.is_file() and mark.read_text("utf-8") == wanted:
        return
    shutil.rmtree(ROOT, ignore_errors=True)
    python = ROOT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check", "-r", str(WANTED)]
    for words in ([sys.executable, "-m", "venv", str(ROOT)], pip):
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, done.stderr
    site = sysconfig.get_path("purelib", vars={"base": str(ROOT)})
    BEHIND.mkdir()
    (BEHIND / "sitecustomize.py").write_text(f"import sys\nsys.path.append({site!r})\n", "utf-8")
    mark.write_text(wanted, "utf-8")
