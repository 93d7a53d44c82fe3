"""What failures mean: the tables of `reference/errors.md` and the picture of a call, from the code's own tables.

The tables are those of `ocreg/engine/policy.py`. The picture is drawn from the conversations themselves
(`engine/exchange.py` and `confirm/fulfilment.py`): each ruling of the policy is played to a read and to a create, and
every step that they take must be in `STEPS`, which says how it is drawn. A step that is missing there, or that no
conversation takes any more, is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from html import escape
from itertools import count, pairwise
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ocreg import Registry
from ocreg.confirm.create import Create
from ocreg.confirm.fulfilment import fulfil
from ocreg.engine import policy
from ocreg.engine.exchange import Discard, NeedToken, Prepared, Send, Sleep, converse
from ocreg.engine.messages import Failure, Reply, Request
from ocreg.engine.policy import Ruling
from ocreg.errors import CallError, OutcomeUnknown, TokenError

from . import table, within

PAGE = "reference/errors.md"
PICTURE = PurePosixPath("images/call.svg")


def files() -> dict[PurePosixPath, str | bytes]:
    """The page with its generated parts renewed, and the picture."""
    return {**within(PAGE, **{name: part() for name, part in PARTS.items()}), PICTURE: picture()}


# The tables


def retried(ruling: Ruling, effect: str | None = None) -> str:
    """Whether an operation with this effect is retried after it, or which ones are, as `Patience` decides."""
    if ruling.renew:
        return "once, with a new token"
    patience = policy.Patience(1, 1.0, clock=lambda: 0.0, jitter=lambda: 0.0, quota=policy.Quota())
    kinds = (effect, effect) if effect else ("read", "create")
    one, other = (patience.pause(ruling, kind, 1, 0.0, None) is not None for kind in kinds)
    return {(True, True): "yes", (True, False): "reads only", (False, False): "no"}[one, other]


def meanings(head: str, rows: Iterable[tuple[str, Ruling]], effect: str | None = None) -> str:
    """A table of what is listed in its first column, and what each means."""
    return table(
        [head, "meaning", "`happened`", "retried"],
        [[name, one.words.partition("\n")[0], one.happened, retried(one, effect)] for name, one in rows],
    )


def transport() -> str:
    return meanings("`kind`", ((f"`{kind}`", ruling) for kind, ruling in policy.TRANSPORT.items()))


def statuses() -> str:
    """One row for each meaning. A hundred that is listed last is "any other"."""
    found: dict[Ruling, list[int]] = {}
    for status in (*range(100, 200), *range(300, 600)):
        found.setdefault(policy.on_status(status), []).append(status)
    rest = {ruling: f"any other {span.start // 100}xx" for span, ruling in policy.STATUS if len(span) == 100}
    rest |= {ruling: "1xx" for ruling, numbers in found.items() if len(numbers) == 100}
    named = ((rest.get(ruling) or ", ".join(runs(numbers)), ruling) for ruling, numbers in found.items())
    hundred = {ruling: (numbers[-1] // 100, ruling in rest) for ruling, numbers in found.items()}
    return meanings("status", sorted(named, key=lambda one: hundred[one[1]]))


def runs(numbers: list[int]) -> Iterator[str]:
    """Numbers in ascending order, those without a gap as one range."""
    first = last = numbers[0]
    for number in [*numbers[1:], -1]:
        if number != last + 1:
            yield f"{first} to {last}" if last > first + 1 else ", ".join(map(str, range(first, last + 1)))
            first = number
        last = number


def bodies() -> str:
    codes = list[tuple[str, Ruling]]()
    for code in policy.CODE:
        one, many = policy.on_code(code, 1), policy.on_code(code, 2)
        codes += [(f"`code` {code}", one)] + ([(f"`code` {code}, a batch", many)] if many != one else [])
    odd = [
        ("any other `code`", policy.CODE_UNKNOWN),
        ("a refusal of a create, beside a row with your natural key", policy.NO_WITH_ROW),
        ("neither `code` nor `success`", policy.NO_CODE),
        ("no JSON object, or an empty body", policy.NOT_JSON),
        ("success, but not as the endpoint file describes it", policy.ODD_SUCCESS),
        ("another `messageId`, or only rows with other natural keys", policy.FOREIGN),
    ]
    return meanings("answer", [*codes, *odd])


def categories() -> str:
    return meanings("category", ((f"`{name}`", ruling) for name, ruling in policy.CATEGORY.items()))


def tokens() -> str:
    """Codes with one meaning share a row."""
    found: dict[Ruling, list[str]] = {}
    for code, ruling in policy.OAUTH_CODE.items():
        found.setdefault(ruling, []).append(f"`{code}`")
    rows = [(", ".join(codes), ruling) for ruling, codes in found.items()]
    rows += [("any other `error` with HTTP 2xx", policy.OAUTH), ("HTTP 2xx without `error`", policy.OAUTH_PAGE)]
    rows += [(f"HTTP {status}", ruling) for status, ruling in policy.OAUTH_STATUS.items()]
    return meanings("answer", [*rows, ("HTTP 503 with `Retry-After`", policy.OAUTH_LATER)], "create")


PARTS: dict[str, Callable[[], str]] = {
    "transport": transport,
    "statuses": statuses,
    "bodies": bodies,
    "categories": categories,
    "tokens": tokens,
}

# The steps of a call, as its conversations take them

READ, CREATE = "outbound.query", "outbound.create"
NUMBER = "ORDER-1"
FOUND = {"code": 0, "message": "Success", "data": [{"referenceNumber": NUMBER, "orderNumber": "1"}]}
NONE = {**FOUND, "data": []}


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def outcomes() -> Iterator[Reply | Failure]:
    """What an attempt may come to: a success, and something for every ruling."""
    yield from (reply(body) for body in (FOUND, {**FOUND, "code": 3}, {**FOUND, "messageId": "of another request"}))
    yield from (Failure(kind, "") for kind in policy.TRANSPORT)
    yield from (reply(b"", status) for span, _ in policy.STATUS for status in (span.start, span.stop - 1))
    yield from (reply({"code": code}) for code in (*policy.CODE, 999_999))
    yield from (reply(body) for body in ({}, b"<html>", {"code": 0, "data": 7}))


def steps() -> set[tuple[str, str]]:
    """From which state to which a call goes: a state is what its conversation wants, or how it ends."""
    registry = Registry([])
    found = {("check", "token"), ("check", "invalid")}  # `prepare`, before there is a conversation
    no_token = TokenError("", happened="no", operation=CREATE, reply=None)
    for id in (READ, CREATE):
        for outcome in outcomes():
            for retries in (0, 1):
                found |= walk(converse(call(registry, id, retries)), outcome, reply(FOUND))
        found |= walk(converse(call(registry, id, 0)), no_token, None)
    for doubt in (Failure("read-timeout", ""), reply({"code": 999_999})):
        for then in (FOUND, NONE, {**FOUND, "data": FOUND["data"] * 2}):
            found |= walk(fulfil(create(registry)), doubt, reply(then))
    return found


def call(registry: Registry, id: str, retries: int, token: str | None = None) -> Prepared:
    patience = policy.Patience(retries, 1e9, clock=lambda: 0.0, jitter=lambda: 0.0, quota=policy.Quota())
    request = Request(id, "POST", "https://example.com/x", {}, b"{}")
    numbers = (NUMBER,) if id == CREATE else ()
    return Prepared(registry[id], request, "1", token=token, renewable=True, patience=patience, numbers=numbers)


def create(registry: Registry) -> Create:
    """A create that is reconciled. A minute passes between two looks at the clock, so nothing is waited for."""
    minutes = count(0, 60)
    return Create(
        registry[CREATE],
        [{"referenceNumber": NUMBER}],
        "1",
        lambda endpoint, _data, _message_id: call(registry, endpoint.id, 0, "a token"),
        lambda: "1",
        lambda: float(next(minutes)),
        registry[READ],
    )


def walk(conversation: Generator[Any, Any, Any], first: Any, then: Any) -> set[tuple[str, str]]:
    """Its steps. `first`: what its first request, or its wish for a token, comes to; `then`: what the rest come to."""
    states, left = list[str](), [first]
    looks = conversation.gi_code is fulfil.__code__
    try:
        wish = next(conversation)
        while True:
            states += [state(wish, looks=looks)] if not isinstance(wish, Discard) else []
            if isinstance(wish, Send):
                wish = conversation.send(left.pop() if left else then)
            elif left and isinstance(left[0], TokenError):
                wish = conversation.throw(left.pop())
            else:
                wish = conversation.send("a token" if isinstance(wish, NeedToken) else None)
    except StopIteration as end:
        states.append(ending(end.value[0].error if looks else None))
    except CallError as error:
        states.append(ending(error))
    return {step for step in pairwise(states) if step[0] != step[1]}


def state(wish: Send | NeedToken | Sleep, *, looks: bool) -> str:
    """What it is that a conversation wants; `looks`: it is a create that is reconciled."""
    if isinstance(wish, NeedToken):
        return "token"
    if looks and (isinstance(wish, Sleep) or wish.request.operation == READ):
        return "look"
    return "wait" if isinstance(wish, Sleep) else "send"


def ending(error: BaseException | None) -> str:
    if error is None:
        return "answer"
    if isinstance(error, TokenError):
        return "no token"
    return "doubt" if isinstance(error, OutcomeUnknown) else str(getattr(error, "happened", None))


# The picture: what a call goes through on the left, how it ends on the right


class Box(NamedTuple):
    kind: str
    title: str
    below: str = ""


BOXES = {
    "check": Box("step", "Check", "and sign"),
    "token": Box("step", "Access token", "at hand, or new"),
    "send": Box("step", "Send", "the same bytes"),
    "look": Box("step", "Look up", "by natural key"),
    "wait": Box("step", "Wait", "backoff or Retry-After"),
    "invalid": Box("no", "RequestInvalid", "nothing was sent"),
    "no token": Box("no", "TokenError", "happened: no"),
    "answer": Box("yes", "Answer", "it took effect"),
    "no": Box("no", "Error", "happened: no"),
    "yes": Box("yes", "ResponseInvalid", "happened: yes"),
    "unknown": Box("unknown", "Error", "happened: unknown"),
    "doubt": Box("unknown", "OutcomeUnknown", "happened: unknown"),
}
DOWN = {("check", "token"): "", ("token", "send"): "", ("send", "look"): 'unknown, with on_unknown="confirm"'}
BACK = {
    ("wait", "send"): "retry",
    ("send", "token"): "token refused, the first time",
    ("look", "send"): "absent: send again",
}
BRANCHES = {
    ("check", "invalid"): "broken rule",
    ("token", "no token"): "none",
    ("send", "wait"): "may pass",
    ("send", "answer"): "success",
    ("send", "yes"): "success, odd form",
    ("send", "no"): "certainly no effect",
    ("send", "unknown"): "outcome unknown",
    ("look", "answer"): "found once",
    ("look", "no"): "absent and refused",
    ("look", "doubt"): "still unclear",
}
STEPS = {**DOWN, **BACK, **BRANCHES}
LEFT, RIGHT, WIDE, HIGH = 42, 278, 150, 46
BUS, LANE = LEFT + 60, 24
"""Where branches leave a step, and where what is absent goes back."""

STYLE = """
svg{--back:#fff;--text:#1f2328;--soft:#57606a;--line:#6e7781;--step:#f6f8fa;--yes:#dafbe1;--no:#ddf4ff;--unknown:#fff1c2}
@media(prefers-color-scheme:dark){svg{--back:#161b22;--text:#e6edf3;--soft:#9da7b3;--line:#8b949e;--step:#262c36;\
--yes:#12381f;--no:#10304f;--unknown:#4a3508}}
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:var(--soft)}
.title{font-weight:600;font-size:14px;fill:var(--text)}.back{fill:var(--back)}
rect{stroke:var(--line)}.back{stroke:none}.step{fill:var(--step)}.yes{fill:var(--yes)}.no{fill:var(--no)}
.unknown{fill:var(--unknown)}path{fill:none;stroke:var(--line);stroke-width:1.5}.head{fill:var(--line);stroke:none}
"""


def picture() -> str:
    """The SVG. Raises ValueError where a call takes a step that is not drawn, or no longer takes one that is."""
    taken = steps()
    if taken != set(STEPS):
        raise ValueError(f"a call's steps changed: not drawn {taken - set(STEPS)}, gone {set(STEPS) - taken}")
    parts, rows, top = list[str](), dict[str, int](), 16
    for name in ("check", "token", "send", "look"):
        rows[name] = top
        parts.append(box(name, LEFT, top))
        branches = [step for step in BRANCHES if step[0] == name]
        for place, step in enumerate(branches):
            y = top + place * 60
            parts += [box(step[1], RIGHT, y), branch(STEPS[step], y, first=place == 0)]
        top += 60 * len(branches) + (40 if name == "send" else 20)
    parts += links(rows)
    high = top - 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 444 {high}" width="444" height="{high}" role="img">\n'
        f"<title>The states of a call</title>\n<style>{STYLE}</style>\n"
        f'<rect class="back" width="444" height="{high}" rx="8"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def box(name: str, x: int, y: int) -> str:
    kind, title, below = BOXES[name]
    middle = x + WIDE // 2
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="{6 if kind == "step" else 20}"/>'
        f"{words(title, middle, y + 20, 'title', 'middle')}{words(below, middle, y + 37, '', 'middle')}"
    )


def branch(label: str, y: int, *, first: bool) -> str:
    """A line to the right: the first from the step's own side, the others from the line below it."""
    if first:
        middle = (LEFT + WIDE + RIGHT) // 2
        return arrow(LEFT + WIDE, y + 15, "H", RIGHT) + words(label, middle, y + 9, "", "middle")
    return arrow(BUS, y + HIGH // 2, "H", RIGHT) + words(label, BUS + 12, y + HIGH // 2 - 6)


def links(rows: dict[str, int]) -> list[str]:
    """The lines between the steps on the left, down and back."""
    check, token, send, look = (rows[name] for name in ("check", "token", "send", "look"))
    back, again = BUS + 40, send + HIGH // 2
    middle = (LEFT + WIDE + RIGHT) // 2
    return [
        arrow(BUS, check + HIGH, "V", token),
        arrow(BUS, token + HIGH, "V", send),
        arrow(BUS, send + HIGH, "V", look),
        words(DOWN["send", "look"], BUS + 12, look - 18),
        arrow(back, send, "V", token + HIGH),
        words(BACK["send", "token"], back + 10, send - 12),
        arrow(RIGHT, send + 31, "H", LEFT + WIDE),
        words(BACK["wait", "send"], middle, send + HIGH, "", "middle"),
        line(f"M{BUS} {look + HIGH}V{look + 120 + HIGH // 2}"),
        line(f"M{LEFT} {look + HIGH // 2}H{LANE}V{again}") + arrow(LANE, again, "H", LEFT),
        f'<g transform="rotate(-90 {LANE - 7} {(look + send) // 2})">'
        + words(BACK["look", "send"], LANE - 7, (look + send) // 2, "", "middle")
        + "</g>",
    ]


def line(path: str) -> str:
    return f'<path d="{path}"/>'


def arrow(x: int, y: int, way: str, to: int) -> str:
    """A straight line, across (H) or up and down (V), with a head at its end."""
    sign = 1 if to > (x if way == "H" else y) else -1
    end, base = to - sign, to - 9 * sign
    tip = f"M{end} {y}L{base} {y - 4}V{y + 4}Z" if way == "H" else f"M{x} {end}L{x - 4} {base}H{x + 4}Z"
    return f'{line(f"M{x} {y}{way}{base}")}<path class="head" d="{tip}"/>'


def words(text: str, x: int, y: int, kind: str = "", anchor: str = "start") -> str:
    marks = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x}" y="{y}"{marks}>{escape(text)}</text>'
