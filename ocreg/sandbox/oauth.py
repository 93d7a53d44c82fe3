"""The OAuth verbs: authorize redirects with a code; issue and refresh answer with tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..engine.messages import Reply
from ..registry.endpoint import fully_decoded
from .replies import as_json
from .request import Refusal, Request


def authorize(request: Request) -> Reply:
    """Redirect at once, as if the seller had logged in and agreed; the code percent-encoded twice."""
    _know(request)
    target = request.query["redirect_uri"]
    code = request.tokens.new_code(target)
    twice = quote(quote(code, safe=""), safe="")
    join = "&" if "?" in target else "?"
    state = quote(request.query["state"], safe="")
    location = f"{target}{join}act=getAuthorizationCode&code={twice}&state={state}"
    return Reply(302, {"Location": location, "Content-Type": "text/plain"}, b"")


def issue(request: Request) -> Reply:
    """Tokens for a code, which is valid once and for its redirect_uri."""
    _know(request)
    tokens = request.tokens
    problem = tokens.spend_code(fully_decoded(request.query["code"]), request.query["redirect_uri"])
    if problem is not None:
        raise Refusal("invalid_grant", problem)
    return _tokens(tokens.new_access(), tokens.lifetime, tokens.new_refresh())


def refresh(request: Request) -> Reply:
    """A new access token. The refresh token stays valid, so none is returned."""
    _know(request)
    tokens = request.tokens
    if not tokens.may_refresh(request.query["refresh_token"]):
        raise Refusal("invalid_grant", "the refresh token is unknown or expired")
    return _tokens(tokens.new_access(), tokens.lifetime, None)


def _know(request: Request) -> None:
    if request.query["client_id"] != request.tokens.client_key:
        raise Refusal("invalid_client", "client_id is not the configured client key")


def _tokens(access: str, lifetime: int, refresh: str | None) -> Reply:
    body: dict[str, Any] = {"access_token": access, "token_type": "bearer", "expires_in": lifetime}
    if refresh is not None:
        body["refresh_token"] = refresh
    return as_json(200, body, Cache_Control="no-store")
