"""Several lines of a table as one item: shared values once, and a list of the values that differ.

The lines of an item are consecutive, so only one item is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..registry.explain import show
from ..violation import Violation
from .rows import Row, Rows, on_line

if TYPE_CHECKING:
    from .columns import Columns, Path


def grouped(rows: Rows, masked: frozenset[str]) -> Iterator[Row]:
    """Merge rows that share the value of the grouping field. The entries of their lists are joined, in order."""
    whole: Row | None = None
    for row in rows:
        if whole is not None and row.item is not None and rows.columns is not None:
            value = _at(row.item, rows.columns.group)
            if value is not None and value == _at(whole.item, rows.columns.group):
                _merge(whole, row, rows.columns, masked)
                continue
        if whole is not None:
            yield whole
        whole = row
    if whole is not None:
        yield whole


def _at(item: Any, path: Path) -> Any:
    for step in path:
        item = item.get(step) if isinstance(item, dict) else None
    return item


def _merge(whole: Row, row: Row, columns: Columns, masked: frozenset[str]) -> None:
    found = list(row.wrong)

    def merge(target: dict[str, Any], source: dict[str, Any], above: Path) -> None:
        for name, value in source.items():
            path = (*above, name)
            if name not in target:
                target[name] = value
            elif path in columns.lists:
                target[name].extend(value)
            elif isinstance(value, dict) and isinstance(target[name], dict):
                merge(target[name], value, path)
            elif value != target[name]:
                hidden = any(step in masked for step in path)
                other, here = ("***", "***") if hidden else (show(target[name]), show(value))
                words = f"is {here}, but {other} on line {whole.line}, which is part of the same item"
                found.append(Violation(path, "group", words, "give it one value, or give it on the first line only"))

    merge(whole.item, row.item, ())
    whole.wrong.extend(on_line(columns.named(violation), row.line) for violation in found)
    whole.cells.extend(row.cells)
