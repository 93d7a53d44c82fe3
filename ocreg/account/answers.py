"""The content of a token operation's answer: its tokens, their lifetimes, and the meaning of a refusal.

Tokens come first: an answer that contains one is a grant, whatever else it contains. The old refresh token is used up
by then, so an odd `expires_in` must not lose the new one.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..registry.addresses import is_word
from ..registry.values import decode

if TYPE_CHECKING:
    from ..errors import CallError

LIFETIME = 3600.0
"""The lifetime of an access token in seconds, if the answer has none: the documented hour."""
DOUBTFUL = 600.0
"""The lifetime if the answer's is invalid: short, because the hour may not apply to such a server."""
_LONGEST = 366 * 86_400.0
KEYS_REFUSED = ("invalid_client", "unauthorized_client")
_REFUSING = (*range(200, 300), 400, 401)
"""HTTP statuses with which a server means the refresh token; with others it means itself."""
_CODE = r"[a-z0-9.:-]+|[A-Za-z0-9.:-]*_[A-Za-z0-9_.:-]+"  # as text: it is rarely needed, so it is compiled on use
_NOT_GOOD = r"(?:invalid|expired|revoked|unknown|inactive)"
_OVER = (
    rf"{_NOT_GOOD}[\s_:-]+(?:the\s+)?(?:(?:refresh|access)[\s_-]?)?(?:token|grant)(?![\s_-]?type)"
    rf"|(?:token|grant)[\s_:]+(?:(?:has|is|was|been|already)[\s_]+)*(?:{_NOT_GOOD}|not[\s_]+(?:valid|found)|no longer)"
)


def refresh_token(answer: dict[str, Any]) -> str | None:
    """The refresh token, as text; None if there is none."""
    value = answer.get("refresh_token")
    return str(value) if type(value) in (str, int) and value != "" else None


def access_token(answer: dict[str, Any]) -> str | None:
    """The access token, if it is valid in a header."""
    value = answer.get("access_token")
    return value if isinstance(value, str) and is_word(value) else None


def grant_in(body: bytes, status: int) -> dict[str, Any] | None:
    """The answer, if it has tokens. A refresh token alone may be the request's, repeated in a refusal."""
    try:
        answer = decode(body)
    except ValueError:
        answer = _loosely(body)
    if not isinstance(answer, dict):
        return None
    names = ("access_token", "refresh_token") if 200 <= status < 300 and not answer.get("error") else ("access_token",)
    return answer if any(isinstance(answer.get(name), str) and answer[name] for name in names) else None


def _loosely(body: bytes) -> Any:
    """Parse JSON with invalid numbers, or with bytes that are not UTF-8. Numbers stay text."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def lifetime(value: Any) -> float:
    """The seconds in `expires_in`: a number, or a number as text."""
    if value is None:
        return LIFETIME
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return DOUBTFUL
    return seconds if isfinite(seconds) and 0 < seconds <= _LONGEST else DOUBTFUL


def code_of(answer: Any) -> str | None:
    """The OAuth code in an answer's `error`. Error pages of frameworks have a phrase there, such as `Bad Gateway`."""
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and re.fullmatch(_CODE, code) else None


def is_over(error: CallError) -> bool:
    """Whether a failed refresh means that the refresh token is invalid or expired: only a login helps."""
    reply, status = error.__dict__.get("reply"), error.__dict__.get("status")
    if not isinstance(reply, dict) or status not in _REFUSING or code_of(reply) in KEYS_REFUSED:
        return False
    said = (reply.get(name) for name in ("error", "error_description", "message"))
    return any(isinstance(words, str) and re.search(_OVER, words, re.IGNORECASE) for words in said)
