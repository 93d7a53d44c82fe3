"""performance.md promises nothing that the benchmarks do not measure."""

import re

from benchmarks.groups import GROUPS
from tests.documents import ROOT


def test_every_limit_on_the_page_is_a_bar_of_the_benchmarks() -> None:
    page = (ROOT / "docs" / "explanation" / "performance.md").read_text("utf-8")
    limits = re.findall(r"\| ([0-9.]+)(?: of its time)? \|$", page, re.MULTILINE)
    assert len(limits) == 8
    bars = {line.bar for group in GROUPS.values() for line in group.lines}
    assert {float(limit) for limit in limits} <= bars
