"""The parameters of a token request, wherever OAuth clients put them: in the query, in a form body, or in both; and the
client's keys, in an `Authorization` header or among the parameters. The vendor documents the query, without keys.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from .request import Refusal

FORM = "application/x-www-form-urlencoded"
_SCHEMES = ("basic", "bearer")
"""Both with `base64(client id:secret)`: the first is the standard's, the other that of the vendor's collections."""


class ClientRefused(Refusal):
    """Wrong keys in a header: RFC 6749 requires HTTP 401 for them."""


def in_form(headers: Mapping[str, str]) -> bool:
    """Whether a body is a form."""
    return _header(headers, "content-type").partition(";")[0].strip().lower() == FORM


def given(query: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """All parameters, each name once. Raises Refusal if a name is repeated, or they cannot be read."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if in_form(headers):
        try:
            pairs += parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
        except ValueError:
            raise Refusal("invalid_request", "the form is not UTF-8") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise Refusal("invalid_request", f"the parameter {twice} was sent more than once")
    return found


def loosely(query: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The same, to find out only what the request is about: empty if it cannot be read."""
    try:
        return given(query, headers, body)
    except Refusal:
        return {}


def identified(found: dict[str, str], headers: Mapping[str, str], client_key: str, secret_key: str) -> dict[str, str]:
    """The parameters with the client's id and without its secret; each is checked where it was sent.

    Raises ClientRefused for a pair in the header, otherwise Refusal.
    """
    pair = _credentials(headers)
    if pair is not None:
        if not any(_same(pair, (client_key, secret_key)) for pair in (pair, tuple(map(unquote_plus, pair)))):
            raise ClientRefused("invalid_client", "the Authorization header does not have the configured pair of keys")
        if found.get("client_id", client_key) != client_key:
            raise ClientRefused("invalid_client", "client_id is not the client of the Authorization header")
        found = {**found, "client_id": client_key}
    if "client_secret" in found and not _same((found["client_secret"],), (secret_key,)):
        raise Refusal("invalid_client", "client_secret is not the configured secret key")
    return {name: value for name, value in found.items() if name != "client_secret"}


def _credentials(headers: Mapping[str, str]) -> tuple[str, ...] | None:
    """Id and secret in the `Authorization` header; None if there is none."""
    sent = _header(headers, "authorization").strip()
    if not sent:
        return None
    scheme, _, encoded = sent.partition(" ")
    try:
        id, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if scheme.lower() not in _SCHEMES or not colon:
        words = "the Authorization header must be Basic, a space and base64(client key:secret key)"
        raise ClientRefused("invalid_client", words)
    return id, secret


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return hmac.compare_digest("\0".join(one).encode(), "\0".join(other).encode())
