"""Login: the URL to send a seller to, and the exchange of the authorization code for tokens. `client.oauth`"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ..errors import LoginInvalid, guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tokens import Tokens

_PRIVATE = r"localhost|.*\.(local|internal|lan)|[0-9.]+|\[.*|[^.]+"


class OAuth:
    """The login of one client's account.

    In a web application: redirect the seller to `authorize_url(...)`, keep `state` in their session, and pass the whole
    address to which they return to `exchange`. `call` is `Client.call`.
    """

    def __init__(self, call: Callable[..., dict[str, Any]], tokens: Tokens) -> None:
        self._call, self._tokens = call, tokens

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """The URL of the page on which the seller logs in. `redirect_uri` is your own public https address."""
        query = {"redirect_uri": redirect_uri, "state": state}
        url: str = self._call("oauth.authorize", query=query)["url"]
        return url

    @guarded
    def exchange(self, answer: str, redirect_uri: str, *, state: str | None = None) -> None:
        """Exchange the authorization code for tokens, and keep them in the client's store.

        - `answer`: the whole address to which the browser was redirected, or the code in it. The code may be encoded
          twice, as it arrives, or decoded once or twice. Line breaks, as from an e-mail, are ignored.
        - `redirect_uri`: the one that you passed to `authorize_url`.
        - `state`: if you give it, an address with another one is refused.

        Raises `LoginInvalid` if `answer` cannot be used, `ApiError` if the vendor refuses the code, and `TokenError`
        if one of the two tokens is missing. The other one is stored then.
        """
        query = {"redirect_uri": redirect_uri, "code": code_in(answer, state)}
        tokens: dict[str, Any] = self._call("oauth.token", query=query)
        self._tokens.accept(tokens)


def code_in(answer: str, state: str | None) -> str:
    """The authorization code in pasted text. Raises LoginInvalid."""
    text = re.sub(r"\s+", "", answer)
    if not text:
        raise LoginInvalid("nothing was pasted: paste the address from the browser's address bar")
    if "?" not in text and "code=" not in text:
        return text
    query = text.partition("?")[2] or text
    found = dict(pair.split("=", 1) for pair in query.partition("#")[0].split("&") if "=" in pair)
    if "error" in found:
        raise LoginInvalid(f"the login was refused: {unquote(found['error'])}")
    if state is not None and unquote(found.get("state", "")) != state:
        raise LoginInvalid("this address belongs to another login (its state is not the one sent): start again")
    if not found.get("code"):
        raise LoginInvalid("there is no code in this address: paste the one to which the browser went after the login")
    return found["code"]


def is_private(redirect_uri: str) -> bool:
    """Whether the vendor refuses an address: an intranet name or an IP address."""
    try:
        host = urlsplit(redirect_uri).hostname or ""
    except ValueError:  # not an address: the operation's schema reports it
        return False
    return re.fullmatch(_PRIVATE, host) is not None
