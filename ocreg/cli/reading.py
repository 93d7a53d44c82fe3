"""The options of `push` for reading its file."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..files.reading import Reading
from ..files.rejects import Rejects
from ..files.replacing import writable

_OPTIONS: dict[str, dict[str, Any]] = {
    "--encoding": {
        "default": "utf-8",
        "help": "Such as gb18030 (Chinese Excel), cp1252 (western Excel). Default: UTF-8.",
    },
    "--sheet": {"metavar": "NAME", "help": "The sheet of a workbook."},
    "--decimal": {"type": click.Choice([",", "."]), "help": "The decimal mark. Numbers may have thousands separators."},
    "--offset": {"metavar": "+0800", "help": "The UTC offset of dates and times that have none."},
    "--map": {"multiple": True, "metavar": "COLUMN=FIELD|@FILE.toml", "help": "The field for a column. Repeatable."},
    "--ignore": {"multiple": True, "metavar": "COLUMN", "help": "Leave out this column. Repeatable."},
    "--const": {
        "multiple": True,
        "metavar": "FIELD=VALUE",
        "help": "Set a field to one value in every row. Repeatable.",
    },
    "--group-by": {"metavar": "FIELD", "help": "Consecutive lines with the same value of this field are one row."},
}


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, how in reversed(_OPTIONS.items()):
        function = click.option(name, f"reading_{name[2:].replace('-', '_')}", **how)(function)
    return function


def taken(given: dict[str, Any]) -> Reading:
    """The values of these options, which are removed from `given`."""
    own = {name: given.pop(f"reading_{name[2:].replace('-', '_')}") for name in _OPTIONS}
    names: dict[str, str] = {}
    for word in own["--map"]:
        found = _from_toml(word) if word.startswith("@") else dict([_pair("--map", word, word.rpartition("="))])
        twice = next((name for name in found if name in names), None)
        if twice is not None:
            raise click.UsageError(f"--map: the column {twice!r} is mapped twice")
        names |= found
    constants = dict(_pair("--const", word, word.partition("=")) for word in own["--const"])
    if own["--offset"] and not re.fullmatch("[-+][0-9]{4}", own["--offset"]):
        raise click.UsageError(f"--offset {own['--offset']}: give hours and minutes, as in +0800")
    ignored = frozenset(own["--ignore"])
    return Reading(
        _encoding(own["--encoding"]),
        own["--sheet"],
        own["--decimal"],
        own["--offset"],
        names,
        ignored,
        constants,
        own["--group-by"],
    )


def rejects(file: str, named: str | None, reading: Reading, *, skip: bool) -> Rejects | None:
    """The file for rows that cannot be sent; None if none was requested."""
    if named is None and not skip:
        return None
    if named is None and file == "-":
        raise click.UsageError("--on-invalid skip: name the file for rows that cannot be sent with --rejects FILE")
    kind = ".jsonl" if Path(file).suffix in (".json", ".jsonl", ".ndjson") else ".csv"
    target = Path(named) if named is not None else Path(file).with_suffix(f".rejects{kind}")
    if file != "-" and target.exists() and Path(file).exists() and target.samefile(file):
        raise click.UsageError(f"--rejects {target} is the file with the rows, which it would replace")
    try:
        writable(target)
    except OSError as error:
        raise click.UsageError(f"--rejects {target} cannot be written: {error.strerror or error}") from None
    return Rejects(target, reading)


def _pair(option: str, word: str, parts: tuple[str, str, str]) -> tuple[str, str]:
    name, _, value = (part.strip() for part in parts)
    if not name or not value:
        raise click.UsageError(f"{option} {word}: give {_OPTIONS[option]['metavar'].partition('|')[0]}")
    return name, value


def _encoding(name: str) -> str:
    """The encoding's name as Python writes it."""
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # some codecs are not text encodings
    except LookupError:
        raise click.UsageError(
            f"--encoding {name}: unknown encoding; use one such as utf-8, gb18030, cp1252, utf-16"
        ) from None
    return found.name


def _from_toml(word: str) -> dict[str, str]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[no-redef]
    try:
        found = tomllib.loads(Path(word[1:]).read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--map {word}: {error}") from None
    if not all(isinstance(field, str) for field in found.values()):
        raise click.UsageError(f'--map {word}: give lines of "Column" = "field"')
    return found
