"""Test files that need what Windows does not have. There they are left out, and the head of pytest's report says so.

A file is left out as a whole, by what stands in it or in test modules that it imports; nothing is listed by hand.
"""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent
_DATABASE = "a PostgreSQL that the tests start"
NEEDS = {
    "fork": r"\bos\.fork\b|\bForked\b",
    "terminals, limits or users of POSIX": r"^\s*import (pty|resource|pwd)\b|[;,] resource\b",
    _DATABASE: r"\btests\.postgres\b",
    "signals of POSIX": r"\bsignal\.(SIGKILL|SIGALRM|SIGSTOP|setitimer)\b|\.send_signal\(|^from tests\.children import .*\bChild\b",
    "symbolic links, which need a privilege there": r"\bsymlink_to\(",
    "permissions of files": r"\.chmod\(|\bos\.(umask|getuid)\b",
    "bash": r'"bash"',
}
_IMPORTED = re.compile(r"^from (?:tests\.([\w.]+)|(test_\w+)) import", re.MULTILINE)  # of all, or from beside it


def needs(file, seen=()):
    """What a test file needs of POSIX, in words."""
    if file in seen:
        return set()
    text = file.read_text("utf-8")
    found = {what for what, pattern in NEEDS.items() if re.search(pattern, text, re.MULTILINE)}
    for name, beside in _IMPORTED.findall(text):
        module = file.with_name(f"{beside}.py") if beside else ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if not module.is_file():
            continue  # a folder: `from tests.hints import odd`
        below = needs(module, (*seen, file))
        # a test is run by being imported; helpers need things when they are called, but for the database's users
        found |= below if module.name.startswith("test_") else below & {_DATABASE}
    return found


@cache
def left_out():
    """By file, what keeps it from running on Windows."""
    files = sorted(ROOT.rglob("test_*.py"))
    return {file: words for file in files if file != ROOT / "test_platforms.py" and (words := needs(file))}
