"""From arguments to a prepared call: checked, wrapped, signed. No network, no state."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..account import settings as settings_room
from ..errors import SettingMissing, StoreError
from ..registry.values import encode, is_utf8
from ..violation import Violation
from .envelope import wrap
from .exchange import Prepared
from .messages import Request
from .signing import signature

if TYPE_CHECKING:
    from ..account.settings import Settings
    from ..account.tokens import Tokens
    from ..registry.endpoint import Endpoint


def prepare(
    endpoint: Endpoint, settings: Settings, tokens: Tokens, parts: tuple[Any, Any, Any], message_id: str, now: int
) -> Prepared:
    """The call of `endpoint` with `parts`: payload, query and path parameters. `now` is in epoch milliseconds.

    Raises RequestInvalid, and SettingMissing with all missing settings.
    """
    try:
        return _prepared(endpoint, settings, tokens, parts, message_id, now)
    except SettingMissing:
        raise settings_room.missing(*gaps(endpoint, settings, tokens, parts[1])) from None


def gaps(endpoint: Endpoint, settings: Settings, tokens: Tokens, query: Any = None) -> list[str]:
    """The missing settings for a call of this operation. Tokens may be in a store."""
    signs = endpoint.sends_token or (endpoint.auth == "oauth" and settings.oauth_secret)
    needed = ["client_key", "secret_key"] if signs else []
    nodes = endpoint.query.root.get("properties", {}) if endpoint.query is not None else {}
    needed += [node["x-setting"] for name, node in nodes.items() if "x-setting" in node and name not in (query or ())]
    found = [name for name in dict.fromkeys(needed) if getattr(settings, name) is None]
    own = getattr(settings, endpoint.token) if endpoint.token else None
    if endpoint.auth == "token" and own is None:
        with suppress(StoreError):  # then its content is unknown
            found += ["access_token"] if tokens.current()[0] is None and not tokens.renewable else []
    return found


def _prepared(
    endpoint: Endpoint, settings: Settings, tokens: Tokens, parts: tuple[Any, Any, Any], message_id: str, now: int
) -> Prepared:
    data, query, path = parts
    if endpoint.query is not None:
        query = _filled(endpoint, settings, query or {}) if isinstance(query or {}, dict) else query
    data, query, path, text = endpoint.check(data, query, path)
    endpoint.answer.ok(None)  # compile now, so that an unusable file fails before anything is sent
    if not is_utf8(message_id):
        raise endpoint.invalid(
            [Violation(("messageId",), "json", "is not text that UTF-8 can encode", "use plain text")]
        )
    body = None
    if endpoint.method != "GET" and endpoint.envelope:
        body = wrap(data, message_id, now, endpoint.api_version, text)
    elif endpoint.method != "GET" and endpoint.data is not None:
        body = text or encode(data)
    url = endpoint.url(settings.env, settings.origin, query, path)
    headers = _headers(endpoint, settings, url, body, now)
    token, renewable, early = _token(endpoint, settings, tokens)
    request = Request(endpoint.id, endpoint.method or "", url, headers, body, endpoint.auth == "oauth")
    items = data if isinstance(data, list) else [data]
    numbers = _numbers(items, endpoint.confirm.get("key"))
    return Prepared(
        endpoint, request, message_id, len(items), token, renewable, early, epoch=now / 1000, numbers=numbers
    )


def _numbers(items: list[Any], key: str | None) -> tuple[str, ...]:
    """The natural key of each item; empty if an item has none, because the vendor may have assigned one."""
    if not key:
        return ()
    numbers = [n for item in items if isinstance(item, dict) and isinstance(n := item.get(key), str) and n.strip()]
    return tuple(numbers) if len(numbers) == len(items) else ()


def _filled(endpoint: Endpoint, settings: Settings, query: dict[str, Any]) -> dict[str, Any]:
    """`query`, completed with the file's constants (`const`) and with settings (`x-setting`)."""
    assert endpoint.query is not None
    filled = dict(query)
    for name, node in endpoint.query.root.get("properties", {}).items():
        if name not in filled and "x-setting" in node:
            filled[name] = settings.need(node["x-setting"]).reveal()
        elif name not in filled and "const" in node:
            filled[name] = node["const"]
    return filled


def _headers(endpoint: Endpoint, settings: Settings, url: str, body: bytes | None, now: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if endpoint.sends_token:
        key, secret = settings.need("client_key").reveal(), settings.need("secret_key").reveal()
        headers["clientKey"] = key
        headers["vAuthorization"] = signature(urlsplit(url).path, body, key, secret, settings.sign)
        headers["TimeStamp"] = str(now)
    elif endpoint.auth == "oauth" and settings.oauth_secret:
        pair = f"{settings.need('client_key').reveal()}:{settings.need('secret_key').reveal()}"
        headers["Authorization"] = f"Bearer {b64encode(pair.encode()).decode()}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _token(endpoint: Endpoint, settings: Settings, tokens: Tokens) -> tuple[str | None, bool, bool]:
    """The access token (None: obtain one first); whether another can be obtained; whether to refresh it now."""
    if not endpoint.sends_token:
        return None, False, False
    own = getattr(settings, endpoint.token) if endpoint.token else None
    if own is not None:
        return own.reveal(), False, False
    token, due = tokens.current()
    if token is None and endpoint.auth == "token" and not tokens.renewable:
        raise settings_room.missing("access_token")
    return token, tokens.renewable, due and tokens.renewable
