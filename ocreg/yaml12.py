"""YAML, read strictly: one document, YAML 1.2 scalars, no duplicate keys, no anchors, no tags.

`parse` returns plain values; `locate` returns the line of a value. The scanning is done by libyaml (PyYAML's C loader)
if it is installed. The traps of YAML 1.1 are gone: `NO`, `on` and `22:22` are strings, and dates stay strings.

PyYAML is imported at the first file. The shipped files of an installed ocreg need none (`ocreg.registry.parsed`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from .errors import EndpointInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"
_FLOAT_STARTS = {*".0123456789"}
_WORDS: dict[str, Any] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}
MAX_BYTES = 1_000_000
_MAX_DEPTH = 60
_MAX_DIGITS = 60


def _refuse(file: str, line: int | None, why: str) -> EndpointInvalid:
    where = file if line is None else f"{file}:{line}"
    return EndpointInvalid(f"{where}: {why}", file=file, line=line)


@cache
def _loader() -> Any:
    import yaml

    # A *Base* loader resolves no scalars, so only the rules of this module apply.
    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    # Any explicit tag, even !!str, is noticed.
    return type("Loader", (base,), {"resolve": lambda *_: ""})


def compose(text: bytes, file: str, most: int = MAX_BYTES) -> Any:
    """The document's root node, with its positions. Raises EndpointInvalid."""
    if len(text) > most:
        raise _refuse(file, None, f"{len(text):,} bytes; an endpoint file has at most {most:,}")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise _refuse(file, line, f"not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    import yaml

    try:
        node = yaml.compose(decoded, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or "not YAML"
        if mark is not None and "\t" in "".join(decoded.splitlines()[mark.line : mark.line + 1]):
            problem += "; this line has a tab, indent with spaces"
        raise _refuse(file, mark.line + 1 if mark else None, f"not YAML: {problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _refuse(file, None, f"not YAML: {' '.join(str(error).split())}") from None
    if node is None:
        raise _refuse(file, None, "the file is empty")
    return node


def parse(text: bytes, file: str, mistakes: list[EndpointInvalid] | None = None) -> dict[str, Any]:
    """The values of a YAML document whose top level is a mapping; `file` is used in messages only.

    Raises EndpointInvalid with file and line. With `mistakes`, an error after which reading can go on is added there.
    """
    value = Builder(file, mistakes).build(compose(text, file), 0)
    if not isinstance(value, dict):
        raise _refuse(file, 1, "the top level of an endpoint file must be a mapping of keys to values")
    return value


class Builder:
    """Makes values from nodes, by the rules of YAML 1.2's core schema and no others."""

    def __init__(self, file: str, mistakes: list[EndpointInvalid] | None = None) -> None:
        self.file = file
        self.mistakes = mistakes
        self.seen: set[int] = set()

    def build(self, node: Any, depth: int) -> Any:
        if id(node) in self.seen:  # only an alias leads to a node twice
            raise self.unreadable(node, "anchors and aliases (&, *) are not used here; share by $ref instead")
        self.seen.add(id(node))
        if node.tag:
            self.refuse(node, f"the tag {node.tag} is not used here")
        if node.id == "scalar":
            return self.scalar(node)
        if depth > _MAX_DEPTH:
            raise self.unreadable(node, f"nested deeper than {_MAX_DEPTH} levels")
        if node.id == "sequence":
            return [self.build(item, depth + 1) for item in node.value]
        return self.mapping(node, depth)

    def refuse(self, node: Any, why: str) -> None:
        """Raises, or continues if mistakes are collected."""
        if self.mistakes is None:
            raise self.unreadable(node, why)
        self.mistakes.append(self.unreadable(node, why))

    def unreadable(self, node: Any, why: str) -> EndpointInvalid:
        return _refuse(self.file, node.start_mark.line + 1, why)

    def scalar(self, node: Any) -> Any:
        text: str = node.value
        if node.style:  # quoted or a block
            return text
        if text in _WORDS:
            return _WORDS[text]
        digits = text[1:] if text[0] in "-+" else text
        if digits.isascii() and digits.isdecimal():
            if len(digits) > _MAX_DIGITS:
                self.refuse(node, "an integer with too many digits; quote it if it is a text")
                return text
            return int(text)
        if digits[:1] in _FLOAT_STARTS and re.match(_FLOAT, text):
            number = float(text)
            if not isfinite(number):
                self.refuse(node, f"{text:.60} is too large a number")
                return text
            return number
        if text.lower() in {".inf", "-.inf", "+.inf", ".nan"}:
            self.refuse(node, f"{text} is not a JSON value")
        return text

    def mapping(self, node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self.build(key_node, depth + 1)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                shown = key_node.value if key_node.id == "scalar" else type(key).__name__
                self.refuse(key_node, f'the key {shown} is not a string; quote it: "{shown}"')
                key = str(shown)
            if key in result:
                self.refuse(key_node, f"duplicate key {key!r}: first on line {lines[key]}, again on line {line}")
            result[key] = self.build(value_node, depth + 1)
            lines[key] = line
        return result


def locate(text: bytes, file: str, path: Iterable[str | int]) -> tuple[int, bool]:
    """The line (from 1) of the value at `path`, and True; or of the deepest existing part of `path`, and False."""
    lines, whole = _lines(text, file), tuple(path)
    depth = next((size for size in range(1, len(whole) + 1) if whole[:size] not in lines), len(whole) + 1) - 1
    return lines[whole[:depth]], depth == len(whole)


@lru_cache(8)  # what one explanation needs: a file, its overlays, and the files they refer to
def _lines(text: bytes, file: str) -> dict[tuple[str | int, ...], int]:
    """The line of every value in the file, by its path."""
    root = compose(text, file)
    found: dict[tuple[str | int, ...], int] = {(): root.start_mark.line + 1}
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias, which may form a circle
            continue
        seen.add(id(node))
        if node.id == "mapping":
            below = [((*path, key.value), key, value) for key, value in node.value if isinstance(key.value, str)]
        elif node.id == "sequence":
            below = [((*path, index), item, item) for index, item in enumerate(node.value)]
        else:
            continue
        for inner, start, value in below:
            if inner not in found:
                found[inner] = start.start_mark.line + 1
                waiting.append((inner, value))
    return found
