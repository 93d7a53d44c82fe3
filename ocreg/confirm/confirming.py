"""Creates that are reconciled if their outcome is unknown: from a client's arguments to the answer."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from ..errors import OperationUnavailable
from ..violation import Violation
from .create import Create
from .fulfilment import fulfil
from .outcomes import answer_of

if TYPE_CHECKING:
    from ..engine.caller import Caller
    from ..engine.exchange import Conversation, Prepared
    from ..registry.endpoint import Endpoint


def confirming(
    caller: Caller, endpoint: Endpoint, parts: tuple[Any, Any, Any], message_id: str | None, *, ask_first: bool
) -> Conversation:
    """Send a create, and return its answer. `parts` are payload, query and path parameters. Raises as `Client.call`."""
    data, *parameters = parts
    caller.prepare(endpoint, parts, "")  # raise errors before anything is sent
    items = list(data) if endpoint.takes_many else [data]
    create = with_lookup(caller, create_of(caller, endpoint, items, message_id, tuple(parameters)))
    return answer_of(create, (yield from fulfil(create, ask_first=ask_first)))


def create_of(
    caller: Caller,
    endpoint: Endpoint,
    items: list[Any],
    message_id: str | None = None,
    parameters: tuple[Any, ...] = (None, None),
) -> Create:
    """A batch without reconciliation. `parameters` are those of query and path."""

    def prepared(operation: Endpoint, data: Any, message_id: str) -> Prepared:
        query, path = parameters if operation is endpoint else (None, None)
        return caller.prepare(operation, (data, query, path), message_id)

    message_id = caller.world.new_id() if message_id is None else str(message_id)
    return Create(endpoint, items, message_id, prepared, caller.world.new_id, caller.world.monotonic)


def with_lookup(caller: Caller, create: Create) -> Create:
    """The batch, which is reconciled if it is in doubt. Raises OperationUnavailable and RequestInvalid."""
    lookup = lookup_of(caller, create.endpoint)
    found = violations(create.endpoint, create.items)
    if found:
        raise create.endpoint.invalid(found)
    return create._replace(lookup=lookup)


def lookup_of(caller: Caller, endpoint: Endpoint) -> Endpoint:
    """The operation that finds what `endpoint` creates. Raises OperationUnavailable."""
    if not endpoint.confirm:
        why = "its file has no `confirm`: leave out on_unknown, and look it up yourself before you send it again"
        raise OperationUnavailable(f"{endpoint.id} cannot be confirmed; {why}", operation=endpoint.id)
    return caller.registry[endpoint.confirm["operation"]]


def violations(endpoint: Endpoint, items: list[Any]) -> list[Violation]:
    """What prevents reconciliation of a batch: an item without natural key or with an odd one, or two with the same."""
    key = endpoint.confirm["key"]
    found, seen = [], dict[Any, int]()
    for place, item in enumerate(items):
        path = (place, key) if endpoint.takes_many else (key,)
        value = item.get(key) if isinstance(item, dict) else None
        if not isinstance(value, str) or not value:
            fix = "give each item a natural key, or use on_unknown='raise'"
            found.append(Violation(path, "confirm", "is needed to look the item up", fix))
        elif odd := oddness(value):
            found.append(Violation(path, "confirm", *odd))
        elif seen.setdefault(value, place) != place:
            words = f"is also in item {seen[value]}: the two items could not be told apart"
            found.append(Violation(path, "confirm", words, "give each item its own natural key"))
    return found


def oddness(number: str) -> tuple[str, str] | None:
    """Why a natural key might not be found again as it was sent, and the fix.

    How the vendor stores such a key is unknown. If it stores another one, an existing order looks absent.
    """
    again = "the vendor may change it, so that it could not be found again"
    if "\0" in number:
        return "holds a NUL character", "give each item its own natural key, as text"
    if number != number.strip().strip(_UNSEEN):
        return f"begins or ends with a space: {again}", "remove the spaces at its ends"
    if number != unicodedata.normalize("NFC", number):
        return f"has decomposed letters instead of Unicode's composed form (NFC): {again}", "write it in NFC"
    return None


_UNSEEN = "\ufeff\u200b"
"""Spaces of no width. Some programs put the first one at the beginning of files."""
