"""mypy, pyright and ty, as they are: what each says of every line of some files.

pyright comes as basedpyright, whose wheels bring Node along; with `typeCheckingMode: strict` it says what pyright does.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

CHECKERS = ("mypy", "pyright", "ty")
Said = dict[str, dict[tuple[str, int], str]]
"""By checker, file and line: all that it has against the line."""
_TY = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):\d+: (?P<words>(error|warning)\[.*)$", re.MULTILINE)


def check(folder: Path, *files: str) -> Said:
    """What they say of files in a folder, each in its strictest setting."""
    return {"mypy": _mypy(folder, files), "pyright": _pyright(folder, files), "ty": _ty(folder, files)}


def _run(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: it found something
    return done.stdout


def _collected(found) -> dict[tuple[str, int], str]:
    lines = defaultdict(list)
    for file, line, words in found:
        lines[Path(file).name, line].append(words)
    return {place: "\n".join(words) for place, words in lines.items()}


def _mypy(folder: Path, files: tuple[str, ...]) -> dict[tuple[str, int], str]:
    out = _run(folder, "mypy", "--strict", "--cache-dir", str(folder / ".mypy"), "--output", "json", *files)
    found = [json.loads(line) for line in out.splitlines() if line]
    return _collected((one["file"], one["line"], f"{one['message']} {one['hint'] or ''}") for one in found)


def _pyright(folder: Path, files: tuple[str, ...]) -> dict[tuple[str, int], str]:
    words = ["basedpyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "include": list(files)}))
    found = json.loads(_run(folder, *words))
    assert found["summary"]["filesAnalyzed"] == len(files)
    return _collected((o["file"], o["range"]["start"]["line"] + 1, o["message"]) for o in found["generalDiagnostics"])


def _ty(folder: Path, files: tuple[str, ...]) -> dict[tuple[str, int], str]:
    out = _run(folder, "ty", "check", "--python", sys.prefix, "--output-format", "concise", "--color", "never", *files)
    return _collected((one["file"], int(one["line"]), one["words"]) for one in _TY.finditer(out))
