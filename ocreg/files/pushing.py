"""The rows of a file, each sent exactly once, no matter what ends a run or how often it is started.

Rows are claimed in the journal before they are sent, 500 at a time. Right before a request leaves, its rows are
marked as being sent. The answer is recorded before the next request of the same thread; if that request follows at
once, in the transaction that marks its rows. Fencing: before every request, retries included, the run checks that no
other run has taken it for dead. A later run skips rows that are done. It sends rows that were certainly not sent or
were refused. It looks up the rest, request by request, before it sends any of them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import redact
from ..bulk.sending import Batch, batch_size, send
from ..engine.exchange import Halted
from ..errors import ApiError, HttpError, OcregError, OperationUnavailable, Outcome, RequestInvalid, StoreError, guarded
from ..registry.values import encode
from ..violation import Violation
from .results import Result, chunks, results
from .spool import Entry, Spool, refusal

if TYPE_CHECKING:
    from ..client import Client
    from ..registry.endpoint import Endpoint
    from ..store.journal import Journal
    from ..store.records import Claim

MOST_OPEN = 64
"""How many earlier requests are gathered at a time."""
_SHOWN = 1000


class Plan(NamedTuple):
    """What a run would do. Counts rows: in all, already done, to send, to look up first, claimed by another run."""

    rows: int
    done: int
    send: int
    ask: int
    busy: int
    requests: int
    """Requests that send rows. Lookups are not counted."""


class Summary(NamedTuple):
    rows: int
    done: int
    before: int
    refused: int
    unknown: int
    not_sent: int
    requests: int
    seconds: float

    @property
    def exit_code(self) -> int:
        return 3 if self.unknown or self.not_sent else 1 if self.refused else 0


class Push:
    """Sends the checked rows of a file. `lookup` is the operation that finds rows in doubt.

    `stopping` is called before every request. Once it returns true, nothing more is sent.
    """

    def __init__(
        self,
        client: Client,
        endpoint: Endpoint,
        spool: Spool,
        journal: Journal,
        *,
        lookup: Endpoint | None = None,
        size: int | None = None,
        threads: int = 4,
        stop: bool = False,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        pushable(endpoint)
        self._caller, self.endpoint, self._spool, self._journal = client.caller, endpoint, spool, journal
        self._lookup, self._size, self._threads = lookup, batch_size(endpoint, size), threads
        self._stop, self._stopping = stop, stopping
        self._keys: dict[int, list[str]] = {}  # of the batches being sent, by batch number
        self._numbers = count()
        self._unsent_only = False
        self._progress: Callable[[int], None] = lambda _: None
        self._taken: StoreError | None = None
        self._personal = endpoint.sensitive | (lookup.sensitive if lookup is not None else frozenset())
        self._before, self._requests, self._seconds = 0, 0, 0.0
        self._identity = client.identity(endpoint.id)
        self.elsewhere: Counter[str] = Counter()
        """How many rows to send are in the journal under another account, by account. Set by `plan`."""
        self._lock = Lock()

    @guarded
    def plan(self) -> Plan:
        """What `send` would do. Nothing is sent or written.

        Raises RequestInvalid if the journal has other content for a row's natural key.
        """
        counts = dict.fromkeys(("done", "send", "ask", "busy", "changed"), 0)
        changed: list[Violation] = []
        others = self._identity.others(self._journal.accounts())
        for chunk in chunks(self._spool.heads()):
            known = self._journal.known([entry.key for entry in chunk])
            fates = {e.key: known[e.key].fate(e.digest) if e.key in known else "send" for e in chunk}
            if others:
                to_send = [key for key, fate in fates.items() if fate == "send"]
                self.elsewhere += self._journal.elsewhere(others, to_send)
            for entry in chunk:
                fate = fates[entry.key]
                counts[fate] += 1
                if fate == "changed" and len(changed) < _SHOWN:
                    changed.append(_changed(entry, self.endpoint))
        if changed:
            words = f"{self.endpoint.id}: {counts['changed']:,} rows were sent before with other content; nothing was"
            raise refusal(self.endpoint, f"{words} sent now\n  {_CHANGED}", changed, counts["changed"])
        self._before = counts["done"]
        del counts["changed"]
        return Plan(self._spool.count, **counts, requests=-(-counts["send"] // self._size))

    @guarded
    def send(
        self,
        progress: Callable[[int], None] = lambda _: None,
        doubt: Callable[[str, int, float], None] = lambda _id, _rows, _seconds: None,
        *,
        unsent_only: bool = False,
    ) -> None:
        """Send the rows. From any thread, `progress` gets the number of settled rows, and `doubt` (by the message id
        of their request) how many rows are looked up, and for how many seconds more.

        With `unsent_only`, refused rows are not sent again, and rows in doubt are not looked up again.

        The outcomes are in the journal. Raises SettingMissing before anything is sent, and StoreError.
        """
        began = time.monotonic()
        self._unsent_only, self._progress = unsent_only, progress
        for entry in self._spool.entries():  # report missing settings before anything is claimed
            payload = [entry.item] if self.endpoint.takes_many else entry.item
            self._caller.prepare(self.endpoint, (payload, None, None), "")
            break
        options: dict[str, Any] = {"lookup": self._lookup, "threads": self._threads, "stop": self._stop}
        hooks: dict[str, Any] = {"before": self._on_their_way, "after": self._written_down, "doubt": doubt}
        sent = send(self._caller, self.endpoint, self._batches(), **options, **hooks, before_send=self._check)
        try:
            with closing(sent):
                for _ in sent:
                    pass
            self._journal.flush()
            if self._taken is not None:
                raise self._taken
        except _Stopped:
            self._journal.flush()
        except StoreError as error:
            raise StoreError(f"{error}\n  {_UNWRITTEN}") from None
        finally:
            with suppress(StoreError):  # a run that cannot record its end is later seen to be dead
                self._journal.release()
            self._seconds += time.monotonic() - began

    def results(self) -> Iterator[Result]:
        """The result of each row in the journal, in the order of the file."""
        return results(self._spool, self._journal)

    def summary(self) -> Summary:
        counts = dict.fromkeys(("done", "refused", "unknown", "not sent"), 0)
        for result in self.results():
            counts[result.state] += 1
        counts["not_sent"] = counts.pop("not sent")
        facts: dict[str, Any] = {"requests": self._requests, "seconds": self._seconds, "before": self._before}
        return Summary(self._spool.count, **counts, **facts)

    # Batches

    def _batches(self) -> Iterator[Batch]:
        fresh: list[Entry] = []
        former: dict[str | None, list[Entry]] = {}
        for entries in chunks(self._spool.entries()):
            chunk = entries
            if self._stopping():
                return
            if self._unsent_only:
                known = self._journal.known([entry.key for entry in chunk])
                chunk = [entry for entry in chunk if entry.key not in known or known[entry.key].state == "not sent"]
            claims = self._journal.claim([(entry.key, entry.digest) for entry in chunk])
            for entry in chunk:
                claim = claims[entry.key]
                if claim.fate == "send":
                    fresh.append(entry)
                elif claim.fate == "ask":
                    yield from self._gathered(former, entry, claim)
                if len(fresh) >= self._size:
                    yield self._batch(fresh, self._caller.world.new_id())
                    fresh = []
        if fresh:
            yield self._batch(fresh, self._caller.world.new_id())
        for message_id in list(former):
            yield self._former(former, message_id)

    def _gathered(self, former: dict[str | None, list[Entry]], entry: Entry, claim: Claim) -> Iterator[Batch]:
        """Gather the rows of an earlier request, since they are looked up in one request."""
        rows = former.setdefault(claim.message_id, [])
        rows.append(entry)
        if len(rows) >= min(claim.together, batch_size(self.endpoint)):
            yield self._former(former, claim.message_id)
        elif len(former) > MOST_OPEN:
            yield self._former(former, next(iter(former)))

    def _former(self, former: dict[str | None, list[Entry]], message_id: str | None) -> Batch:
        return self._batch(former.pop(message_id), message_id or self._caller.world.new_id(), ask_first=True)

    def _batch(self, entries: list[Entry], message_id: str, *, ask_first: bool = False) -> Batch:
        number = next(self._numbers)
        self._keys[number] = [entry.key for entry in entries]
        return Batch(number, [entry.item for entry in entries], message_id, ask_first)

    def _check(self, first: bool) -> None:
        if first and self._stopping():
            raise Halted("the run was stopped before its turn came")
        try:
            self._journal.check()
        except StoreError as error:
            self._taken = error
            raise Halted(str(error)) from None
        with self._lock:
            self._requests += 1

    def _on_their_way(self, batch: Batch) -> None:
        if self._stopping():
            raise _Stopped
        if self._taken is not None:  # this also recorded the outcomes of the batches before
            raise self._taken
        self._journal.sending(self._keys[batch.first], batch.message_id)

    def _written_down(self, batch: Batch, outcomes: list[Outcome], more: bool) -> None:
        written = [_written(outcome, self._personal) for outcome in outcomes]
        keys = self._keys.pop(batch.first)
        self._journal.settled([(key, *facts) for key, facts in zip(keys, written, strict=True)], later=more)
        self._progress(len(keys))


def pushable(endpoint: Endpoint) -> None:
    """Raises OperationUnavailable for an operation without items to send."""
    endpoint.callable_by_us()
    why = None
    if endpoint.effect == "read":
        why = "it only reads: use `ocreg call` or `ocreg pull`"
    elif endpoint.data is None or endpoint.caller != "client":
        why = "it takes no payload"
    if why is not None:
        raise OperationUnavailable(f"{endpoint.id} cannot be pushed; {why}", operation=endpoint.id)


_UNWRITTEN = "run the same command to resume; rows whose outcome was not recorded are looked up first"
_CHANGED = (
    "If you changed these rows since: undo the change, or give the row a new natural key. If they are other rows, and "
    "the journal belongs to other data: use another journal with --journal."
)


def _changed(entry: Entry, endpoint: Endpoint) -> Violation:
    path = (endpoint.confirm["key"],) if endpoint.confirm else ()
    words = f"{entry.key} was sent before with other content"
    return Violation(path, "journal", words, prefix=f"line {entry.line}" + (": " if path else ""))


def _written(outcome: Outcome, personal: frozenset[str]) -> tuple[str, str | None]:
    """The state and the result of an outcome for the journal, without personal data that an answer may repeat."""
    error = outcome.error
    if error is None:
        row = redact.data(outcome.row, personal)
        return "done", None if row is None else _text({"row": row})
    refused = isinstance(error, (ApiError, HttpError, RequestInvalid)) and not _of_the_moment(error)
    state = {"yes": "done", "unknown": "unknown"}.get(outcome.happened, "refused" if refused else "not sent")
    facts = {name: value for name, value in error.as_dict().items() if name not in ("reply", "outcomes")}
    return state, _text({"error": facts})


def _text(facts: dict[str, Any]) -> str:
    try:
        return encode(facts).decode()
    except (TypeError, ValueError):  # a lone surrogate, or a value that a program of the user's put into an error
        return json.dumps(facts, default=str)


def _of_the_moment(error: OcregError) -> bool:
    """Whether a refusal was about the token or the time, rather than the row."""
    known = error.__dict__
    return (
        known.get("status") in (401, 403, 429)
        or known.get("code") in (1, "1")
        or known.get("category") in ("token", "passing")
    )


class _Stopped(Exception):
    """The run was stopped before this request was sent."""
