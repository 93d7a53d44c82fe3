"""The libraries that are compared, each as a function that makes one call and returns the decoded answer.

    ocreg       checks the payload, signs it, sends it, checks the answer
    requests    baseline (a): `requests.Session().post(url, json=...).json()`, no checks, no signature
    validated   baseline (b): the same, with `jsonschema.validate` of payload and answer by the very same schemas
    httpx       baseline (c): `httpx.Client().post(url, json=...).json()`, no checks, no signature

`canned` replaces the network by a prepared answer: what remains is the price of the library itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import httpx
import jsonschema
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from ocreg import Client

from .payloads import ACCOUNT, Operation

Call = Callable[[], object]


class CannedAdapter(BaseAdapter):
    """Answers every request at once, with a response like the one requests' own adapter makes of urllib3's."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body
        self._headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}

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
    client = Client(**ACCOUNT, host=host, session=_session(operation, canned) if canned else None)
    return lambda: client.call(operation.id, operation.data)


def bare_requests(operation: Operation, host: str, canned: bool) -> Call:
    session, url, envelope = _session(operation, canned), host + operation.path, operation.envelope
    return lambda: session.post(url, json=envelope).json()


def validated(operation: Operation, host: str, canned: bool) -> Call:
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
    headers = {"Content-Type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=operation.answer))
    client = httpx.Client(transport=transport) if canned else httpx.Client()
    url, envelope = host + operation.path, operation.envelope
    return lambda: client.post(url, json=envelope).json()


BASELINES = {"requests": bare_requests, "validated": validated, "httpx": bare_httpx}
