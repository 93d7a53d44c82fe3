"""The results of the rows of a file, read from the journal, in the order of the file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from .replacing import replacing
from .spool import Entry, Spool
from .table import Writer

if TYPE_CHECKING:
    from ..store.journal import Journal
    from ..store.records import Record

CHUNK = 500
"""How many rows are read from the journal at a time."""
FORMS = (".jsonl", ".csv")
_OURS = ("line", "key", "state", "happened")


class Result(NamedTuple):
    """A row's state (done, refused, unknown, not sent), the vendor's row for it, and the error."""

    line: int
    key: str
    state: str
    happened: str
    row: Any = None
    error: dict[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """The result on one level. A vendor's field that has one of our names gets the prefix `row.`."""
        row = self.row if isinstance(self.row, dict) else {} if self.row is None else {"row": self.row}
        theirs = {(f"row.{name}" if name in _OURS or name == "error" else name): v for name, v in row.items()}
        return {**dict(zip(_OURS, self, strict=False)), **theirs, "error": self.error}


def chunks(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(entries, CHUNK)):
        yield chunk


def results(spool: Spool, journal: Journal) -> Iterator[Result]:
    """A result for each row."""
    for chunk in chunks(spool.heads()):
        known = journal.known([entry.key for entry in chunk])
        for entry in chunk:
            yield _result(entry, known.get(entry.key))


def _result(entry: Entry, record: Record | None) -> Result:
    if record is None or record.digest != entry.digest:
        why = "another run sent this natural key with other content"
        return Result(entry.line, entry.key, "not sent", "no", None, None if record is None else {"text": why})
    said = json.loads(record.result) if record.result else {}
    if record.state in ("done", "refused", "not sent"):
        happened = "yes" if record.state == "done" else "no"
        return Result(entry.line, entry.key, record.state, happened, said.get("row"), said.get("error"))
    if record.state == "claimed":
        busy = {"text": f"{record.holder} is about to send it"} if record.holder.lives else None
        return Result(entry.line, entry.key, "not sent", "no", None, busy)
    if record.state == "sending":
        why = f"{record.holder} is sending it" if record.holder.lives else "a run ended before it got an answer"
        said = {"error": {"text": why}}
    return Result(entry.line, entry.key, "unknown", "unknown", None, said.get("error"))


def write(
    file: Path, found: Iterable[Result], columns: Iterable[str] = (), *, bom: bool = False, excel: bool = False
) -> None:
    """Write results as JSON lines or, with the vendor's `columns`, as CSV. The file appears complete or not at all."""
    encoding = "utf-8-sig" if bom or excel else "utf-8"
    with replacing(file, f"{os.getpid()}.part") as raw:
        out = TextIOWrapper(raw, encoding, "backslashreplace", newline="")
        try:
            _write(out, file.suffix, found, columns, excel=excel)
        finally:
            out.detach()


def _write(out: TextIO, form: str, found: Iterable[Result], columns: Iterable[str], *, excel: bool) -> None:
    if form == ".jsonl":
        out.writelines(
            json.dumps(result.fields(), ensure_ascii=False, separators=(",", ":"), default=str) + "\n"
            for result in found
        )
        return
    names = [*_OURS, *columns, "error"]
    table = Writer(out, excel=excel)
    table.put([table.text(name) for name in names])
    for result in found:
        error = str((result.error or {}).get("text", "")).partition("\n")[0]
        cells = {**_flat(result.fields(), ""), "error": error}
        table.put([table.cell(cells.get(name)) for name in names])


def columns(found: Iterable[Result]) -> list[str]:
    """The names of the vendor's fields, in the order of their first use."""
    names: dict[str, None] = {}
    for result in found:
        if result.row is not None:
            names.update(dict.fromkeys(_flat(result.fields(), "")))
    return [name for name in names if name not in (*_OURS, "error")]


def _flat(value: dict[str, Any], above: str) -> dict[str, Any]:
    """Flatten inner objects to dotted names, and lists to JSON."""
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and not (name == "error" and not above):
            flat.update(_flat(inner, f"{above}{name}."))
        else:
            flat[above + name] = inner
    return flat
