"""The position of an iteration, and its token: ASCII, and valid as long as the query stays the same."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, NamedTuple

from ..violation import Violation

if TYPE_CHECKING:
    from ..errors import OcregError
    from ..registry.endpoint import Endpoint
    from .pages import Mark

VERSION = 2


class Position(NamedTuple):
    """The position of an iteration: the part, the place in it, and how many rows of that answer were taken."""

    part: int = 0
    mark: Mark = None
    taken: int = 0
    last: str | None = None
    """The digest of the last row that was taken, to find it if rows have come or gone since."""


def token(about: str, until: int | None, position: Position) -> str:
    """The resume token: the query it belongs to, the end of a window that had none, the position."""
    facts = {"v": VERSION, "q": about[:16], "t": until, "p": position}
    return base64.urlsafe_b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode().rstrip("=")


def opened(endpoint: Endpoint, text: str, about: str) -> tuple[Position, int | None]:
    """The position and end in a token. Raises RequestInvalid."""
    why = "is damaged"
    try:
        facts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if facts["v"] != VERSION:
            why = "was made by another version of ocreg"
        elif facts["q"] != about[:16]:
            why = "belongs to another query, or to another version of the endpoint file"
        elif _sound(position := Position(*facts["p"])) and isinstance(facts["t"], int | None):
            return position, facts["t"]
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise unusable(endpoint, why)


def _sound(position: Position) -> bool:
    part, mark, taken, last = position
    if type(last) not in (str, type(None)):
        return False
    if type(part) is not int or type(taken) is not int or min(part, taken) < 0:
        return False
    return mark is None or type(mark) is int or (isinstance(mark, str) and not mark.strip("01"))


def unusable(endpoint: Endpoint, why: str) -> OcregError:
    fix = "give the operation, data and query with which it was made, or leave `resume` out to start over"
    return endpoint.invalid([Violation(("resume",), "resume", why, fix)], "the token")
