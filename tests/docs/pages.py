"""The documents' code, executed as written: every block of a page, in its order, as a reader would who starts with nothing.

A page has one new directory, which is also its home, one shell (variables that are exported stay) and one Python
session. What a block's language says about it:

    sh           commands. Each must succeed
    sh-session   lines that begin with `$ ` are commands; the others are what they print
    python       executed in the page's session
    pycon        as Python's own prompt shows it; what it prints is compared
    text         what the commands or the code of the block before printed
    yaml, json, toml, ini   is parsed

A block that holds a fence of its own, such as a file in Markdown, has a longer one (four backticks).

In what is printed `...` stands for anything, also for lines. A comment before a block says more about it; readers do
not see it:

    <!-- file: orders.csv -->    the block is written to that file; nothing is executed
    <!-- exit: 2 -->             the last command of the block ends with this code
    <!-- input: y -->            what is typed at its prompts, `\\n` between lines
    <!-- background: TEXT -->    it goes on in the background until the page ends; TEXT is what it prints when it is ready
    <!-- example -->             printed by something else than the block before, such as an error on a page about errors;
                                 `tests/docs/test_pages.py` lists those pages, each with the test that holds it

A page that needs a PostgreSQL says `<!-- postgresql: NAME -->` anywhere: the variable NAME is its URL. A page that
needs the libraries of `tests/pypi/requirements.txt`, such as pandas, says `<!-- libraries -->`.
"""

import configparser
import contextlib
import doctest
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from ocreg import yaml12
from tests.documents import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BLOCK = re.compile(
    r"(?P<marks>(?:^[ ]*<!-- [^\n]+ -->\n+)*)^(?P<indent>[ ]*)(?P<fence>```+)(?P<language>[\w-]*)[^\n]*\n"
    r"(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
SESSION = """
import contextlib, io, json, sys, traceback
space = {"__name__": "__main__"}
for line in sys.stdin:
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(json.loads(line), "<page>", "exec"), space)
        except BaseException:
            error = traceback.format_exc()
    print(json.dumps([out.getvalue(), error]), flush=True)
"""


class Block(NamedTuple):
    language: str
    text: str
    marks: dict[str, str]
    line: int


def blocks(text: str) -> list[Block]:
    found = []
    for match in BLOCK.finditer(text):
        marks = dict(re.findall(r"<!-- ([a-z]+)(?:: (.*?))? -->", match["marks"]))
        lines = [line.removeprefix(match["indent"]) for line in match["text"].splitlines(keepends=True)]
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(match["language"], "".join(lines), marks, line))
    return found


def alike(shown: str, printed: str) -> bool:
    """Whether `printed` is what the page shows; lines end without blanks, and `...` is anything."""
    shown, printed = ("\n".join(line.rstrip() for line in text.strip().splitlines()) for text in (shown, printed))
    pattern = ".*?".join(re.escape(piece) for piece in shown.split("..."))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


class Page:
    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = path, folder
        self.text = path.read_text("utf-8")
        self.printed = ""
        self._python: subprocess.Popen | None = None
        self._running: list[subprocess.Popen] = []
        names = [name for name in os.environ if name.startswith(("OCREG_", "XDG_", "PYTEST_", "COLUMNS"))]
        self.environment = {name: value for name, value in os.environ.items() if name not in names}
        self.environment |= {
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
        }

    def run(self) -> None:
        try:
            for block in blocks(self.text):
                self._do(block)
        finally:
            if self._python is not None:
                self._python.stdin.close()
                self._python.wait(60)
                self._python.stdout.close()
            for process in self._running:
                process.terminate()
                process.wait(60)
                process.stdout.close()

    def _do(self, block: Block) -> None:
        where = f"{self.path.relative_to(ROOT)}:{block.line}"
        if "example" in block.marks:
            return
        if "file" in block.marks:
            target = self.folder / block.marks["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, "utf-8")
            parse(target.suffix[1:], block.text)
        elif block.language == "sh":
            self.printed = self._shell(block.text, block.marks, where)
        elif block.language == "sh-session":
            for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, _, shown = step.partition("\n")
                while command.endswith("\\"):
                    more, _, shown = shown.partition("\n")
                    command += "\n" + more
                self.printed = self._shell(command, block.marks, where)
                assert alike(shown, self.printed), f"{where}: {command}\nprinted:\n{self.printed}"
        elif block.language == "python":
            self.printed = self._code(block.text, where)
        elif block.language == "pycon":
            for example in doctest.DocTestParser().get_examples(block.text):
                code = f"__import__('sys').displayhook = print\n{example.source}"
                with contextlib.suppress(SyntaxError):
                    compile(example.source, where, "eval")
                    code = f"_ = (\n{example.source})\nif _ is not None: print(repr(_))"
                self.printed = self._code(code, where)
                assert alike(example.want, self.printed), f"{where}: {example.source}printed:\n{self.printed}"
        elif block.language == "text":
            assert alike(block.text, self.printed), f"{where}: printed was:\n{self.printed}"
        else:
            parse(block.language, block.text)

    def _shell(self, text: str, marks: dict[str, str], where: str) -> str:
        """What it prints on both of its outputs; what it exports and where it goes stay for the next one."""
        if "background" in marks:
            return self._begin(text, marks["background"], where)
        state = self.folder / ".shell"
        script = f"[ -f {state} ] && . {state}\nset -eu\ntrap 'c=$?; {{ declare -px; echo cd \"$PWD\"; }} >{state}; exit $c' EXIT\n{text}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            input=marks.get("input", "").replace("\\n", "\n") + "\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=200,
        )
        expected = int(marks.get("exit", 0))
        assert done.returncode == expected, f"{where}: exit code {done.returncode}\n{text}\nprinted:\n{done.stdout}"
        return done.stdout

    def _begin(self, text: str, ready: str, where: str) -> str:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {text}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        printed = ""
        while ready not in printed:
            line = process.stdout.readline()
            assert line, f"{where}: ended before it printed {ready!r}:\n{printed}"
            printed += line
        threading.Thread(target=process.stdout.read, daemon=True).start()  # so that it can go on printing
        return printed

    def _code(self, text: str, where: str) -> str:
        if self._python is None:
            self._python = subprocess.Popen(
                [sys.executable, "-c", SESSION],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self._python.stdin.write(json.dumps(text) + "\n")
        self._python.stdin.flush()
        printed, error = json.loads(self._python.stdout.readline())
        assert error is None, f"{where}:\n{text}\n{printed}\n{error}"
        return printed


def parse(language: str, text: str) -> None:
    """Whether it is what it says it is; a language that nothing here knows is an error, for nothing would test it."""
    if language in ("yaml", "yml"):
        for document in re.split(r"^---$", text, flags=re.MULTILINE):
            yaml12.parse(document.encode(), "the page")
    elif language == "json":
        json.loads(text)
    elif language == "toml":
        tomllib.loads(text)
    elif language == "ini":
        configparser.ConfigParser().read_string(text)
    elif language == "jsonl":
        [json.loads(line) for line in text.splitlines()]
    elif language == "py":
        compile(text, "<page>", "exec")
    else:
        assert language in ("csv", "txt", "tsv", "html", "md", "sh"), f"nothing executes or parses {language!r}"
