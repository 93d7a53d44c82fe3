"""The shape of many values in one place: how often each type occurs, which lengths, which formats, which fields.

Shapes are added to, merged, and written as JSON. They hold no values except the words that `discretion` allows. They
are bounded: in fields per object, in depth, in words, and by `Room` in total.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ..registry.schema import FORMATS
from . import discretion
from .discretion import ANY, NOTHING, Leave

DEEPEST = 16
MOST_FIELDS = 200
MOST_WORDS = 12
_ITEMS = 50
"""How many items of a longer list are read, spread over its length."""
KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
KINDS |= {dict: "object", list: "array"}
"""JSON's type names, by Python's."""
_NAMED = {*FORMATS, "empty", "text"}
Json = dict[str, Any]


class Room:
    """How many more shapes may be made, and which names an endpoint file marks as personal or secret."""

    def __init__(self, left: int, sensitive: Container[str] = (), secrets: Container[str] = ()) -> None:
        self.left, self.sensitive, self.secrets = left, sensitive, secrets


class Shape:
    """What was observed in one place. `words` is None if there are too many of them, or none may be recorded.

    `sizes` are the minimum and maximum number of characters of texts, and of items of lists.
    """

    __slots__ = ("fields", "formats", "items", "kinds", "leave", "sizes", "words")

    def __init__(self, leave: Leave = NOTHING) -> None:
        self.leave = leave
        self.kinds: dict[str, int] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.formats: dict[str, int] = {}
        self.words: dict[str, int] | None = {} if leave.words else None
        self.fields: dict[str, Shape] = {}
        self.items: Shape | None = None

    @property
    def seen(self) -> int:
        return sum(self.kinds.values())

    def add(self, value: Any, room: Room, depth: int = 0) -> None:
        """Add one value. Parts beyond the limits are skipped silently."""
        kind = KINDS.get(type(value))
        if kind is None:
            return
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind == "object":
            self._add_object(value, room, depth)
        elif kind == "array":
            self._size("array", len(value))
            if value and (self.items is not None or self._may_grow(room, depth)):
                self.items = self.items or Shape(self.leave)
                for item in value if len(value) <= _ITEMS else value[:: -(-len(value) // _ITEMS)]:
                    self.items.add(item, room, depth + 1)
        elif kind == "string" and not self.leave.secret:
            self._size("string", len(value))
            name = _format_of(value)
            self.formats[name] = self.formats.get(name, 0) + 1
        if self.words is not None and kind in ("string", "integer") and value != "":
            self._word(discretion.word(value), 1)

    def _add_object(self, value: Json, room: Room, depth: int) -> None:
        for raw, inner in value.items():
            name = raw if raw in self.fields else discretion.name(raw)
            if name not in self.fields:
                if len(self.fields) >= MOST_FIELDS:
                    name = ANY
                if name not in self.fields:
                    if not self._may_grow(room, depth):
                        continue
                    self.fields[name] = Shape(self.leave.below(name, room.sensitive, room.secrets))
            self.fields[name].add(inner, room, depth + 1)

    @staticmethod
    def _may_grow(room: Room, depth: int) -> bool:
        room.left -= 1
        return room.left >= 0 and depth < DEEPEST

    def _size(self, kind: str, size: int) -> None:
        least, most = self.sizes.get(kind, (size, size))
        self.sizes[kind] = (min(least, size), max(most, size))

    def _word(self, word: str | None, times: int) -> None:
        if word is None or self.words is None:
            self.words = None  # one value that is not a program word makes all the words doubtful
            return
        self.words[word] = self.words.get(word, 0) + times
        if len(self.words) > MOST_WORDS:
            self.words = None

    def merge(self, other: Shape, room: Room) -> None:
        """Add what `other` observed. `other` must not be used afterwards."""
        for counts, more in ((self.kinds, other.kinds), (self.formats, other.formats)):
            for name, times in more.items():
                counts[name] = counts.get(name, 0) + times
        for kind, (least, most) in other.sizes.items():
            self._size(kind, least)
            self._size(kind, most)
        if other.words is None:
            self.words = None
        for word, times in (other.words or {}).items():
            self._word(word, times)
        if self.items is not None and other.items is not None:
            self.items.merge(other.items, room)
        elif other.items is not None and other.items.fits(room):
            self.items = other.items
        for name, shape in other.fields.items():
            if name in self.fields:
                self.fields[name].merge(shape, room)
            elif (len(self.fields) < MOST_FIELDS or name == ANY) and shape.fits(room):
                self.fields[name] = shape

    @property
    def size(self) -> int:
        """The number of shapes in it, including itself."""
        inside = sum(shape.size for shape in self.fields.values())
        return 1 + inside + (self.items.size if self.items is not None else 0)

    def fits(self, room: Room) -> bool:
        """Whether it fits into the remaining room; if so, the room is used up."""
        fits = self.size <= room.left
        room.left -= self.size if fits else 0
        return fits

    def as_json(self) -> Json:
        found: Json = {"kinds": self.kinds}
        found |= {"sizes": {kind: list(both) for kind, both in self.sizes.items()}} if self.sizes else {}
        found |= {"formats": self.formats} if self.formats else {}
        if self.leave.words:
            found["words"] = self.words
        found |= {"fields": {name: shape.as_json() for name, shape in self.fields.items()}} if self.fields else {}
        return found | ({"items": self.items.as_json()} if self.items is not None else {})


def read(document: Any, room: Room, leave: Leave = NOTHING, depth: int = 0) -> Shape:
    """The shape that `as_json` wrote, checked by the same rules: a file may come from anywhere. Raises ValueError."""
    if not isinstance(document, dict) or room.left <= 0 or depth > DEEPEST + 1:
        raise ValueError("is not a shape, or is larger than the limit")
    room.left -= 1
    shape = Shape(leave)
    shape.kinds = {kind: n for kind, n in counts(document.get("kinds")).items() if kind in KINDS.values()}
    shape.formats = {name: n for name, n in counts(document.get("formats")).items() if name in _NAMED}
    for kind, both in as_object(document.get("sizes")).items():
        if kind in ("string", "array") and isinstance(both, list) and len(both) == 2:
            low, high = (_count(size) for size in both)
            shape.sizes[kind] = (min(low, high), max(low, high))
    if "words" in document and document["words"] is None:
        shape.words = None
    for word, times in counts(document.get("words")).items() if leave.words else ():
        shape._word(word if discretion.word(word) or discretion.word(_whole(word)) else None, times)
    for name, inner in as_object(document.get("fields")).items():
        if (name == ANY or discretion.name(name) == name) and len(shape.fields) <= MOST_FIELDS:
            below = leave.below(name, room.sensitive, room.secrets)
            shape.fields[name] = read(inner, room, below, depth + 1)
    if "items" in document:
        shape.items = read(document["items"], room, leave, depth + 1)
    return shape


def as_object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def counts(value: Any) -> dict[str, int]:
    return {name: _count(times) for name, times in as_object(value).items()}


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError("has a count that is not a count")
    return value


def _whole(text: str) -> Any:
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 5 else None


def _format_of(text: str) -> str:
    """The narrowest of the dialect's formats that a text matches; most match none."""
    if not text:
        return "empty"
    if text[0] in "-0123456789h":
        for name, check in FORMATS.items():
            if check(text):
                return name
    return "text"
