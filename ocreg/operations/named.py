"""`client.ops.<group>.<name>(data, ...)`: operations as attributes, looked up in the registry when they are used.

`__init__.pyi` tells editors and type checkers about the shipped operations; `ocreg types` writes the same for your
own files. It works with every client that has `registry`, `call` and the other methods, and passes on what those
return, such as a coroutine.
"""

from __future__ import annotations

from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from ..errors import UnknownOperation, guarded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Generic, Protocol, TypeVar

    from typing_extensions import Self

    from ..bulk import sending
    from ..bulk.stream import Stream

    Item = TypeVar("Item")
    Row = TypeVar("Row")
    Given_co = TypeVar("Given_co", covariant=True)

    class Sent(sending.Sent, Generic[Item, Row]):
        """The outcome of an item, with known types."""

        @property
        def item(self) -> Item: ...
        @property
        def row(self) -> Row | None: ...

    Sending = Stream[Sent[Item, Row]]

    class AsyncStream(Protocol[Given_co]):
        """What an asynchronous client's `iterate` and `call_many` return."""

        def __aiter__(self) -> Self: ...
        async def __anext__(self) -> Given_co: ...
        async def __aenter__(self) -> Self: ...
        async def __aexit__(self, *_: object) -> None: ...
        async def aclose(self) -> None: ...

    class AsyncIteration(AsyncStream[Given_co], Protocol[Given_co]):
        @property
        def resume(self) -> str: ...
        @property
        def items(self) -> int: ...
        def flat(self) -> AsyncIterator[dict[str, Any]]: ...

    AsyncSending = AsyncStream[Sent[Item, Row]]


class Ops:
    """The groups of a client's operations."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Group:
        if name.startswith("_"):  # Python looks up its own protocols; no group has such a name
            raise AttributeError(name)
        return Group(self._client, _word(name))

    def __dir__(self) -> list[str]:
        return sorted({attribute(id.partition(".")[0]) for id in self._client.registry})

    def __repr__(self) -> str:
        return f"<operations of {self._client!r}>"


class Group:
    """The operations of one group."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, name: str) -> Operation:
        if name.startswith("_"):
            raise AttributeError(name)
        id = f"{self._name}.{_word(name)}"
        try:
            self._client.registry[id]  # reads the file, which the call then finds in memory
        except UnknownOperation as error:
            raise AttributeError(str(error)) from None
        return Operation(self._client, id)

    def __dir__(self) -> list[str]:
        split = (id.partition(".") for id in self._client.registry)
        return sorted(attribute(name) for group, _, name in split if group == self._name)

    def __repr__(self) -> str:
        return f"<operations {self._name}.*>"


class Operation:
    """One operation of one client: call it, or use its other methods.

    Each method is the client's method of that name (`__call__`: `call`) with the id filled in.
    """

    def __init__(self, client: Any, id: str) -> None:
        self._client, self.id = client, id

    def __repr__(self) -> str:
        return f"<operation {self.id}: {self._client.registry[self.id].summary}>"

    @guarded
    def __call__(self, data: Any = None, **options: Any) -> Any:
        return self._client.call(self.id, data, **options)

    @guarded
    def confirm(self, data: Any, **options: Any) -> Any:
        return self._client.confirm(self.id, data, **options)

    @guarded
    def iterate(self, data: Any = None, **options: Any) -> Any:
        return self._client.iterate(self.id, data, **options)

    @guarded
    def call_many(self, items: Any, **options: Any) -> Any:
        return self._client.call_many(self.id, items, **options)

    @guarded
    def plan(self, data: Any = None, **options: Any) -> Any:
        return self._client.plan(self.id, data, **options)

    @guarded
    def receive(self, body: Any, headers: Any = None) -> Any:
        return self._client.receive(self.id, body, headers)


def attribute(word: str) -> str:
    """A word of an id as an attribute; Python's keywords get an underscore."""
    return f"{word}_" if iskeyword(word) else word


def _word(attribute: str) -> str:
    word = attribute.removesuffix("_")
    return word if iskeyword(word) else attribute
