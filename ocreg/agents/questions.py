"""A call with an effect is shown to the person, with its plan. A yes is valid for one call: the one that was shown.

Up to version 2025-11-25 of the protocol, the question is a request of the server in the middle of a call. From
2026-07-28 on, it is the answer to the call, which the client repeats with what the person said.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS, is_version_at_least

from .. import redact
from ..engine.caller import new_uuid
from ..registry.values import canonical
from .refusals import Refusal

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext

    from .arguments import Asked
    from .desk import Desk

MOST = 12_000
"""The maximum number of characters in a question: nobody can confirm what was not shown."""
_KEPT = 32
"""How many questions may wait for an answer."""
_REMEMBERED = 10_000
"""How many numbers, or calls without numbers, are remembered as sent."""
_KEY = "confirm"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {_KEY: {"type": "boolean", "title": "Send it", "description": "Nothing is sent unless you say yes."}},
    "required": [_KEY],
}
_ELICITS = "2025-06-18"
"""The first version of the protocol in which a server can ask."""


class Sent(NamedTuple):
    """When a call was sent (on this process's clock), with which messageId, and whether it took effect."""

    when: float
    message_id: str
    happened: str


class Question(NamedTuple):
    """The text of a question, its call (with a digest), and the messageId with which the call would be sent.

    `marks`: what another call with the same effect shares with it. `before`: the last such call that was sent, if any.
    """

    text: str
    asked: Asked
    call: str
    message_id: str
    marks: tuple[str, ...]
    before: Sent | None


class Questions:
    """The questions of one server, and the calls that resulted. For one thread: the event loop's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: OrderedDict[str, Question] = OrderedDict()
        self._sent: OrderedDict[str, Sent] = OrderedDict()

    def about(self, asked: Asked, plan: dict[str, Any], numbers: tuple[str, ...] = ()) -> Question:
        """The question about a plan. Raises Refusal if the plan is too long to be read.

        `numbers` are natural keys of what is created: a call with one of them is about the same order.
        """
        call = digest(asked)
        marks = tuple(f"{asked.id} {number}" for number in numbers) or (call,)
        before = self._before(marks)
        text = self._text(asked, plan, before)
        if len(text) > MOST:
            words = (
                f"the plan has {len(text):,} characters, too many for a person to look at: send fewer items at a time, "
                "or let the person run `ocreg push`"
            )
            raise Refusal("TooLongToShow", words, command=self._desk.command(asked))
        return Question(text, asked, call, plan["message_id"], marks, before)

    def put(self, question: Question) -> InputRequiredResult:
        """The question as the answer to a call."""
        state = new_uuid()
        self._waiting[state] = question
        if len(self._waiting) > _KEPT:
            self._waiting.popitem(last=False)
        asks = ElicitRequest(params=ElicitRequestFormParams(message=question.text, requested_schema=_SCHEMA))
        return InputRequiredResult(input_requests={_KEY: asks}, request_state=state)

    def answered(self, state: str, asked: Asked) -> Question:
        """The question that is answered now; only once. Raises Refusal if it was about another call."""
        question = self._waiting.pop(state, None)
        if question is None:
            words = "this question is not open: it was answered before, or is too old. Nothing was sent now"
            raise Refusal("NotConfirmed", words)
        if question.call != digest(asked):
            raise Refusal("NotConfirmed", "another call than this one was confirmed; nothing was sent")
        return question

    def sending(self, question: Question) -> None:
        """The call is sent now: until its end is known, its outcome is unknown. Raises Refusal.

        An agent may request the same call twice at a time. A person who said yes twice did not know of the other one.
        """
        if self._before(question.marks) != question.before:
            words = (
                "the same call was sent while the person was asked; nothing was sent now. Check before you call again"
            )
            raise Refusal("NotConfirmed", words)
        self.ended(question, "unknown")

    def ended(self, question: Question, happened: str) -> None:
        now = question.before if happened == "no" else Sent(time.monotonic(), question.message_id, happened)
        for mark in question.marks:
            self._sent.pop(mark, None)
            if now is not None:
                self._sent[mark] = now
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def _before(self, marks: tuple[str, ...]) -> Sent | None:
        return max((self._sent[mark] for mark in marks if mark in self._sent), default=None)

    def _text(self, asked: Asked, plan: dict[str, Any], before: Sent | None) -> str:
        lines = []
        if before is not None:
            done = "took effect" if before.happened == "yes" else "may have taken effect"
            lines.append(
                f"SENT BEFORE: this call, or one with the same number, {done} "
                f"{time.monotonic() - before.when:.0f} seconds ago (messageId {before.message_id}).\n"
                "A yes sends it again.\n"
            )
        endpoint = self._desk.client.registry[asked.id]
        lines.append(f"An agent wants to call {asked.id} on {self._where()}: {plan['summary']}")
        lines.append(f"Effect: {plan['effect']}. Nothing was sent yet.\n")
        lines.append(f"{plan['method']} {plan['url']}")
        if plan["body"] is not None:
            lines.append(json.dumps(plan["body"], ensure_ascii=False, indent=2))
        if asked.unknown:
            lines.append(f"Sent although no file describes them: {json.dumps(asked.unknown, ensure_ascii=False)}")
        if endpoint.confirm:
            lines.append("If its answer is lost, it is looked up, and sent again only if it is certainly absent.")
        return redact.steerless("\n".join(lines))

    def _where(self) -> str:
        settings = self._desk.client.settings
        names = {"local": "the local sandbox", "sandbox": "OrangeConnex's sandbox", "production": "PRODUCTION"}
        account = f" (account {settings.account})" if settings.account != "default" else ""
        return names[settings.env] + account


def digest(asked: Asked) -> str:
    return sha256(canonical([asked.id, asked.data, asked.query, sorted(asked.unknown)], str)).hexdigest()


def modern(context: ServerRequestContext[Any, Any]) -> bool:
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def can_ask(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client can show a form to a person."""
    capabilities = context.session.client_capabilities
    asks = None if capabilities is None else capabilities.elicitation
    if asks is None or not is_version_at_least(context.protocol_version, _ELICITS):
        return False
    return asks.form is not None or asks.url is None  # a bare {} means forms


async def ask(context: ServerRequestContext[Any, Any], question: Question) -> Any:
    """The question as a request to the client. Raises what the SDK raises on failure."""
    return await context.session.elicit_form(question.text, _SCHEMA, related_request_id=context.request_id)


def said(responses: Any) -> Any:
    """The answer among the responses of a client."""
    return (responses or {}).get(_KEY)


def agreed(answer: Any) -> None:
    """Raises Refusal unless the person said yes."""
    action = answer.action if isinstance(answer, ElicitResult) else "cancel"
    if action == "accept" and (answer.content or {}).get(_KEY) is True:
        return
    words = {"cancel": "the person did not decide", "decline": "the person declined"}
    raise Refusal("NotConfirmed", f"{words.get(action, 'the person did not say yes')}; nothing was sent", action=action)
