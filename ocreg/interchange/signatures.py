"""Why a signature does not match: what other clients hash in place of `path|body|clientKey|secretKey`.

Each variation changes one part: the form, the path, the body, the keys, the separators, how the digest is written. Up
to three are combined, the simplest first. The texts name what was changed, and no secret.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import md5
from itertools import combinations, product
from typing import NamedTuple

MOST = ((1 << 16, 3), (1 << 20, 2))
"""How many variations are combined, at most, by body size in bytes; for larger bodies only one part varies."""
_LENGTHS = {40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}


class Parts(NamedTuple):
    """What a signature is made of. `path` as in the URL; `body` as the bytes that were sent, None if there are none.

    `form`: what the signature should cover, `body` or `path`. `query` is the URL's, without the question mark.
    """

    path: str
    body: bytes | None
    client_key: str
    secret_key: str
    form: str = "body"
    host: str = ""
    query: str = ""

    def __repr__(self) -> str:
        return f"<Parts {self.path}>"  # everything else may hold secrets


class Variation(NamedTuple):
    """A part that is made in another way. The words follow "it was made"."""

    part: str
    words: str
    value: bytes


def explain(value: str, parts: Parts) -> list[str] | None:
    """How `value` was made and what is right: empty if it is correct; None if no known way produces it."""
    wanted = value.strip().strip("\"'").strip()
    most = next((number for size, number in MOST if len(parts.body or b"") <= size), 1)
    usual = {"path": parts.path.encode(), "body": _covered(parts), "key": parts.client_key.encode()}
    usual |= {"secret": parts.secret_key.encode(), "joint": b"|"}
    for changes in _combined(list(_variations(parts)), most):
        digest = _digest({**usual, **{one.part: one.value for one in changes}})
        written = _written(wanted, digest)
        if written is not None:
            return [*(one.words for one in changes), *([written] if written else [])]
    return None


def oddity(value: str) -> str | None:
    """Why a text cannot be a signature at all, whatever was hashed."""
    text = value.strip().strip("\"'").strip()
    is_hex = all(letter in "0123456789abcdefABCDEF" for letter in text)
    if is_hex and len(text) == 32:
        return None
    if is_hex and len(text) in _LENGTHS:
        return f"it has the length of a {_LENGTHS[len(text)]} digest; the vendor wants MD5: 32 hexadecimal digits"
    return f"it has {len(text)} characters; the vendor wants MD5: 32 hexadecimal digits"


def _covered(parts: Parts) -> bytes:
    return parts.body if parts.body is not None and parts.form == "body" else b""


def _digest(made: dict[str, bytes]) -> bytes:
    signed = made["joint"].join(made[name] for name in ("path", "body", "key", "secret"))
    return md5(signed, usedforsecurity=False).digest()


def _written(wanted: str, digest: bytes) -> str | None:
    """How the digest was written, empty for the usual way; None if it is another digest."""
    if wanted == digest.hex():
        return ""
    if wanted.lower() == digest.hex():
        return "in upper case: the hexadecimal digits are written in lower case"
    return "in Base64: the digest is written as hexadecimal digits" if wanted == b64encode(digest).decode() else None


def _combined(found: list[Variation], most: int) -> Iterator[tuple[Variation, ...]]:
    """No variation, then one, then two of different parts, and so on."""
    by_part: dict[str, list[Variation]] = {}
    for one in found:
        by_part.setdefault(one.part, []).append(one)
    for number in range(most + 1):
        for chosen in combinations(by_part.values(), number):
            yield from product(*chosen)


def _variations(parts: Parts) -> Iterator[Variation]:
    yield from _of_path(parts)
    yield from _of_body(parts)
    key, secret = parts.client_key.encode(), parts.secret_key.encode()
    for part, name, text in (("key", "client key", key), ("secret", "secret key", secret)):
        for end, words in ((b"\n", "a line break"), (b"\r\n", "a Windows line break"), (b" ", "a space")):
            yield Variation(part, f"with {words} after the {name}: remove it", text + end)
    yield Variation("key", "with the secret key in place of the client key", secret)
    yield Variation("secret", "with the client key in place of the secret key", key)
    yield Variation("secret", "without the secret key at the end", b"")
    for joint, words in (
        (b"", "nothing"),
        (b"&", "&"),
        (b",", "a comma"),
        (b"\n", "a line break"),
        (b" | ", "spaces and |"),
    ):
        yield Variation("joint", f"with {words} between the parts: they are joined by |", joint)


def _of_path(parts: Parts) -> Iterator[Variation]:
    path = parts.path
    others = {
        "without /openapi before the path: it is part of what is signed": path.removeprefix("/openapi"),
        "without the slash at the beginning of the path": path.lstrip("/"),
        "with a slash at the end of the path": f"{path}/",
        "with the whole URL in place of the path": f"{parts.host}{path}",
        "with the query behind the path: it is not signed": f"{path}?{parts.query}",
        "with the whole URL and the query in place of the path": f"{parts.host}{path}?{parts.query}",
        "with the path in lower case: it is signed as it is in the URL": path.lower(),
        "with the path in upper case: it is signed as it is in the URL": path.upper(),
    }
    for words, other in others.items():
        if other != path and not (other.endswith("?")):
            yield Variation("path", words, other.encode())


def _of_body(parts: Parts) -> Iterator[Variation]:
    """Other bodies, and the other form. For a GET without a body, what some clients sign in its place is tried, too."""
    usual, body = _covered(parts), parts.body
    others: list[tuple[str, bytes]] = []
    if body is None:
        others = [
            ("with {} as the body: a request without one signs nothing there", b"{}"),
            ("with null as the body", b"null"),
        ]
    elif parts.form == "path":
        others.append(("with the body: this is the form `body` (--sign body)", body))
    else:
        others.append(("without the body: this is the form `path` (--sign path)", b""))
    if body is not None:
        others += _of_bytes(body)
    seen = {usual}
    for words, other in others:
        if other not in seen:
            seen.add(other)
            yield Variation("body", words, other)


def _of_bytes(body: bytes) -> list[tuple[str, bytes]]:
    signed = "sign exactly the bytes that are sent"
    found = [
        (f"with a line break after the body: {signed}", body + b"\n"),
        (f"with a Windows line break after the body: {signed}", body + b"\r\n"),
        (f"without the spaces and line breaks around the body: {signed}", body.strip()),
        (f"with Windows line breaks in the body: {signed}", body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
        (f"with plain line breaks in the body: {signed}", body.replace(b"\r\n", b"\n")),
        (f"with a byte order mark before the body: {signed}", b"\xef\xbb\xbf" + body),
    ]
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return found
    spelled: dict[str, Callable[[object], str]] = {
        "with a space after each comma and colon of the JSON": lambda item: json.dumps(item, ensure_ascii=False),
        "with spaces, and letters outside ASCII written as \\u": json.dumps,
        "without spaces in the JSON": lambda item: _compact(item, ensure_ascii=False),
        "with letters outside ASCII written as \\u": lambda item: _compact(item, ensure_ascii=True),
        "with the JSON on lines, indented by 2": lambda item: json.dumps(item, ensure_ascii=False, indent=2),
        "with the JSON on lines, indented by 4": lambda item: json.dumps(item, ensure_ascii=False, indent=4),
    }
    ways: list[tuple[str, Callable[[object], str], object]] = [(w, how, value) for w, how in spelled.items()]
    ways += [(f"{w} and its fields in alphabetical order", how, _sorted(value)) for w, how in spelled.items()]
    if isinstance(value, dict) and "data" in value:
        ways += [
            (f"{w}, and only its `data`: the envelope is signed, too", h, value["data"]) for w, h in spelled.items()
        ]
    return found + [(f"{words}: {signed}", how(item).encode("utf-8", "surrogatepass")) for words, how, item in ways]


def _compact(value: object, *, ensure_ascii: bool) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, separators=(",", ":"))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
