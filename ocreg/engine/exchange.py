"""One call as a conversation, without I/O.

`converse` is a generator. It *yields* actions, is *sent* their results, and *returns* the checked answer or raises:

    yields NeedToken(stale)   is sent  an access token other than `stale`; with `early`, it may be None: not now
    yields Send(request)      is sent  a Reply, or a Failure that says where the transport failed
    yields Sleep(seconds)     is sent  nothing, after these seconds
    yields Discard(reply)     is sent  nothing; the connection of the reply serves no other call

There is no socket, clock or randomness in here. So a driver is a short loop (`driver`), the one for event loops
(`ocreg.aio.driver`) drives the same generator, and a test plays any fault at any step with a list.

To stop a conversation, throw `Halted` into it: it ends with what is known by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from .. import redact
from ..account import answers
from ..errors import ApiError, CallError, EndpointInvalid, HttpError, ResponseInvalid, TransportError
from ..registry import explain
from ..registry.answer import rows_about
from . import policy
from .envelope import error_items, failed
from .messages import Failure, Reply, Request
from .rates import retry_after
from .words import TEXT_KEPT, decoded, ending, refusal, why_not_json

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint

LINE, LINES = 500, 80
"""The most characters in a line, and the most lines, of an error's text."""


class Send(NamedTuple):
    """`left`: the remaining seconds of the call's deadline; None if it has none."""

    request: Request
    message_id: str = ""
    left: float | None = None


class Sleep(NamedTuple):
    seconds: float


class Discard(NamedTuple):
    reply: Reply


class NeedToken(NamedTuple):
    stale: str | None
    early: bool = False
    operation: str = ""
    message_id: str = ""

    def __repr__(self) -> str:
        return "<NeedToken>"


class Halted(Exception):
    """Thrown into a conversation that must send nothing more; its text says why."""


class Prepared(NamedTuple):
    """A prepared call: checked, wrapped and signed. Only the token is missing."""

    endpoint: Endpoint
    request: Request
    message_id: str
    items: int = 1
    token: str | None = None
    renewable: bool = False
    early: bool = False
    patience: policy.Patience | None = None
    pace: Callable[[], float] | None = None
    """Takes a place in the queue of a rate limit; returns the seconds until this call's turn."""
    epoch: float | None = None
    """The time of preparation, in seconds since the epoch."""
    numbers: tuple[str, ...] = ()
    """The natural keys of the items (the file's `confirm.key`), if each has one."""

    def __repr__(self) -> str:
        return f"<Prepared {self.request.operation} {self.message_id}>"


class Verdict(NamedTuple):
    """The judgement of an answer. `ruling` is None for a success; with `why` it is not an answer to this call."""

    value: Any = None
    ruling: policy.Ruling | None = None
    why: str = ""
    violations: Sequence[Any] = ()
    more: int = 0


TOO_LATE = (
    Failure("deadline", "obtaining an access token took all of its time"),
    Verdict(None, policy.TRANSPORT["deadline"]),
)
NOT_YET = (Failure("cancelled-unsent", "it waited for its turn"), Verdict(None, policy.TRANSPORT["cancelled-unsent"]))
Conversation = Generator["Send | NeedToken | Sleep | Discard", Any, dict[str, Any]]


def converse(call: Prepared) -> Conversation:
    """The whole call. Raises CallError and its subclasses; each has `happened`."""
    tokens: list[str] = []
    try:
        return (yield from _converse(call, tokens))
    except CallError as error:
        raise _screened(error, call, tokens) from error.__cause__


def _converse(call: Prepared, tokens: list[str]) -> Conversation:
    token, who = call.token, (call.endpoint.id, call.message_id)
    patience, attempt, left, error = call.patience, 0, None, None
    began = started = patience.clock() if patience is not None else 0.0
    if token is None and call.endpoint.auth == "token":
        token = yield NeedToken(None, False, *who)
    elif call.early:
        token = (yield NeedToken(None, True, *who)) or token
    renewed = not (call.renewable and call.endpoint.sends_token)
    while True:
        tokens += [token] if token is not None else []
        if patience is not None and (left := patience.left(began)) <= 0:
            raise error or _failed(call, *TOO_LATE, attempt)
        if patience is not None and call.pace is not None and (turn := call.pace()) > 0:
            arrived = patience.clock()
            try:
                yield Sleep(turn)
            except Halted:
                raise error or _failed(call, *NOT_YET, attempt) from None
            began += patience.clock() - arrived  # the time in the queue does not count
        outcome = yield Send(_with_token(call, token), call.message_id, left)
        attempt += 1
        value, ruling, *_ = verdict = _judge(call, outcome)
        if ruling is None:
            if patience is not None and attempt == 1:
                patience.quota.give()
            return value  # type: ignore[no-any-return]
        asked = _retry_after(call, outcome, started)
        error = _failed(call, outcome, verdict, attempt, asked)
        if ruling is policy.FOREIGN:
            yield Discard(outcome)
        if ruling.renew and not renewed:
            renewed, attempt = True, attempt - 1
            token = yield NeedToken(token, False, *who)
            continue
        pause = patience.pause(ruling, call.endpoint.effect, attempt, began, asked) if patience is not None else None
        if pause is None:
            raise error
        try:
            yield Sleep(pause)
        except Halted:
            raise error from None  # the outcome of the last attempt


def _retry_after(call: Prepared, outcome: Reply | Failure, started: float) -> float | None:
    """The seconds for which the server asks to wait."""
    if isinstance(outcome, Failure):
        return None
    passed = call.patience.clock() - started if call.patience is not None else 0.0
    return retry_after(redact.reply_headers(outcome.headers), None if call.epoch is None else call.epoch + passed)


_REPEATED = ("reply", "code", "errors", "explanation", "violations", "headers")
"""Attributes of an error in which a server may repeat parts of the request."""


def _screened(error: CallError, call: Prepared, tokens: list[str]) -> CallError:
    """The error without secrets and personal data of the request that the server or a library repeated."""
    words = [*tokens, *redact.credentials(call.request.headers)]
    query = parse_qs(urlsplit(call.request.url).query)
    words += [word for name in (*call.endpoint.secret, "client_id") for word in query.get(name, ())]
    if call.request.body is not None:
        sent = json.loads(call.request.body)  # our own, so that its depth is no problem
        words += redact.values_of(sent, call.endpoint.sensitive)
    names = [name for name in _REPEATED if error.__dict__.get(name) is not None]
    said, *facts = redact.known([str(error), *(error.__dict__[name] for name in names)], words)
    error.args = (_cut(redact.text(said), error.reply),)
    error.__dict__.update(zip(names, facts, strict=True))
    if isinstance(error.__dict__.get("code"), str):
        error.code = redact.text(error.code)  # type: ignore[attr-defined]
    if error.headers is not None:
        error.headers = {name[:LINE]: redact.text(value)[:LINE] for name, value in error.headers.items()}
    if isinstance(error.reply, str):
        error.reply = error.reply[:TEXT_KEPT]  # cut after masking: half of a secret would not be found
    return error


def _cut(text: str, reply: Any) -> str:
    """An error's text, shortened to its beginning and its end. The whole answer is in `reply`."""
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
    return Request(plain.operation, plain.method, plain.url, headers, plain.body, plain.private)


def _judge(call: Prepared, reply: Reply | Failure) -> Verdict:
    """Whether an answer is a success of this call, and what it means otherwise."""
    if isinstance(reply, Failure):
        return Verdict(None, policy.TRANSPORT[reply.kind])
    value, about = decoded(reply.body), None
    if isinstance(value, dict) and call.endpoint.envelope and call.request.body is not None:
        ours, theirs = call.message_id, value.get("messageId")
        if ours and isinstance(theirs, str) and theirs.strip() and theirs != ours:
            return Verdict(value, policy.FOREIGN, f"its messageId is {theirs!r:.100}, ours is {ours!r:.100}")
        if call.numbers:
            about = rows_about(value.get("data"), call.endpoint.confirm["key"], call.numbers)
    verdict = _ruled(call, reply, value)
    happened = verdict.ruling.happened if verdict.ruling is not None else "yes"
    if happened == "yes" and about is False:
        why = f"all its rows have another {call.endpoint.confirm['key']} than those in the request"
        return Verdict(value, policy.FOREIGN, why)
    return Verdict(value, policy.NO_WITH_ROW) if happened == "no" and about else verdict


def _ruled(call: Prepared, reply: Reply, value: Any) -> Verdict:
    """The verdict by the answer's status, code and form."""
    if call.endpoint.auth == "oauth":
        granted = answers.grant_in(reply.body, reply.status)
        if granted is not None:
            return Verdict(granted)  # stored before anything else in it is judged (`account.tokens`)
        if not 200 <= reply.status < 300 or (isinstance(value, dict) and value.get("error")):
            later = "retry-after" in {name.lower() for name in redact.reply_headers(reply.headers)}
            return Verdict(value, policy.on_oauth(reply.status, answers.code_of(value), later=later))
    if not 200 <= reply.status < 300:
        return Verdict(value, policy.on_status(reply.status))
    if not isinstance(value, dict):
        return Verdict(value, policy.NOT_JSON, why_not_json(reply.status, reply.headers, reply.body))
    if not call.endpoint.envelope:
        return Verdict(value, policy.CODE_UNKNOWN) if value.get("error") else _checked(call, value)
    if failed(value, errors_beside_data=call.endpoint.errors_with_data):
        return Verdict(value, policy.on_code(value.get("code"), call.items, _category(call, value)))
    if "code" not in value and value.get("success") is not True:
        return Verdict(value, policy.NO_CODE, "it has neither `code` nor `success`")
    return _checked(call, value)


def _category(call: Prepared, value: dict[str, Any]) -> str | None:
    """The category of this answer in the endpoint file: by its errors' codes, or else by its own code."""
    if not call.endpoint.errors:
        return None
    codes = [item.get("code") for item in error_items(value)] or [value.get("code")]
    return policy.category(call.endpoint.category(code) for code in codes)


def _checked(call: Prepared, value: dict[str, Any]) -> Verdict:
    schema = call.endpoint.answer
    try:
        if schema.ok(value):
            return Verdict(value)
        found, more = explain.violations(schema, value, masked=call.endpoint.sensitive)
    except (RecursionError, EndpointInvalid) as error:  # it was sent, so the error must keep what is known
        return Verdict(value, policy.ODD_SUCCESS, f"it could not be checked: {error}")
    return Verdict(value, policy.ODD_SUCCESS, explain.listed(found, more), found, more)


def _facts(call: Prepared, ruling: policy.Ruling, reply: Any) -> dict[str, Any]:
    return {
        "operation": call.endpoint.id,
        "happened": ruling.happened,
        "message_id": call.message_id,
        "reply": reply,
        "_masked": call.endpoint.sensitive,
    }


def _failed(
    call: Prepared, outcome: Reply | Failure, verdict: Verdict, attempts: int, asked: float | None = None
) -> CallError:
    """The error for an attempt. If there were several attempts, it says how many."""
    ruling, value = verdict.ruling, verdict.value
    assert ruling is not None
    if isinstance(outcome, Failure):
        said = f"{call.endpoint.id}: {ruling.words}\n  {outcome.reason}"
        error: CallError = TransportError(said, **_facts(call, ruling, None), kind=outcome.kind)
    else:
        error = _invalid(call, value, verdict) if verdict.why else _refusal(call, outcome, value, ruling)
        error.headers, error.retry_after = redact.reply_headers(outcome.headers), asked
    error.attempts = attempts
    tried = f"; tried {attempts} times" if attempts > 1 else ""
    error.args = (f"{error}{ending(ruling.happened, call.endpoint.effect, call.message_id)}{tried}",)
    return error


def _invalid(call: Prepared, value: Any, verdict: Verdict) -> ResponseInvalid:
    assert verdict.ruling is not None
    said = f"{call.endpoint.id}: {verdict.ruling.words}\n  {verdict.why.strip()}"
    facts = {**_facts(call, verdict.ruling, value), "foreign": verdict.ruling is policy.FOREIGN}
    return ResponseInvalid(said, **facts, violations=list(verdict.violations), more=verdict.more)


def _refusal(call: Prepared, reply: Reply, value: Any, ruling: policy.Ruling) -> ApiError | HttpError:
    """The error for a refusal: an ApiError if the body has the vendor's form, whatever the status."""
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    speaks = failed(body) if call.endpoint.envelope else answers.code_of(body) or 200 <= reply.status < 300
    facts = {**_facts(call, ruling, value), "status": reply.status}
    if not speaks:
        return HttpError(f"{call.endpoint.id}: HTTP {reply.status}: {ruling.words}", **facts)
    said, explanation = refusal(call.endpoint, body)
    facts |= {"category": _category(call, body), "errors": error_items(body), "explanation": explanation}
    return ApiError(f"{said}\n  {ruling.words}", **facts, code=body.get("code", body.get("error")))
