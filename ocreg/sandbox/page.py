"""The page that the sandbox serves at `/`, and its JSON below `/sandbox/`. docs/reference/sandbox.md lists both.

The page is one file, `page.html`. Its Content-Security-Policy allows only the script and the style in the file, by
their digests, and only connections to this address. Data from the server is inserted as text.

A GET changes nothing except what time changes anyway. Changes are POSTs of JSON whose `Origin` is the page's own: no
other page can send that, and `guard` refuses pages that come here under a host name of their own.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

from .. import __version__, redact
from ..engine.messages import Reply
from ..errors import OcregError
from ..registry.files import Registry
from ..registry.values import decode
from .catalogue import catalogue
from .gateway import Gateway, HttpRequest
from .log import LoggedRequest
from .replies import as_json
from .trial import BY_PAGE, Given, Trial
from .worldview import Worldview

BELOW = "/sandbox/"
_INSIDE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_DATA = "<!--data-->"
_NO_MARKUP = "require-trusted-types-for 'script'"  # browsers that support it refuse innerHTML and the like
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Query = dict[str, str]


class Page:
    """Answers the requests for the page and its JSON."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._sandbox = gateway, gateway.sandbox
        self._trial, self._view = Trial(gateway.sandbox), Worldview(gateway.sandbox)
        self._reads: dict[str, Callable[[Query], Any]] = {
            "operations": lambda _: {"version": __version__, **catalogue(self._sandbox.registry)},
            "requests": self._requests,
            "request": self._request,
            "world": lambda _: self._view.world(),
            "records": lambda query: self._view.records(query.get("kind", ""), sensitive=_asked(query)),
        }
        self._changes: dict[str, Callable[[dict[str, Any], str], Any]] = {
            "check": lambda body, origin: self._trial.check(Given(body), origin),
            "send": self._send,
            "again": self._again,
            "clear": lambda *_: self._sandbox.requests.clear(),
            "advance": lambda body, _: self._view.advance(body.get("seconds")),
            "fault": lambda body, _: self._view.fault(str(body.get("text")), on=body.get("on") is True),
        }

    @staticmethod
    def has(path: str) -> bool:
        """Whether a path belongs to the page and not to an operation."""
        return path == "/" or path.startswith(BELOW)

    def answer(self, request: HttpRequest) -> Reply:
        headers = {name.lower(): value for name, value in request.headers.items()}
        own, name = f"http://{headers.get('host', '').strip()}", request.path.removeprefix(BELOW)
        if request.path == "/" or name in self._reads:
            if request.method not in ("GET", "HEAD"):
                return _no(405, "use GET")
            return page() if request.path == "/" else self._read(name, request.query)
        if name not in self._changes:
            return _no(404, f"there is no {request.path:.60}; the page is at /")
        if request.method != "POST":
            return _no(405, "use POST")
        if headers.get("origin", "").lower() != own.lower():
            return _no(403, "a change must come from the page itself: the Origin is missing or another")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _no(415, "the body must be application/json")
        return self._change(name, request.body, own)

    def _read(self, name: str, query: str) -> Reply:
        try:
            return _yes(self._reads[name](dict(parse_qsl(query))))
        except OcregError as error:
            return _no(400, str(error))
        except ValueError as error:
            return _no(400, str(error))

    def _change(self, name: str, body: bytes, origin: str) -> Reply:
        try:
            given = decode(body)
            if not isinstance(given, dict):
                return _no(400, "the body must be a JSON object")
            return _yes(self._changes[name](given, origin))
        except (OcregError, ValueError) as error:
            return _no(400, str(error))

    def _send(self, body: dict[str, Any], origin: str) -> dict[str, Any]:
        anyway, sensitive = body.get("anyway") is True, body.get("sensitive") is True
        return self._trial.send(Given(body), origin, anyway=anyway, sensitive=sensitive)

    def _requests(self, query: Query) -> dict[str, Any]:
        log = self._sandbox.requests
        return {"last": log.last, "requests": [_row(one) for one in log.since(_number(query.get("after", "0")))]}

    def _request(self, query: Query) -> dict[str, Any]:
        return self._logged(_number(query.get("number", ""))).as_dict(show_sensitive=_asked(query))

    def _again(self, body: dict[str, Any], _: str) -> dict[str, Any]:
        """Send exactly the same bytes again, through the same faults."""
        one = self._logged(_number(str(body.get("number"))))
        request = HttpRequest(one.method, one.path, one.query, one.headers, one.body)
        fault = self._gateway.fault(request)
        if fault is not None and fault.kind == "reset":
            self._gateway.struck(request, fault)
        else:
            self._gateway.carry_out(request, fault)
        return {"last": self._sandbox.requests.last}

    def _logged(self, number: int) -> LoggedRequest:
        found = self._sandbox.requests.get(number)
        if found is None:
            raise ValueError(f"request {number} does not exist or is no longer kept")
        return found


def page() -> Reply:
    text, policy = _page()
    secured = f"{policy}; connect-src 'self'; frame-ancestors 'none'"
    headers = {"Content-Type": "text/html;charset=UTF-8", "Content-Security-Policy": secured, **_HEADERS}
    return Reply(200, headers, text.replace(_DATA, "").encode())


def site(registry: Registry) -> str:
    """The page as one file that needs no server: it contains the operations, and nothing can be tried or changed.

    Raises EndpointInvalid, because an incomplete site is not written.
    """
    text, policy = _page()
    found = catalogue(registry)
    for broken in found["broken"]:
        registry[broken["id"]]  # raises the file's error
    data = json.dumps({"version": __version__, **found}, ensure_ascii=False, default=str)
    data = (
        data.replace("&", "\\u0026").replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return text.replace(_DATA, f'{head}\n<script type="application/json" id="data">{data}</script>')


@lru_cache(1)
def _page() -> tuple[str, str]:
    """The file, and the policy that allows only its own script and style."""
    text = (files(__package__) / "page.html").read_text("utf-8").replace("\r\n", "\n")
    digests: dict[str, str] = {}
    for kind, inside in _INSIDE.findall(text):
        digests[kind] = f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"
    own = "; ".join(f"{kind}-src {digest}" for kind, digest in digests.items())
    return text, f"default-src 'none'; {own}; img-src data:; base-uri 'none'; form-action 'none'; {_NO_MARKUP}"


def _row(one: LoggedRequest) -> dict[str, Any]:
    """What the list shows of a request."""
    plain = ("number", "at", "took", "method", "path", "operation", "status", "delivered", "fault")
    answer, verdict = one.answer, one.signature
    return {
        **{name: getattr(one, name) for name in plain},
        "path": redact.line(one.path),
        "code": answer.get("code") if isinstance(answer, dict) else None,
        "matches": None if verdict is None else verdict.matches,
        "page": any(name.lower() == "user-agent" and value == BY_PAGE for name, value in one.headers.items()),
    }


def _asked(query: Query) -> bool:
    """Whether personal data was requested."""
    return query.get("sensitive") == "yes"


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise ValueError(f"{text!r:.40} is not the number of a request")
    return int(text)


def _yes(value: Any) -> Reply:
    reply = as_json(200, value)
    return reply._replace(headers={**reply.headers, **_HEADERS})


def _no(status: int, words: str) -> Reply:
    reply = as_json(status, {"message": f"sandbox: {words}"})
    return reply._replace(headers={**reply.headers, **_HEADERS})
