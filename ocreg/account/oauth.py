"""Login: the URL to send a seller to, and the tokens for what comes back. `client.oauth`"""

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

    In a web application: send the seller to `authorize_url(...)`, remember `state` in their session, and give the
    address they come back to, whole, to `exchange`. `call` is `Client.call`.
    """

    def __init__(self, call: Callable[..., dict[str, Any]], tokens: Tokens) -> None:
        self._call, self._tokens = call, tokens

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """The page on which the seller logs in and agrees. `redirect_uri` is your own public https address."""
        query = {"redirect_uri": redirect_uri, "state": state}
        url: str = self._call("oauth.authorize", query=query)["url"]
        return url

    @guarded
    def exchange(self, answer: str, redirect_uri: str, *, state: str | None = None) -> None:
        """Buy tokens with what came back, and keep them in the client's store.

        `answer` is the whole address the browser was sent to, or the code from it: encoded twice as it arrives, decoded
        once or twice by whatever it went through, with line breaks from an e-mail. With `state`, an address that
        carries another one is refused. Raises LoginInvalid, ApiError where the vendor takes no such code, and, when
        everything that came is kept, TokenError where one of the two tokens is missing.
        """
        query = {"redirect_uri": redirect_uri, "code": code_in(answer, state)}
        tokens: dict[str, Any] = self._call("oauth.token", query=query)
        self._tokens.accept(tokens)


def code_in(answer: str, state: str | None) -> str:
    """The authorization code in what somebody pasted. Raises LoginInvalid."""
    text = re.sub(r"\s+", "", answer)
    if not text:
        raise LoginInvalid("nothing was pasted: it is the address in the browser's address bar that is needed")
    if "?" not in text and "code=" not in text:
        return text
    query = text.partition("?")[2] or text
    found = dict(pair.split("=", 1) for pair in query.partition("#")[0].split("&") if "=" in pair)
    if "error" in found:
        raise LoginInvalid(f"the login was not given: {unquote(found['error'])}")
    if state is not None and unquote(found.get("state", "")) != state:
        raise LoginInvalid("this address belongs to another login (its state is not the one sent): start again")
    if not found.get("code"):
        raise LoginInvalid("there is no code in this address: paste the one the browser was sent to after the login")
    return found["code"]


def is_private(redirect_uri: str) -> bool:
    """Whether an address is one that the vendor refuses: an intranet name or an IP address."""
    try:
        host = urlsplit(redirect_uri).hostname or ""
    except ValueError:  # it is none: the operation's schema says so
        return False
    return re.fullmatch(_PRIVATE, host) is not None
