"""mypy, pyright and ty over right and wrong calls of every operation, the README's code and a module of one's own."""

import ast
import shutil
from pathlib import Path

import pytest

from ocreg import Registry
from ocreg.hints import module
from tests.documents import README, ROOT, blocks
from tests.hints import calls, odd
from tests.hints.checkers import CHECKERS, check

OURS = Registry([])
RIGHT, WRONG = list(calls.rights(OURS)), list(calls.wrongs(OURS))
OWN_HEAD = """\
from ocreg import Client
from oc_operations import AsyncOps, ops
mine = ops(Client('local'))
def later() -> AsyncOps: raise NotImplementedError
"""


def after(head: str, lines: list[str]) -> str:
    return head + "".join(f"{line}\n" for line in lines)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    texts = {
        "right.py": after(calls.HEAD, [call.code for call in RIGHT]),
        "wrong.py": after(calls.HEAD, [call.code for call in WRONG]),
        "oc_operations.py": module.text(Registry([odd.written(folder / "endpoints")])),
        "own_right.py": odd.RIGHT,
        "own_wrong.py": after(OWN_HEAD, [f"print({code})" for code in odd.WRONG]),
        "of_readme.py": "".join(blocks(README, "python")),
        "of_types.py": "".join(blocks((ROOT / "docs" / "howto" / "editor.md").read_text("utf-8"), "python")),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    for example in (ROOT / "examples").glob("*.py"):
        shutil.copy(example, folder / f"example_{example.name}")
    return folder


@pytest.fixture(scope="module")
def said(files):
    """What they say of all the files, in one run of each."""
    return check(files, *sorted(file.name for file in files.glob("*.py")))


def in_words(found, files: Path, name: str) -> list[str]:
    """What is said of a file, with the lines that it is about."""
    lines = (files / name).read_text("utf-8").splitlines()
    return [f"{lines[line - 1]:.200}\n{words}" for (file, line), words in sorted(found.items()) if file == name]


@pytest.mark.parametrize("checker", CHECKERS)
def test_nothing_is_said_of_right_calls_and_of_what_is_shown(said, files, checker) -> None:
    """In their strictest settings; `oc_operations.py` needs none of its own."""
    for file in files.glob("*.py"):
        if "wrong" not in file.name:
            assert in_words(said[checker], files, file.name) == [], file.name


def essence(checker: str, call: calls.Call) -> str:
    """What a message about a wrong call has to hold. pyright shows where a wrong value stands, and not its field."""
    if checker == "pyright" and call.fault in ("type", "choice"):
        return (
            '"object" is not assignable to "'
            if call.fault == "type"
            else "\"Literal['none of them']\" is not assignable"
        )
    return call.names


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_wrong_call_is_found_and_named(said, checker) -> None:
    first = calls.HEAD.count("\n") + 1
    silent = [call for line, call in enumerate(WRONG, first) if ("wrong.py", line) not in said[checker]]
    assert silent == []
    for line, call in enumerate(WRONG, first):
        assert essence(checker, call) in said[checker]["wrong.py", line], call
    assert {line for file, line in said[checker] if file == "wrong.py"} == set(range(first, first + len(WRONG)))


@pytest.mark.parametrize("checker", CHECKERS)
def test_wrong_calls_of_ones_own_operations(said, checker) -> None:
    for line, (code, names) in enumerate(odd.WRONG.items(), OWN_HEAD.count("\n") + 1):
        assert names in said[checker].get(("own_wrong.py", line), "nothing"), code


def test_the_calls_are_of_every_operation_and_of_every_kind() -> None:
    assert {call.id for call in WRONG} == set(OURS)
    described = {id for id in OURS if OURS[id].examples.get("request")}
    assert {call.id for call in RIGHT} == described
    faults = {"operation", "option", "misspelled", "missing", "type", "choice", "answer", "payload"}
    assert {call.fault for call in WRONG} == faults
    with_fields = {id for id in described if OURS[id].data and OURS[id].data.root.get("properties")}
    assert {call.id for call in WRONG if call.fault == "misspelled"} >= with_fields
    for call in [*RIGHT, *WRONG]:
        ast.parse(call.code)
