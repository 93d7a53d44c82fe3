"""`Client`: the synchronous client."""

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
    """A client for one account in one environment.

    Settings that you do not pass come from `OCREG_*` variables, then from a profile, then from their defaults. Tokens
    come from the store that `ocreg login` fills, unless a setting names another store or brings a token.
    `Client("local")` needs no settings. These arguments have no variable:

    - `session`: a `requests.Session` of your own, with its proxies, certificates and hooks. It stays open.
    - `store`: also an object with the methods of `ocreg.account.grants.Store`. It stays open.
    - `endpoints`: registry directories that come before the shipped one. Default: those in `OCREG_ENDPOINTS`.
    - `clock`, `monotonic`, `sleep`, `new_id`, `jitter`: the time in seconds, new message ids and a random number from
      0 to 1. Tests replace them.

    Making a client sends no request. Raises `SettingInvalid` or `StoreError`.

    A client is a context manager and is safe to share between threads. A forked process may use it as well. It can be
    pickled if no argument holds a secret.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A session or a store of your own stays open."""
        self.caller.close()
        if self._observer:
            self._observer.flush()
        if self._owns_store:
            self.tokens.store.close()

    @property
    def oauth(self) -> OAuth:
        """The login of a seller: `authorize_url` and `exchange`."""
        found: OAuth = load("ocreg.account.oauth").OAuth(self.call, self.tokens)
        return found

    @property
    def ops(self) -> Ops:
        """The operations as typed attributes.

        `client.ops.outbound.cancel({...})` is `client.call("outbound.cancel", {...})`. An operation has the methods
        `iterate`, `call_many`, `confirm`, `plan` and `receive`, too. An unknown one raises `AttributeError`.
        """
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
        """Read rows past the limits of one request: all pages, time windows and chunks of ids.

        - `id`, `data`, `query`, `unknown`: as for `call`, for an operation that reads. A time window may be wider, and
          a list of ids longer, than one request takes.
        - `resume`: the token of an earlier iteration with the same arguments; reading continues after its last row.
        - `threads`: how many parts are read at a time, at least 1. Rows keep their order.
        - `progress`: called with a `Progress(requests, parts, of_parts, items)` after each part.

        Returns an `Iteration`, an iterator of rows as the API returns them. The payload is checked at once, and
        requests are sent when rows are taken.

        Raises `RequestInvalid` or `OperationUnavailable` at once. While rows are taken it raises a `CallError` or
        `PagingError`, whose `resume` is the token to continue with.
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
        """Send any number of items, and return the outcome of each, in order.

        - `id`, `unknown`: as for `call`.
        - `items`: a list, a generator or another iterable. It is consumed as requests are sent.
        - `size`: items in one request. Default: the operation's limit, or 1 if its payload is a single object.
        - `on_unknown`: `"raise"` reports an unknown outcome, `"confirm"` looks the items up first, as in `call`.
        - `on_failure`: `"go_on"` sends the rest after an error, `"stop"` sends nothing more.
        - `threads`: requests at a time, at least 1.

        Returns a `Sending`, an iterator of `Sent(place, item, row, error)`. Requests are sent when outcomes are taken.

        An item raises nothing: its error is in its outcome. An item that breaks the schema is not sent; the others of
        its batch are. Raises `SettingInvalid` for arguments that cannot be used.
        """
        how: dict[str, Any] = {"on_unknown": on_unknown, "on_failure": on_failure, "unknown": unknown}
        found: Sending = load("ocreg.bulk.sending").call_many(self.caller, id, items, size=size, threads=threads, **how)
        return found

    def _drive(self, conversation: Generator[Any, Any, Any], timeout: Timeout | None = None) -> Any:
        return self.caller.run(conversation, timeout)

    def _new_transport(self) -> Any:
        return super()._new_transport() or load("ocreg.wire.transport").RequestsTransport(self._session)
