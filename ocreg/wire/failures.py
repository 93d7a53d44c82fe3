"""The kind of failure that an exception means, or that it is not an exception of the transport.

The kinds are the rows of `policy.TRANSPORT`. On our own connection, its phase decides. On other connections the
exception decides, and in doubt the request may have arrived.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.client import HTTPException
from types import FunctionType, MethodType
from typing import Any

from requests import exceptions as theirs
from urllib3 import exceptions as pools

from ..engine.messages import Failure
from .connection import Attempt
from .phases import UNTOLD, Families, among, chained, kind_of, said

_TIMEOUTS = (TimeoutError, pools.ReadTimeoutError, theirs.ReadTimeout)
_PROXIES = (pools.ProxyError, pools.ProxySchemeUnknown, theirs.ProxyError, theirs.InvalidProxyURL)
_TLS = (ssl.SSLError, pools.SSLError, theirs.SSLError)
_GARBLED = (pools.DecodeError, theirs.ContentDecodingError)
_WRAPPERS = (pools.HTTPError, theirs.RequestException)
_NETWORK = (OSError, pools.HTTPError, HTTPException)
_ADDRESSES = (pools.LocationParseError, UnicodeError)
_FAMILIES = Families(_TIMEOUTS, _PROXIES, _TLS, _ADDRESSES, _GARBLED, _NETWORK)
_NAMES = (
    "builtins ocreg requests urllib3 http email socket ssl _ssl select selectors io codecs encodings idna "
    "zlib gzip brotli brotlicffi zstandard backports compression socks queue threading OpenSSL certifi "
    "charset_normalizer chardet"
)
_LIBRARIES = frozenset(_NAMES.split())
"""The packages whose exceptions are the transport's."""


def failure_of(error: Exception, attempt: Attempt) -> Failure:
    """The failure that an exception means for the request of `attempt`."""
    if attempt.phase == "prepare":  # the texts may repeat any part of a proxy's URL, with its password
        told = isinstance(error, (theirs.RequestException, OSError))
        return Failure(_of_preparation(error), said(error) if told else UNTOLD)
    chain = list(chained(error))
    kind = _of_unknown(chain) if attempt.phase == "handed" else _of_phase(attempt.phase, chain)
    words = said(error)[:4_000]
    if attempt.overdue:
        words = f"{attempt.limits.exceeded}\n  {words}"
    return Failure(kind, words)


def _of_preparation(error: Exception) -> str:
    if isinstance(error, (*_PROXIES, theirs.InvalidSchema)):
        return "proxy"
    if isinstance(error, (OSError, *_TLS)) and not isinstance(error, (theirs.InvalidURL, theirs.InvalidHeader)):
        return "tls"  # a CA bundle or client certificate that is missing or invalid
    return "unusable"


def _of_phase(phase: str, chain: list[BaseException]) -> str:
    """The kind for a request on our own connection, which knows the phase."""
    refused = phase in ("wait", "read") and among(chain, (theirs.RetryError,))  # an adapter rejected the answer
    return "other" if refused and not among(chain, _TIMEOUTS) else kind_of(phase, chain, _FAMILIES)


def _of_unknown(chain: list[BaseException]) -> str:
    """The kind for a request that other code sent."""
    if among(chain, (pools.NewConnectionError, pools.ClosedPoolError, pools.EmptyPoolError)):  # first: see its base
        return "proxy" if among(chain, _PROXIES) else "connect"
    if among(chain, (pools.ConnectTimeoutError, theirs.ConnectTimeout)):
        return "connect-timeout"
    if among(chain, (*_PROXIES, theirs.InvalidSchema)):
        return "proxy"
    if among(chain, (theirs.InvalidURL, theirs.InvalidHeader, pools.LocationParseError)):
        return "unusable"
    if among(chain, _TLS):
        return "tls" if any("certificate" in str(inner) for inner in chain) else "reset"
    if among(chain, _TIMEOUTS):
        return "read-timeout"
    if among(chain, _GARBLED):
        return "garbled"
    if among(chain, (theirs.ChunkedEncodingError, pools.IncompleteRead)):
        return "truncated"
    return "reset" if among(chain, (OSError, pools.ProtocolError)) else "other"


def foreign(error: Exception) -> BaseException | None:
    """An exception that interrupted this thread: of a signal handler, or thrown into the thread from outside.

    It must reach the caller even if libraries wrapped it on its way up: a watchdog's TimeoutError is not a network
    time-out.
    """
    handlers, raised = set(_handlers()), list(chained(error))
    by_handler = [one for one in raised if any(frame.f_code in handlers for frame in _frames(one))]
    if by_handler:  # urllib3 copies the traceback of the wrapped exception
        return next((one for one in by_handler if not isinstance(one, _WRAPPERS)), by_handler[-1])
    for inner in raised:
        frames = list(_frames(inner))
        within = frames[-1].f_globals.get("__name__", "").partition(".")[0] if frames else ""
        if within in _LIBRARIES and type(inner).__module__.partition(".")[0] not in _LIBRARIES:
            return inner
    return None


def _frames(error: BaseException) -> Iterator[Any]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _handlers() -> Iterator[Any]:
    """The code of the installed signal handlers."""
    import signal

    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        while hasattr(handler, "func"):  # functools.partial
            handler = handler.func
        if not isinstance(handler, (FunctionType, MethodType, type(None), int)):
            handler = getattr(type(handler), "__call__", None)  # noqa: B004  # we need its code, not whether it has one
        if hasattr(handler, "__code__"):
            yield handler.__code__


def repeats(retry: Any) -> bool:
    """Whether an adapter with this `max_retries` may resend a request whose outcome is unknown."""
    if not getattr(retry, "total", 0) and getattr(retry, "total", 0) is not None:
        return False
    return any(getattr(retry, what) not in (0, False) for what in ("read", "status", "other"))  # None: no limit
