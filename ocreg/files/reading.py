"""How to read a file: its encoding and format, and which columns are which fields."""

from __future__ import annotations

from typing import Any, NamedTuple


class Reading(NamedTuple):
    """The user's options for a file. The defaults suit a UTF-8 file whose columns have the fields' names."""

    encoding: str = "utf-8"
    sheet: str | None = None
    """The sheet of a workbook."""
    decimal: str | None = None
    """The decimal mark, `,` or `.`. If it is given, thousands separators are read too."""
    offset: str | None = None
    """The UTC offset, such as `+0800`, of dates and times that have none."""
    names: dict[str, str] = {}  # noqa: RUF012  # never written to
    """Fields by column names."""
    ignored: frozenset[str] = frozenset()
    constants: dict[str, str] = {}  # noqa: RUF012  # never written to
    """Cells for every row, by fields."""
    group: str | None = None
    """The field whose value the lines of one item share."""

    @property
    def of_columns(self) -> list[str]:
        """The given options that apply only to files with columns."""
        given: dict[str, Any] = {"--map": self.names, "--ignore": self.ignored, "--const": self.constants}
        given |= {"--group-by": self.group, "--decimal": self.decimal, "--offset": self.offset}
        return [option for option, value in given.items() if value]


PLAIN = Reading()
