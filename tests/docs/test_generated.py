"""What is generated of the documents is as the code is now, says all of it, and its examples run."""

import inspect
import re
import shlex
from pathlib import Path

import pytest

import ocreg
from docs.generate import DOCS
from docs.generate.__main__ import kinds, stale
from ocreg.account import settings
from ocreg.bulk.reading import Iteration
from ocreg.bulk.sending import Sent
from ocreg.cli.app import COMMANDS, run
from ocreg.registry.files import Registry
from ocreg.sandbox.core import Sandbox
from ocreg.sandbox.running import RunningSandbox
from ocreg.violation import Violation
from tests.docs.pages import blocks

OPERATIONS = DOCS / "reference" / "operations"
REFERENCE = DOCS / "reference"


def text(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def test_everything_generated_is_fresh() -> None:
    assert stale(write=False) == [], "run python -m docs.generate"
    assert {"command", "format", "operations", "python", "settings"} <= set(kinds())


def test_every_operation_has_a_page_and_a_line_in_the_list() -> None:
    pages = {path.stem for path in OPERATIONS.glob("*.md")} - {"index"}
    assert pages == set(Registry([]))
    assert set(re.findall(r"^\| \[`([a-z_.]+)`\]\(\1\.md\)", text("operations/index.md"), re.MULTILINE)) == pages


def test_every_command_has_a_section() -> None:
    headings = set(re.findall(r"^## ocreg (.+)$", text("command.md"), re.MULTILINE))
    assert headings == set(COMMANDS)
    assert {"### ocreg journal export", "### ocreg journal show"} <= set(text("command.md").splitlines())


def test_every_setting_stands_in_its_page() -> None:
    page = text("settings.md")
    for name in (*settings.NAMES, "profile", "config", "endpoints", "session"):
        assert f"| `{name}` |" in page or name == "session", name
        assert name == "session" or f"`OCREG_{name.upper()}`" in page, name


def test_every_public_name_stands_in_its_page() -> None:
    page = text("python.md")
    for name in ocreg.__all__:
        assert re.search(rf"^##+ {name}$|^\| `{name}` \|", page, re.MULTILINE), name


@pytest.mark.parametrize("kind", [Iteration, Sent, Violation, RunningSandbox])
def test_the_members_in_the_page_are_there(kind: type) -> None:
    heading = {Iteration: "### Iteration", Sent: "### Sent", Violation: "### Violation"}.get(kind, "| member | meaning")
    listed = text("python.md").rpartition(f"{heading}\n" if "#" in heading else heading)[2].partition("\n#")[0]
    names = re.findall(r"^\| `(\w+)", listed, re.MULTILINE)
    assert names
    assert [name for name in names if not hasattr(kind, name)] == (["url"] if kind is RunningSandbox else [])


def test_the_arguments_of_the_sandbox_in_the_page_are_all() -> None:
    listed = text("python.md").partition("## sandbox\n")[2].partition("| member |")[0]
    names = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", listed, re.MULTILINE))))
    assert names == set(inspect.signature(Sandbox).parameters)


@pytest.mark.parametrize("id", sorted(Registry([])))
def test_the_examples_of_an_operation_run(
    id: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks((OPERATIONS / f"{id}.md").read_text("utf-8"))
    by_language = {block.language: block.text for block in found}
    if "sh" in by_language:
        program, *words = shlex.split(by_language["sh"].replace("\\\n", ""))
        assert program == "ocreg"
        assert run(words) == 0, capsys.readouterr().err
        assert capsys.readouterr().err == ""
    if "python" in by_language:
        exec(compile(by_language["python"], f"{id}.md", "exec"), {})
    endpoint = Registry([])[id]
    sent = endpoint.path is not None
    assert ("sh" in by_language) is sent
    assert ("python" in by_language) is (sent or endpoint.caller == "vendor")
    assert ("yaml" in by_language) is not ("python" in by_language)
