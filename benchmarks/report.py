"""Rows, bars and the table.

How to read it: `ocreg` and `baseline` are medians over all rounds, `ratio` is the first divided by the second: 0.50
means half the baseline's cost, so smaller is better. Only ratios travel between machines; the milliseconds are this
machine's. A `bar` is the ratio that the project promises not to exceed; rows without one are there to compare with.
A run decides nothing by itself: benchmarks are not tests, and a busy machine may push a row that is near its bar over
it. `spread` (in the JSON output) holds the quartiles of the ratios of single rounds: how much to trust the third digit.
"""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison: what each round of ocreg and of the baseline cost, and the ratio not to exceed."""

    what: str
    unit: str
    ocreg: list[float]
    baseline: list[float]
    bar: float | None = None

    @property
    def ratio(self) -> float:
        return median(self.ocreg) / median(self.baseline)

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        return "met" if self.ratio <= self.bar else "MISSED"

    @property
    def spread(self) -> tuple[float, float]:
        low, _, high = quantiles((o / b for o, b in zip(self.ocreg, self.baseline, strict=True)), n=4)
        return low, high

    def cells(self) -> list[str]:
        """The row as the table prints it."""
        numbers = [f"{_short(median(values))} {self.unit}" for values in (self.ocreg, self.baseline)]
        bar = "" if self.bar is None else f"{self.bar:.2f}"
        return [self.what, *numbers, f"{self.ratio:.2f}", bar, self.verdict]

    def as_json(self) -> dict[str, Any]:
        values = {**asdict(self), "ocreg": median(self.ocreg), "baseline": median(self.baseline)}
        return {**values, "ratio": self.ratio, "spread": self.spread, "verdict": self.verdict or None}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system()}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table, which is readable as it stands."""
    head = ["what", "ocreg", "baseline", "ratio", "bar", "verdict"]
    lines = [head, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:-1]), "-" * widths[-1]]
    return "\n".join(_line(line, widths) for line in [head, rule, *lines[1:]])


def _short(number: float) -> str:
    return f"{number:.3f}" if number < 10 else f"{number:.1f}"


def _line(cells: list[str], widths: list[int]) -> str:
    first, *numbers, last = cells
    middle = [number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True)]
    return "| " + " | ".join([first.ljust(widths[0]), *middle, last.ljust(widths[-1])]) + " |"


def missed(rows: list[Row]) -> str:
    """The bars that were missed, in words."""
    found = [f"  {row.what}: {row.ratio:.2f} > {row.bar:.2f}" for row in rows if row.bar and row.verdict == "MISSED"]
    return "\n".join(["Bars missed:", *found]) if found else "All bars are met."
