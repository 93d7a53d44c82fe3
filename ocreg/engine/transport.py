"""The requests transport: one prepared request in, one Reply or Failure out.

What users of requests rely on keeps working: proxies and CA bundles from the environment, client certificates,
adapters, cookies, a session of their own (so `responses` and VCR-like tools see every call). What requests does anew
in every call although it never changes, reading the environment and preparing URL and headers, is done once a host and
once a URL. After a change to the session or the environment, `forget()` makes it look again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from queue import Queue
from threading import Condition, Lock, RLock
from typing import Any
from urllib.parse import urlsplit

import requests
from cachetools import LRUCache
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from requests.cookies import get_cookie_header
from requests.models import PreparedRequest
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from .. import __version__, redact
from ..errors import SettingInvalid
from ..forks import ForkSafe
from .exchange import Failure, Reply, Request

for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(redact.log_filter)  # their DEBUG lines hold whole URLs

MAX_BYTES = 32 * 1024 * 1024
"""The largest answer that is read, in bytes after unpacking."""
_CHUNK = 1 << 16
_POOL = 32


class RequestsTransport(ForkSafe):
    """Safe to share between threads. Only a session made here is closed here."""

    def __init__(self, session: requests.Session | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._own = session is None
        self.session = session or _new_session()
        self._max_bytes = max_bytes
        super().__init__()

    def _make_own(self) -> None:
        self.forget()

    def _forked(self) -> None:
        self.forget()
        _fresh_pools(self.session)

    def forget(self) -> None:
        """Read environment and session settings anew at the next call."""
        self._environments: dict[str, dict[str, Any]] = {}
        self._templates: LRUCache[tuple[str, str], PreparedRequest] = LRUCache(256)

    def close(self) -> None:
        if self._own:
            self.session.close()

    def send(self, request: Request, timeout: tuple[float, float]) -> Reply | Failure:
        """One attempt. Never raises for what a network can do; redirects are not followed."""
        try:
            environment = self._environment(request.url)
            prepared = self._prepared(request)
            response = self.session.send(prepared, timeout=timeout, allow_redirects=False, **environment)
            with response:
                return self._reply(response)
        except (failures.RequestException, OSError) as error:
            return _failure(error)

    def _environment(self, url: str) -> dict[str, Any]:
        """Proxies, CA bundle and client certificate for the URL's origin."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        found = self._environments.get(origin)
        if found is None:
            found = dict(self.session.merge_environment_settings(origin, {}, True, None, None))
            if found["verify"] is False and parts.scheme == "https":
                why = "the session has verify=False; give it the path of a CA bundle instead (session.verify=...)"
                raise SettingInvalid(f"TLS verification is off: {why}", setting="session")
            _check_proxies(found["proxies"])
            self._environments[origin] = found
        return found

    def _prepared(self, request: Request) -> PreparedRequest:
        template = self._template(request)
        prepared = PreparedRequest()
        prepared.method, prepared.url, prepared.hooks = template.method, template.url, template.hooks
        prepared._cookies = template._cookies  # type: ignore[attr-defined]  # what prepare_cookies() would set
        prepared.headers = template.headers.copy()
        prepared.headers.update(request.headers)
        prepared.body = request.body
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        if self.session.cookies:
            cookies = get_cookie_header(self.session.cookies, prepared)  # type: ignore[no-untyped-call]
            if cookies is not None:
                prepared.headers["Cookie"] = cookies
        if self.session.auth is not None:
            prepared.prepare_auth(self.session.auth)
        return prepared

    def _template(self, request: Request) -> PreparedRequest:
        key = (request.method, request.url)
        template = self._templates.get(key)
        if template is None:
            # An auth of our own keeps requests from sending what a .netrc holds for this host.
            bare = requests.Request(request.method, request.url, auth=_no_auth)
            template = self.session.prepare_request(bare)
            template.headers.pop("Cookie", None)
            template.headers.pop("Content-Length", None)
            template.hooks = {**template.hooks, "response": [*template.hooks.get("response", ()), _stay]}
            if "?" not in request.url:  # a query may hold a token, and is another one each time
                self._templates[key] = template
        return template

    def _reply(self, response: requests.Response) -> Reply | Failure:
        chunks, size = [], 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > self._max_bytes:
                return Failure("too-large", f"HTTP {response.status_code}: more than {self._max_bytes:,} bytes")
            chunks.append(chunk)
        return Reply(response.status_code, response.headers, b"".join(chunks))


def _check_proxies(proxies: Mapping[str, str]) -> None:
    """Refuse a proxy without a host before anything is sent: requests stumbles over one with a TypeError."""
    for scheme, url in proxies.items():
        if scheme != "no" and url and not urlsplit(url if "://" in url else f"http://{url}").hostname:
            raise failures.InvalidProxyURL(f"the URL of the proxy for {scheme} names no host")


def _no_auth(request: PreparedRequest) -> PreparedRequest:
    return request


def _stay(response: requests.Response, **_: Any) -> None:
    """Keep requests from looking into a redirect: even unfollowed, it would read the whole body and parse the URL."""
    response.headers.pop("Location", None)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"ocreg/{__version__}"
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=_POOL))
    return session


def _fresh_pools(session: requests.Session) -> None:
    """Give a session that a fork brought along connections of its own. All else that was set on it stays.

    Locks may be held by threads of the parent, so they are replaced and not waited for: also those inside the old
    pools, for urllib3 empties these when they are collected. Closing the copy of a socket leaves the parent's open and
    says nothing to the server.
    """
    if hasattr(session.cookies, "_cookies_lock"):
        session.cookies._cookies_lock = RLock()
    for adapter in {id(adapter): adapter for adapter in session.adapters.values()}.values():
        if isinstance(adapter, HTTPAdapter):
            for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
                _close_copies(manager.pools)
            adapter.__setstate__(adapter.__getstate__())  # type: ignore[attr-defined]


def _close_copies(pools: Any) -> None:
    pools.lock = RLock()
    for pool in [pools[key] for key in pools.keys()]:  # noqa: SIM118  # it is no mapping to iterate over
        idle = pool.pool
        if isinstance(idle, Queue):
            idle.mutex = Lock()
            idle.not_empty, idle.not_full, idle.all_tasks_done = (Condition(idle.mutex) for _ in range(3))
            pool.close()


class _Tracked:
    """A connection that marks errors raised before the last byte of a request was handed to the system.

    A server cannot act on a request it has only a part of, so such a call certainly did not happen.
    """

    _cut = False

    def connect(self) -> None:
        with _Unsent():
            super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._cut = False
        try:
            with _Unsent():
                super().request(*args, **kwargs)  # type: ignore[misc]
        except OSError:  # of EPIPE and ECONNRESET urllib3 makes nothing: it goes on to look for an early answer
            self._cut = True
            raise

    def getresponse(self) -> Any:
        if not self._cut:
            return super().getresponse()  # type: ignore[misc]
        with _Unsent():
            return super().getresponse()  # type: ignore[misc]


class _Unsent:
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            error.ocreg_unsent = True  # type: ignore[attr-defined]


def _tracked_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """`pool` with tracked connections; under the names that appear in urllib3's messages."""
    plain = pool.ConnectionCls
    tracked = type(plain.__name__, (_Tracked, plain), {})

    def connection_class(_: Any) -> Any:
        # whoever replaces the plain class, as VCR does, is given way
        return tracked if pool.ConnectionCls is plain else pool.ConnectionCls

    return type(pool.__name__, (pool,), {"ConnectionCls": property(connection_class)})


_POOLS = {"http": _tracked_pool(HTTPConnectionPool), "https": _tracked_pool(HTTPSConnectionPool)}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # SOCKS has pools of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all those wrapped inside it, however they were wrapped."""
    waiting, seen = [error], set()
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]


def _failure(error: Exception) -> Failure:
    words = redact.text(f"{type(error).__name__}: {error}")
    return Failure(_kind(error), words[:4_000])


def _kind(error: Exception) -> str:
    chain = list(_chain(error))
    unsent = any(getattr(inner, "ocreg_unsent", False) for inner in chain)
    if isinstance(error, failures.ConnectTimeout):
        return "connect-timeout"
    if isinstance(error, (failures.ProxyError, failures.InvalidProxyURL, failures.InvalidSchema)):
        return "proxy"
    if isinstance(error, failures.SSLError):
        return "tls" if unsent or any("certificate" in str(inner) for inner in chain) else "reset"
    if any(isinstance(inner, NewConnectionError) for inner in chain):
        return "connect"
    if any(isinstance(inner, (failures.ReadTimeout, ReadTimeoutError)) for inner in chain):
        return "read-timeout"
    if unsent:
        return "unsent"
    if isinstance(error, failures.ChunkedEncodingError):
        return "truncated"
    if isinstance(error, failures.ContentDecodingError):
        return "garbled"
    if isinstance(error, failures.ConnectionError):
        return "reset"
    if not isinstance(error, failures.RequestException):
        return "tls"  # requests itself refuses a CA bundle or a client certificate that is not there
    return "other"
