"""`ocreg pull ID ... --out FILE`"""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..account import places
from ..bulk.answers import digest, moment
from ..bulk.flat import Flat
from ..errors import OcregError
from ..files.bookmark import Bookmark
from ..files.resumable import Refused, ResumableFile, as_line
from ..notices import UnfilteredWarning
from . import arguments, output, progress

if TYPE_CHECKING:
    from ..bulk.reading import Progress
    from ..client import Client
    from ..registry.endpoint import Endpoint

_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # the years 1 and 9999, in UTC
_SECONDS = {"d": 24 * 3600, "h": 3600}


@click.command("pull")
@arguments.payload
@arguments.unknown
@arguments.settings
@click.option("--out", required=True, metavar="FILE.jsonl|FILE.csv|-", help="Where the rows go; - is standard output.")
@click.option("--ids", "lists", multiple=True, metavar="FIELD=@FILE", help="A list of ids from a file, one per line.")
@click.option(
    "--since",
    metavar="WHEN",
    help="Start of the time window: 365d (ago), 12h, a day (UTC), a date-time with offset, or last: where the last "
    "complete pull of the same query ended.",
)
@click.option("--until", metavar="WHEN", help="End of the time window: 1d (ago), a day or a date-time. Default: now.")
@click.option("--threads", type=click.IntRange(1, 32), default=1, show_default=True, help="Parts to read at a time.")
@click.option("--append", is_flag=True, help="Append to the rows in the file.")
@click.option("--bom", is_flag=True, help="Start a .csv file with a byte-order mark, for Excel.")
@click.option("--excel", is_flag=True, help="As --bom, and escape text that Excel would take for a formula.")
@click.option("--fresh", is_flag=True, help="Start over, even if the file has rows.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary and errors as JSON.")
def command(
    id: str,
    words: tuple[str, ...],
    source: str | None,
    unknown: tuple[str, ...],
    out: str,
    lists: tuple[str, ...],
    since: str | None,
    until: str | None,
    threads: int,
    fresh: bool,
    append: bool,
    bom: bool,
    excel: bool,
    as_json: bool,
    **where: Any,
) -> int:
    """Read all pages, time windows and chunks of an operation into a file.

    If it is interrupted, run the same command to resume. Exit codes as for call; 1 also after Ctrl-C.
    """
    if out != "-" and Path(out).suffix not in (".jsonl", ".csv"):
        raise click.UsageError(f"--out {out}: the name must end in .jsonl or .csv, or be -")
    if (bom or excel) and not out.endswith(".csv"):
        raise click.UsageError("--bom and --excel are for --out FILE.csv")
    data, query = arguments.read(words, source)
    warnings.simplefilter("ignore", UnfilteredWarning)  # pull reads everything on purpose
    with arguments.client(**where) as client:
        endpoint = client.registry[id]
        for word in lists:
            data = _with_ids(endpoint, data, word)
        mark = _bookmark([id, data, query, client.identity(id).name])
        meant, ends = _window(endpoint, data, client.caller.world.clock(), since, until, mark)
        pull = _Pull(client, id, data, mark, query=query or None, threads=threads, unknown=unknown)
        if fresh or not Path(f"{out}.resume").exists():  # a resumed pull was checked when it began
            pull.rows(meant, None, None)  # report errors before any file is touched
        if out == "-":
            return pull.to_stdout(meant, ends, as_json)
        about = [id, data, query, since, until, client.identity(id).name, endpoint.limits]
        about += ["append"] if append else []
        with _in_words(out, begun=False):
            landing = ResumableFile(Path(out), digest(about).hex(), meant, fresh=fresh, append=append, until=ends)
        return pull.into(landing, as_json, bom=bom, excel=excel)


class _Pull:
    """One query, and where its rows go."""

    def __init__(self, client: Client, id: str, data: Any, mark: Bookmark, **options: Any) -> None:
        self.client, self.id, self.data, self.mark, self.options = client, id, data, mark, options
        self.requests = 0

    def rows(self, meant: dict[str, int], resume: str | None, tell: Callable[[Progress], None] | None) -> Any:
        ends = {field: datetime.fromtimestamp(second, timezone.utc) for field, second in meant.items()}
        data = {**(self.data or {}), **ends} if ends else self.data
        return self.client.iterate(self.id, data, resume=resume, progress=tell, **self.options)

    def to_stdout(self, meant: dict[str, int], ends: int | None, as_json: bool) -> int:
        began, count = time.monotonic(), 0

        def tell(now: Progress) -> None:
            self.requests = now.requests

        with self.rows(meant, None, tell) as rows:
            for row in rows:
                sys.stdout.write(as_line(row).decode())
                count += 1
        sys.stdout.flush()
        self._mark(ends)
        _summary("-", count, self.requests, time.monotonic() - began, as_json)
        return 0

    def into(self, landing: ResumableFile, as_json: bool, *, bom: bool, excel: bool) -> int:
        """Read to the end. If something ends it earlier, the rows so far are kept."""
        if landing.resumed:
            click.echo(f"resuming {landing.file} after {landing.state.rows:,} rows", err=True)
        before = landing.state.requests
        ended: OcregError | KeyboardInterrupt | None = None
        work = progress.Reading(self.id)
        with progress.shown(work, as_json=as_json), _in_words(str(landing.file)):

            def tell(now: Progress) -> None:
                self.requests = now.requests
                if landing.due:
                    landing.keep(rows.resume, before + now.requests)
                work.tell(now)

            rows = self.rows(landing.state.meant, landing.state.token, tell)
            try:
                self._fill(landing, rows, before)
                shape = Flat(self.client.registry[self.id])
                landing.finish(shape, bom=bom, excel=excel, complete=lambda: self._mark(landing.state.until))
            except (OcregError, KeyboardInterrupt) as error:
                rows.close()
                if rows.items == landing.added:  # else Ctrl-C came between taking a row and writing it
                    landing.keep(rows.resume, before + self.requests)
                ended = error
            finally:
                rows.close()
                landing.close()
        if ended is not None:  # print after the progress bar has gone
            click.echo(f"{landing.state.rows:,} rows are in {landing.rows_file}; {_AGAIN}", err=True)
            if isinstance(ended, OcregError):
                raise ended
            return 1
        state = landing.state
        _summary(str(landing.file), state.rows, state.requests, state.seconds, as_json)
        return 0

    def _mark(self, ends: int | None) -> None:
        """Record where the next pull starts. If that fails, this pull is still good."""
        if ends is not None:
            try:
                self.mark.write(ends)
            except OSError as error:
                click.echo(f"not recorded for --since last: {error}", err=True)

    def _fill(self, landing: ResumableFile, rows: Any, before: int) -> None:
        for row in rows:
            landing.add(row)
            if landing.due:
                landing.keep(rows.resume, before + self.requests)
        landing.keep(rows.resume, before + self.requests)


_AGAIN = "run the same command to resume"


@contextmanager
def _in_words(file: str, *, begun: bool = True) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    except OSError as error:
        words = f"{file} cannot be written: {error.strerror or error}"
        kept = f"; earlier rows are kept; {_AGAIN}" if begun else ""
        raise click.ClickException(words + kept) from None


def _summary(file: str, rows: int, requests: int, seconds: float, as_json: bool) -> None:
    if as_json:
        facts = {"file": file, "rows": rows, "requests": requests, "seconds": round(seconds, 3)}
        click.echo(json.dumps(facts, ensure_ascii=False, separators=(",", ":")), err=True)
    else:
        read = f"{output.counted(rows, 'row')} in {output.counted(requests, 'request')}"
        click.echo(f"{read}, {seconds:.0f} s -> {file}", err=True)


def _bookmark(query: list[Any]) -> Bookmark:
    folder = places.state_file("pulls")
    if folder is None:
        raise click.UsageError("--since needs a state directory for its bookmark: set HOME or XDG_STATE_HOME")
    return Bookmark(folder, digest(query).hex())


def _window(
    endpoint: Endpoint, data: Any, now: float, since: str | None, until: str | None, mark: Bookmark
) -> tuple[dict[str, int], int | None]:
    """The values of the payload's fields for --since and --until, and the second at which the window ends, if known."""
    words = {"now": int(now)}
    if since == "last":
        last = mark.read()
        if last is None:
            known = "there is no record of a complete pull of this query with --since"
            raise click.UsageError(f"--since last: {known}: start with a day, as in --since 2025-01-01")
        words["last"] = last
    ends = endpoint.limits.get("window", {}).get("to")
    if since is not None and ends not in (data or ()):
        until = until or "now"  # the moment at which the pull began, also when it is resumed
    meant = _meant(endpoint, data, words, since=since, until=until)
    return meant, meant.get(ends) if since is not None else None


def _meant(endpoint: Endpoint, data: Any, words: dict[str, int], **given: str | None) -> dict[str, int]:
    """The seconds for --since and --until, by the payload's fields."""
    rule, found = endpoint.limits.get("window"), dict[str, int]()
    for option, text in given.items():
        if text is None:
            continue
        if rule is None:
            raise click.UsageError(f"--{option}: {endpoint.id} declares no time window")
        field = rule["from" if option == "since" else "to"]
        if data is not None and not isinstance(data, dict):
            raise click.UsageError(f"--{option} needs an object; --data holds something else")
        if field in (data or {}):
            raise click.UsageError(f"--{option} and {field} mean the same: give one of them")
        found[field] = words[text] if text in words else _second(option, text, words["now"])
    return found


def _second(option: str, text: str, now: int) -> int:
    ago = re.fullmatch("([0-9]{1,5})([dh])", text)
    if ago:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    day = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    second = moment(f"{text}T00:00:00+0000" if day else text)
    if second is None or not _FIRST <= second <= _LAST:
        known = "now, 365d or 12h (ago), 2025-01-01 (UTC), 2025-06-17T10:10:10+0800"
        raise click.UsageError(f"--{option} {text}: not a moment, or without its offset; give {known}")
    return second


def _with_ids(endpoint: Endpoint, data: Any, word: str) -> Any:
    """The payload with a list from a file: FIELD=@FILE."""
    field, _, name = word.partition("=@")
    if not name:
        raise click.UsageError(f"--ids {word}: give FIELD=@FILE")
    if data is not None and not isinstance(data, dict):
        raise click.UsageError("--ids needs an object; --data holds something else")
    if field in (data or {}):
        raise click.UsageError(f"--ids {field}: the payload already has a {field}")
    try:
        lines = Path(name).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--ids {word}: {error}") from None
    ids = [line.strip() for line in lines if line.strip()]
    inside = _property(endpoint, field)
    return {**(data or {}), field: [{inside: one} for one in ids] if inside is not None else ids}


def _property(endpoint: Endpoint, field: str) -> str | None:
    """The one property of a list's items; None if they are strings."""
    schema = endpoint.data
    nodes = schema.at([schema.root], field) if schema is not None else []
    items = schema.at(nodes, 0) if schema is not None else []
    names = {name for node in items for name in node.get("properties", {})}
    if len(names) == 1:
        return str(names.pop())
    if names:
        words = f"its items have {len(names)} fields ({', '.join(sorted(names))}): use {field}:=JSON or --data"
        raise click.UsageError(f"--ids {field}: {words}")
    if not any("string" in node.get("type", ()) for node in items):
        raise click.UsageError(f"--ids {field}: {endpoint.id} declares no list of ids with this name")
    return None
