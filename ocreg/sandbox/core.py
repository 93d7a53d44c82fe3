"""One request in, one reply out, decided in this order:

1. Route        no operation with this method and path: HTTP 404
2. clientKey    missing or not the configured one: code 1
3. Signature    `vAuthorization` missing or not the expected MD5: code 1; the reply says how it was made, if known
4. Token        `Access-Token` missing, unknown or expired: HTTP 401 (operations with `auth: key`: only if one was sent)
5. Envelope     the body is not a JSON object, or has no `data` although the file has a payload: code 3. (Without an
                envelope the body is the payload, and refusals from here on are HTTP 400.)
6. Schema       `data` breaks the file's schema, or has an unknown field and the sandbox is `strict`: code 3, with one
                error for each violation
7. Verb         what the file's `sandbox:` declares; a business refusal is code 3
8. Answer       checked against the file's `response` before it is sent

Token operations (`auth: oauth` and `none`) skip steps 2 to 5. Their parameters, from the query or a form, are checked,
and refusals follow RFC 6749: HTTP 400 and `error`. Like the vendor, everything else after step 1 is answered with HTTP
200 unless stated otherwise.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any
from urllib.parse import parse_qsl

from ..account.settings import DEMO, SIGNATURES
from ..engine.messages import Reply
from ..errors import RequestInvalid, SettingInvalid
from ..names.unknown import EVERY, STRICT
from ..registry import explain
from ..registry.endpoint import Endpoint
from ..registry.files import Registry
from ..registry.values import decode
from ..registry.windows import moment_of
from . import parameters, refusals
from .demo import demo_records
from .faults import Faults
from .log import RequestLog
from .notifier import Notifier
from .records import Records
from .replies import as_json, unauthenticated
from .request import Forced, Refusal, Request
from .routes import Routes, is_token_operation, path_parameters
from .tokens import IssuedTokens, credentials
from .verbs import VERBS, progress
from .verdict import Keys

_UNSUPPORTED = {"grant_type": "unsupported_grant_type", "response_type": "unsupported_response_type"}
_NOT_EMPTY = {"required", "minLength", "minItems"}


class Sandbox:
    """One account's world, kept in memory. Threads may share it.

    Its time is the real time (`clock`, seconds since the epoch), `speed` times as fast; `advance` moves it forward.
    `sign` is the accepted form of the signature: `body`, `path`, or `either`. `seed` makes all numbers, tokens and
    probabilities of faults repeatable. `empty` starts without the demo records. `refuses` are rules that refuse creates
    (`refusals`); `repeats="refuse"` is one of them, `repeat`. With `strict`, every field is refused that the file does
    not describe. `oauth_errors` is the HTTP status of a token request's refusal: 400, or 200.

    `notify` is a URL to which changes of orders are posted (`notifier`), by a thread that `close` ends.

    `faults` are failures on the way (`faults`); `handle` does not know them, `gateway` applies them.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        *,
        client_key: str = DEMO["client_key"],
        secret_key: str = DEMO["secret_key"],
        sign: str = "either",
        seed: int | None = None,
        empty: bool = False,
        token_lifetime: int = 3600,
        speed: float = 1,
        repeats: str = "accept",
        refuses: Iterable[str] = (),
        strict: bool = False,
        oauth_errors: int = 400,
        faults: Iterable[str] = (),
        notify: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.refuses = refusals.chosen(refuses) | (frozenset(["repeat"]) if repeats == "refuse" else frozenset())
        if repeats not in ("accept", "refuse"):
            raise SettingInvalid(f"repeats must be 'accept' or 'refuse', not {repeats!r:.60}", setting="repeats")
        if oauth_errors not in (200, 400):
            raise SettingInvalid(f"oauth_errors must be 400 or 200, not {oauth_errors!r:.60}", setting="oauth_errors")
        self.oauth_errors = oauth_errors
        self._fields: dict[str, Any] = {"policy": STRICT} if strict else {"allowed": EVERY}
        self.registry = Registry() if registry is None else registry  # `registry or ...` would list its directories
        self.client_key, self.secret_key = client_key, secret_key
        self.keys = Keys(client_key, secret_key, SIGNATURES if sign == "either" else (sign,))
        self._ahead = 0.0
        self._clock, self._speed, self._started = clock, speed, clock()
        chance = random.Random(seed)  # noqa: S311  # a simulated world, repeatable on purpose
        self.tokens = IssuedTokens(client_key, token_lifetime, self.clock, chance)
        self.records = Records(chance)
        self.routes = Routes(self.registry)
        self.faults = Faults(faults, seed, self.registry)
        self.requests = RequestLog()
        self._regions = refusals.regions(self.registry) if "unknown-region" in self.refuses else frozenset()
        if not empty:
            demo_records(self.records, self.tokens, self.registry, self.clock())
        self.notifier: Notifier | None = None
        if notify is not None:
            self.notifier = Notifier(notify, self.faults, self.clock, self.progress)
            self.records.changed = self.notifier.note

    def clock(self) -> float:
        """The sandbox's time, in seconds since the epoch."""
        now = self._clock()
        return now + (now - self._started) * (self._speed - 1) + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass: tokens age, shipments arrive, orders leave the warehouse. Raises ValueError if negative."""
        if not 0 <= seconds < inf:
            raise ValueError(f"time cannot pass by {seconds} seconds")
        with self.records.lock:
            self._ahead += seconds
        self.progress()

    def progress(self) -> None:
        """Do everything that is due by now."""
        with self.records.lock:
            progress(self.records, self.clock())

    def close(self) -> None:
        """End the thread that sends notifications, if there is one."""
        if self.notifier is not None:
            self.notifier.close()

    def handle(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        operation: str | None = None,
        hidden: float = 0.0,
        refused: Forced | None = None,
    ) -> Reply:
        """Answer one request. `operation` is a hint that avoids a search through all files for the path.

        What the request creates is `hidden` from finds for that many seconds; it, or an item of it, is `refused`.
        """
        known = {name.lower(): value for name, value in (headers or {}).items()}
        endpoint = self.routes.find(method, path, lambda: parameters.loosely(query, known, body), operation)
        if endpoint is None:
            return as_json(404, {"message": f"sandbox: no operation {method} {path}"})
        endpoint = endpoint.with_unknown(**self._fields)
        if is_token_operation(endpoint):
            return self._token_operation(endpoint, query, known, body, refused)
        return self._business(endpoint, (path, query), known, body, hidden, refused)

    def _token_operation(
        self, endpoint: Endpoint, query: str, headers: dict[str, str], body: bytes, refused: Forced | None
    ) -> Reply:
        try:
            given = parameters.given(query, headers, body)
            given = parameters.identified(given, headers, self.client_key, self.secret_key)
            if "policy" not in self._fields and endpoint.query is not None:  # RFC 6749 says to ignore others
                given = {name: given[name] for name in endpoint.query.root["properties"] if name in given}
            endpoint.check(None, given)
            request = self._request(endpoint, None, given, refused=refused)
            refusals.of_all(request)
            answer = _verb(endpoint)(request)
            return answer if isinstance(answer, Reply) else as_json(200, answer)
        except RequestInvalid as error:
            words = "; ".join(f"{v.where}: {v.message}" for v in error.violations)
            unsupported = (_UNSUPPORTED.get(str(v.path[-1])) for v in error.violations if v.rule == "const")
            return self._token_refused(next(filter(None, unsupported), "invalid_request"), words)
        except parameters.ClientRefused as refusal:
            return self._token_refused(refusal.code, refusal.message, 401, WWW_Authenticate='Basic realm="sandbox"')
        except Refusal as refusal:
            return self._token_refused(refusal.code, refusal.message)

    def _token_refused(self, code: str, words: str, status: int = 400, **headers: str) -> Reply:
        status = status if self.oauth_errors == 400 else self.oauth_errors
        return as_json(
            status, {"error": code, "error_description": f"sandbox: {words.removeprefix('sandbox: ')}"}, **headers
        )

    def _business(
        self,
        endpoint: Endpoint,
        address: tuple[str, str],
        headers: dict[str, str],
        body: bytes,
        hidden: float,
        refused: Forced | None,
    ) -> Reply:
        query = dict(parse_qsl(address[1], keep_blank_values=True))
        message_id = str(int(self.clock() * 1000))  # its own id until the request's is known
        no = 200 if endpoint.envelope else 400
        why = self._unauthenticated(endpoint, *address, headers, body)
        if why is not None:
            return unauthenticated(200, why)
        why = self._token_problem(endpoint, headers)
        if why is not None:
            return unauthenticated(401, why)
        try:
            data, message_id = _unwrapped(endpoint, body, message_id)
            named = path_parameters(endpoint, address[0])
            data = endpoint.check(data, query if endpoint.query is not None else None, named).data
            answer = self._act(self._request(endpoint, data, query, message_id, hidden, refused))
        except RequestInvalid as error:
            return as_json(no, _parameter_error(error, message_id))
        except Refusal as refusal:
            item = {"code": refusal.code, "message": refusal.message}
            what = {"message": refusal.message} if refusal.bare else {"errors": [item]}
            return as_json(no, {"code": 3, **what, "messageId": message_id, "success": False})
        return _checked(endpoint, answer)

    def _request(
        self,
        endpoint: Endpoint,
        data: Any,
        query: dict[str, str],
        message_id: str = "",
        hidden: float = 0.0,
        refused: Forced | None = None,
    ) -> Request:
        now, world = self.clock(), (self.records, self.tokens, self.refuses, self._regions)
        return Request(endpoint, data, query, message_id, now, now + hidden, *world, refused)

    def _act(self, request: Request) -> Any:
        refusals.of_all(request)
        _look_back(request)
        with self.records.lock:
            progress(self.records, request.now)
            return _verb(request.endpoint)(request)

    def _unauthenticated(
        self, endpoint: Endpoint, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> str | None:
        """Why the keys or the signature are refused; the text after "missing" is the sandbox's own."""
        if not endpoint.sends_token:
            return None
        if not headers.get("clientkey"):
            return "clientKey missing"
        if headers["clientkey"] != self.client_key:
            return "clientKey unknown"
        sent = headers.get("vauthorization", "")
        if not sent:
            return "vAuthorization missing"
        signed = body if endpoint.method != "GET" else None
        if self.keys.form_of(sent, path, signed) is not None:
            return None
        changes = self.keys.difference(path, query, headers, signed)
        why = f" (sandbox: it was made {'; '.join(changes)})" if changes else ""
        return f"vAuthorization does not match{why}"

    def _token_problem(self, endpoint: Endpoint, headers: dict[str, str]) -> str | None:
        if not endpoint.sends_token:
            return None
        scheme, token = credentials(headers)
        if not scheme:
            return None if endpoint.auth == "key" else "Access-Token missing"
        if scheme.lower() != "bearer":
            return "Access-Token must be the word Bearer, a space and the token"
        return self.tokens.problem(token)


def _verb(endpoint: Endpoint) -> Callable[[Request], Any]:
    return VERBS[endpoint.sandbox.get("does", "answer")]


def _look_back(request: Request) -> None:
    """Refuse a time window that begins before the oldest allowed time."""
    window = request.endpoint.limits.get("window", {})
    since = moment_of(request.data.get(window["from"])) if window and isinstance(request.data, dict) else None
    days = window.get("lookback_days")
    if since is not None and days and since.timestamp() < request.now - days * 24 * 3600:
        default = f"sandbox: {window['from']} is more than {days} days ago"
        raise Refusal("sandbox.look-back", request.rules.get("too_old", default), bare="too_old" in request.rules)


def _unwrapped(endpoint: Endpoint, body: bytes, message_id: str) -> tuple[Any, str]:
    if endpoint.method == "GET" or (endpoint.data is None and not endpoint.envelope):
        return None, message_id
    try:
        value = decode(body)
    except ValueError as error:
        raise Refusal("sandbox.json", f"sandbox: the body is not JSON: {error}") from None
    if not endpoint.envelope:
        return value, message_id
    if not isinstance(value, dict):
        raise Refusal("sandbox.envelope", "sandbox: the body must be a JSON object with `data`")
    for name, kinds in (("apiVersion", str), ("messageId", str), ("timestamp", (int, str))):
        if name in value and (not isinstance(value[name], kinds) or isinstance(value[name], bool)):
            raise Refusal("sandbox.envelope", f"sandbox: {name} has the wrong type")
    if endpoint.data is not None and value.get("data") is None:
        raise Refusal("sandbox.envelope", "sandbox: the body has no `data`: put the payload into it")
    return value.get("data"), value.get("messageId") or message_id


def _checked(endpoint: Endpoint, answer: dict[str, Any]) -> Reply:
    success = answer.get("code") == 0 or not endpoint.envelope
    if success and not endpoint.answer.ok(answer):
        violations = "; ".join(map(str, explain.violations(endpoint.answer, answer)[0]))
        return as_json(500, {"message": f"sandbox: its own answer breaks {endpoint.id}: {violations}"})
    return as_json(200, answer)


def _parameter_error(error: RequestInvalid, message_id: str) -> dict[str, Any]:
    """Schema violations in the vendor's form; only the text for an empty required field is the vendor's own."""
    items = []
    for violation in error.violations:
        field = violation.path[-1] if violation.path else "data"
        if violation.rule in _NOT_EMPTY:
            items.append({"code": "300001", "message": f"{field} 不能为空。"})
        else:
            words = f"sandbox: {violation.where or 'data'}: {violation.message}"
            items.append({"code": f"sandbox.{violation.rule}", "message": words})
    return {"code": 3, "errors": items, "message": "参数错误", "messageId": message_id}
