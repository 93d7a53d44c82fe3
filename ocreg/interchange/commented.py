"""JSON as people keep it in collections: with comments, trailing commas, and bare {{variables}} as values.

A comment describes the field on its line, or the next field if it is on a line of its own.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .calls import Said

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r]+)|(?P<line>\n)|(?P<comment>//[^\n]*|/\*.*?\*/|\#[^\n]*)|(?P<text>\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<variable>\{\{[^{}\n]*\}\})|(?P<sign>[{}\[\],:])|(?P<word>[^\s{}\[\],:\"/]+)",
    re.DOTALL,
)
_OPTIONAL = re.compile(
    r"(?i)\boptional\b|not (required|mandatory)|非\s*必[填须需传]|不必[填须传]|可选|选填|可不填|可为?空"
)
_REQUIRED = re.compile(r"(?i)\b(required|mandatory|must)\b|必[填须需传选]|不能为空|不可为空")
_DEEPEST = 100
_MOST = 2_000_000


class Variable(str):
    """A {{variable}} without quotes, which may have a value of any type."""

    __slots__ = ()


class NotJson(ValueError):
    """A text that is not JSON, even with comments."""


def read(text: str) -> tuple[Any, Said]:
    """The value, and what its comments say of fields. Raises NotJson."""
    try:
        return json.loads(text), {}
    except (ValueError, RecursionError):
        if len(text) > _MOST:
            raise NotJson("too long to look for comments in") from None
    parser = _Parser(text)
    value = parser.value((), 0)
    if parser.next()[0] != "end":
        raise NotJson("more than one value")
    return value, {place: _judged(words) for place, words in parser.comments.items()}


def _judged(words: str) -> tuple[bool | None, str]:
    needed = False if _OPTIONAL.search(words) else True if _REQUIRED.search(words) else None
    return needed, words


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._held: tuple[str, str] | None = None
        self._field: tuple[str, ...] | None = None  # the field on the current line
        self._waiting: list[str] = []
        self.comments: dict[tuple[str, ...], str] = {}

    def next(self) -> tuple[str, str]:
        """The next token that is not a space or a comment."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        while self._at < len(self._text):
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                raise NotJson(f"an invalid character, line {self._text.count(chr(10), 0, self._at) + 1}")
            self._at = found.end()
            kind, word = str(found.lastgroup), found[0]
            if kind == "line":
                self._field = None
            elif kind == "comment":
                self._comment(word)
            elif kind != "blank":
                return kind, word
        return "end", ""

    def _comment(self, word: str) -> None:
        words = re.sub(r"^(//+|#+|/\*+)|\*/$", "", word).strip()
        if self._field is None:
            self._waiting.append(words)
        elif words:
            self._say(self._field, words)

    def _say(self, place: tuple[str, ...], words: str) -> None:
        said = self.comments.get(place)
        self.comments[place] = words if said is None or words in said else f"{said} {words}"

    def value(self, place: tuple[str, ...], depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotJson("nested too deep")
        kind, word = self.next()
        if kind == "variable":
            return Variable(word)
        if word == "{":
            return self._object(place, depth)
        if word == "[":
            return self._list(place, depth)
        if kind not in ("text", "word"):
            raise NotJson("a value is missing")
        try:
            return json.loads(word, strict=False)
        except (ValueError, RecursionError):
            raise NotJson("a word that is not JSON") from None

    def _object(self, place: tuple[str, ...], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            kind, word = self.next()
            if word == "}":
                return found
            if word == ",":
                continue
            if kind != "text" or self.next()[1] != ":":
                raise NotJson("a field without a name or a colon")
            name = str(json.loads(word, strict=False))
            self._field = (*place, name)
            for words in self._waiting:
                self._say(self._field, words)
            self._waiting = []
            found[name] = self.value((*place, name), depth + 1)
            kind, word = self.next()
            if word not in (",", "}"):
                raise NotJson("a comma is missing")
            if word == "}":
                self._held = (kind, word)

    def _list(self, place: tuple[str, ...], depth: int) -> list[Any]:
        found: list[Any] = []
        while True:
            kind, word = self.next()
            if word == "]":
                return found
            if word == ",":
                continue
            self._held = (kind, word)
            found.append(self.value(place, depth + 1))
