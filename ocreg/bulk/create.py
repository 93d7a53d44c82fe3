"""One batch of items to be created, and how calls are made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..exchange import Prepared

if TYPE_CHECKING:
    from ..endpoint import Endpoint


class Create(NamedTuple):
    """One batch of items, each a dict. `prepare` makes a call of an operation and a payload; `clock` gives seconds.

    `lookup` is the operation that finds them; without it nothing is asked.
    """

    endpoint: Endpoint
    items: list[Any]
    message_id: str
    prepare: Callable[[Endpoint, Any, str], Prepared]
    new_id: Callable[[], str]
    clock: Callable[[], float]
    lookup: Endpoint | None = None

    @property
    def key(self) -> str:
        return str(self.endpoint.confirm.get("key", ""))

    def key_of(self, place: int) -> str:
        item = self.items[place]
        value = item.get(self.key, "") if isinstance(item, dict) else ""
        return str.__str__(value) if isinstance(value, str) else str(value)  # an Enum member's str() is its name

    @property
    def documented(self) -> list[str]:
        """The fields of the answer's rows, where the file knows them and the natural key is one of them."""
        names = list(self.endpoint.document.get("response", {}).get("items", {}).get("properties", {}))
        return names if self.key in names else []
