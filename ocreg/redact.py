"""What texts must not contain: secrets, personal data, and characters that control the terminal that shows them.

Secrets (keys, tokens, signatures) are always masked. Personal data is what a schema marks `x-sensitive: true`; it is
masked unless the caller asks to see it. Control characters are written as JSON escapes.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "***"
SHORT = 3
"""A repeated word of at most this length is not masked: the mask would cover half of every message."""
_HEADERS = frozenset({"clientkey", "access-token", "vauthorization", "authorization", "proxy-authorization", "cookie"})
_PARAMETERS = "client_id|client_secret|code|refresh_token|access_token"
_IN_URL = rf"((?:^|[?&])(?:{_PARAMETERS})=)[^&\s'\")]*"  # not compiled here: only failures need them
_IN_JSON = r'("(?:access_token|refresh_token|client_secret)"\s*:\s*")[^"]*'
_IN_HEADER = r"(?i)(authorization\W{1,6}(?:basic|bearer)\s+)[^\s\"'\\,<&]+"
_USERINFO = r"(://)[^/@\s]+@"
_SUSPECT = re.compile(r"""[="\s]|://""")
"""Every text in which one of the patterns above finds something contains one of these."""
_CREDENTIAL = r"(?i)cookie|token|secret|key|signature|session|passw|credential|auth(?!enticate)"
MOST_HEADERS = 50
_STEERING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters except tab and newline, characters that change the writing direction, and lone surrogates."""


class Secret:
    """A text that only `reveal()` returns; `str`, `repr` and formatting give a mask.

    A Secret cannot be pickled. A pickle with the text would be a file of secrets that nobody meant to write; one with
    the mask would lose the token. A token store reveals what it keeps. A copy is the same, immutable object.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a Secret cannot be pickled: pickle what reveal() returns, and protect it like a password")


def text(raw: str) -> str:
    """`raw` with secrets in URLs and JSON masked. It is for the exception texts of other libraries."""
    for pattern, by in (
        (_IN_URL, rf"\1{MASK}"),
        (_IN_JSON, rf"\1{MASK}"),
        (_IN_HEADER, rf"\1{MASK}"),
        (_USERINFO, rf"\1{MASK}@"),
    ):
        raw = re.sub(pattern, by, raw)
    return raw


def steerless(raw: str) -> str:
    """`raw` with characters that control a terminal written as `\\u001b`. Newlines, tabs and JSON stay as they are."""
    if raw.replace("\n", "").isprintable():  # nearly every text that is shown
        return raw
    return re.sub(rf"(?!\r\n)[{_STEERING}]", _escape, raw)


def line(raw: object) -> str:
    """Text from outside (a server, a file, a file name) on one line, safe to show within a message."""
    return re.sub(rf"[\t\n{_STEERING}]", _escape, str(raw))


def _escape(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0]) or f"\\u{ord(found[0]):04x}"


def credentials(sent: dict[str, str]) -> list[str]:
    """The secrets in the headers of a request."""
    found = [value.removeprefix("Bearer ") for name, value in sent.items() if name.lower() in _HEADERS]
    keys = sent.get("Authorization")
    if keys:  # the server may repeat the decoded parts
        found += b64decode(keys.removeprefix("Bearer ")).decode("utf-8", "replace").split(":", 1)
    return found


def values_of(value: Any, fields: frozenset[str]) -> list[str]:
    """The texts in the fields that `fields` names, at any depth."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, item in value.items():
            if name in fields and isinstance(item, str):
                found.append(item)
            else:
                found += values_of(item, fields)
    elif isinstance(value, (list, tuple)):
        for item in value:
            found += values_of(item, fields)
    return found


@lru_cache(1 << 8)
def _ciphers(letters: str) -> list[dict[int, str]]:
    """All ways in which `letters` may be encoded, up to three times: percent, JSON, HTML, Python, a wrong charset.

    Every way encodes each character by itself and leaves ASCII letters and digits alone, so Z can separate them.
    """
    import html
    import json
    from urllib.parse import quote, quote_plus

    ways: list[Any] = [
        lambda plain: quote(plain, safe="", errors="replace"),
        lambda plain: quote(plain, errors="replace"),
        lambda plain: quote_plus(plain, errors="replace"),
        html.escape,
        lambda plain: html.escape(plain, quote=False),
        lambda plain: json.dumps(plain)[1:-1],
        lambda plain: json.dumps(plain, ensure_ascii=False)[1:-1],
        lambda plain: repr(plain + "'\"")[1:-4],  # in single quotes
        lambda plain: repr(plain + "'\"")[1:-4].replace("\\'", "'"),  # in double ones
        lambda plain: plain.encode("utf-8", "replace").decode("latin-1"),
        line,
    ]
    found = {"Z".join(letters)}
    for _ in range(3):
        found |= {way(form) for form in found for way in ways}
    return [dict(zip(map(ord, letters), form.split("Z"), strict=False)) for form in found]


def _spellings(words: list[str], texts: str) -> set[str]:
    """Each word in its possible encodings, if the parts of it that no encoding changes are in `texts`."""
    from urllib.parse import unquote

    forms = {form for word in words for form in (word, unquote(word), unquote(unquote(word))) if len(form) > SHORT}
    found: set[str] = set()
    for form in forms:
        if all(part in texts for part in re.findall("[A-Za-z0-9]+", form)):
            letters = "".join(sorted(set(re.sub("[A-Za-z0-9]+", "", form))))
            found.update(form.translate(cipher) for cipher in _ciphers(letters))
    return {word for word in found if len(word) > SHORT}


def known(value: Any, words: list[str]) -> Any:
    """`value` with each of `words` masked in all its texts, however encoded: a server may repeat what it received.

    The time grows with the texts, not with texts times words: only the head at each position is looked up.
    """
    texts: list[str] = []

    def collect(text: str) -> str:
        texts.append(text)
        return text

    _each(value, collect)
    spelled = _spellings(words, "\n".join(texts))
    lengths: dict[str, set[int]] = {}
    for word in spelled:
        lengths.setdefault(word[: SHORT + 1], set()).add(len(word))
    heads = {head: sorted(sizes, reverse=True) for head, sizes in lengths.items()}
    return _each(value, lambda text: _masked(text, spelled, heads)) if spelled else value


def _masked(text: str, words: set[str], heads: dict[str, list[int]]) -> str:
    """`text` with a mask over each range that a word covers; `heads` maps the words' first letters to their lengths."""
    parts, end = [], 0
    for at in [at for at in range(len(text) - SHORT) if text[at : at + SHORT + 1] in heads]:
        size = next((n for n in heads[text[at : at + SHORT + 1]] if text[at : at + n] in words), 0)
        if size and at >= end:
            parts += [text[end:at], MASK]
        end = max(end, at + size) if size else end
    return "".join(parts) + text[end:]


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of `value` with every text in it changed, including field names."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_each(name, change): _each(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        copy = [_each(item, change) for item in value]
        return type(value)(*copy) if hasattr(value, "_fields") else type(value)(copy)
    return value


def log_filter(record: Any) -> bool:
    """A logging filter that masks secrets in the query strings of URLs in other libraries' log lines."""
    words = record.getMessage()
    if record.exc_info:  # urllib3 shows headers that it cannot read, and a server may repeat what it received
        words = f"{str(record.msg).partition(' (')[0]} ({type(record.exc_info[1]).__name__})"
        record.exc_info = record.exc_text = None
    record.msg, record.args = text(words), ()
    return True


def headers(raw: dict[str, str]) -> dict[str, str]:
    """Headers for display: the values of headers that carry credentials are masked."""
    return {name: MASK if name.lower() in _HEADERS else value for name, value in raw.items()}


def reply_headers(raw: Mapping[Any, Any]) -> dict[str, str]:
    """The first headers of an answer as text, without those whose names suggest credentials.

    Names and values may be of whatever type a transport returns.
    """
    texts = [(_as_text(name), _as_text(value)) for name, value in raw.items()]
    return dict([pair for pair in texts if not re.search(_CREDENTIAL, pair[0])][:MOST_HEADERS])


def _as_text(raw: Any) -> str:
    text = bytes(raw).decode("latin-1") if isinstance(raw, (bytes, bytearray)) else str(raw)
    return text.encode("utf-8", "backslashreplace").decode()


def data(value: Any, fields: frozenset[str]) -> Any:
    """`value` with the values of the fields in `fields` masked, at any depth. `value` itself is not changed."""
    if isinstance(value, dict):
        return {k: MASK if k in fields and v not in (None, "") else data(v, fields) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [data(item, fields) for item in value]
    if isinstance(value, str) and _SUSPECT.search(value):  # perhaps truncated JSON, or an HTML page
        return _fields(fields).sub(rf'\1"{MASK}"', text(value)) if fields else text(value)
    return value


@lru_cache(1 << 6)
def _fields(names: frozenset[str]) -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(names)))
    return re.compile(rf'("(?:{words})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\]}}]+)')
