"""Tools of Node.js that tests run. Their versions stand in tests/npm/package-lock.json; what is missing is installed.

To add one: `npm install --save-exact --prefix tests/npm NAME`, and commit both files there.
"""

import functools
import json
import shutil
import subprocess
from pathlib import Path

from tests.alone import alone

ROOT = Path(__file__).parent / "npm"


def command(package, name=None):
    """The words that run the tool `name` of a package, which is called as the package unless it is said otherwise."""
    _install()
    folder = ROOT / "node_modules" / package
    tools = json.loads((folder / "package.json").read_text("utf-8"))["bin"]
    file = tools if isinstance(tools, str) else tools[name or package.rpartition("/")[2]]
    return [_found("node"), str(folder / file)]


@functools.cache
def _install():
    """Bring tests/npm/node_modules to what the lock file says; nothing is done where it holds that already."""
    with alone(ROOT / ".lock"):
        if _versions(ROOT / "node_modules" / ".package-lock.json") != _versions(ROOT / "package-lock.json"):
            # not by --prefix, with which npm does not read the machine's own settings: its certificates, say
            npm = [_found("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(npm, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
            assert done.returncode == 0, done.stderr


def _versions(lock):
    """What a lock file lists, without tools that only other platforms get."""
    if not lock.is_file():
        return None
    listed = json.loads(lock.read_text("utf-8"))["packages"]
    return {name: one["version"] for name, one in listed.items() if name and not one.get("optional")}


def _found(program):
    where = shutil.which(program)
    assert where, f"tests of what editors and other tools read need {program} (Debian: apt-get install nodejs npm)"
    return where
