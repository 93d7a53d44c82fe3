"""The kind of failure that an exception of aiohttp means (`wire.phases`)."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
from aiohttp import http_exceptions

from ..engine.messages import Failure
from ..wire.phases import UNTOLD, Families, TooMuch, among, chained, kind_of, said
from .protocol import Attempt

_TIMEOUTS = (TimeoutError, asyncio.TimeoutError, aiohttp.ServerTimeoutError)
_PROXIES = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
_TLS = (ssl.SSLError, ssl.CertificateError, aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch)
_ADDRESSES = (aiohttp.InvalidURL, UnicodeError)
_GARBLED = (http_exceptions.ContentEncodingError,)
_NETWORK = (OSError, aiohttp.ClientError, http_exceptions.HttpProcessingError, TooMuch)
_FAMILIES = Families(_TIMEOUTS, _PROXIES, _TLS, _ADDRESSES, _GARBLED, _NETWORK)


class NoProxy(ValueError):
    """A proxy's address that cannot be used: another scheme than HTTP, or no host."""


def failure_of(error: Exception, attempt: Attempt) -> Failure:
    """The failure that an exception means for the request of `attempt`."""
    chain = list(chained(error))
    if attempt.phase == "prepare":  # the text may repeat any part of a proxy's URL, with its password
        told = among(chain, (OSError,))
        kind = "proxy" if isinstance(error, NoProxy) else "tls" if told else "unusable"
        return Failure(kind, said(error) if told else UNTOLD)
    kind = _of_unknown(chain) if attempt.phase == "handed" else kind_of(attempt.phase, chain, _FAMILIES)
    words = said(error)[:4_000]
    return Failure(kind, f"{attempt.limits.exceeded}\n  {words}" if attempt.overdue else words)


def _of_unknown(chain: list[BaseException]) -> str:
    """The kind for a request on a foreign connection, whose phase is unknown."""
    connecting = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, *_PROXIES, *_ADDRESSES)
    if among(chain, connecting):
        return kind_of("connect", chain, _FAMILIES)
    partly = among(chain, (aiohttp.ClientPayloadError,)) or not among(chain, _NETWORK)
    return kind_of("read" if partly else "wait", chain, _FAMILIES)
