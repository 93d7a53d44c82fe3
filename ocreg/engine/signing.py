"""The vendor's signature: md5 over path, body, clientKey and secretKey, joined by bars.

The vendor's own sources disagree on whether the body is signed, so it is a setting (`sign`): `body` signs the bytes
that are sent, `path` leaves the part between the first two bars empty. Without a body, both signatures are the same.
The host, the query string and the time are not signed.
"""

from hashlib import md5


def signature(path: str, body: bytes | None, client_key: str, secret_key: str, form: str = "body") -> str:
    """`vAuthorization`: 32 lower-case hex digits.

    `path` is the URL's path from its first slash, `/openapi` included; `body` the raw bytes exactly as sent.
    """
    signed = md5(f"{path}|".encode(), usedforsecurity=False)
    if body is not None and form == "body":
        signed.update(body)
    signed.update(f"|{client_key}|{secret_key}".encode())
    return signed.hexdigest()
