"""The transport for event loops: one request in, one Reply or Failure out, over aiohttp.

There are two paths, as in `wire.transport`. Our own path gets a connection from aiohttp's connector, and writes and
reads on it: the extras of a session (cookies, redirects, rebuilt URLs) cost more than everything else. The other path
is `ClientSession.request`. It serves a user's own session with all its parts (proxy, certificates, headers, traces,
middlewares), and any time at which a tool has replaced a part of aiohttp. On both, `protocol` tracks the request's
phase, limits its time, and finds its answer.

Proxies and the CA bundle come from the environment by the rules of `requests`, as in the synchronous client.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import nullcontext
from functools import lru_cache, partial
from io import BytesIO
from types import FunctionType
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp
import certifi
from aiohttp.client_reqrep import ClientRequest
from aiohttp.helpers import TimerNoop, strip_auth_from_url
from requests.utils import get_environ_proxies, select_proxy
from yarl import URL

from .. import __version__
from ..engine.messages import Failure, Limits, Reply, Request
from ..errors import OcregError, SettingInvalid
from ..forks import ForkSafe
from ..registry.addresses import is_loopback
from ..wire.connection import MOST_HEAD
from ..wire.unobserved import unobserved
from .failures import NoProxy, failure_of
from .protocol import Attempt, adopt, here

MAX_BYTES = 32 * 1024 * 1024
"""The largest accepted answer, in bytes after decompression."""
_AGENT = {"User-Agent": f"ocreg/{__version__}"}
_OURS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", **_AGENT}
_FIELDS = re.compile(r"(?:[!#-'*+.0-9A-Z^-z|~-]+: [\t -~\x80-\xff]*\r\n)*")
_URLS = 256
_LARGE = 1 << 20


class _Way(NamedTuple):
    """How our path reaches a URL: the connector's arguments, and the beginning of each request's head."""

    wanted: ClientRequest
    head: str


class AioTransport(ForkSafe):
    """It closes only its own sessions, one for each event loop."""

    def __init__(self, session: aiohttp.ClientSession | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._theirs, self._max_bytes = session, max_bytes
        super().__init__()

    def _make_own(self) -> None:
        self._latest: aiohttp.ClientSession | None = None
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()
        self.forget()

    def forget(self) -> None:
        """Read the environment anew at the next call."""
        self._ways: dict[tuple[int, str, str], _Way] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}

    def _forked(self) -> None:
        for session in self._sessions.values():  # closing them in a child would affect the parent's loop
            _left_behind.append(session.connector)
            session.detach()
        self._make_own()

    async def close(self) -> None:
        self.forget()
        self._latest = None
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def send(self, request: Request, timeout: tuple[float, ...]) -> Reply | Failure:
        """One attempt. Never raises for network failures. Redirects are not followed.

        A CancelledError passes through. Its `unsent` is true if the request was not written completely.
        """
        limits = timeout if isinstance(timeout, Limits) else Limits(*timeout)
        attempt = Attempt(limits, 2 * self._max_bytes + MOST_HEAD, asyncio.get_running_loop().time())
        before = here.get()
        try:
            here.set(attempt)
            session = self._session()
            send = self._by_session if self._theirs is not None or _replaced(session) else self._by_pool
            with unobserved() if request.private else nullcontext():
                return await send(session, request, attempt)
        except asyncio.CancelledError as cancelled:
            cancelled.unsent = not attempt.written  # type: ignore[attr-defined]
            raise
        except OcregError:
            raise
        except Exception as error:  # noqa: BLE001  # each is a kind of failure
            return failure_of(error, attempt)
        finally:
            here.set(before)
            if attempt.connection is not None and attempt.connection.attempt is attempt:
                attempt.connection.end()

    def _session(self) -> aiohttp.ClientSession:
        """The user's own session, or that of this loop."""
        if self._theirs is not None:
            _check(self._theirs)
            return self._theirs
        loop = asyncio.get_running_loop()
        if self._latest is not None and self._latest._loop is loop and not self._latest.closed:
            return self._latest
        session = self._sessions.get(loop)
        if session is None or session.closed:
            for former in [former for former in self._sessions if former.is_closed()]:
                del self._sessions[former]
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
            jar = aiohttp.DummyCookieJar()
            session = self._sessions[loop] = aiohttp.ClientSession(connector=connector, cookie_jar=jar)
            adopt(connector, loop)
        self._latest = session
        return session

    # Our own path

    async def _by_pool(self, session: aiohttp.ClientSession, request: Request, attempt: Attempt) -> Reply | Failure:
        way = self._way(session, request)
        body = request.body or b""
        head = f"{way.head}{_fields(request.headers)}Content-Length: {len(body)}\r\n\r\n".encode("latin-1")
        attempt.phase = "connect"
        timeout = _connecting(min(attempt.limits.connect, attempt.limits.attempt))
        connector: Any = session.connector
        connection = await connector.connect(way.wanted, [], timeout)
        try:
            protocol: Any = connection.protocol
            protocol.set_response_params(timer=_NO_TIMER, read_until_eof=True, auto_decompress=True)
            await _write(protocol, head + body)
            message, content = await protocol.read()
            reply = await self._reply(message.code, message.headers, content, attempt)
        except BaseException:
            connection.close()
            raise
        if attempt.phase != "done" or protocol.spoiled or message.should_close:
            connection.close()
        else:
            connection.release()
        return reply

    def _way(self, session: aiohttp.ClientSession, request: Request) -> _Way:
        loop = asyncio.get_running_loop()
        key = (id(loop), request.method, request.url)
        way = self._ways.get(key)
        if way is None or way.wanted.session is not session:
            url = URL(request.url, encoded=True)
            proxy, secure = self._around(request.url)
            known: dict[str, Any] = {"loop": loop, "session": session, "headers": _OURS, "ssl": secure}
            fields = dict(_OURS)
            target = url.raw_path_qs
            if proxy is not None:
                proxy, login = strip_auth_from_url(proxy)
                known |= {"proxy": proxy, "proxy_auth": login}
                if url.scheme == "http":  # else the proxy sees a tunnel, and aiohttp authenticates
                    target = str(url)
                    fields |= {"Proxy-Authorization": login.encode()} if login is not None else {}
            wanted = ClientRequest(request.method, url, **known)
            fields["Host"] = wanted.headers["Host"]
            way = _Way(wanted, f"{request.method} {target} HTTP/1.1\r\n{_fields(fields)}")
            if "?" not in request.url:  # a query may contain a token, and differs each time
                self._ways = {**(self._ways if len(self._ways) < _URLS else {}), key: way}
        return way

    def _around(self, url: str) -> tuple[URL | None, ssl.SSLContext | bool]:
        """The proxy for a URL, and how to verify its host, from the environment."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("an address without an HTTP scheme, or without a host")
        found = None
        if not is_loopback(parts.hostname):
            found = select_proxy(f"{parts.scheme}://{parts.netloc}", get_environ_proxies(url, no_proxy=None))
        proxy = URL(found if "://" in found else f"http://{found}") if found else None
        if proxy is not None and (proxy.scheme not in ("http", "https") or not proxy.host):
            raise NoProxy
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
        if parts.scheme == "http" and (proxy is None or proxy.scheme == "http"):
            return proxy, True
        if bundle not in self._contexts:
            where = {"capath" if os.path.isdir(bundle) else "cafile": bundle}  # noqa: PTH112
            self._contexts = {**self._contexts, bundle: ssl.create_default_context(**where)}  # type: ignore[arg-type]
        return proxy, self._contexts[bundle]

    # A user's own session

    async def _by_session(self, session: aiohttp.ClientSession, request: Request, attempt: Attempt) -> Reply | Failure:
        _check_tls(session, request.url)
        ours = adopt(session.connector, asyncio.get_running_loop())
        url = URL(request.url, encoded=True)
        _fields(request.headers)
        options: dict[str, Any] = {} if request.method == "POST" else {"middlewares": (*session._middlewares, _once)}
        attempt.phase = "connect" if ours else "handed"
        limits = attempt.limits  # one second more, for foreign connections without our limits
        spare = {"total": limits.attempt + 1, "sock_read": limits.read + 1}
        timeout = aiohttp.ClientTimeout(connect=min(limits.connect, limits.attempt), **spare)
        async with session.request(
            request.method,
            url,
            data=_data(request.body),
            headers={**_AGENT, **request.headers} if "User-Agent" not in session.headers else request.headers,
            timeout=timeout,
            allow_redirects=False,
            raise_for_status=False,
            auto_decompress=True,
            **options,
        ) as response:
            return await self._reply(response.status, response.headers, response.content, attempt)

    async def _reply(self, status: int, headers: Mapping[str, str], content: Any, attempt: Attempt) -> Reply | Failure:
        parts, size = [], 0
        while not content.at_eof():
            chunk = content.read_nowait() if content.is_eof() else await content.readany()
            size += len(chunk)
            if size > self._max_bytes:
                if attempt.connection is not None:
                    attempt.connection.spoiled = True
                return Failure("too-large", f"HTTP {status}: more than {self._max_bytes:,} bytes")
            parts.append(chunk)
        attempt.phase = "done"
        return Reply(status, headers, b"".join(parts), partial(_spoil, attempt.connection))


_left_behind: list[Any] = []
"""Connectors of the parent process."""
_NO_TIMER = TimerNoop()


@lru_cache(16)
def _connecting(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=seconds, ceil_threshold=1e9)


async def _write(protocol: Any, data: bytes) -> None:
    transport = protocol.transport
    if transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection was closed before anything was written")
    transport.write(data)
    try:
        if protocol.writing_paused:
            await protocol._drain_helper()
        if protocol.writing_paused:  # it is closed before the system accepted everything
            raise aiohttp.ClientConnectionResetError("the connection was closed while the request was written")
    except OSError:
        if not len(protocol):  # else an answer came before the request was written
            raise
        return
    protocol.written()


def _fields(headers: Mapping[str, str]) -> str:
    """Header fields as text for the request. Raises ValueError for an invalid one."""
    text = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    plain = _FIELDS.fullmatch(text) and text.count("\n") == len(headers) and None not in headers.values()
    if not plain:
        raise ValueError("an invalid header")
    return text


def _data(body: bytes | None) -> Any:
    """A body in a form that a session accepts: it warns about large ones that are not a file."""
    return BytesIO(body) if body is not None and len(body) > _LARGE else body


def _spoil(connection: Any) -> None:
    """Keep the connection of an answer from serving other calls."""
    if connection is not None:
        connection.spoiled = True


def _replaced(session: aiohttp.ClientSession) -> bool:
    """Whether a tool traces sessions, or has replaced a part of aiohttp: it must see every call."""
    request = aiohttp.ClientSession._request
    genuine = type(request) is FunctionType and request.__globals__ is vars(aiohttp.client)
    return bool(session._trace_configs) or not genuine


def _check(session: aiohttp.ClientSession) -> None:
    """Refuse, before anything is sent, a session that cannot be used here."""
    if session.closed or session._loop is not asyncio.get_running_loop():
        why = "is closed" if session.closed else "belongs to another event loop"
        raise SettingInvalid(f"the session {why}: make one in the loop that uses it", setting="session")


def _check_tls(session: aiohttp.ClientSession, url: str) -> None:
    """Refuse a session that does not verify the server."""
    secure: Any = getattr(session.connector, "_ssl", True)
    if url.startswith("https:") and (secure is False or getattr(secure, "verify_mode", None) == ssl.CERT_NONE):
        fix = "trust your CA instead: TCPConnector(ssl=ssl.create_default_context(cafile=...))"
        raise SettingInvalid(
            f"TLS verification is off: the session's connector verifies no server; {fix}", setting="session"
        )


class _Once(Exception):
    """Keeps aiohttp from resending a request, as it does for methods that it considers idempotent."""


async def _once(request: Any, handler: Any) -> Any:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Once from error
