"""Which kind of failure an exception is, by how far the request had come; for whatever library sent it.

The kinds are the rows of `policy.TRANSPORT`. A server cannot act on a request that it has only a part of, so what fails
before the whole was written certainly did not happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import NamedTuple

from .. import redact

Kinds = tuple[type[BaseException], ...]


class TooMuch(HTTPException):
    """More than this client reads: interim answers, headers, or bytes on the wire."""


class Families(NamedTuple):
    """The exceptions of a library and its ground, by what they are about."""

    timeouts: Kinds
    proxies: Kinds
    tls: Kinds
    addresses: Kinds
    """An address, or a proxy's, that nobody can connect to."""
    garbled: Kinds
    network: Kinds


def kind_of(phase: str, chain: list[BaseException], families: Families) -> str:
    """The kind, where the phase is known: "connect", "write", "wait" (for the answer) or "read"."""
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
        return "other"  # a hook that did not like the answer
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
    """An exception and all those wrapped inside it, however they were wrapped."""
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


UNTOLD = "an address, or a proxy's, that cannot be read"
