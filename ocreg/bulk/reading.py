"""Reading beyond the limits of one request: `iterate` gives the rows of all pages, time spans and chunks.

It requests the next part when its rows are wanted, and resumes from a token after a crash. With threads (or tasks),
parts are fetched ahead, but given in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..engine.caller import answering
from ..errors import OcregError, OperationUnavailable, guarded
from . import pages
from .answers import Place, digest
from .deduplication import Before, Given
from .flat import Flat
from .pages import Ask
from .parts import Parts
from .position import Position, opened, token, unusable
from .stream import ELSEWHERE, Begin, Done, Stream, played, whole_number

if TYPE_CHECKING:
    from ..engine.caller import Caller
    from ..registry.endpoint import Endpoint
    from .pages import Mark, Unit, Units
    from .parts import Part
    from .stream import Script

Row = TypeVar("Row")
Result = TypeVar("Result")
Work = Generator[Any, Any, Result]
"""A conversation of the engine."""
AHEAD = 2
"""How many parts each thread may read ahead, so that memory stays bounded."""


class Progress(NamedTuple):
    """An iteration's progress. `of_parts` is the number of chunks times spans; a part may take several requests."""

    requests: int
    parts: int
    of_parts: int
    items: int


class _Reader:
    """Makes the requests. It has no reference to the iteration, so that its threads do not keep that alive."""

    def __init__(self, caller: Caller, parts: Parts, query: dict[str, Any] | None) -> None:
        self.caller, self.parts, self.query = caller, parts, query
        self.stopped = False
        self.requests = 0
        self._place = Place(parts.endpoint)
        self._lock = Lock()

    def units(self, index: int, start: Mark) -> Units:
        return pages.units(self.parts, index, start)

    def unit(self, units: Units) -> Work[Unit | None]:
        """The next unit, as a conversation; None after the last."""
        wish = next(units, None)
        try:
            while isinstance(wish, Ask):
                wish = units.send((yield from self._ask(wish.part, wish.page)))
        except StopIteration:
            return None
        return wish

    def whole(self, index: int, start: Mark) -> Work[tuple[list[Unit], Exception | None]]:
        """A whole part, to be read ahead: its units, and the error that ended it."""
        found: list[Unit] = []
        units = self.units(index, start)
        try:
            while not self.stopped and (unit := (yield from self.unit(units))) is not None:
                found.append(unit)
        except Exception as error:  # noqa: BLE001  # raised again when its turn comes
            return found, error
        return found, None

    def _ask(self, part: Part, page: int | None) -> Work[list[Any] | None]:
        reached = self.parts.reached(part, self.caller.world.clock())
        if reached is None:
            return None
        endpoint, payload = self.parts.endpoint, self.parts.payload(reached)
        if page is not None:
            rule = endpoint.limits["page"]
            payload = {rule["size"]: rule["most"], **payload, rule["number"]: page}
        with self._lock:
            self.requests += 1
        return self._place.rows((yield from answering(self.caller.prepare(endpoint, (payload, self.query, None)))))


class _State:
    """State that the iteration and its generator share, so that the generator does not keep the iteration alive."""

    def __init__(self, position: Position, token: Callable[[Position], str]) -> None:
        self.position, self.items = position, 0
        self.token = token


class Reached:
    """An iteration's progress: `items`, and the token `resume`, which resumes after the last row that was given."""

    _state: _State
    _endpoint: Endpoint

    @property
    def resume(self) -> str:
        return self._state.token(self._state.position)

    @property
    def items(self) -> int:
        """The number of rows that were given."""
        return self._state.items

    def elsewhere(self) -> OcregError:
        return OcregError(f"{ELSEWHERE}, with resume={self.resume!r} to resume from here", resume=self.resume)


class Iteration(Stream[Row], Reached):
    """The rows. With the token `resume`, `iterate` resumes after the last row that was given."""

    def __init__(self, rows: Generator[Row, None, None], state: _State, endpoint: Endpoint) -> None:
        super().__init__(rows)
        self._state, self._endpoint = state, endpoint

    def _elsewhere(self) -> OcregError:
        return self.elsewhere()

    def flat(self) -> Iterator[dict[str, Any]]:
        """The remaining rows, as `ocreg pull` writes them to CSV: a dict for each line, with dotted names.

        Each has all columns that the file's `response` describes, in its order, then any others. A list that the file
        does not describe stays a list.
        """
        shape = Flat(self._endpoint)
        absent = dict.fromkeys(shape.names)
        for row in self:
            for line in shape.lines(row):
                yield {**absent, **line}


@guarded
def iterate(caller: Caller, id: str, data: Any = None, *, threads: int = 1, **options: Any) -> Iteration[Any]:
    """The rows of a read, across pages, spans and chunks, by the operation's `limits`.

    Before anything is sent, raises OperationUnavailable for other operations than reads, and RequestInvalid. While
    rows are taken, raises CallError or PagingError, whose `resume` is the token to resume with. The options are those
    of `planned`.
    """
    whole_number("threads", threads)
    script, state, endpoint = planned(caller, id, data, ahead=threads, **options)
    return Iteration(played(script, caller.run, threads, "ocreg-iterate"), state, endpoint)


def planned(
    caller: Caller,
    id: str,
    data: Any = None,
    *,
    query: dict[str, Any] | None = None,
    resume: str | None = None,
    ahead: int = 1,
    progress: Callable[[Progress], None] | None = None,
    unknown: Iterable[str] = (),
) -> tuple[Script, _State, Endpoint]:
    """The script of an iteration with so many parts under way, and its state. Raises as `iterate`."""
    endpoint = caller.registry[id].allowing(unknown)
    _readable(endpoint)
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
    return _script(reader, state, ahead, progress), state, endpoint


def _readable(endpoint: Endpoint) -> None:
    """Raises OperationUnavailable for an operation without rows to read."""
    endpoint.callable_by_us()
    if endpoint.effect == "read" and endpoint.caller == "client":
        return
    why = f"its effect is {endpoint.effect}" if endpoint.effect != "read" else "it is opened in a browser"
    raise OperationUnavailable(f"{endpoint.id} cannot be read row by row: {why}; use call()", operation=endpoint.id)


def _script(
    reader: _Reader, state: _State, threads: int, progress: Callable[[Progress], None] | None
) -> Generator[Any, Any, None]:
    """Give the rows of the units in order, keep the position, and add the resume token to errors (see `stream`)."""
    start, parts = state.position, reader.parts
    before, given = Before(parts, reader.units, reader.unit, start), Given(start)

    def tell(index: int) -> None:
        if progress is not None:
            progress(Progress(reader.requests, index, len(parts), state.items))

    def rows(index: int, unit: Unit) -> Generator[Any, Any, None]:
        tell(index)
        if before.lacks(index, unit):
            yield Done(before.reread())
        for entry in given.dropped(index, unit, before.without_doubles(index, unit)):
            state.items += 1  # before the yield: an interrupt must not lose the count of a row
            state.position = Position(index, unit.mark, entry.place, digest(entry.row).hex())
            yield entry.row
        if not unit.cut or unit.next != unit.mark:
            state.position = Position(index + 1) if unit.next is None else Position(index, unit.next)

    def end(index: int) -> None:
        state.position = Position(index + 1)
        tell(index + 1)

    todo = range(start.part, len(parts))
    marks = {start.part: start.mark}
    try:
        if threads > 1 and len(todo) > 1:
            yield from _ahead(reader, marks, todo, threads, rows, end)
            return
        for index in todo:
            units = reader.units(index, marks.get(index))
            while (unit := (yield Done(reader.unit(units)))) is not None:
                yield from rows(index, unit)
            end(index)
    except OcregError as error:
        error.__dict__["resume"] = state.token(state.position)
        raise


def _ahead(
    reader: _Reader,
    marks: dict[int, Mark],
    todo: Iterable[int],
    threads: int,
    rows: Callable[[int, Unit], Generator[Any, Any, None]],
    end: Callable[[int], None],
) -> Generator[Any, Any, None]:
    """The same, with parts that are read ahead."""
    waiting = iter(todo)
    running: deque[tuple[int, Any]] = deque()
    try:
        for index in islice(waiting, AHEAD * threads):
            running.append((index, (yield Begin(reader.whole(index, marks.get(index))))))
        while running:
            index, handle = running.popleft()
            units, error = yield Done(handle)
            following = next(waiting, None) if error is None else None
            if following is not None:
                running.append((following, (yield Begin(reader.whole(following, None)))))
            for unit in units:
                yield from rows(index, unit)
            if error is not None:
                raise error
            end(index)
    finally:
        reader.stopped = True
