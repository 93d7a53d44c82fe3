"""Trying an operation from the page: check a payload, write it for other tools, send it.

The input is an operation's id, `text` (the payload as JSON, empty for none), and `query` and `path` (parameters).
"""

from __future__ import annotations

import shlex
from decimal import Decimal
from pprint import pformat
from threading import Lock, local
from typing import Any

from .. import redact
from ..account.settings import DEMO
from ..client import Client
from ..engine.curl import curl
from ..engine.exchange import Prepared
from ..engine.messages import Failure, Reply, Request
from ..errors import OcregError, RequestInvalid
from ..forks import ForkSafe
from ..interchange import style
from ..names.unknown import STRICT
from ..registry.endpoint import Checked, Endpoint
from ..registry.exact import decode_exact
from ..registry.values import decode, encode
from ..violation import Violation
from .core import Sandbox
from .local import WorldTransport

_WIDTH = 100
_MOST_CLIENTS = 8
_TIMEOUT = 10.0
"""How many seconds to wait for a reply: faults may delay it."""
BY_PAGE = "ocreg-sandbox-page"
"""The User-Agent of requests from the page, by which the list of requests recognizes them."""


class Given:
    """What the user wants to try. `data` is None if `text` is empty; `flaw` says why it is not JSON."""

    def __init__(self, body: dict[str, Any]) -> None:
        """Raises ValueError for a malformed input."""
        self.id, text = str(body.get("operation")), body.get("text") or ""
        self.query, self.path = body.get("query") or {}, body.get("path") or {}
        if not isinstance(text, str):
            raise ValueError("text must be a string: the payload as JSON")  # noqa: TRY004  # reported as bad input
        for name in ("query", "path"):
            if not isinstance(getattr(self, name), dict):
                raise ValueError(f"{name} must be an object of names and values")  # noqa: TRY004
        self.text = text.strip()
        self.data, self.flaw = None, None
        try:
            self.data = decode_exact(self.text) if self.text else None
            encode([self.data, self.query, self.path])
        except UnicodeEncodeError:
            self.flaw = Violation((), "json", "contains a lone surrogate, which UTF-8 cannot encode", "repair the text")
        except ValueError as error:
            self.flaw = Violation((), "json", f"not JSON: {error}", "close every bracket and quotation mark")


class _Unchecked(Endpoint):
    """The same operation without a check of the payload: to see how the sandbox answers a wrong one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.__dict__.update(endpoint.__dict__)

    def check(self, data: Any, query: Any = None, path: Any = None, **_: Any) -> Checked:
        return Checked(data, query or {}, path or {})


class Trial(ForkSafe):
    """Tries operations of one world. `origin` is where it listens, as the browser sees it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._clients: dict[str, Client] = {}
        super().__init__()

    def _make_own(self) -> None:
        self._lock = Lock()

    def check(self, given: Given, origin: str) -> dict[str, Any]:
        """What is wrong with it, in the words of RequestInvalid, and how other tools send the same.

        `valid`; `violations`, each with its `text`, and `more` of them; `notes`: fields that would be sent although no
        file describes them; `copies`: `python`, `shell`, `curl` and `yaml`.
        """
        endpoint, client = self._endpoint(given), self._client(origin)
        if given.flaw is not None:
            return {"valid": False, "violations": [_as_dict(given.flaw)], "more": 0, "notes": [], "copies": {}}
        violations, more = _violations(client, endpoint, given)
        known = {violation.path for violation in violations}
        strict, _ = _violations(client, endpoint.with_unknown(STRICT), given)
        notes = [v.where for v in strict if v.rule == "unknown" and v.path not in known]
        found = {"valid": not violations, "violations": list(map(_as_dict, violations)), "more": more, "notes": notes}
        return {**found, "copies": self._copies(client, endpoint, given, origin)}

    def send(self, given: Given, origin: str, *, anyway: bool, sensitive: bool) -> dict[str, Any]:
        """Sign and send it; with `anyway`, even against the file's rules. Personal data is masked unless `sensitive`.

        `violations` if nothing was sent. Otherwise `number` in the log of requests, the `reply` (`status`, `headers`,
        `body`; None: there was none) and the client's `error`, with its `text` and `happened`, or None.
        """
        endpoint, client = self._endpoint(given), self._client(origin)
        if given.flaw is not None:
            return {"violations": [_as_dict(given.flaw)]}
        last = client.transport.last
        before, last.operation, error = self._sandbox.requests.last, None, None
        try:
            client.caller.answer(_prepared(client, _Unchecked(endpoint) if anyway else endpoint, given), _TIMEOUT)
        except RequestInvalid as refused:
            return {"violations": list(map(_as_dict, refused.violations)), "more": refused.more}
        except OcregError as failed:
            what = {"error": type(failed).__name__, "text": str(failed)}
            error = {**what, "happened": getattr(failed, "happened", "no")}
        mine = [one.number for one in self._sandbox.requests.since(before) if one.operation == given.id]
        reply = last.reply if last.operation == given.id else None
        hidden = endpoint.secret if sensitive else endpoint.sensitive
        shown = _shown(reply, hidden) if isinstance(reply, Reply) else None
        return {"number": mine[-1] if mine else None, "reply": shown, "error": error}

    def _endpoint(self, given: Given) -> Endpoint:
        endpoint = self._sandbox.registry[given.id].with_unknown("allow")
        endpoint.callable_by_us()
        return endpoint

    def _client(self, origin: str) -> Client:
        """One for each address, so that an access token serves more than one trial."""
        with self._lock:
            if origin not in self._clients:
                if len(self._clients) >= _MOST_CLIENTS:
                    self._clients.clear()
                world = self._sandbox
                keys = {"client_key": world.keys.client_key, "secret_key": world.keys.secret_key}
                how: dict[str, Any] = {**keys, "refresh_token": DEMO["refresh_token"], "sign": world.keys.forms[0]}
                client = Client("local", host=origin, retries=0, clock=world.clock, unknown="allow", **how)
                client.transport = _Marked(world)
                self._clients[origin] = client
            return self._clients[origin]

    def _copies(self, client: Client, endpoint: Endpoint, given: Given, origin: str) -> dict[str, str]:
        call = _prepared(client, _Unchecked(endpoint), given)
        line = curl(endpoint, call, endpoint.secret, client.settings.sign) + "\n"
        demo = (self._sandbox.keys.client_key, self._sandbox.keys.secret_key) == (
            DEMO["client_key"],
            DEMO["secret_key"],
        )
        return {
            "python": _python(given, origin),
            "shell": _shell(given, origin),
            "curl": _demo_keys(origin) + line if demo and endpoint.sends_token else line,
            "yaml": _yaml(given),
        }


class _Marked(WorldTransport):
    """Marks each request as sent from the page, and keeps each thread's last reply."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.last = local()

    def send(self, request: Request, timeout: tuple[float, float]) -> Reply | Failure:
        marked = request._replace(headers={**request.headers, "User-Agent": BY_PAGE})
        self.last.operation, self.last.reply = request.operation, super().send(marked, timeout)
        reply: Reply | Failure = self.last.reply
        return reply


def _prepared(client: Client, endpoint: Endpoint, given: Given) -> Prepared:
    return client.caller.prepare(endpoint, (given.data, given.query or None, given.path or None))


def _violations(client: Client, endpoint: Endpoint, given: Given) -> tuple[list[Violation], int]:
    try:
        _prepared(client, endpoint, given)  # this fills in fixed values and settings
    except RequestInvalid as error:
        return error.violations, error.more
    return [], 0


def _as_dict(violation: Violation) -> dict[str, Any]:
    """With `text`: the words of RequestInvalid for it."""
    return {**violation.as_dict(), "text": str(violation)}


def _shown(reply: Reply, hidden: frozenset[str]) -> dict[str, Any]:
    try:
        body = decode(reply.body)
    except ValueError:
        body = reply.body.decode("utf-8", "replace")
    return {"status": reply.status, "headers": redact.reply_headers(reply.headers), "body": redact.data(body, hidden)}


def _python(given: Given, origin: str) -> str:
    parts = {"": given.data, "query=": given.query or None, "path=": given.path or None}
    words = [f"{name}{_literal(value)}," for name, value in parts.items() if value is not None]
    lines = "".join(f"\n        {word}" for word in [f'"{given.id}",', *words])
    exact = "from decimal import Decimal\n\n" if "Decimal('" in lines else ""
    opened = f'from ocreg import Client\n\nwith Client("local", host="{origin}") as client:'
    return f"{exact}{opened}\n    answer = client.call({lines}\n    )\n"


def _literal(value: Any) -> str:
    return pformat(value, width=_WIDTH, sort_dicts=False).replace("\n", "\n        ")


def _shell(given: Given, origin: str) -> str:
    words = [f"{name}=={value}" for name, value in given.query.items()]
    data = ["--data", encode(given.data).decode()] if given.data is not None else []
    return shlex.join(["ocreg", "call", given.id, *words, *data, "--env", "local", "--host", origin]) + "\n"


def _demo_keys(origin: str) -> str:
    """The variables of the curl line for a world with the demo keys: with these, the line runs unchanged."""
    ask = f"grant_type=refresh_token&client_id={DEMO['client_key']}&refresh_token={DEMO['refresh_token']}"
    pick = """grep -o '"access_token":"[^"]*' | cut -d'"' -f4"""
    return (
        f"export OCREG_CLIENT_KEY={DEMO['client_key']} OCREG_SECRET_KEY={DEMO['secret_key']}\n"
        f"export OCREG_ACCESS_TOKEN=$(curl -s -X POST '{origin}/oauth/token?{ask}' | {pick})\n"
    )


def _yaml(given: Given) -> str:
    parts: dict[str, Any] = {"data": given.data, "query": given.query or None, "path": given.path or None}
    example = {name: _plain(value) for name, value in parts.items() if value is not None}
    return style.written({"examples": {"request": [example]}}) + "\n"


def _plain(value: Any) -> Any:
    """JSON values as YAML's writer accepts them."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
