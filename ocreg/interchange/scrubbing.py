"""What must not pass from a document into a file: secrets, and personal data in examples.

A secret is recognized by the name of its field (anywhere in the document) or by its form. Its value is then masked
everywhere else, too, because people paste the same token into a description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .. import redact
from ..names.private import PERSONAL, SECRET

__all__ = ["PERSONAL", "SECRET", "known_secrets", "scrubbed", "telling", "text"]
_VALUES = {"example", "examples", "default", "value", "const", "enum", "x-apifox-mock", "x-mock", "initial", "current"}
_PLAIN = {"string", "token", "bearer", "application/json", "required", "optional", "true", "false"}
_ADDRESS = re.compile(r"/[a-z0-9_{}.-]+(/[\w{}.-]+)+/?")
_MOST = 2_000
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w+])(\+[0-9]{1,3}[ -]?([0-9][ -]?){7,12}|1[3-9][0-9]{9})(?![\w])")
_SHAPES = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"),
    re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b[0-9a-fA-F]{32,}\b"),
    re.compile(r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA|PMAK)[-_A-Za-z0-9]{14,}"),
    re.compile(r"(?<![\w/])(?=[\w+/=-]*[0-9])(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[A-Za-z0-9+_-]{28,}={0,2}(?![\w/])"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+(?=\S*[0-9=])[\w.+/=-]{8,}"),
)
_SAID = re.compile(
    r"(?i)((?:passw\w*|secret\w*|[\w-]*token|client_?key|api_?key|access_?key|cookie|vauthorization|sign(?:ature)?|密码|密钥)"
    r"[`\"'*]*\s*(?:[:=：]|\bis\b)\s*[`\"'*]*)((?=[^\s\"'`,;，。]*[0-9_$#!])[^\s\"'`,;，。]{5,}|[^\s\"'`,;，。]{12,})"
)
EMAIL, PHONE = "name@example.com", "0000000000"


def known_secrets(document: Any) -> list[str]:
    """The texts of fields with names of secrets, if they are long enough to be told from words."""
    found: dict[str, None] = {}
    waiting: list[tuple[Any, bool]] = [(document, False)]
    seen: set[tuple[int, bool]] = set()
    while waiting and len(found) < _MOST:
        node, secret = waiting.pop()
        if isinstance(node, str):
            if secret and _telling(node):
                found[node] = found[node.removeprefix("Bearer ")] = None
        elif isinstance(node, (dict, list)) and (id(node), secret) not in seen:
            seen.add((id(node), secret))
            waiting += _inside(node, secret)
    return [word for word in found if _telling(word)]


def telling(words: Iterable[str]) -> list[str]:
    """Those of secret texts that can be told from words, and are masked everywhere."""
    found = [form for word in words for form in (word, word.removeprefix("Bearer "))]
    return [word for word in dict.fromkeys(found) if _telling(word)][:_MOST]


def _inside(node: Any, secret: bool) -> list[tuple[Any, bool]]:
    if isinstance(node, list):
        return [(item, secret) for item in node]
    name = node.get("name") or node.get("key")
    named = secret or (isinstance(name, str) and bool(SECRET.search(name)))
    below: list[tuple[Any, bool]] = []
    for key, value in node.items():
        hidden = bool(SECRET.search(key))
        if isinstance(value, str):
            below.append((value, hidden or (named and key in _VALUES)))
        else:
            below.append((value, hidden or (named and key in {*_VALUES, "schema"})))
    return below


def _telling(word: str) -> bool:
    plain = word.lower() in _PLAIN or "{{" in word or " " in word.removeprefix("Bearer ") or not word.isprintable()
    mixed = re.search(r"[0-9]", word) or re.search(r"[a-z][A-Z]|[_$#!%&-]", word) or len(word) >= 14
    address = word.startswith(("#/", "http")) or _ADDRESS.fullmatch(word)
    return not plain and len(word) >= 6 and bool(mixed) and not address


def text(words: str) -> str:
    """`words` without anything like a secret, an e-mail address or a telephone number, and valid in UTF-8."""
    words = _whole(words)
    for shape in _SHAPES:
        words = shape.sub(redact.MASK, words)
    words = _SAID.sub(rf"\1{redact.MASK}", redact.text(words))
    return _PHONE.sub(PHONE, _EMAIL.sub(lambda m: m[0] if m[0] == EMAIL else EMAIL, words))


def _whole(words: str) -> str:
    return words.encode("utf-8", "replace").decode()  # JSON can hold lone surrogates


def scrubbed(value: Any, words: list[str]) -> Any:
    """`value`, a finished document, with every text in it scrubbed and `words` masked everywhere."""
    found: Any = redact.known(_each(value), words)
    return found


def _each(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {_whole(str(key)): _each(item) for key, item in value.items()}
    return [_each(item) for item in value] if isinstance(value, list) else value
