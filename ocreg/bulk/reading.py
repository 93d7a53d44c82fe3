"""Reading past the limits of one request: `iterate` gives the rows of all pages, spans of time and chunks of ids.

It asks for the next part when its rows are wanted, and goes on from a token after a crash. With threads, parts are
fetched ahead, and given in order all the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..errors import OcregError, OperationUnavailable, guarded
from . import pages
from .answers import Place, digest
from .deduplication import Before, Given
from .flat import Flat
from .parts import Parts
from .position import Position, opened, token, unusable
from .stream import ELSEWHERE, Stream, whole_number
from .workers import Task, Workers

if TYPE_CHECKING:
    from ..engine.caller import Caller
    from ..registry.endpoint import Endpoint
    from .pages import Mark, Unit
    from .parts import Part

Row = TypeVar("Row")
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

    def __init__(self, caller: Caller, parts: Parts, query: dict[str, Any] | None) -> None:
        self.caller, self.parts, self.query = caller, parts, query
        self.stopped = False
        self.requests = 0
        self._place = Place(parts.endpoint)
        self._lock = Lock()

    def units(self, index: int, start: Mark) -> Iterator[Unit]:
        return pages.units(self._ask, self.parts, index, start)

    def _ask(self, part: Part, page: int | None) -> list[Any] | None:
        reached = self.parts.reached(part, self.caller.world.clock())
        if reached is None:
            return None
        endpoint, payload = self.parts.endpoint, self.parts.payload(reached)
        if page is not None:
            rule = endpoint.limits["page"]
            payload = {rule["size"]: rule["most"], **payload, rule["number"]: page}
        with self._lock:
            self.requests += 1
        return self._place.rows(self.caller.answer(self.caller.prepare(endpoint, (payload, self.query, None))))

    def whole(self, index: int, start: Mark) -> tuple[list[Unit], Exception | None]:
        """A part at once, for a thread: what was read, and the error that ended it."""
        found: list[Unit] = []
        try:
            for unit in self.units(index, start):
                found.append(unit)
                if self.stopped:
                    break
        except Exception as error:  # noqa: BLE001  # raised again where its turn is
            return found, error
        return found, None


class _State:
    """What the iteration and its generator share, so that the generator does not keep the iteration alive."""

    def __init__(self, position: Position, token: Callable[[Position], str]) -> None:
        self.position, self.items = position, 0
        self.token = token


class Iteration(Stream[Row]):
    """The rows. `resume` is the token with which `iterate` goes on after the last row that was given."""

    def __init__(self, state: _State, rows: Generator[Row, None, None], endpoint: Endpoint) -> None:
        super().__init__(rows)
        self._state, self._endpoint = state, endpoint

    @property
    def resume(self) -> str:
        return self._state.token(self._state.position)

    def _elsewhere(self) -> OcregError:
        return OcregError(f"{ELSEWHERE}, with resume={self.resume!r} to go on from here", resume=self.resume)

    @property
    def items(self) -> int:
        """How many rows were given."""
        return self._state.items

    def flat(self) -> Iterator[dict[str, Any]]:
        """The rows that are left, as `ocreg pull` writes them to CSV: a dict for each line, with dotted names.

        Each has all columns that the file's `response` describes, in its order, then those of its own. A list that the
        file does not describe stays a list.
        """
        shape = Flat(self._endpoint)
        absent = dict.fromkeys(shape.names)
        for row in self:
            for line in shape.lines(row):
                yield {**absent, **line}


@guarded
def iterate(
    caller: Caller,
    id: str,
    data: Any = None,
    *,
    query: dict[str, Any] | None = None,
    resume: str | None = None,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
    unknown: Iterable[str] = (),
) -> Iteration[Any]:
    """The rows of a read, across pages, spans and chunks, as the operation's `limits` say.

    Raises OperationUnavailable for what is no read, and RequestInvalid, before anything is sent; while rows are taken,
    CallError or PagingError, whose `resume` is the token that goes on there.
    """
    endpoint = caller.registry[id].allowing(unknown)
    _readable(endpoint)
    whole_number("threads", threads)
    now = caller.world.clock()
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
    reader = _Reader(caller, parts, query)
    return Iteration(state, _rows(reader, state, threads, progress), endpoint)


def _readable(endpoint: Endpoint) -> None:
    """Raises OperationUnavailable for what has no rows to read."""
    endpoint.callable_by_us()
    if endpoint.effect == "read" and endpoint.caller == "client":
        return
    why = f"its effect is {endpoint.effect}" if endpoint.effect != "read" else "it is opened in a browser"
    raise OperationUnavailable(f"{endpoint.id} cannot be read row by row: {why}; use call()", operation=endpoint.id)


def _rows(
    reader: _Reader, state: _State, threads: int, progress: Callable[[Progress], None] | None
) -> Generator[Any, None, None]:
    """Give the rows of the units in order, keep the position, and tell errors where to go on."""
    parts = reader.parts
    before, given = Before(parts, reader.units, state.position), Given(state.position)
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
        units.close()


def _in_order(reader: _Reader, position: Position, threads: int) -> Generator[tuple[int, Unit | None], None, None]:
    """The units of all parts from a position on; None ends a part."""
    todo = range(position.part, len(reader.parts))
    if threads > 1 and len(todo) > 1:
        yield from _ahead(reader, position, threads)
        return
    for index in todo:
        for unit in reader.units(index, position.mark if index == position.part else None):
            yield index, unit
        yield index, None


def _ahead(reader: _Reader, position: Position, threads: int) -> Generator[tuple[int, Unit | None], None, None]:
    """The same, fetched by threads."""
    todo = iter(range(position.part, len(reader.parts)))
    running: deque[tuple[int, Task[tuple[list[Unit], Exception | None]]]] = deque()
    with Workers(threads, "ocreg-iterate") as workers:

        def fetch_one_more() -> None:
            index = next(todo, None)
            if index is not None:
                start = position.mark if index == position.part else None
                running.append((index, workers.submit(partial(reader.whole, index, start))))

        try:
            for _ in range(AHEAD * threads):
                fetch_one_more()
            while running:
                index, task = running.popleft()
                units, error = task.result()
                if error is None:
                    fetch_one_more()
                for unit in units:
                    yield index, unit
                if error is not None:
                    raise error
                yield index, None
        finally:
            reader.stopped = True
