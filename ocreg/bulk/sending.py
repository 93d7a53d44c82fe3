"""Any number of items, in requests within the operation's limit, and the outcome of each in order.

Batches are made while they are sent: `items` may be a generator, and memory does not grow with it. With `threads`,
several requests are under way at a time, but the outcomes come in the items' order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import count, islice
from threading import Semaphore
from typing import TYPE_CHECKING, Any, NamedTuple

from ..confirm.confirming import create_of, lookup_of, violations
from ..confirm.fulfilment import fulfil
from ..engine.exchange import Halted
from ..errors import Happened, LoginNeeded, OcregError, Outcome, RequestInvalid, SettingInvalid
from ..registry.explain import ALL, MOST
from .stream import END, Begin, Done, Next, Script, Stream, played, whole_number

if TYPE_CHECKING:
    from ..engine.caller import Caller
    from ..registry.endpoint import Endpoint
    from ..violation import Violation


Work = Generator[Any, Any, "tuple[Batch, list[Outcome]] | None"]
"""The conversation of one batch; None if it was not sent, because everything was stopped."""


class Sent(NamedTuple):
    """One item, its place among the given items, and its outcome: the vendor's row, or the error."""

    place: int
    item: Any
    row: Any
    error: OcregError | None

    def __repr__(self) -> str:
        return f"<Sent {self.place}: {Outcome(self.row, self.error)!r}>"  # item and row have personal data

    @property
    def happened(self) -> Happened:
        return Outcome(self.row, self.error).happened


class Batch(NamedTuple):
    """Items of one request. With `ask_first`, an earlier process may have sent them."""

    first: int
    items: list[Any]
    message_id: str
    ask_first: bool = False

    def __repr__(self) -> str:
        return f"<Batch {self.message_id}: {len(self.items)} items from {self.first}>"


class Sending(Stream[Sent]):
    """The outcomes, one by one."""


def call_many(caller: Caller, id: str, items: Iterable[Any], *, threads: int = 1, **options: Any) -> Sending:
    """The outcome of every item, as `Sent`. Nothing is raised for an item: its error is in its outcome.

    An item that breaks the schema is not sent; the others of its batch are. `on_unknown="confirm"` looks up items in
    doubt, as `Client.call` does. `on_failure="stop"` sends nothing more after the first error. Items under way by then
    still have an outcome; items that were not sent have none. A missing login stops everything too.
    """
    whole_number("threads", threads)
    endpoint, size, how = wanted(caller, id, items, **options)
    return Sending(flat(send(caller, endpoint, batches(caller, items, size), threads=threads, **how)))


def wanted(
    caller: Caller,
    id: str,
    items: Any,
    *,
    size: int | None = None,
    on_unknown: str = "raise",
    on_failure: str = "go_on",
    unknown: Iterable[str] = (),
) -> tuple[Endpoint, int, dict[str, Any]]:
    """The options of `call_many` as the operation, the size of a batch, and options of `send`."""
    endpoint = caller.registry[id].allowing(unknown)
    endpoint.callable_by_us()
    for name, value, allowed in (("on_failure", on_failure, ("go_on", "stop")), ("on_unknown", on_unknown, _UNKNOWN)):
        if value not in allowed:
            words = f"{name} must be {' or '.join(map(repr, allowed))}, not {value!r:.60}"
            raise SettingInvalid(words, setting=name)
    if isinstance(items, (str, bytes, dict)):
        words = f"items must be a list, a generator or another iterable, not one {type(items).__name__}"
        raise SettingInvalid(f"{words}: use call() to send one item", setting="items")
    lookup = lookup_of(caller, endpoint) if on_unknown == "confirm" else None
    return endpoint, batch_size(endpoint, size), {"lookup": lookup, "stop": on_failure == "stop"}


_UNKNOWN = ("raise", "confirm")


def batch_size(endpoint: Endpoint, wanted: int | None = None) -> int:
    """How many items go into one request. Raises SettingInvalid for more than the operation accepts."""
    most = endpoint.limits.get("items") or endpoint.document.get("data", {}).get("maxItems") or 1
    most = most if endpoint.takes_many else 1
    if wanted is not None and not (isinstance(wanted, int) and 1 <= wanted <= most):
        raise SettingInvalid(f"size must be from 1 to {most}, the most that {endpoint.id} accepts", setting="size")
    return wanted or most


def batches(caller: Caller, items: Iterable[Any], size: int) -> Iterator[Batch]:
    iterator, first = iter(items), 0
    while chosen := list(islice(iterator, size)):
        yield Batch(first, chosen, caller.world.new_id())
        first += len(chosen)


def flat(outcomes: Iterable[tuple[Batch, list[Outcome]]]) -> Generator[Sent, None, None]:
    for batch, found in outcomes:
        rows, errors = zip(*found, strict=True)
        yield from map(Sent, count(batch.first), batch.items, rows, errors)


def send(
    caller: Caller,
    endpoint: Endpoint,
    batches: Iterable[Batch],
    *,
    lookup: Endpoint | None = None,
    threads: int = 1,
    stop: bool = False,
    before: Callable[[Batch], None] | None = None,
    after: Callable[[Batch, list[Outcome], bool], None] | None = None,
    before_send: Callable[[bool], None] | None = None,
    doubt: Callable[[str, int, float], None] = lambda _id, _items, _seconds: None,
) -> Generator[tuple[Batch, list[Outcome]], None, None]:
    """Send batches. Gives each with its items' outcomes, in order.

    Hooks are called in the thread that sends: `before` and `after` right before and after a batch (`after` gets whether
    another `before` follows at once, as it does unless sending ends), `before_send` before each of its requests (it
    gets whether it is the first). Their exceptions end everything; a `Halted` of `before_send` ends only its batch.
    Twice as many batches wait for their turn after their `before`, so that commits cost no time. `doubt`
    gets a batch's message id, how many items are looked up, and for how many seconds more (no items: it is over).
    """
    workers, turns = (threads * 3, Semaphore(threads)) if before and threads > 1 else (threads, nullcontext())
    hooks: dict[str, Any] = {"before": before, "after": after, "doubt": doubt, "turns": turns}
    script, stopped = sending(caller, endpoint, batches, lookup=lookup, ahead=workers, stop=stop, **hooks)

    def run(work: Work) -> Any:
        try:
            return caller.run(work, before_send=_check(stopped if before else None, before_send))
        except Halted as halted:  # of before_send
            try:
                work.throw(halted)
            except StopIteration as end:
                return end.value
            raise
        except BaseException:
            stopped.yes = True
            raise
        finally:
            work.close()

    return played(script, run, workers, "ocreg-send")


def _check(stopped: _Stop | None, before_send: Callable[[bool], None] | None) -> Callable[[], None]:
    """The hook before each request of a batch. A request that waited for its turn is not sent after a stop."""
    once = iter([True])

    def check() -> None:
        first = next(once, False)
        if first and stopped is not None and stopped.yes:
            raise Halted("sending was stopped before its turn came")
        if before_send is not None:
            before_send(first)

    return check


def sending(
    caller: Caller,
    endpoint: Endpoint,
    batches: Any,
    *,
    lookup: Endpoint | None = None,
    ahead: int = 1,
    stop: bool = False,
    before: Callable[[Batch], None] | None = None,
    after: Callable[[Batch, list[Outcome], bool], None] | None = None,
    doubt: Callable[[str, int, float], None] = lambda _id, _items, _seconds: None,
    turns: AbstractContextManager[Any] = nullcontext(),  # noqa: B008  # it has no state
) -> tuple[Script, _Stop]:
    """The script of `send`, and the flag that stops it. `batches` is an iterable, or an asynchronous iterator.

    A batch holds `turns` from the end of its `before` to its outcome, except between two lookups.
    """
    stopped = _Stop()

    def fulfilled(batch: Batch, items: list[Any]) -> Generator[Any, Any, list[Outcome]]:
        tell = partial(doubt, batch.message_id)
        create = create_of(caller, endpoint, items, batch.message_id)
        create = create._replace(lookup=lookup, doubt=tell, aside=partial(_without, turns))
        try:
            return (yield from fulfil(create, ask_first=batch.ask_first))
        finally:
            tell(0, 0.0)

    def one(batch: Batch) -> Work:
        if ahead > 1:
            stopped.ready.pop()
        if stopped.yes:
            return None
        try:
            if before is not None:
                before(batch)
            with turns:
                found = yield from _outcomes(endpoint, batch, partial(fulfilled, batch), confirms=lookup is not None)
            if after is not None:
                after(batch, found, bool(stopped.ready))
        except BaseException:
            stopped.yes = True
            raise
        stopped.yes = stopped.yes or (any(outcome.error for outcome in found) and (stop or _hopeless(found)))
        return batch, found

    return _in_order(one, batches if hasattr(batches, "__anext__") else iter(batches), ahead, stopped), stopped


@contextmanager
def _without(turns: AbstractContextManager[Any]) -> Generator[None, None, None]:
    """Let go of what the surrounding `with turns` holds, for the block."""
    turns.__exit__(None, None, None)
    try:
        yield
    finally:
        turns.__enter__()


def _in_order(one: Callable[[Batch], Work], source: Any, ahead: int, stop: _Stop) -> Script:
    """Every batch with its outcomes, in order. Only a few batches are made ahead."""
    waiting: deque[Any] = deque()
    failed = None
    most = 2 * ahead if ahead > 1 else 1
    try:
        while not stop.yes:
            try:
                batch = yield Next(source)
            except Exception as error:  # noqa: BLE001  # raised once all earlier batches have their outcomes
                failed = error
                break
            if batch is END:
                break
            if ahead > 1:
                stop.ready.append(None)
            waiting.append((yield Begin(one(batch))))
            if len(waiting) >= most and (sent := (yield Done(waiting.popleft()))) is not None:
                yield sent
        while waiting:
            if (sent := (yield Done(waiting.popleft()))) is not None:
                yield sent
        if failed is not None:
            raise failed
    finally:
        stop.yes = True


class _Stop:
    """Whether sending was stopped. (Not an Event: its lock could be held when the process forks.)"""

    yes = False

    def __init__(self) -> None:
        self.ready: deque[None] = deque()
        """An entry for each batch that the next free thread starts."""


def _hopeless(outcomes: list[Outcome]) -> bool:
    return any(isinstance(outcome.error, LoginNeeded) for outcome in outcomes)


def _outcomes(
    endpoint: Endpoint,
    batch: Batch,
    fulfilled: Callable[[list[Any]], Generator[Any, Any, list[Outcome]]],
    *,
    confirms: bool,
) -> Generator[Any, Any, list[Outcome]]:
    """The outcomes of a batch's items. Invalid items do not keep the others from being sent."""
    bad = {}
    if confirms:
        bad = _by_item(endpoint, violations(endpoint, batch.items), batch)
    try:
        if not bad:
            return (yield from fulfilled(batch.items))
    except RequestInvalid as error:
        bad = _by_item(endpoint, _breaches(endpoint, batch) if error.more else error.violations, batch)
    if confirms:  # report schema violations of the rest too
        bad = {**_by_item(endpoint, _breaches(endpoint, batch), batch), **bad}
    good = [place for place in range(len(batch.items)) if place not in bad]
    found = (yield from fulfilled([batch.items[place] for place in good])) if good else []
    whole = dict(zip(good, found, strict=True))
    return [Outcome(None, bad[place]) if place in bad else whole[place] for place in range(len(batch.items))]


def _breaches(endpoint: Endpoint, batch: Batch) -> list[Violation]:
    try:
        endpoint.check(batch.items if endpoint.takes_many else batch.items[0], most=ALL)
    except RequestInvalid as error:
        return error.violations
    return []


def _by_item(endpoint: Endpoint, found: list[Violation], batch: Batch) -> dict[int, RequestInvalid]:
    """One error for each item, with the violations in it. Violations of the whole payload apply to all items.

    Errors name the item's place among all given items.
    """
    by_place: dict[int, list[Violation]] = {}
    for violation in found:
        head, *rest = violation.path if violation.path and endpoint.takes_many else (None,)
        if isinstance(head, int):
            by_place.setdefault(head, []).append(violation._replace(path=(batch.first + head, *rest)))
        else:
            for place in range(len(batch.items)):
                by_place.setdefault(place, []).append(violation)
    return {
        place: endpoint.invalid(broken[:MOST], "the item", len(broken[MOST:])) for place, broken in by_place.items()
    }
