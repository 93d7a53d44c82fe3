"""The transport: one request in, one Reply or Failure out.

There are two paths. Our own path uses urllib3's pool as requests would: with proxies and CA bundle of the environment,
and with URL and headers prepared once for each URL. The other path is `Session.send`. It serves a user's own session
with all its parts (adapters, proxies, certificates, cookies, hooks), and any time at which a tool has replaced a part
of requests or urllib3 (`responses`, requests-mock, VCR, OpenTelemetry), so that the tool sees every call. On both,
`connection` tracks the request's phase, limits its time, and finds its answer.

After a change to the session or the environment, call `forget()` to read them again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest
from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy
from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from .. import __version__, redact
from ..engine.messages import Failure, Limits, Reply, Request
from ..errors import SettingInvalid
from ..forks import ForkSafe
from ..registry.addresses import is_loopback
from .connection import MOST_HEAD, Attempt, Connection, here, is_own
from .failures import failure_of, foreign, repeats
from .pools import fresh_pools
from .unobserved import unobserved

for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(redact.log_filter)  # their DEBUG lines contain whole URLs

MAX_BYTES = 32 * 1024 * 1024
"""The largest accepted answer, in bytes after decompression."""
_CHUNK = 1 << 16
_POOL = 32
_URLS = 256
_IN_THE_OPEN = nullcontext()


class _Way(NamedTuple):
    """How our path reaches a URL: the pool, its arguments, and the headers of every request."""

    pool: Any
    target: str
    headers: dict[str, str]


class RequestsTransport(ForkSafe):
    """Safe to share between threads. It closes only its own session."""

    def __init__(self, session: requests.Session | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._own = session is None
        self.session = session or _new_session()
        self._max_bytes = max_bytes
        super().__init__()

    def _make_own(self) -> None:
        self.forget()

    def _forked(self) -> None:
        self.forget()
        fresh_pools(self.session)

    def forget(self) -> None:
        """Read environment and session settings anew at the next call."""
        # Replaced as a whole when full, and never changed in two steps, because threads share them without a lock.
        self._environments: dict[str, dict[str, Any]] = {}
        self._ways: dict[tuple[str, str], _Way] = {}

    def close(self) -> None:
        if self._own:
            self._close_idle()

    def _close_idle(self) -> None:
        self.forget()  # otherwise the pools would be referenced, and stay open
        self.session.close()

    def send(self, request: Request, timeout: tuple[float, ...]) -> Reply | Failure:
        """One attempt. Never raises for network failures. Redirects are not followed.

        `timeout` is a `Limits`, or seconds to connect and to wait for data. Exceptions of signal handlers, and others
        that interrupt this thread, reach the caller.
        """
        limits = timeout if isinstance(timeout, Limits) else Limits(*timeout)
        before, attempt = here.attempt, Attempt(limits, 2 * self._max_bytes + MOST_HEAD)
        try:
            here.attempt = attempt
            send = self._by_pool if self._own and not _replaced() else self._by_session
            with unobserved() if request.private else _IN_THE_OPEN:
                return send(request, attempt)
        except SettingInvalid:
            raise
        except Exception as error:  # noqa: BLE001  # each is a kind of failure, or not the transport's
            interruption = foreign(error)
            if interruption is None:
                return failure_of(error, attempt)
        finally:
            here.attempt = before
            attempt.end()
        raise interruption  # outside of the handler, or its context would contain itself

    def _by_pool(self, request: Request, attempt: Attempt) -> Reply | Failure:
        way = self._way(request)
        attempt.phase = "handed"
        response = way.pool.urlopen(
            request.method,
            way.target,
            body=request.body,
            headers={**way.headers, **request.headers},
            timeout=_timeout(attempt.limits.connect, attempt.limits.read),
            **_PLAINLY,
        )
        try:
            return self._reply(response.status, response.headers, _chunks(response), attempt)
        finally:
            if not response.closed:  # not read to its end, so its connection cannot be reused
                response.close()

    def _by_session(self, request: Request, attempt: Attempt) -> Reply | Failure:
        environment = self._environment(request.url)
        prepared = self._prepared(request.method, request.url, request.headers, request.body)
        attempt.phase = "handed"
        timeout = (attempt.limits.connect, attempt.limits.read)
        try:
            response = self.session.send(prepared, timeout=timeout, allow_redirects=False, **environment)
        except exceptions.HTTPError as error:
            response = error.response  # a hook raised for a status: the answer is judged by ocreg
            if response is None or all(one.request is not prepared for one in (response, *response.history)):
                raise  # or for the answer to another request
        with response:
            if 100 <= response.status_code < 200:  # a foreign connection took it for the answer
                response.raw.close()
            return self._reply(response.status_code, response.headers, response.iter_content(_CHUNK), attempt)

    def _reply(
        self, status: int, headers: Mapping[str, str], chunks: Iterable[bytes], attempt: Attempt
    ) -> Reply | Failure:
        parts, size = [], 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._max_bytes:
                return Failure("too-large", f"HTTP {status}: more than {self._max_bytes:,} bytes")
            parts.append(chunk)
        attempt.phase = "done"
        return Reply(status, headers, b"".join(parts), self._discarding(attempt.connection))

    def _discarding(self, connection: Any) -> Callable[[], None]:
        def discard() -> None:
            """Keep the connection of the answer from serving other calls."""
            if connection is None:  # of a tool, or of a foreign adapter
                self._close_idle()  # the session stays usable
            else:
                connection.spoiled = True

        return discard

    # Facts about a URL

    def _way(self, request: Request) -> _Way:
        key = (request.method, request.url)
        way = self._ways.get(key)
        if way is None:
            environment, prepared = self._environment(request.url), self._prepared(request.method, request.url)
            adapter: Any = self.session.get_adapter(request.url)
            where = {name: environment[name] for name in ("verify", "cert")}
            pool = adapter.get_connection_with_tls_context(prepared, proxies=environment["proxies"], **where)
            adapter.cert_verify(pool, request.url, **where)
            target = adapter.request_url(prepared, environment["proxies"])
            prepared.headers.pop("Content-Length", None)
            way = _Way(pool, target, dict(prepared.headers))
            if "?" not in request.url:  # a query may contain a token, and differs each time
                self._ways = {**(self._ways if len(self._ways) < _URLS else {}), key: way}
        return way

    def _environment(self, url: str) -> dict[str, Any]:
        """Proxies, CA bundle and client certificate for the URL's origin: of the session, else of the environment."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        found = self._environments.get(origin)
        if found is None:
            session = self.session
            trusted = session.trust_env and not is_loopback(parts.hostname)
            proxies = dict(session.proxies)
            if trusted and not select_proxy(origin, proxies):
                proxies = {**get_environ_proxies(origin, no_proxy=proxies.get("no_proxy")), **proxies}
            verify: Any = session.verify
            if verify is True and session.trust_env:
                verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
            for path in (verify, *([session.cert] if isinstance(session.cert, str) else session.cert or ())):
                if path and isinstance(path, str) and not Path(path).exists():  # else connections would leak
                    raise FileNotFoundError(f"CA bundle or certificate does not exist: {path}")
            found = {"proxies": proxies, "verify": verify, "cert": session.cert, "stream": True}
            self._environments = {**self._environments, origin: found}
        _check(self.session, origin, found)  # each time, because adapters may be replaced
        return found

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> PreparedRequest:
        # Our own auth keeps requests from sending credentials of a .netrc for this host.
        auth = self.session.auth or _no_auth
        prepared = self.session.prepare_request(requests.Request(method, url, headers, data=body, auth=auth))
        prepared.hooks["response"] = [*prepared.hooks.get("response", ()), _stay]
        return prepared


@lru_cache(16)
def _timeout(connect: float, read: float) -> Timeout:
    return Timeout(connect=connect, read=read)


_PLAINLY: dict[str, Any] = {
    "retries": Retry(False, redirect=False),
    "redirect": False,
    "assert_same_host": False,
    "preload_content": False,
    "decode_content": True,
}
"""Switches off what urllib3's pool would do by itself."""


def _check(session: requests.Session, origin: str, environment: dict[str, Any]) -> None:
    """Refuse, before sending, a session that would resend or that checks no certificate; adopt its pools."""
    verify = environment["verify"]
    if not verify and origin.startswith("https:"):
        why = f"the session has verify={verify!r}; give it the path of a CA bundle instead (session.verify=...)"
        raise SettingInvalid(f"TLS verification is off: {why}", setting="session")
    adapter = session.get_adapter(origin)
    again = getattr(adapter, "max_retries", None)
    if repeats(again):
        why = f"the session's adapter for {origin} sends a request again ({again!r})"
        fix = "leave retries to ocreg (retries=...), or use Retry(connect=..., read=0, status=0, other=0)"
        raise SettingInvalid(f"an order could be sent twice: {why}; {fix}", setting="session")
    proxy = select_proxy(origin, environment["proxies"])
    if proxy and not _names_a_host(proxy):
        raise exceptions.InvalidProxyURL("the proxy's URL has no host, or is invalid")
    _adopt(adapter, proxy)


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _no_auth(request: PreparedRequest) -> PreparedRequest:
    return request


def _stay(response: requests.Response, **_: Any) -> None:
    """Hide a redirect from requests: even if it is not followed, requests reads the whole body and parses the URL."""
    response.headers.pop("Location", None)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"ocreg/{__version__}"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL))
    return session


# Our connections in the pools of requests

_OURS: dict[type[Any], type[Any]] = {}


def _genuine(found: type[Any]) -> type[Any]:
    """urllib3's own class, even if a tool has already replaced it with a subclass."""
    return next((base for base in found.__mro__ if base.__module__ == "urllib3.connection"), found)


_PLAIN: dict[type[Any], type[Any]] = {
    HTTPConnectionPool: _genuine(HTTPConnection),
    HTTPSConnectionPool: _genuine(HTTPSConnection),
}
_POSSIBLE = hasattr(HTTPAdapter, "get_connection_with_tls_context") and any(
    base.__module__ == "http.client" for base in HTTPConnection.__mro__
)
"""Not before requests 2.32.2, nor if another distribution has replaced the package urllib3."""


def _ours(pool: type[Any]) -> type[Any]:
    """`pool` with our connections, under the names in urllib3's messages."""
    if pool not in _OURS:
        plain = _PLAIN.get(pool, pool.ConnectionCls)
        ours = type(plain.__name__, (Connection, plain), {})

        def connection_class(_: Any) -> Any:
            # a tool that replaces the plain class, as VCR does, has priority
            return ours if pool.ConnectionCls is plain else pool.ConnectionCls

        _OURS.setdefault(pool, type(pool.__name__, (pool,), {"ConnectionCls": property(connection_class)}))
    return _OURS[pool]


def _adopt(adapter: Any, proxy: str | None) -> None:
    """Make the pools of an adapter use our connections, also behind a proxy."""
    managers: list[Any] = [getattr(adapter, "poolmanager", None)]
    if proxy and hasattr(adapter, "proxy_manager_for"):
        managers.append(adapter.proxy_manager_for(prepend_scheme_if_needed(proxy, "http")))  # type: ignore[no-untyped-call]
    for manager in managers:
        classes = getattr(manager, "pool_classes_by_scheme", None)
        if _POSSIBLE and classes and not any(pool in _OURS.values() for pool in classes.values()):
            manager.pool_classes_by_scheme = {scheme: _ours(pool) for scheme, pool in classes.items()}
            manager.clear()  # these have connections that are not ours


def _replaced() -> bool:
    """Whether a tool has replaced a part of requests or urllib3: it must see every call, as requests makes it."""
    session, adapter = requests.Session, HTTPAdapter
    functions: Any = ((session.send, _SESSIONS), (session.get_adapter, _SESSIONS), (adapter.send, _ADAPTERS))
    if not all(is_own(function, home) for function, home in functions):
        return True
    return not _POSSIBLE or any(pool.ConnectionCls is not plain for pool, plain in _PLAIN.items())


_SESSIONS, _ADAPTERS = vars(requests.sessions), vars(requests.adapters)


def _chunks(response: Any) -> Iterator[bytes]:
    while chunk := response.read(_CHUNK):
        yield chunk
        if len(chunk) < _CHUNK:  # only the last chunk is shorter
            return
