"""The checked rows of a file, in a temporary file: exactly the rows that were checked are sent.

All bad rows are reported together, before anything is sent. The given file is read once, so it may be a pipe, and may
change meanwhile. Memory does not grow with the number of rows; the natural keys so far are in a temporary database.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from .. import redact
from ..confirm.confirming import oddness
from ..errors import RequestInvalid
from ..registry.exact import OURS
from ..registry.values import canonical, decode, encode
from ..violation import Violation
from .grouping import grouped
from .reading import PLAIN, Reading
from .rejects import Rejects
from .rows import Row, Rows, on_line

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..registry.endpoint import Endpoint

MOST_EXPLAINED = 1000
"""How many bad rows are explained. The others are only counted."""
_SHOWN = 20


class Entry(NamedTuple):
    """A row that may be sent: its line, the key that identifies it, a digest of its item."""

    line: int
    key: str
    digest: str
    item: Any = None


class Spool:
    """Checked rows, which can be read repeatedly, by one reader at a time. A context manager."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with this object
        self.count = self.rejected = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        facts = entry.line, encode(entry.key), entry.digest.encode(), encode(entry.item)
        self._file.write(b"%d\t%b\t%b\t%b\n" % facts)
        self.count += 1

    def entries(self) -> Iterator[Entry]:
        for line, key, digest, item in self._lines():
            yield Entry(line, key, digest, OURS.decode(item.decode()))

    def heads(self) -> Iterator[Entry]:
        """The entries without their items."""
        for line, key, digest, _ in self._lines():
            yield Entry(line, key, digest)

    def _lines(self) -> Iterator[tuple[int, str, str, bytes]]:
        self._file.seek(0)
        for text in self._file:
            line, key, digest, item = text.split(b"\t")  # JSON has no tab of its own
            yield int(line), decode(key), digest.decode(), item


def checked(
    file: IO[bytes],
    name: str,
    endpoint: Endpoint,
    reading: Reading = PLAIN,
    *,
    rejects: Rejects | None = None,
    skip: bool = False,
) -> Spool:
    """All rows of a file that can be sent. The others are written to `rejects`.

    Raises RequestInvalid if any row cannot be sent, with the lines. With `skip`, only for faults of the whole file: a
    bad header, or a file that cannot be read to its end.
    """
    spool, bad = Spool(), Bad(endpoint, name, rejects)
    seen, key = _Seen(), endpoint.confirm.get("key")
    rows = Rows(file, name, endpoint, reading)
    ends = False
    try:
        for row in grouped(rows, endpoint.sensitive) if reading.group else rows:
            bad.rows += 1
            ends = ends or row.ends
            item = row.item if row.item is None else _conforming(endpoint, row, explain=bad.explains)
            number = "" if key is None or row.item is None else _natural(row, key)
            if key is not None and number and (other := seen.before(number, row.line)):
                words = f"is also on line {other}: the two rows could not be told apart"
                fix = "give each row its own natural key" + (f", and sort the file by {key}" if reading.group else "")
                row.wrong.append(Violation((key,), "confirm", words, fix))
            if row.wrong:
                if rows.columns is not None:
                    row.wrong[:] = map(rows.columns.named, row.wrong)
                bad.add(row, rows)
            elif skip or not bad.count:
                digest = digest_of(item)
                spool.add(Entry(row.line, number or f"#{digest}:{seen.times(digest)}", digest, item))
        spool.rejected = bad.count
        if ends or not skip:
            bad.tell()
    except BaseException:
        spool.__exit__()
        raise
    finally:
        seen.close()
    return spool


def _conforming(endpoint: Endpoint, row: Row, *, explain: bool) -> Any:
    """The item in its JSON form. Violations are added to the row."""
    try:
        payload = [row.item] if endpoint.takes_many else row.item
        if not explain and endpoint.data is not None and not endpoint.data.ok(payload):
            row.wrong.append(Violation((), "schema", "breaks the schema"))
            return row.item
        value = endpoint.check(payload).data
    except RequestInvalid as error:
        cut = 1 if endpoint.takes_many else 0
        known = {violation.path for violation in row.wrong}  # do not report cells that failed to convert as missing
        found = [violation._replace(path=violation.path[cut:]) for violation in error.violations]
        row.wrong.extend(violation for violation in found if violation.path not in known)
        return row.item
    return value[0] if endpoint.takes_many else value


def _natural(row: Row, key: str) -> str:
    """The item's natural key. If it is missing, a violation is added to the row."""
    value = row.item.get(key)
    missing = ("is needed to send the row exactly once", "give each row its own natural key, as text")
    odd = oddness(value) if isinstance(value, str) and value else missing
    if odd is None:
        return str(value)
    if not any(violation.path == (key,) for violation in row.wrong):
        row.wrong.append(Violation((key,), "confirm", *odd))
    return ""


def digest_of(item: Any) -> str:
    """A digest of an item's content, regardless of the order of fields and the spelling of numbers."""
    return sha256(canonical(item, _plain_number)).hexdigest()


def _plain_number(value: Decimal) -> Any:
    whole = int(value)
    return whole if value == whole else ["number", f"{value.normalize():f}"]


class Bad:
    """The bad rows. The first ones are explained, the rest counted. A rejects file, if there is one, has them all."""

    def __init__(self, endpoint: Endpoint, name: str, rejects: Rejects | None = None) -> None:
        self._endpoint, self._name, self._rejects = endpoint, name, rejects
        self.rows = self.count = 0
        self._ends = False  # at its first bad line, such as its header
        self._found: list[Violation] = []
        self._elsewhere = f"; all of them are in {rejects.file}" if rejects else "; --rejects FILE writes them all"

    @property
    def explains(self) -> bool:
        """Whether the next bad row is explained."""
        return self._rejects is not None or self.count < MOST_EXPLAINED

    def add(self, row: Row, rows: Rows) -> None:
        self.count += 1
        self._ends = row.ends and self.count == 1
        if self.count <= MOST_EXPLAINED:
            self._found += [on_line(violation, row.line) for violation in row.wrong]
        if self._rejects is not None and not row.ends:
            self._rejects.add(row, rows)

    def tell(self) -> None:
        if not self.count:
            return
        rows = "" if self._ends else "1 row of " if self.count == 1 else f"{self.count:,} rows of "
        words = f"{self._endpoint.id}: {rows}{redact.line(self._name)} cannot be sent; nothing was sent"
        raise refusal(self._endpoint, words, self._found, self.count, self._elsewhere)


def refusal(endpoint: Endpoint, words: str, found: list[Violation], rows: int, hint: str = "") -> RequestInvalid:
    """The error for so many bad rows, with the first violations. `hint` says where to find the others."""
    said: set[str | None] = {None}  # print each fix once
    shown = []
    for violation in found[:_SHOWN]:
        shown.append(f"{violation.where}: {redact.line(violation.message)}")
        shown += [] if violation.fix in said else [f"    fix: {redact.line(violation.fix)}"]
        said.add(violation.fix)
    told = len({violation.prefix.partition(":")[0] for violation in found[:_SHOWN]})
    if len(found) > _SHOWN or rows > told:
        more = [f"{len(found) - _SHOWN:,} more violations"] if len(found) > _SHOWN else []
        more += [f"{rows - told:,} more rows"] if rows > told else []
        shown.append(f"... and {' in '.join(more)}{hint}")
    text = "\n".join([words, *(f"  {line}" for line in shown)])
    return RequestInvalid(text, operation=endpoint.id, violations=found, rows=rows)


class _Seen:
    """The keys seen so far, in a temporary database that nobody else can open."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE seen (what BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID")

    def before(self, what: str, number: int) -> int | None:
        """The number that was stored with it, if it was seen before."""
        mark = sha256(what.encode("utf-8", "surrogatepass")).digest()[:16]
        new = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (mark, number)).rowcount
        return None if new else int(self._number(mark))

    def times(self, what: str) -> int:
        """How often it was seen before."""
        mark = sha256(what.encode()).digest()[:16]
        if self._database.execute("UPDATE seen SET number = number + 1 WHERE what = ?", (mark,)).rowcount:
            return int(self._number(mark))
        self._database.execute("INSERT INTO seen VALUES (?, 0)", (mark,))
        return 0

    def _number(self, mark: bytes) -> Any:
        return self._database.execute("SELECT number FROM seen WHERE what = ?", (mark,)).fetchone()[0]

    def close(self) -> None:
        self._database.close()
