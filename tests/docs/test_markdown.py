"""The documents as Markdown: their form, which GitHub and the site show alike, and where their links lead.

Links to other hosts are not followed: the tests need no network.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.docs.pages import BLOCK
from tests.documents import ROOT

PARSER = MarkdownIt("commonmark").enable("table")
OUTER = [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
]
DOCUMENTS = [*OUTER, *sorted((ROOT / "docs").rglob("*.md"))]
EXECUTED = {ROOT / "README.md", *DOCUMENTS[len(OUTER) :]}
"""By `tests/test_readme.py`, `tests/docs/test_pages.py` and `tests/docs/test_generated.py`."""

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


@functools.cache
def tokens(path: Path) -> list[Token]:
    return PARSER.parse(path.read_text("utf-8"))


def inner(path: Path) -> Iterator[Token]:
    for token in tokens(path):
        yield from token.children or ()


@functools.cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for opening, inline in zip(tokens(path), tokens(path)[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children if child.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.add(next(name for n in range(99) if (name := f"{slug}-{n}" if n else slug) not in found))
    return found


@each_document
def test_code_stands_in_fences_that_a_test_executes(path: Path) -> None:
    indented = [token.map[0] + 1 for token in tokens(path) if token.type == "code_block"]
    assert not indented, f"lines {indented} are indented code, which no test executes: use a fence"
    fences = sum(token.type == "fence" for token in tokens(path))
    known = sum(1 for _ in BLOCK.finditer(path.read_text("utf-8")))
    assert fences == known, "tests/docs/pages.py does not find each fence"
    assert path in EXECUTED or fences == 0, "no test executes this document: use inline code"


@each_document
def test_a_page_has_one_title_and_no_markup_but_markdown(path: Path) -> None:
    assert [token.tag for token in tokens(path) if token.type == "heading_open"].count("h1") == 1
    blocks = [token.content for token in tokens(path) if token.type == "html_block"]
    assert [text for text in blocks if not text.lstrip().startswith("<!--")] == []
    assert [token.content for token in inner(path) if token.type == "html_inline"] == []
    assert not re.search(r"^(:::|```\{)", path.read_text("utf-8"), re.MULTILINE), (
        "GitHub does not know MyST's directives"
    )


@each_document
def test_every_link_and_anchor_exists(path: Path) -> None:
    for token in inner(path):
        target = token.attrGet("href") or token.attrGet("src")
        if not target or re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        place = (path.parent / name).resolve() if name else path
        assert place.is_file(), f"{target} leads nowhere"
        assert place.is_relative_to(ROOT), f"{target} leads out of the repository"
        assert not anchor or anchor in anchors(place), f"{target}: no such heading. There are {sorted(anchors(place))}"
