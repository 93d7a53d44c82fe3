"""The rows of a file that cannot be sent, with the reasons, in a file that can be corrected and pushed.

A table stays a table, in its own encoding and with its delimiter, and gets the columns `_line` and `_reasons` at the
end. JSON becomes JSON lines with two more fields. `push` skips both when it reads them.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from ..registry.values import encode
from .cells import Cell, as_text
from .columns import OURS
from .replacing import replacing
from .rows import UNREAD, Row, Rows
from .table import Writer

if TYPE_CHECKING:
    from typing_extensions import Self

    from .reading import Reading


class Rejects:
    """A context manager. On exit, it writes the complete file, if there were such rows.

    Raises OSError.
    """

    def __init__(self, file: Path, reading: Reading) -> None:
        self.file, self.count, self._reading = file, 0, reading
        self._stack = ExitStack()
        self._out: TextIOWrapper | None = None
        self._table: Writer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.flush()
            self._out.detach()
        self._stack.close()

    def add(self, row: Row, rows: Rows) -> None:
        if self._out is None:
            self._out = self._begun(rows)
        self.count += 1
        reasons = "; ".join(f"{violation.where}: {violation.message}".lstrip(": ") for violation in row.wrong)
        if self._table is not None:
            for cells in row.cells:
                self._table.put([*map(self._as_read, cells), str(row.line), reasons])
            return
        item = row.item if isinstance(row.item, dict) else {UNREAD: row.cells[0][0] if row.cells else ""}
        self._out.write(encode({**item, OURS[0]: row.line, OURS[1]: reasons}).decode() + "\n")

    def _begun(self, rows: Rows) -> TextIOWrapper:
        raw = self._stack.enter_context(replacing(self.file, f"{os.getpid()}.tmp"))
        out = TextIOWrapper(raw, rows.encoding, "backslashreplace", newline="")
        if rows.columns is not None:
            self._table = Writer(out, delimiter=rows.delimiter)
            self._table.put([*rows.columns.names, *OURS])
        return out

    def _as_read(self, cell: Cell) -> str:
        """A cell, written so that reading it gives the same cell."""
        text = as_text(cell)
        return text.replace(".", self._reading.decimal or ".") if isinstance(cell, Decimal) else text
