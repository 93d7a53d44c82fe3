"""Values as YAML in the one style that the defaults of yamllint and prettier both accept.

The two require different spaces within `{}`, so mappings are written as blocks. Lines end at 80 characters. Quotes are
double if the text has none, and what a YAML 1.1 reader takes for a number, a date or a boolean is quoted.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIDTH = 80
_SHORT = 30  # items up to this length may share a line
_LEAST = 8  # the width that a text needs beside its key
_PLAIN = re.compile(r"[^\W\d]|[/_$(]")
_NEVER_PLAIN = re.compile(r":( |\Z)| #|  | \Z")
_PLAIN_IN_ROW = re.compile(r"(https?://)?[A-Za-z/_$][A-Za-z0-9/_.#$+-]*( [A-Za-z0-9/_.+-]+)*\Z")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def document(values: dict[str, Any], comments: list[str]) -> str:
    """A whole file: its values below lines such as `head` makes."""
    return "\n".join([*comments, written(values)]) + "\n"


def head(origin: str) -> list[str]:
    """The first lines of a new endpoint file: one by which editors find the schema, and one with the file's origin.

    The path in the line is this machine's, because the schema is this version's.
    """
    law = Path(__file__).parent.parent / "registry" / "endpoint.schema.yaml"
    line = f"# yaml-language-server: $schema={law.as_uri()}"
    line = line if len(line) <= WIDTH else line.replace(": ", ":")  # yamllint allows only a single word to be longer
    words = f"{origin}; `ocreg lint --prove` checks it, docs/reference/format.md explains it."
    return ["---", *([line] if law.is_file() else []), *commented(words)]  # in a zip file there is no such file


def commented(text: str) -> list[str]:
    """A comment as lines."""
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )


def written(mapping: dict[str, Any]) -> str:
    """A non-empty mapping as lines of YAML, without a line break at the end."""
    return "\n".join(_block(mapping, ""))


def _block(value: dict[str, Any] | list[Any], pad: str) -> Iterator[str]:
    pairs = [(f"{scalar(k)}:", v) for k, v in value.items()] if isinstance(value, dict) else [("-", v) for v in value]
    for head, item in pairs:
        on_one = _on_one_line(item)
        line = f"{pad}{head} {on_one}"
        if on_one is not None and (_columns(line) <= WIDTH or not isinstance(item, (dict, list, str))):
            yield line
        elif isinstance(item, str):
            yield from [line] if on_one is not None and len(line) <= WIDTH else _long(item, pad, head)
        elif not item:
            yield from (pad + head, f"{pad}  {on_one}")
        elif head == "-":
            first, *rest = _block(item, pad + "  ")
            yield from (f"{pad}- {first.lstrip()}", *rest)
        else:
            yield from (pad + head, *_block(item, pad + "  "))


def _on_one_line(value: Any) -> str | None:
    """A value that may be beside its key, if there is room; None for one that never is."""
    if isinstance(value, str):
        return None if "\n" in value else scalar(value)
    if isinstance(value, (dict, list)) and value:
        return _row(value) if isinstance(value, list) and all(map(_shares_a_line, value)) else None
    return json.dumps(value)


def _shares_a_line(item: Any) -> bool:
    """Whether a list item may be beside others; prettier and yamllint count wide characters differently."""
    if isinstance(item, str):
        return len(item) <= _SHORT and item.isascii() and item.isprintable()
    return not isinstance(item, (dict, list))


def _row(items: list[Any]) -> str:
    plain = (isinstance(item, str) and item.lower() not in _WORDS and _PLAIN_IN_ROW.match(item) for item in items)
    return "[" + ", ".join(item if bare else _quoted(item) for item, bare in zip(items, plain, strict=True)) + "]"


def scalar(value: Any) -> str:
    """A key or a value on one line."""
    return value if isinstance(value, str) and _plain(value) else _quoted(value)


def _plain(text: str) -> bool:
    return bool(
        _PLAIN.match(text) and text.isprintable() and text.lower() not in _WORDS and not _NEVER_PLAIN.search(text)
    )


def _quoted(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if value.isprintable():
        return '"' + value + '"' if not set(value) & {'"', "\\"} else "'" + value.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _long(text: str, pad: str, head: str) -> Iterator[str]:
    """A text of several lines, or one that has to be folded."""
    inner, mark, body = pad + "  ", "", list[str]()
    lines = text.removesuffix("\n").split("\n")
    if all(map(str.isprintable, lines)) and lines[0][:1].strip() and lines[-1] and "\n" * 3 not in text:
        if len(lines) > 1 and all(line == line.rstrip() and len(inner + line) <= WIDTH for line in lines):
            mark, body = "|", lines
        elif all(_folds(line, inner) for line in lines):
            mark, body = ">", [line for paragraph in lines for line in ("", *_filled(paragraph, inner))][1:]
    start = f"{pad}{head} "
    if head != "-" and _columns(start) + (2 if mark else _LEAST) > WIDTH:
        yield pad + head  # below a key as long as a line, prettier starts a new line
        start = inner
    if not mark:
        yield from _in_quotes(text, start, inner)
    else:
        yield start + (mark if text.endswith("\n") else mark + "-")
        yield from (inner + line if line else "" for line in body)


def _columns(text: str) -> int:
    """The width of a text on a screen, or less: prettier counts so."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _words(line: str) -> list[str]:
    """The parts of a line between which it may be folded: a reader turns a line break into one space."""
    return re.split(r"(?<=\S) (?=\S)", line) if line else []


def _folds(line: str, inner: str) -> bool:
    return line == line.strip() and all(" " not in word or len(inner + word) <= WIDTH for word in _words(line))


def _filled(line: str, inner: str) -> list[str]:
    filled: list[str] = []
    for word in _words(line):
        if filled and len(inner) + len(filled[-1]) + 1 + len(word) <= WIDTH:
            filled[-1] += " " + word
        else:
            filled.append(word)
    return filled


def _in_quotes(text: str, line: str, inner: str) -> Iterator[str]:
    """A text in double quotes, begun on `line`. A backslash at a line's end joins it to the next."""
    width = _columns(line := line + '"')
    for character in text:
        escaped = _escaped(character)
        if width + _columns(escaped) >= WIDTH:
            yield line + "\\"
            line = inner + ("\\" if character == " " else "")  # spaces at a line's start are ignored
            width = len(line)
        line, width = line + escaped, width + _columns(escaped)
    yield line + '"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in '"\\':
        return character
    code = ord(character)
    known = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return known.get(character) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
