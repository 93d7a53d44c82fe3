"""Every block of code and every command of the documents works as written, and prints what the page says."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

import pytest

from tests.alone import alone
from tests.docs.pages import Page, blocks
from tests.documents import ROOT

PAGES = sorted(
    path
    for path in (ROOT / "docs").rglob("*.md")
    if path.parent.name != "operations" or path.stem == "index"  # those of operations: `test_generated`
)
EXAMPLES: dict[str, str] = {"howto/agents.md": "tests/agents/test_mcp_docs.py", "tutorial.md": "tests/test_readme.py"}
"""Pages that show something that no block on them prints, and the test that holds it."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT / "docs").as_posix())
def test_every_block_works_as_written(path: Path, tmp_path: Path) -> None:
    page = Page(path, tmp_path)
    for name in re.findall(r"<!-- postgresql: (\w+) -->", page.text):
        from tests.postgres import server

        page.environment[name] = server().database()
    if "<!-- libraries -->" in page.text:
        from tests import pypi

        paths = [pypi.libraries(), page.environment.get("PYTHONPATH")]
        page.environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    with contextlib.ExitStack() as stack:
        if "<!-- background: " in page.text:  # it may listen on the port that the page names
            stack.enter_context(alone(Path(tempfile.gettempdir(), "ocreg-pages.lock")))
        page.run()


def test_an_example_that_is_not_executed_has_a_test_of_its_own() -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in PAGES if marked(path)}
    assert pages == EXAMPLES.keys()
    for test in EXAMPLES.values():
        assert (ROOT / test).is_file()


def marked(path: Path) -> bool:
    return any("example" in block.marks for block in blocks(path.read_text("utf-8")))
