"""What nobody may read: secrets, and personal data, on their way into texts.

Secrets (keys, tokens, signatures) are always masked. Personal data is what a schema marks `x-sensitive: true`; it is
masked unless somebody asks to see it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

MASK = "***"
SHORT = 3
"""A repeated word of up to so many characters is not masked: it would mask half of every message."""
_HEADERS = frozenset({"clientkey", "access-token", "vauthorization", "authorization", "proxy-authorization", "cookie"})
_PARAMETERS = "client_id|client_secret|code|refresh_token|access_token"
_IN_URL = rf"((?:^|[?&])(?:{_PARAMETERS})=)[^&\s'\")]*"  # as text: only failures need them compiled
_IN_JSON = r'("(?:access_token|refresh_token|client_secret)"\s*:\s*")[^"]*'
_IN_HEADER = r"(?i)(authorization\W{1,6}(?:basic|bearer)\s+)[^\s\"'\\,<&]+"
_USERINFO = r"(://)[^/@\s]+@"
_CREDENTIAL = r"(?i)cookie|token|secret|key|signature|session|passw|credential|auth(?!enticate)"
MOST_HEADERS = 50
SECRET_FIELDS = frozenset({"access_token", "refresh_token", "client_secret", "code", "client_id"})


class Secret:
    """A text that shows itself only to `reveal()`; `str`, `repr` and formatting give a mask.

    It is not pickled: a pickle with the text would be a file of secrets that nobody meant to write, one with the mask a
    grant that is lost. A store of tokens reveals what it keeps. Copies are the same object, which cannot change.
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
        raise TypeError("a Secret is not pickled: pickle what reveal() gives, and keep that as you keep passwords")


def text(raw: str) -> str:
    """`raw` with secrets in URLs and JSON masked: for the words of other libraries' exceptions."""
    for pattern, by in (
        (_IN_URL, rf"\1{MASK}"),
        (_IN_JSON, rf"\1{MASK}"),
        (_IN_HEADER, rf"\1{MASK}"),
        (_USERINFO, rf"\1{MASK}@"),
    ):
        raw = re.sub(pattern, by, raw)
    return raw


def credentials(sent: dict[str, str]) -> list[str]:
    """The secrets in the headers of a request."""
    found = [value.removeprefix("Bearer ") for name, value in sent.items() if name.lower() in _HEADERS]
    keys = sent.get("Authorization")
    if keys:  # the server knows what is inside
        found += b64decode(keys.removeprefix("Bearer ")).decode("utf-8", "replace").split(":", 1)
    return found


def values_of(value: Any, fields: frozenset[str]) -> list[str]:
    """The texts that stand under the names in `fields`, at any depth."""
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


def spellings(words: list[str]) -> list[str]:
    """Each word as it looks encoded once or twice: percents, JSON, HTML, Python, a wrong character set."""
    import html
    import json
    from urllib.parse import quote, quote_plus, unquote

    ways: list[Any] = [
        lambda plain: quote(plain, safe=""),
        quote,
        quote_plus,
        html.escape,
        lambda plain: html.escape(plain, quote=False),
        lambda plain: json.dumps(plain)[1:-1],
        lambda plain: json.dumps(plain, ensure_ascii=False)[1:-1],
        lambda plain: repr(plain)[1:-1],
        lambda plain: plain.encode("utf-8", "replace").decode("latin-1"),
    ]
    found = {form for word in words for form in (word, unquote(word), unquote(unquote(word))) if len(form) > SHORT}
    for _ in range(3):
        found |= {way(form) for form in found for way in ways}
    return sorted((word for word in found if len(word) > SHORT), key=len, reverse=True)


def known(value: Any, words: list[str]) -> Any:
    """`value` with each of `words` masked in every text of it: a server may repeat what it was sent."""
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, MASK)
        return value
    if isinstance(value, dict):
        return {known(name, words): known(item, words) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        masked = [known(item, words) for item in value]
        return type(value)(*masked) if hasattr(value, "_fields") else type(value)(masked)
    return value


def log_filter(record: Any) -> bool:
    """A logging filter: URLs in other libraries' lines lose what is secret in their queries."""
    words = record.getMessage()
    if record.exc_info:  # urllib3 shows the headers that it cannot read, and a server may repeat what it was sent
        words = f"{str(record.msg).partition(' (')[0]} ({type(record.exc_info[1]).__name__})"
        record.exc_info = record.exc_text = None
    record.msg, record.args = text(words), ()
    return True


def headers(raw: dict[str, str]) -> dict[str, str]:
    """Headers for display: the values of those that carry credentials are masked."""
    return {name: MASK if name.lower() in _HEADERS else value for name, value in raw.items()}


def reply_headers(raw: Mapping[Any, Any]) -> dict[str, str]:
    """The first headers of an answer as text, without those whose names say that they carry credentials.

    Names and values may be whatever a transport makes of them.
    """
    texts = [(_as_text(name), _as_text(value)) for name, value in raw.items()]
    return dict([pair for pair in texts if not re.search(_CREDENTIAL, pair[0])][:MOST_HEADERS])


def _as_text(raw: Any) -> str:
    text = bytes(raw).decode("latin-1") if isinstance(raw, (bytes, bytearray)) else str(raw)
    return text.encode("utf-8", "backslashreplace").decode()


def data(value: Any, fields: frozenset[str]) -> Any:
    """`value` with what stands under the names in `fields` masked, at any depth. Nothing is changed in place."""
    if isinstance(value, dict):
        return {k: MASK if k in fields and v not in (None, "") else data(v, fields) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [data(item, fields) for item in value]
    if isinstance(value, str):  # perhaps JSON that broke off, or a page
        names = "|".join(map(re.escape, sorted(fields)))
        pattern = rf'("(?:{names})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\]}}]+)'
        return re.sub(pattern, rf'\1"{MASK}"', text(value)) if names else text(value)
    return value
