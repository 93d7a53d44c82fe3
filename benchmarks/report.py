"""Rows, bars and the table.

How to read it: `ocreg` and `baseline` are medians over all rounds, `ratio` is the first divided by the second. 0.50
means half of the baseline's cost, so smaller is better. Only ratios can be compared between machines; milliseconds are
this machine's. A `bar` is a ratio that the project promises not to exceed; rows without one are for comparison.
A single run proves little: benchmarks are not tests, and on a busy machine a row may exceed its bar. `spread` (in the
JSON output) has the quartiles of the ratios of single rounds, which show the precision.

With another checkout, `before` and `now` are the two versions, and `change` is the difference in cost. It has a `?` if
the quartiles of single rounds disagree on its sign, or if there are few rounds: the change is then not significant.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

ENOUGH = 5
"""With fewer rounds, agreement may be chance."""


@dataclass(frozen=True)
class Row:
    """One comparison: the cost of each round of ocreg and of the baseline, and the ratio not to exceed.

    `before` is the other checkout, `baseline_before` the baseline of its ratio (the same one for a library).
    """

    what: str
    unit: str
    ocreg: list[float]
    baseline: list[float]
    bar: float | None = None
    before: list[float] | None = None
    baseline_before: list[float] | None = None

    @property
    def ratio(self) -> float:
        return median(self.ocreg) / median(self.baseline)

    @property
    def ratio_before(self) -> float:
        assert self.before is not None
        return median(self.before) / median(self.baseline_before or self.baseline)

    @property
    def change(self) -> float:
        """The change in cost: -0.25 means a quarter less than before."""
        assert self.before is not None
        return median(self.ocreg) / median(self.before) - 1

    @property
    def change_spread(self) -> tuple[float, float]:
        """The quartiles of the change in single rounds."""
        assert self.before is not None
        low, high = quartiles(self.ocreg, self.before)
        return low - 1, high - 1

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        return "met" if self.ratio <= self.bar else "MISSED"

    @property
    def spread(self) -> tuple[float, float]:
        return quartiles(self.ocreg, self.baseline)

    def cells(self) -> list[str]:
        """The cells of the row in the table."""
        bar = "" if self.bar is None else f"{self.bar:.2f}"
        return [self.what, self._cost(self.ocreg), self._cost(self.baseline), f"{self.ratio:.2f}", bar, self.verdict]

    def cells_beside(self) -> list[str]:
        """The cells of the row in the table of two checkouts."""
        assert self.before is not None
        costs = [self._cost(values) for values in (self.before, self.ocreg, self.baseline)]
        return [self.what, *costs, f"{self.ratio_before:.2f}", f"{self.ratio:.2f}", self._change_shown()]

    def _change_shown(self) -> str:
        low, high = self.change_spread
        doubtful = len(self.ocreg) < ENOUGH or low < 0 < high
        return f"{round(100 * self.change):+d}%{' ?' if doubtful else ''}"

    def _cost(self, values: list[float]) -> str:
        return f"{_short(median(values))} {self.unit}"

    def as_json(self) -> dict[str, Any]:
        values = {"what": self.what, "unit": self.unit, "ocreg": median(self.ocreg), "baseline": median(self.baseline)}
        values |= {"bar": self.bar, "ratio": self.ratio, "spread": self.spread, "verdict": self.verdict or None}
        if self.before is not None:
            values |= {"before": median(self.before), "ratio_before": self.ratio_before, "change": self.change}
            values |= {"change_spread": self.change_spread}
        return values


def quartiles(costs: list[float], baseline: list[float]) -> tuple[float, float]:
    """The lower and the upper quartile of the ratios round by round.

    A baseline with other rounds, or a single number, counts with its median. A single round has one ratio for both.
    """
    if len(baseline) != len(costs):
        baseline = [median(baseline)] * len(costs)
    ratios = [cost / base for cost, base in zip(costs, baseline, strict=True)]
    if len(ratios) == 1:
        return ratios[0], ratios[0]
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return low, high


def machine() -> dict[str, Any]:
    """The machine of the measurements."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system()}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table, aligned for reading as text."""
    if all(row.before is not None for row in rows):
        head = ["what", "before", "now", "baseline", "ratio before", "ratio now", "change"]
        return _markdown(head, [row.cells_beside() for row in rows], left={0})
    head = ["what", "ocreg", "baseline", "ratio", "bar", "verdict"]
    return _markdown(head, [row.cells() for row in rows], left={0, 5})


def _markdown(head: list[str], rows: list[list[str]], left: set[int]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width if place in left else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    return "\n".join(_line(cells, widths, left) for cells in (head, rule, *rows))


def _short(number: float) -> str:
    return f"{number:.3f}" if number < 10 else f"{number:.1f}"


def _line(cells: list[str], widths: list[int], left: set[int]) -> str:
    padded = enumerate(zip(cells, widths, strict=True))
    return "| " + " | ".join(c.ljust(w) if place in left else c.rjust(w) for place, (c, w) in padded) + " |"


def missed(rows: list[Row]) -> str:
    """The missed bars, as text."""
    found = [f"  {row.what}: {row.ratio:.2f} > {row.bar:.2f}" for row in rows if row.bar and row.verdict == "MISSED"]
    return "\n".join(["Bars missed:", *found]) if found else "All bars are met."
