"""The picture of a terminal in the README says what is true, and loads nothing. `test_generated` holds that it is fresh."""

import re

import pytest

from docs.generate import terminal
from tests.documents import ROOT

PICTURE = ROOT / "docs" / "images" / "terminal.svg"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str, str]]:
    return terminal.run()


def test_its_notes_are_true(steps) -> None:
    refused, first, again = (printed for _, _, printed in steps)
    assert "nothing was sent" in refused
    assert "2 done (0 before)" in first
    assert "2 done (2 before)" in again
    assert "0 requests" in again


def test_it_loads_nothing() -> None:
    assert re.findall(r"https?://[^\"]*", PICTURE.read_text("utf-8")) == ["http://www.w3.org/2000/svg"]
    assert "@font-face" not in PICTURE.read_text("utf-8")
