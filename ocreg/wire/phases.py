"""The kind of failure that an exception means, by the phase of the request, for any library.

The kinds are the rows of `policy.TRANSPORT`. A server cannot act on part of a request, so a request that fails before
it was written completely certainly took no effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import NamedTuple

from .. import redact

Kinds = tuple[type[BaseException], ...]


class TooMuch(HTTPException):
    """The answer exceeds a limit of this client: interim answers, headers, or bytes on the wire."""


class Families(NamedTuple):
    """The exceptions of a library and of its base libraries, by subject."""

    timeouts: Kinds
    proxies: Kinds
    tls: Kinds
    addresses: Kinds
    """An invalid address, or one of a proxy."""
    garbled: Kinds
    network: Kinds


def kind_of(phase: str, chain: list[BaseException], families: Families) -> str:
    """The kind for a known phase: "connect", "write", "wait" (for the answer) or "read"."""
    late = among(chain, families.timeouts)
    if phase == "connect":
        return _of_connecting(chain, families, late=late)
    if phase == "write":
        return "write-timeout" if late else "unsent" if among(chain, families.network) else "unusable"
    if late:
        return "read-timeout"
    if among(chain, families.garbled):
        return "garbled"
    if among(chain, (TooMuch,)):
        return "too-large"
    if not among(chain, families.network):
        return "other"  # a hook rejected the answer
    return "truncated" if phase == "read" and not among(chain, families.tls) else "reset"


def _of_connecting(chain: list[BaseException], families: Families, *, late: bool) -> str:
    if among(chain, families.proxies) or any("Tunnel connection failed" in str(inner) for inner in chain):
        return "proxy"
    if among(chain, families.tls) and not late:
        return "tls"
    unusable = among(chain, families.addresses) or not among(chain, families.network)
    return "connect-timeout" if late else "unusable" if unusable else "connect"


def among(chain: list[BaseException], kinds: Kinds) -> bool:
    return any(isinstance(inner, kinds) for inner in chain)


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all exceptions wrapped inside it, in any way."""
    waiting, seen = [error], set()
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]


def said(error: BaseException) -> str:
    return redact.line(redact.text(f"{type(error).__name__}: {error}"))


UNTOLD = "an invalid address, or one of a proxy"
