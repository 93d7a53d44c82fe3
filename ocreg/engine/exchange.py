"""One call as a conversation, without I/O.

`converse` is a generator. It *yields* what it wants done, is *sent* what came of it, and *returns* the checked answer
or raises:

    yields NeedToken(stale)   is sent  an access token other than `stale`; with `early` perhaps None: not now
    yields Send(request)      is sent  a Reply, or a Failure that says where the transport broke off
    yields Sleep(seconds)     is sent  nothing, when they have passed

There is no socket, clock or randomness in here, so a driver is a short loop (`client.py`), an asynchronous one can
drive the very same generator, and a test plays any fault at any step with a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from .. import redact
from ..account import answers
from ..errors import ApiError, CallError, HttpError, ResponseInvalid, TransportError
from ..registry import explain
from ..registry.values import decode
from . import policy
from .envelope import error_items, failed
from .messages import Failure, Reply, Request

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

LINE, LINES = 500, 80
"""Characters of a line, and lines, of an error's text."""
TEXT_KEPT = 2_000
"""Characters of an answer that is not JSON which an error keeps."""


class Send(NamedTuple):
    request: Request
    message_id: str = ""


class Sleep(NamedTuple):
    seconds: float


class NeedToken(NamedTuple):
    stale: str | None
    early: bool = False
    operation: str = ""
    message_id: str = ""

    def __repr__(self) -> str:
        return "<NeedToken>"


class Prepared(NamedTuple):
    """A call that is ready to go: checked, wrapped, signed; only the token is still missing."""

    endpoint: Endpoint
    request: Request
    message_id: str
    items: int = 1
    token: str | None = None
    renewable: bool = False
    early: bool = False
    patience: policy.Patience | None = None
    pace: Callable[[], float] | None = None
    """Takes a place in the queue of a rate limit; gives the seconds until it is this call's turn."""

    def __repr__(self) -> str:
        return f"<Prepared {self.request.operation} {self.message_id}>"


Conversation = Generator["Send | NeedToken | Sleep", Any, dict[str, Any]]


def converse(call: Prepared) -> Conversation:
    """The whole call. Raises CallError and its kinds; every one carries `happened`."""
    tokens: list[str] = []
    try:
        return (yield from _converse(call, tokens))
    except CallError as error:
        raise _screened(error, call, tokens) from error.__cause__


def _converse(call: Prepared, tokens: list[str]) -> Conversation:
    token, who = call.token, (call.endpoint.id, call.message_id)
    if token is None and call.endpoint.auth == "token":
        token = yield NeedToken(None, False, *who)
    elif call.early:
        token = (yield NeedToken(None, True, *who)) or token
    renewed = not (call.renewable and call.endpoint.sends_token)
    patience, attempt = call.patience, 0
    began = patience.clock() if patience is not None else 0.0
    while True:
        tokens += [token] if token is not None else []
        attempt += 1
        if call.pace is not None and (turn := call.pace()) > 0:
            yield Sleep(turn)
        outcome = yield Send(_with_token(call, token), call.message_id)
        value, ruling = _judge(call, outcome)
        if ruling is None:
            if patience is not None and attempt == 1:
                patience.quota.give()
            return value  # type: ignore[no-any-return]
        if ruling.renew and not renewed:
            renewed, attempt = True, attempt - 1
            token = yield NeedToken(token, False, *who)
            continue
        pause = None
        if patience is not None:
            pause = patience.pause(ruling, call.endpoint.effect, attempt, began, _retry_after(outcome))
        if pause is None:
            raise _failed(call, outcome, value, ruling, attempt)
        yield Sleep(pause)


def _retry_after(outcome: Reply | Failure) -> float | None:
    """The seconds that the server asks to wait: a number, or a date, which is compared with the server's own."""
    text = "" if isinstance(outcome, Failure) else (outcome.headers.get("Retry-After") or "").strip()
    if not text or isinstance(outcome, Failure):
        return None
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return (parsedate_to_datetime(text) - parsedate_to_datetime(outcome.headers["Date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


def _screened(error: CallError, call: Prepared, tokens: list[str]) -> CallError:
    """The error without what the server, or a library, repeated of secrets and personal data in the request."""
    words = [*tokens, *redact.credentials(call.request.headers)]
    query = parse_qs(urlsplit(call.request.url).query)
    words += [word for name in (*call.endpoint.secret, "client_id") for word in query.get(name, ())]
    if call.request.body is not None:
        sent = json.loads(call.request.body)  # our own: whatever its depth, it was written here
        words += redact.values_of(sent, call.endpoint.sensitive)
    names = [name for name in ("reply", "code", "errors", "explanation", "violations") if name in error.__dict__]
    said, *facts = redact.known([str(error), *(error.__dict__[name] for name in names)], words)
    error.args = (_cut(redact.text(said), error.reply),)
    error.__dict__.update(zip(names, facts, strict=True))
    if isinstance(error.__dict__.get("code"), str):
        error.code = redact.text(error.code)  # type: ignore[attr-defined]
    if isinstance(error.reply, str):
        error.reply = error.reply[:TEXT_KEPT]  # cut only now: half a secret would not have been found
    return error


def _cut(text: str, reply: Any) -> str:
    """An error's text of bearable size: how it begins, and how it ends; what was said at length is in `reply`."""
    where = " in `reply`" if isinstance(reply, dict) else ""
    lines = text.split("\n")
    if len(lines) > LINES:
        lines[LINES - 3 : -2] = [f"  ... and {len(lines) - LINES + 1:,} lines more{where}"]
    return "\n".join(
        line if len(line) <= LINE else f"{line[:LINE]}... and {len(line) - LINE:,} characters more{where}"
        for line in lines
    )


def _with_token(call: Prepared, token: str | None) -> Request:
    if token is None or not call.endpoint.sends_token:
        return call.request
    plain = call.request
    headers = {**plain.headers, "Access-Token": f"Bearer {token}"}
    return Request(plain.operation, plain.method, plain.url, headers, plain.body)


def _judge(call: Prepared, reply: Reply | Failure) -> tuple[Any, policy.Ruling | None]:
    """The decoded answer, and None where it is a success that keeps to its schema, else why it is not."""
    if isinstance(reply, Failure):
        return None, policy.TRANSPORT[reply.kind]
    if call.endpoint.auth == "oauth" and (granted := answers.grant_in(reply.body, reply.status)) is not None:
        return granted, None  # kept before anything else in it is judged (`account.tokens`)
    value, bare = _decoded(reply), not call.endpoint.envelope
    if bare and (not 200 <= reply.status < 300 or (isinstance(value, dict) and value.get("error"))):
        return value, policy.on_oauth(reply.status, answers.code_of(value), later="Retry-After" in reply.headers)
    if not 200 <= reply.status < 300:
        return value, policy.on_status(reply.status)
    if not isinstance(value, dict):
        raise _invalid(call, value, policy.NOT_JSON, _why_not_json(reply, value))
    if bare:
        return _checked(call, value), None
    if failed(value, errors_beside_data=call.endpoint.errors_with_data):
        return value, policy.on_code(value.get("code"), call.items, _category(call, value))
    if "code" not in value and value.get("success") is not True:
        raise _invalid(call, value, policy.NO_CODE, "it has neither `code` nor `success`")
    return _checked(call, value), None


def _category(call: Prepared, value: dict[str, Any]) -> str | None:
    """The category that the endpoint file gives this answer: by its errors' codes, or by its own where it has none."""
    if not call.endpoint.errors:
        return None
    codes = [item.get("code") for item in error_items(value)] or [value.get("code")]
    return policy.category(call.endpoint.category(code) for code in codes)


def _checked(call: Prepared, value: dict[str, Any]) -> dict[str, Any]:
    schema = call.endpoint.answer
    if not schema.ok(value):
        found = explain.violations(schema, value, masked=call.endpoint.sensitive)
        raise _invalid(call, value, policy.ODD_SUCCESS, explain.listed(*found), *found)
    return value


def _decoded(reply: Reply) -> Any:
    """The JSON value of a body, or the beginning of its text."""
    try:
        return decode(reply.body)
    except ValueError:
        return reply.body[: TEXT_KEPT * 8].decode("utf-8", "replace")


def _why_not_json(reply: Reply, value: Any) -> str:
    kind = reply.headers.get("Content-Type", "no content type")
    if not reply.body:
        return f"HTTP {reply.status} with an empty body"
    try:
        decode(reply.body)
    except UnicodeDecodeError as error:
        return f"{len(reply.body):,} bytes of {kind} that are not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        return f"{len(reply.body):,} bytes of {kind}: {error}"
    return f"{kind} with a JSON {type(value).__name__} where an object was due"


def _facts(call: Prepared, ruling: policy.Ruling, reply: Any) -> dict[str, Any]:
    return {
        "operation": call.endpoint.id,
        "happened": ruling.happened,
        "message_id": call.message_id,
        "reply": reply,
        "_masked": call.endpoint.sensitive,
    }


def _ending(call: Prepared, ruling: policy.Ruling) -> str:
    again = {
        "no": "it was not carried out",
        "yes": "it was carried out: do not send it again",
        "unknown": "whether it was carried out is unknown: look before you send it again",
    }[ruling.happened]
    if call.endpoint.effect == "read":
        again = "it only reads: safe to send again"
    return f"\n  happened: {ruling.happened} ({again}); message id {call.message_id}"


def _failed(call: Prepared, outcome: Reply | Failure, value: Any, ruling: policy.Ruling, attempts: int) -> CallError:
    """The error for the last attempt; how many there were is told when there was more than one."""
    if isinstance(outcome, Failure):
        error: CallError = _transport_error(call, outcome, ruling)
    else:
        error = _refusal(call, outcome, value, ruling)
    error.attempts = attempts
    if attempts > 1:
        error.args = (f"{error}; tried {attempts} times",)
    return error


def _transport_error(call: Prepared, failure: Failure, ruling: policy.Ruling) -> TransportError:
    words = f"{call.endpoint.id}: {ruling.words}\n  {failure.reason}{_ending(call, ruling)}"
    return TransportError(words, **_facts(call, ruling, None), kind=failure.kind)


def _invalid(
    call: Prepared, value: Any, ruling: policy.Ruling, why: str, violations: list[Any] | None = None, more: int = 0
) -> ResponseInvalid:
    words = f"{call.endpoint.id}: {ruling.words}\n  {why.strip()}{_ending(call, ruling)}"
    return ResponseInvalid(words, **_facts(call, ruling, value), violations=violations or [], more=more)


def _refusal(call: Prepared, reply: Reply, value: Any, ruling: policy.Ruling) -> ApiError | HttpError:
    """The error for a no: an ApiError wherever the body speaks the vendor's language, whatever the status."""
    head = f"{call.endpoint.id}: "
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    speaks = failed(body) if call.endpoint.envelope else answers.code_of(body) or 200 <= reply.status < 300
    facts = {**_facts(call, ruling, value), "status": reply.status}
    if not speaks:
        words = f"{head}HTTP {reply.status}: {ruling.words}{_ending(call, ruling)}"
        return HttpError(words, **facts)
    code = body.get("code", body.get("error"))
    said = body.get("message") or body.get("error_description")
    lines = [f"{head}the API said no (code {code})" + (f": {said}" if said else "")]
    explanation = []
    for item in error_items(body):
        known = call.endpoint.meaning(item.get("code"))
        lines.append(
            f"  {item.get('code') or item.get('channelCode')}: {item.get('message') or item.get('errorMessage')}"
        )
        if known:
            explanation.append(f"{item['code']}: {known}")
            lines.append(f"    meaning: {known}")
    lines.append(f"  {ruling.words}")
    words = "\n".join(lines) + _ending(call, ruling)
    found = {"category": _category(call, body), "errors": error_items(body), "explanation": explanation}
    return ApiError(words, **facts, code=code, **found)
