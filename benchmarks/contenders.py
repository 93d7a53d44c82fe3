"""The libraries to compare, each as a function that makes one call and returns the decoded answer.

    ocreg       checks the payload, signs it, sends it, checks the answer
    requests    baseline (a): `requests.Session().post(url, json=...).json()`, no checks, no signature
    validated   baseline (b): the same, with `jsonschema.validate` of payload and answer by the very same schemas
    httpx       baseline (c): `httpx.Client().post(url, json=...).json()`, no checks, no signature

`canned` means a prepared answer instead of the network. It replaces ocreg's transport, requests' adapter and httpx's
transport, so that the cost of the library above them remains.

Only public names of ocreg are used, so that checkouts with other module names can be measured too. `with_transport` is
the one exception.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, NamedTuple

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from ocreg import Client

from .payloads import ACCOUNT, Operation

Call = Callable[[], object]
Maker = Callable[[Operation, str, bool], Call]
NOWHERE = "http://127.0.0.1:9"
"""The host of a client with prepared answers: a call over the network would fail."""
_JSON = {"Content-Type": "application/json"}


class Reply(NamedTuple):
    """The attributes of a reply that ocreg reads."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Canned:
    """A transport of ocreg that answers every request at once."""

    def __init__(self, body: bytes) -> None:
        self._reply = Reply(200, {**_JSON, "Content-Length": str(len(body))}, body)

    def send(self, *_: object) -> Reply:
        return self._reply

    def close(self) -> None:
        pass


def with_transport(client: Client, canned: Canned) -> Client:
    """`client` with the transport `canned`. The attribute is private, and differs between versions."""
    try:
        client.transport = canned
    except AttributeError:  # a checkout from before `transport` could be set
        client._transport = canned
    return client


def canned_client(answer: bytes, **settings: Any) -> Client:
    return with_transport(Client(**ACCOUNT, host=NOWHERE, retries=0, **settings), Canned(answer))


def assert_fast(expected: bool) -> None:
    """Assert that the calls so far used the extra `fast`, or did not: a wrong heading is worse than none."""
    loaded = [sys.modules.get(name) is not None for name in ("jsonschema_rs", "orjson")]
    if loaded != [expected, expected]:
        raise SystemExit("benchmarks need the extra `fast`, and a way to switch it off: pip install -e '.[dev]'")


class CannedAdapter(BaseAdapter):
    """Answers every request at once, with a response as requests' own adapter makes it from urllib3's."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body
        self._headers = {**_JSON, "Content-Length": str(len(body))}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        response = requests.Response()
        response.status_code, response.reason = 200, "OK"
        response.headers = CaseInsensitiveDict(self._headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = HTTPResponse(BytesIO(self._body), self._headers, 200, reason="OK", preload_content=False)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        pass


def _session(operation: Operation, canned: bool) -> requests.Session:
    session = requests.Session()
    if canned:
        session.mount("http://", CannedAdapter(operation.answer))
    return session


def ocreg(operation: Operation, host: str, canned: bool) -> Call:
    client = canned_client(operation.answer) if canned else Client(**ACCOUNT, host=host)
    return lambda: client.call(operation.id, operation.data)


def bare_requests(operation: Operation, host: str, canned: bool) -> Call:
    session, url, envelope = _session(operation, canned), host + operation.path, operation.envelope
    return lambda: session.post(url, json=envelope).json()


def validated(operation: Operation, host: str, canned: bool) -> Call:
    import jsonschema

    post = bare_requests(operation, host, canned)
    endpoint = Client(**ACCOUNT).registry[operation.id]
    assert endpoint.data is not None
    question, answer = endpoint.data.root, endpoint.answer.root

    def call() -> Any:
        jsonschema.validate(operation.data, question)
        reply = post()
        jsonschema.validate(reply, answer)
        return reply

    return call


def bare_httpx(operation: Operation, host: str, canned: bool) -> Call:
    import httpx

    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=_JSON, content=operation.answer))
    client = httpx.Client(transport=transport) if canned else httpx.Client()
    url, envelope = host + operation.path, operation.envelope
    return lambda: client.post(url, json=envelope).json()


BASELINES: dict[str, Maker] = {"requests": bare_requests, "validated": validated, "httpx": bare_httpx}
