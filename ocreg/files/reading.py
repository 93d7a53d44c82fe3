"""How a file is to be read: what its bytes mean, and which of its columns are which fields."""

from __future__ import annotations

from typing import Any, NamedTuple


class Reading(NamedTuple):
    """What a user says of a file. The defaults are those of a file with our own column names in UTF-8."""

    encoding: str = "utf-8"
    sheet: str | None = None
    """Of a workbook."""
    decimal: str | None = None
    """`,` or `.`: what stands before a fraction; then separators of thousands are read, too."""
    offset: str | None = None
    """`+0800`: that of dates and times which have none."""
    names: dict[str, str] = {}  # noqa: RUF012  # never written to
    """Fields by the names of columns."""
    ignored: frozenset[str] = frozenset()
    constants: dict[str, str] = {}  # noqa: RUF012  # never written to
    """Cells by fields, for every row."""
    group: str | None = None
    """The field whose value the lines of one item share."""

    @property
    def of_columns(self) -> list[str]:
        """The options that were given although only columns have a use for them."""
        given: dict[str, Any] = {"--map": self.names, "--ignore": self.ignored, "--const": self.constants}
        given |= {"--group-by": self.group, "--decimal": self.decimal, "--offset": self.offset}
        return [option for option, value in given.items() if value]


PLAIN = Reading()
