"""The client: one account in one environment, and all that can be done with it, in the thread that calls."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from .engine.caller import Answer
from .face import Face, Parameters
from .lazy import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests  # noqa: F401  # of the base class, by name
    from typing_extensions import Self

    from .account.oauth import OAuth
    from .account.settings import Timeout
    from .bulk.reading import Iteration
    from .bulk.sending import Sending
    from .operations import OperationId, Ops


class Client(Face[Answer, "requests.Session"]):
    """One account in one environment. Safe to share between threads; a context manager.

    The settings are those of `Face`; `session` is a `requests.Session` of your own.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. A session or a store of yours stays open."""
        self.caller.close()
        if self._observer:
            self._observer.flush()
        if self._owns_store:
            self.tokens.store.close()

    @property
    def oauth(self) -> OAuth:
        """Login: `authorize_url` and `exchange`."""
        found: OAuth = load("ocreg.account.oauth").OAuth(self.call, self.tokens)
        return found

    @property
    def ops(self) -> Ops:
        """The operations as attributes, typed: `client.ops.outbound.cancel({...})` (`ocreg.operations`)."""
        found: Ops = load("ocreg.operations.named").Ops(self)
        return found

    def iterate(
        self,
        id: OperationId | str,
        data: Any = None,
        *,
        query: Parameters = None,
        resume: str | None = None,
        threads: int = 1,
        progress: Callable[[Any], None] | None = None,
        unknown: Iterable[str] = (),
    ) -> Iteration[Any]:
        """The rows of a read, one by one, past the limits of one request: all pages, windows and chunks of ids.

        `ocreg.bulk.reading` says how. `resume` is the token of an iteration that ended early.
        """
        options: dict[str, Any] = {"resume": resume, "threads": threads, "progress": progress, "unknown": unknown}
        found: Iteration[Any] = load("ocreg.bulk.reading").iterate(self.caller, id, data, query=query, **options)
        return found

    def call_many(
        self,
        id: OperationId | str,
        items: Iterable[Any],
        *,
        size: int | None = None,
        on_unknown: str = "raise",
        on_failure: str = "go_on",
        threads: int = 1,
        unknown: Iterable[str] = (),
    ) -> Sending:
        """Send any number of items in requests of at most the operation's limit; iterate over the outcomes, in order.

        `ocreg.bulk.sending` says how.
        """
        how: dict[str, Any] = {"on_unknown": on_unknown, "on_failure": on_failure, "unknown": unknown}
        found: Sending = load("ocreg.bulk.sending").call_many(self.caller, id, items, size=size, threads=threads, **how)
        return found

    def _drive(self, conversation: Generator[Any, Any, Any], timeout: Timeout | None = None) -> Any:
        return self.caller.run(conversation, timeout)

    def _new_transport(self) -> Any:
        return super()._new_transport() or load("ocreg.wire.transport").RequestsTransport(self._session)
