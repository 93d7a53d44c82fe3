"""What each kind of failure means: one table a way of failing, and nothing decided anywhere else.

`happened` is about the operation at the vendor's side. Only "no" lets an effect be sent again. `renew` means: get
another access token and try once more, which is safe because the vendor refused before doing anything.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .errors import Happened


class Ruling(NamedTuple):
    happened: Happened
    words: str
    renew: bool = False


# Where a conversation broke off (`TransportError.kind`).
TRANSPORT: dict[str, Ruling] = {
    "connect": Ruling("no", "no connection: refused, unreachable, or the name is not known"),
    "connect-timeout": Ruling("no", "no connection within the time-out"),
    "proxy": Ruling("no", "the proxy could not be used"),
    "tls": Ruling("no", "no secure connection: the certificate or the handshake was refused"),
    "unsent": Ruling("no", "the connection broke before the whole request was written"),
    "reset": Ruling("unknown", "the connection broke after the request was written, before an answer came"),
    "read-timeout": Ruling("unknown", "no answer within the time-out"),
    "truncated": Ruling("unknown", "the answer broke off before its end"),
    "garbled": Ruling("unknown", "the answer's compression is broken"),
    "too-large": Ruling("unknown", "the answer is larger than this client reads"),
    "other": Ruling("unknown", "the transport failed"),
}

# HTTP statuses, the first row that covers one counts. 2xx is judged by its body.
STATUS: tuple[tuple[range, Ruling], ...] = (
    (range(100, 200), Ruling("unknown", "an interim answer where a final one was due")),
    (range(300, 400), Ruling("no", "a redirect, which is never followed: signed calls go to the configured host")),
    (range(401, 402), Ruling("no", "not authenticated: the access token or the signature was refused", renew=True)),
    (range(403, 404), Ruling("no", "forbidden: the keys do not allow this")),
    (range(404, 405), Ruling("no", "not found: the path is not served by this host")),
    (range(429, 430), Ruling("no", "too many requests: wait before the next")),
    (range(400, 500), Ruling("no", "the request was refused")),
    (range(500, 600), Ruling("unknown", "the server failed")),
)

# The answer's own `code`. Which of several items failed is not known of any batch, hence `happened` for many.
CODE: dict[int, Ruling] = {
    1: Ruling("no", "authentication failed: clientKey, signature or token", renew=True),
    3: Ruling("no", "a parameter or a business rule was refused"),
}
CODE_OF_BATCH = Ruling("unknown", "the batch was refused; what became of its single items is not known")
CODE_UNKNOWN = Ruling("unknown", "a code that no source explains")

# Bodies that cannot be judged by their code.
NOT_JSON = Ruling("unknown", "the answer is not JSON")
NO_CODE = Ruling("unknown", "the answer says neither yes nor no")
ODD_SUCCESS = Ruling("yes", "the vendor reports success, but not in the described form")
OAUTH = Ruling("no", "no token was issued")


def on_status(status: int) -> Ruling:
    """The ruling for an HTTP status other than 2xx."""
    for statuses, ruling in STATUS:
        if status in statuses:
            return ruling
    return Ruling("unknown", "no HTTP status")


def on_code(code: object, items: int) -> Ruling:
    """The ruling for an answer that says no with `code`, to a request of so many items."""
    number = int(code) if isinstance(code, str) and re.fullmatch("-?[0-9]{1,9}", code) else code
    ruling = CODE.get(number, CODE_UNKNOWN) if type(number) is int else CODE_UNKNOWN
    return CODE_OF_BATCH if items > 1 and ruling.happened == "no" and not ruling.renew else ruling
