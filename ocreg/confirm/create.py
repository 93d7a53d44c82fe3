"""One batch of items to create, and how to make calls from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine.exchange import Prepared

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint


class Create(NamedTuple):
    """One batch of items, each a dict. `prepare` makes a call of an operation and a payload; `clock` gives seconds.

    `lookup` is the operation that finds them; without it, nothing is looked up. `doubt` is called with the number of
    items that are looked up, and for how many seconds more. A pause between lookups is inside `aside()`.
    """

    endpoint: Endpoint
    items: list[Any]
    message_id: str
    prepare: Callable[[Endpoint, Any, str], Prepared]
    new_id: Callable[[], str]
    clock: Callable[[], float]
    lookup: Endpoint | None = None
    doubt: Callable[[int, float], None] = lambda _items, _seconds: None
    aside: Callable[[], AbstractContextManager[Any]] = nullcontext

    @property
    def key(self) -> str:
        return str(self.endpoint.confirm.get("key", ""))

    def keys_of(self, places: list[int]) -> list[str]:
        """The natural keys of the items at these places."""
        key, items = self.key, self.items
        found = [items[place].get(key, "") if isinstance(items[place], dict) else "" for place in places]
        # an Enum member's str() is its name
        return [v if type(v) is str else str.__str__(v) if isinstance(v, str) else str(v) for v in found]

    def key_of(self, place: int) -> str:
        return self.keys_of([place])[0]

    @property
    def documented(self) -> list[str]:
        """The fields of the answer's rows, if the file describes them and the natural key is one of them."""
        names = list(self.endpoint.document.get("response", {}).get("items", {}).get("properties", {}))
        return names if self.key in names else []
