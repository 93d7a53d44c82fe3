"""Reading past the limits of one request: `iterate` gives the rows of all pages, spans of time and chunks of ids.

It asks for the next part when its rows are wanted, and goes on from a token after a crash. With threads, parts are
fetched ahead, and given in order all the same.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import OcregError, OperationUnavailable, guarded
from . import pages
from .answers import Place, digest
from .parts import Parts
from .position import Position, opened, token, unusable
from .sending import whole_number

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ..client import Client
    from ..endpoint import Endpoint
    from .pages import Mark, Unit
    from .parts import Part

AHEAD = 2
"""Parts that each thread may be ahead of what was taken: what is kept in memory stays bounded."""


class Progress(NamedTuple):
    """How far an iteration is. `of_parts` is the number of chunks times spans; a part may take several requests."""

    requests: int
    parts: int
    of_parts: int
    items: int


class _Reader:
    """Asks. It knows nothing of the iteration, so that threads that use it do not keep that alive."""

    def __init__(self, client: Client, parts: Parts, query: dict[str, Any] | None) -> None:
        self.client, self.parts, self.query = client, parts, query
        self.stop = Event()
        self.requests = 0
        self._place = Place(parts.endpoint)
        self._lock = Lock()

    def units(self, index: int, start: Mark) -> Iterator[Unit]:
        return pages.units(self._ask, self.parts, index, start)

    def _ask(self, part: Part, page: int | None) -> list[Any] | None:
        reached = self.parts.reached(part, self.client._clock())
        if reached is None:
            return None
        endpoint, payload = self.parts.endpoint, self.parts.payload(reached)
        if page is not None:
            rule = endpoint.limits["page"]
            payload = {rule["size"]: rule["most"], **payload, rule["number"]: page}
        with self._lock:
            self.requests += 1
        return self._place.rows(self.client.call(endpoint.id, payload, query=self.query))

    def whole(self, index: int, start: Mark) -> tuple[list[Unit], Exception | None]:
        """A part at once, for a thread: what was read, and the error that ended it."""
        found: list[Unit] = []
        try:
            for unit in self.units(index, start):
                found.append(unit)
                if self.stop.is_set():
                    break
        except Exception as error:  # noqa: BLE001  # raised again where its turn is
            return found, error
        return found, None


class _State:
    """What the iteration and its generator share, so that the generator does not keep the iteration alive."""

    def __init__(self, position: Position, token: Callable[[Position], str]) -> None:
        self.position, self.items = position, 0
        self.token = token


class Iteration(Iterator[Any]):
    """The rows, lazily. A context manager; leaving it, `close()` and forgetting it all end its threads.

    `resume` is the token with which `iterate` goes on after the last row that was given.
    """

    def __init__(self, state: _State, rows: Iterator[Any]) -> None:
        self._state, self._rows = state, rows

    def __iter__(self) -> Self:
        return self

    @guarded
    def __next__(self) -> Any:
        return next(self._rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def resume(self) -> str:
        return self._state.token(self._state.position)

    @property
    def items(self) -> int:
        """How many rows were given."""
        return self._state.items

    def close(self) -> None:
        """End here. Requests that are under way are waited for."""
        self._rows.close()  # type: ignore[attr-defined]


@guarded
def iterate(
    client: Client,
    id: str,
    data: Any = None,
    *,
    query: dict[str, Any] | None = None,
    resume: str | None = None,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Iteration:
    """The rows of a read, across pages, spans and chunks, as the operation's `limits` say.

    Raises OperationUnavailable for what is no read, and RequestInvalid, before anything is sent; while rows are taken,
    CallError or PagingError, whose `resume` is the token that goes on there.
    """
    endpoint = client.registry[id]
    _readable(endpoint)
    whole_number("threads", threads)
    now = client._clock()
    parts = Parts(endpoint, data, now)
    about = digest([id, endpoint.limits, parts.given, query]).hex()
    position = Position()
    if resume is not None:
        position, until = opened(endpoint, resume, about)
        parts = Parts(endpoint, data, now, until)
        if position.part > len(parts):
            raise unusable(endpoint, "is damaged")
    parts.check(query, now, position.part)
    state = _State(position, partial(token, about, parts.open_until))
    reader = _Reader(client, parts, query)
    return Iteration(state, _rows(reader, state, threads, progress))


def _readable(endpoint: Endpoint) -> None:
    """Raises OperationUnavailable for what has no rows to read."""
    endpoint.callable_by_us()
    if endpoint.effect == "read" and endpoint.caller == "client":
        return
    why = f"its effect is {endpoint.effect}" if endpoint.effect != "read" else "it is opened in a browser"
    raise OperationUnavailable(f"{endpoint.id} cannot be read row by row: {why}; use call()", operation=endpoint.id)


def _rows(reader: _Reader, state: _State, threads: int, progress: Callable[[Progress], None] | None) -> Iterator[Any]:
    """Give the rows of the units in order, keep the position, and tell errors where to go on."""
    parts = reader.parts
    before, given = _Before(reader, state.position), _Given(state.position)
    units = _in_order(reader, state.position, threads)
    try:
        for index, unit in units:
            if unit is None:
                state.position = Position(index + 1)
            else:
                if progress is not None:
                    progress(Progress(reader.requests, index, len(parts), state.items))
                for entry in given.dropped(index, unit, before.without_doubles(index, unit)):
                    state.items += 1  # first: an interrupt in between must not look like a row that was given
                    state.position = Position(index, unit.mark, entry.place, digest(entry.row).hex())
                    yield entry.row
                if not unit.cut or unit.next != unit.mark:
                    state.position = Position(index + 1) if unit.next is None else Position(index, unit.next)
            if unit is None and progress is not None:
                progress(Progress(reader.requests, index + 1, len(parts), state.items))
    except OcregError as error:
        error.__dict__["resume"] = state.token(state.position)
        raise
    finally:
        units.close()  # type: ignore[attr-defined]


def _in_order(reader: _Reader, position: Position, threads: int) -> Iterator[tuple[int, Unit | None]]:
    """The units of all parts from a position on; None ends a part."""
    todo = range(position.part, len(reader.parts))
    if threads > 1 and len(todo) > 1:
        yield from _ahead(reader, position, threads)
        return
    for index in todo:
        for unit in reader.units(index, position.mark if index == position.part else None):
            yield index, unit
        yield index, None


def _ahead(reader: _Reader, position: Position, threads: int) -> Iterator[tuple[int, Unit | None]]:
    """The same, fetched by threads."""
    todo = iter(range(position.part, len(reader.parts)))
    running: deque[tuple[int, Future[tuple[list[Unit], Exception | None]]]] = deque()
    executor = ThreadPoolExecutor(threads, thread_name_prefix="ocreg-iterate")

    def fetch_one_more() -> None:
        index = next(todo, None)
        if index is not None:
            start = position.mark if index == position.part else None
            running.append((index, executor.submit(reader.whole, index, start)))

    try:
        for _ in range(AHEAD * threads):
            fetch_one_more()
        while running:
            index, future = running.popleft()
            units, error = future.result()
            if error is None:
                fetch_one_more()
            for unit in units:
                yield index, unit
            if error is not None:
                raise error
            yield index, None
    finally:
        reader.stop.set()
        executor.shutdown(wait=True, cancel_futures=True)


class _Given:
    """What was given of the answer in which a resumed iteration begins: its rows up to the last one that was taken.

    Where that one is not found any more, they are counted; rows that came in between may have pushed it to the next
    page. Where the answer is cut by now, they are dropped from its halves.
    """

    def __init__(self, start: Position) -> None:
        self._start = start
        self._rows: Counter[bytes] = Counter()
        self._pushed: Mark = None

    def dropped(self, index: int, unit: Unit, entries: Iterator[pages.Entry]) -> Iterator[pages.Entry]:
        start = self._start
        if not start.taken or index != start.part:
            yield from entries
        elif unit.mark == start.mark and unit.cut:
            taken = self._taken(unit.answer) or start.taken
            self._rows.update(digest(entry.row) for entry in unit.answer if entry.place <= taken)
        elif unit.mark == start.mark:
            found = list(entries)
            place = self._taken(found)
            if place is None and isinstance(unit.next, int):
                self._pushed = unit.next
            yield from (entry for entry in found if entry.place > (place or start.taken))
        elif self._pushed is not None and unit.mark == self._pushed:
            found = list(entries)
            place = self._taken(found)
            yield from (entry for entry in found if entry.place > (place or 0))
        else:
            for entry in entries:
                mark = digest(entry.row) if self._rows else b""
                if self._rows[mark]:
                    self._rows[mark] -= 1
                else:
                    yield entry

    def _taken(self, entries: Sequence[pages.Entry]) -> int | None:
        """The place of the last row that was taken; None where it is not found."""
        places = [entry.place for entry in entries if digest(entry.row).hex() == self._start.last]
        return min(places, key=lambda place: abs(place - self._start.taken), default=None)


class _Before:
    """What the span before had of rows that cannot be told apart by their time: those are not given again."""

    def __init__(self, reader: _Reader, position: Position) -> None:
        self._reader, self._start = reader, position
        self._at: tuple[int, str] | None = None
        self._last: set[bytes] | None = None
        """None: not asked for yet. It is only where a row is not sure."""
        self._current: set[bytes] = set()

    def without_doubles(self, index: int, unit: Unit) -> Iterator[pages.Entry]:
        if unit.cut:
            return
        at = index, unit.mark if isinstance(unit.mark, str) else ""
        if self._at is not None and at != self._at:
            same_ids = index == self._at[0] or self._reader.parts.follows(index)
            self._last, self._current = self._current if same_ids else set(), set()
        self._at = at
        for entry in unit.entries:
            if not entry.sure:
                mark = digest(entry.row)
                self._current.add(mark)
                if self._last is None:
                    self._last = self._reread(self._start)
                if mark in self._last:
                    continue
            yield entry

    def _reread(self, start: Position) -> set[bytes]:
        """The doubtful rows of the span before the one where a resumed iteration begins: it is asked for again."""
        parts = self._reader.parts
        if parts.window is None:
            return set()
        way = start.mark if isinstance(start.mark, str) else ""
        index, former = start.part, way[: way.rfind("1")] + "0" if "1" in way else ""
        if not former:
            if not parts.follows(index):
                return set()
            index -= 1
        found: set[bytes] = set()
        for unit in self._reader.units(index, former or None):
            if isinstance(unit.mark, str):
                if not unit.mark.startswith(former):
                    break
                found = set() if not unit.cut else found
            found |= {digest(entry.row) for entry in unit.entries if not entry.sure}
        return found
