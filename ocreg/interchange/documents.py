"""A file of unknown format: its format, recognized by content, and its content as plain values.

Nothing is executed or fetched. Size, depth and aliases are bounded: an alias gives the same object as its anchor, never
a copy, so a document takes memory only in proportion to its text.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from .. import yaml12
from ..errors import EndpointInvalid

MAX_BYTES = 16_000_000
_MAX_YAML = 4_000_000
"""In characters: reading YAML takes a hundred bytes of memory for each."""
MOST_OPERATIONS = 2_000
_MAX_DEPTH = 150
_FENCE = re.compile(r"^```(?:ya?ml|json)?[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^## +OpenAPI Specification[ \t]*$", re.MULTILINE)
_PASSWORD = re.compile(r"type=[\"']?password|access[- ]?password|访问密码|请输入密码", re.IGNORECASE)
_TAG = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)
_ASKS = re.compile(r"access[- ]?password|访问密码|请输入密码|enter (the )?password", re.IGNORECASE)
_FORM = "this is the site's login form: log in with a browser, then save the page itself"
_CURL = re.compile(r"^(\$ |> )?curl(\.exe)?\s", re.MULTILINE)
_CALL = re.compile(r"^[ \t]*(GET|POST|PUT|PATCH|DELETE)[ \t]*\n+[ \t]*(/|https?://)", re.MULTILINE)
_OPENAPI = re.compile(r"^## +OpenAPI Specification[ \t]*$|^(openapi|swagger)\s*:", re.MULTILINE)
_MAGIC = {
    b"PK\x03\x04": "a zip archive (perhaps .xlsx): unpack it and import the document in it",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"%PDF": "a PDF: save the page's Markdown form instead (add .md to its URL)",
    b"\xff\xfe": "UTF-16 text: save the file as UTF-8",
    b"\xfe\xff": "UTF-16 text: save the file as UTF-8",
}


class NotReadable(ValueError):
    """A file that cannot be imported. The text says what it is and what helps; it repeats nothing of the content."""


def few_enough(operations: int) -> None:
    """Raises NotReadable if there are more operations than anyone would review."""
    if operations > MOST_OPERATIONS:
        words = "export only the folder or the calls that you need"
        raise NotReadable(f"{operations:,} operations, at most {MOST_OPERATIONS:,}: {words}")


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is a mapping, or an empty one: documents may have anything anywhere. The next ones likewise."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in listed(value) if isinstance(item, dict)]


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def line(value: Any, most: int = 200) -> str:
    """A text on one line."""
    return " ".join(string(value).split())[:most]


def load(file: Path) -> Any:
    """The content of a file: the value of JSON or YAML (also in the Markdown form of a page), or a text.

    Raises NotReadable.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotReadable(f"cannot be read: {error.strerror or type(error).__name__}") from None
    if len(raw) > MAX_BYTES:
        raise NotReadable(
            f"larger than {MAX_BYTES:,} bytes: export only the folder, the pages or the calls that you need"
        )
    return parse(raw)


def parse(raw: bytes) -> Any:
    """The value of a document in bytes; a text if it is curl lines, or the text of a page. Raises NotReadable."""
    text = _text(raw)
    start = text.lstrip()
    if not start:
        raise NotReadable("the file is empty")
    if start[0] in "{[":
        return _json(text)
    _refuse_others(start)
    if not _OPENAPI.search(start) and (_CURL.search(start) or _CALL.search(start)):
        return text
    if _HEADING.search(text):
        text = _fenced(text)
        if text.lstrip()[:1] == "{":
            return _json(text)
    return _yaml(text)


def _text(raw: bytes) -> str:
    for magic, words in _MAGIC.items():
        if raw.startswith(magic):
            raise NotReadable(words)
    if b"\0" in raw:
        raise NotReadable("a binary file, or text in UTF-16: it must be UTF-8 text")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotReadable(f"not UTF-8 (line {line}); perhaps GBK, or truncated: save the file as UTF-8") from None


def _refuse_others(start: str) -> None:
    if _TAG.match(start[:2000].lstrip("\ufeff")) or start.startswith("<"):
        if _PASSWORD.search(start):
            raise NotReadable(_FORM)
        raise NotReadable("an HTML page: add .md to the page's URL and save what it shows")
    if len(start) < 2_000 and _ASKS.search(start) and not (_CALL.search(start) or _OPENAPI.search(start)):
        raise NotReadable(_FORM)


def _fenced(text: str) -> str:
    """The fenced block below the heading. Fences within it are indented; its closing fence is not."""
    heading = _HEADING.search(text)
    begin = _FENCE.search(text, heading.end() if heading else 0)
    end = _FENCE.search(text, begin.end()) if begin else None
    if begin is None or end is None:
        raise NotReadable("the page is incomplete: the block under `OpenAPI Specification` has no beginning or no end")
    return text[begin.end() : end.start()]


def _json(text: str) -> Any:
    def refuse(word: str) -> Any:
        raise NotReadable(f"{word} is not a JSON value")

    try:
        value = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        end = " (the file ends in the middle: is it incomplete?)" if error.pos >= len(text.rstrip()) - 1 else ""
        raise NotReadable(f"not JSON: {error.msg}, line {error.lineno}{end}") from None
    except RecursionError:
        raise NotReadable("nested too deep") from None
    except ValueError as error:  # an integer with thousands of digits, or NaN
        raise error if isinstance(error, NotReadable) else NotReadable("a number with too many digits") from None
    _shallow(value)
    return value


def _shallow(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise NotReadable(f"nested deeper than {_MAX_DEPTH} levels")


def _yaml(text: str) -> Any:
    if len(text) > _MAX_YAML:
        raise NotReadable(f"more than {_MAX_YAML:,} characters of YAML: export it as JSON, or only what you need")
    try:
        return _Builder("").build(yaml12.compose(text.encode(), "", MAX_BYTES + 3), 0)
    except EndpointInvalid as error:
        where = f"line {error.line}: " if error.line else ""
        raise NotReadable(where + str(error).lstrip(":0123456789").strip()) from None


class _Builder(yaml12.Builder):
    """The registry's strict YAML, but with aliases, numbers as keys (`200:`), and a larger depth limit."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self._built: dict[int, Any] = {}
        self._open: set[int] = set()

    def build(self, node: Any, depth: int) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag else self.scalar(node)
        if id(node) in self._built:
            return self._built[id(node)]
        if id(node) in self._open:
            raise self.unreadable(node, "an anchor that contains its own alias")
        if depth > _MAX_DEPTH:
            raise self.unreadable(node, f"nested deeper than {_MAX_DEPTH} levels")
        if node.tag:
            raise self.unreadable(node, "a tag, which is not followed")
        self._open.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.build(item, depth + 1) for item in node.value]
        else:
            value = self.mapping(node, depth)
        self._open.discard(id(node))
        self._built[id(node)] = value
        return value

    def mapping(self, node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.unreadable(key, "a key that is not text")
            if key.value in result:
                raise self.unreadable(key, "a key occurs twice in one mapping")
            result[key.value] = self.build(value, depth + 1)
        return result
