"""Exactly once: a create whose outcome is unknown is looked up by its natural key before anything else is done.

`fulfil` is a conversation like `exchange.converse`, without I/O. It sends a batch. Items that the answer leaves in
doubt are looked up with the operation that the file's `confirm` names.

    found once          it took effect: the row that was found is its answer
    certainly absent    looked up again, alone, after the settling time, and still absent: it is sent again with the
                        same message id. An item that the vendor refused as part of a batch is sent alone, in a call
                        of its own, so that the next answer is about this item only
    anything else       OutcomeUnknown, with what is known

Without `confirm` nothing is looked up: an item in doubt keeps the error that left it in doubt.

If `Halted` is thrown into a conversation, it sends nothing more, and ends with what is known by then.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator
from typing import Any, NamedTuple

from ..engine.exchange import Halted, NeedToken, Send, Sleep, converse
from ..errors import ApiError, CallError, Outcome, StoreError, TokenError
from .create import Create
from .lookup import look
from .outcomes import did_not_happen, in_doubt, unknown

SENDS = 5
"""How often one item is sent at most. Each send follows proof that the last one did not take effect."""


class _Group(NamedTuple):
    """Items (by their place) that are sent together; `doubt` is the error that leaves their outcome unknown.

    `again`: they were in doubt before, and proved absent. `said_yes`: a success answer does not mention them.
    """

    places: list[int]
    message_id: str
    sends: int = SENDS
    doubt: CallError | None = None
    again: bool = False
    said_yes: bool = False


Fulfilment = Generator[Send | NeedToken | Sleep, Any, list[Outcome]]


def fulfil(create: Create, *, ask_first: bool = False) -> Fulfilment:
    """The outcome of every item, in order. With `ask_first`, an earlier process may have sent them."""
    outcomes: dict[int, Outcome] = {}
    doubt = unknown(create, "an earlier process may have sent it", create.message_id, None, []) if ask_first else None
    waiting = deque([_Group(list(range(len(create.items))), create.message_id, SENDS, doubt)])
    while waiting:
        group = waiting.popleft()
        try:
            if group.doubt is None:
                group = yield from _send(create, group, outcomes)
            if group.places:
                waiting += yield from _resolve(create, group, outcomes)
        except Halted as halted:
            for left in (group, *waiting):
                _leave(create, left, outcomes, f"nothing more was sent (happened: no)\n  {halted}")
            break
    return [outcomes[place] for place in range(len(create.items))]


def _leave(create: Create, group: _Group, outcomes: dict[int, Outcome], why: str) -> None:
    """Settle a group that is not continued. Unless it is in doubt, none of it has taken effect."""
    for place in group.places:
        if group.doubt is not None:
            error: CallError = in_doubt(create, place, group.message_id, group.doubt, [])
        else:
            facts = {"operation": create.endpoint.id, "happened": "no", "message_id": group.message_id, "reply": None}
            error = TokenError(f"{create.endpoint.id}: {why}", **facts)
        outcomes[place] = Outcome(None, error)


def _send(create: Create, group: _Group, outcomes: dict[int, Outcome]) -> Generator[Any, Any, _Group]:
    """Send a group. Returns the groups that the answer leaves in doubt."""
    group = group._replace(sends=group.sends - 1)
    items = [create.items[place] for place in group.places]
    try:
        payload = items if create.endpoint.takes_many else items[0]
        answer = yield from converse(create.prepare(create.endpoint, payload, group.message_id))
    except StoreError as error:
        if not outcomes:
            raise
        _leave(create, group, outcomes, f"no access token, so it was not sent (happened: no)\n  {error}")  # others were
        return group._replace(places=[])
    except CallError as error:
        error.__traceback__ = None  # its frames know the payload
        doubted = group.again and isinstance(error, ApiError)  # a refusal of a repeated request may mean that it exists
        if error.happened == "no" and not doubted:
            outcomes.update({place: Outcome(None, error) for place in group.places})
            return group._replace(places=[])
        reply = None if getattr(error, "foreign", False) else error.reply
        return group._replace(places=_unplaced(create, group, reply, create.documented, outcomes), doubt=error)
    if not create.endpoint.takes_many:
        outcomes[group.places[0]] = Outcome(answer.get("data"))
        return group._replace(places=[])
    left = _unplaced(create, group, answer, create.documented or [create.key], outcomes)
    if left and not create.documented:  # success, but the form of its rows is unknown
        rows = answer.get("data")
        alone = rows[0] if isinstance(rows, list) and len(rows) == len(items) == 1 else None
        outcomes.update({place: Outcome(alone) for place in left})
        return group._replace(places=[])
    if not left:
        return group._replace(places=[])
    why = f"the answer reports success, but has no complete row for {len(left)} of {len(items)} items"
    doubt = unknown(create, why, group.message_id, answer, [create.key_of(place) for place in left])
    return group._replace(places=left, doubt=doubt, said_yes=True)


def _unplaced(create: Create, group: _Group, answer: Any, needed: list[str], outcomes: dict[int, Outcome]) -> list[int]:
    """Assign an answer's rows to their items, by the natural key. Returns the places of items without a row.

    A row proves that its item took effect only if it has all required fields, and if there are as many rows with its
    natural key as items.
    """
    key = create.key
    given = answer.get("data") if any(needed) and isinstance(answer, dict) else None
    given = given if isinstance(given, list) else []
    rows = [row for row in given if isinstance(row, dict) and all(map(row.get, needed))]
    numbers = create.keys_of(group.places)
    left: list[int] = []
    if len(set(numbers)) == len(numbers) and [row[key] for row in rows] == numbers:  # the usual case: all in order
        outcomes.update(zip(group.places, map(Outcome, rows), strict=True))
        return left
    wanted, by_key = Counter(numbers), dict[str, list[Any]]()
    for row in rows:
        if isinstance(row[key], str):
            by_key.setdefault(row[key], []).append(row)
    sure = {number: found for number, found in by_key.items() if len(found) == wanted[number]}
    for place, number in zip(group.places, numbers, strict=True):
        if sure.get(number):
            outcomes[place] = Outcome(sure[number].pop(0))
        else:
            left.append(place)
    return left


def _resolve(create: Create, group: _Group, outcomes: dict[int, Outcome]) -> Generator[Any, Any, list[_Group]]:
    """Settle items in doubt. Returns the groups to send (again)."""
    doubt = group.doubt
    assert doubt is not None
    if create.lookup is None:
        outcomes.update({place: Outcome(None, doubt) for place in group.places})
        return []
    found, absent = yield from look(create, [create.key_of(place) for place in group.places])
    missing = []
    for place in group.places:
        key = create.key_of(place)
        rows = found.get(key, [])
        if len(rows) == 1:
            outcomes[place] = Outcome(rows[0])
        elif key not in absent or not _may_be_absent(group):
            outcomes[place] = Outcome(None, in_doubt(create, place, group.message_id, doubt, rows))
        else:
            missing.append(place)
    if not missing:
        return []
    refused = isinstance(doubt, ApiError)
    if group.sends < 1 or (refused and len(group.places) == 1):
        outcomes.update({place: Outcome(None, did_not_happen(doubt)) for place in missing})
        return []
    if refused:
        return [_Group([place], create.new_id(), group.sends) for place in missing]
    return [_Group(missing, group.message_id, group.sends, again=True)]


def _may_be_absent(group: _Group) -> bool:
    """Whether it can be absent if it is not found. Not if the vendor reported that it exists, or reported success."""
    doubt = group.doubt
    said_yes = group.said_yes or (doubt is not None and doubt.happened == "yes")
    return not said_yes and getattr(doubt, "category", None) != "exists"
