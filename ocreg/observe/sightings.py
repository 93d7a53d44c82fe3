"""What was observed of each operation in each environment: how often, when, which codes, and the shapes.

`Sightings.add` adds one answer, `merge` the observations of another process or machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..engine.envelope import error_items, failed
from ..errors import OcregError
from ..registry.endpoint import Endpoint
from ..registry.values import decode
from ..registry.windows import moment_of
from . import discretion, shapes
from .shapes import Json, Room, Shape

FORM = "ocreg-shapes-1"
MOST_SHAPES = 20_000
MOST_OPERATIONS = 500
_MOST_CODES = 100
_LIMITS = ("items", "page", "rows", "days")
ENVIRONMENTS = ("production", "sandbox", "local", "received")
"""The origin of the answers; `received`: what the vendor sent to you on its own."""


class Seen(NamedTuple):
    """One answer. `body` is the request's, `reply` the answer's; None if there is none."""

    operation: str
    env: str
    body: bytes | None
    status: int
    reply: bytes | None


class Sighting:
    """What was observed of one operation in one environment.

    `answers` were read, and `accepted` of them are successes; `first` and `last` are days, in UTC. `most` holds the
    largest accepted numbers: of items in a request, of a page size, of rows in an answer, of days in a time window.
    """

    def __init__(self) -> None:
        self.first = self.last = ""
        self.answers = self.accepted = self.unreadable = 0
        self.statuses: dict[str, int] = {}
        self.codes: dict[str, int] = {}
        self.most: dict[str, float] = {}
        self.answer, self.request = Shape(), Shape()

    def on(self, day: str) -> None:
        self.first, self.last = min(self.first or day, day), max(self.last, day)

    def merge(self, other: Sighting, room: Room) -> None:
        for day in (other.first, other.last):
            self.on(day)
        self.answers += other.answers
        self.accepted += other.accepted
        self.unreadable += other.unreadable
        for counts, more in ((self.statuses, other.statuses), (self.codes, other.codes)):
            for name, times in more.items():
                _count(counts, name, times)
        for name, number in other.most.items():
            self.most[name] = max(self.most.get(name, 0), number)
        self.answer.merge(other.answer, room)
        self.request.merge(other.request, room)

    def as_json(self) -> Json:
        names = ("first", "last", "answers", "accepted", "unreadable", "statuses", "codes", "most")
        return {
            **{name: getattr(self, name) for name in names},
            "answer": self.answer.as_json(),
            "request": self.request.as_json(),
        }


class Sightings:
    """The observations of all operations, for one thread at a time.

    `known` returns the registry's endpoint for an id; without it nothing can be added.
    """

    def __init__(self, known: Callable[[str], Endpoint] | None = None) -> None:
        self._known = known
        self.all: dict[tuple[str, str], Sighting] = {}
        self._endpoints: dict[str, Endpoint | None] = {}
        self._left = MOST_SHAPES

    def __bool__(self) -> bool:
        return bool(self.all)

    def of(self, id: str) -> Iterator[tuple[str, Sighting]]:
        """What was observed of an operation, by environment."""
        return ((env, sighting) for (name, env), sighting in sorted(self.all.items()) if name == id)

    def add(self, seen: Seen) -> None:
        """Add one answer. Operations that the registry does not know are skipped."""
        endpoint = self._endpoint(seen.operation)
        sighting = self._at(seen.operation, seen.env)
        if endpoint is None or sighting is None:
            return
        sighting.on(time.strftime("%Y-%m-%d", time.gmtime()))
        sighting.answers += 1
        _count(sighting.statuses, str(seen.status), 1)
        room = Room(self._left, endpoint.sensitive, endpoint.secret)
        if seen.env == "received":
            _received(sighting, seen.body, room)
        else:
            _answered(sighting, endpoint, seen, room)
        self._left = room.left

    def merge(self, other: Sightings) -> None:
        """Add what another process observed. `other` must not be used afterwards."""
        room = Room(self._left)
        for key, sighting in other.all.items():
            mine = self._at(*key)
            if mine is not None:
                mine.merge(sighting, room)
        self._left = room.left

    def as_json(self) -> Json:
        operations: Json = {}
        for (id, env), sighting in sorted(self.all.items()):
            operations.setdefault(id, {})[env] = sighting.as_json()
        return {"form": FORM, "operations": operations}

    def _at(self, id: str, env: str) -> Sighting | None:
        found = self.all.get((id, env))
        if found is None and len(self.all) < MOST_OPERATIONS:
            found = self.all[id, env] = Sighting()
        return found

    def _endpoint(self, id: str) -> Endpoint | None:
        if id not in self._endpoints:
            try:
                self._endpoints[id] = self._known(id) if self._known is not None else None
            except OcregError:
                self._endpoints[id] = None
        return self._endpoints[id]


def _received(sighting: Sighting, body: bytes | None, room: Room) -> None:
    value = _decoded(body)
    if value is None:
        sighting.unreadable += 1
        return
    sighting.accepted += 1
    sighting.request.add(value, room)


def _answered(sighting: Sighting, endpoint: Endpoint, seen: Seen, room: Room) -> None:
    value = _decoded(seen.reply)
    if not isinstance(value, dict):
        sighting.unreadable += 1
        return
    wrapped = endpoint.envelope
    if wrapped:
        for code in (value.get("code"), *(item.get("code") for item in error_items(value)[:_MOST_CODES])):
            if (kept := discretion.code(code)) and kept != "0":
                _count(sighting.codes, kept, 1)
    no = failed(value, errors_beside_data=endpoint.errors_with_data) if wrapped else bool(value.get("error"))
    if no or not 200 <= seen.status < 300:
        return
    sighting.accepted += 1
    sighting.answer.add(value, room)
    sent = _decoded(seen.body)
    payload = sent.get("data") if wrapped and isinstance(sent, dict) else sent
    if payload is not None:
        sighting.request.add(payload, room)
    for name, number in _met(endpoint, payload, value.get("data") if wrapped else value):
        sighting.most[name] = max(sighting.most.get(name, 0), number)


def _met(endpoint: Endpoint, payload: Any, data: Any) -> Iterator[tuple[str, float]]:
    """The numbers that limits apply to."""
    if isinstance(payload, list):
        yield "items", len(payload)
    if isinstance(data, list):
        yield "rows", len(data)
    if not isinstance(payload, dict):
        return
    size = payload.get(endpoint.limits.get("page", {}).get("size"))
    if type(size) is int and 0 < size < 1 << 31:
        yield "page", size
    window = endpoint.limits.get("window")
    if window:
        since, until = moment_of(payload.get(window["from"])), moment_of(payload.get(window["to"]), end=True)
        if since is not None and until is not None and until >= since:
            yield "days", round((until - since).total_seconds() / 86_400, 2)


def _decoded(raw: bytes | None) -> Any:
    try:
        return decode(raw) if raw else None
    except ValueError:
        return None


def _count(counts: dict[str, int], name: str, times: int) -> None:
    if name in counts or len(counts) < _MOST_CODES:
        counts[name] = counts.get(name, 0) + times


def read(document: Any) -> Sightings:
    """The sightings that `as_json` wrote, checked by the same rules. Raises ValueError with the reason."""
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise ValueError(f"is not a file of {FORM}")
    found = Sightings()
    room = Room(MOST_SHAPES + 2 * MOST_OPERATIONS)  # the top-level ones are not counted when they are made
    operations = document.get("operations")
    for id, envs in operations.items() if isinstance(operations, dict) else ():
        for env, facts in envs.items() if isinstance(envs, dict) else ():
            if env not in ENVIRONMENTS or not isinstance(facts, dict):
                raise ValueError(f"has an unknown environment {env!r:.40}")
            sighting = found._at(id, env)
            if sighting is not None:
                _fill(sighting, facts, room)
    found._left = min(room.left, MOST_SHAPES)
    return found


def _fill(sighting: Sighting, facts: Json, room: Room) -> None:
    for day in (facts.get("first"), facts.get("last")):
        if not isinstance(day, str) or len(day) != 10 or not day.replace("-", "").isdecimal():
            raise ValueError("has a day that is not a date")
        sighting.on(day)
    numbers = shapes.counts({name: facts.get(name, 0) for name in ("answers", "accepted", "unreadable")})
    sighting.answers, sighting.accepted, sighting.unreadable = numbers.values()
    for name, into in (("statuses", sighting.statuses), ("codes", sighting.codes)):
        for code, times in shapes.counts(facts.get(name)).items():
            if discretion.code(code):
                _count(into, code, times)
    for name, number in shapes.as_object(facts.get("most")).items():
        if name in _LIMITS and type(number) in (int, float) and 0 <= number < 1 << 31:
            sighting.most[name] = number
    sighting.answer = shapes.read(facts.get("answer"), room)
    sighting.request = shapes.read(facts.get("request"), room)
