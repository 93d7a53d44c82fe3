"""A query beyond the limits of one request, split into parts within them: chunks of its ids, spans of its window.

The outer loop is over chunks and the inner one over spans, so that duplicates in two touching spans follow each other.
There is no list of parts: each is made when it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..registry.schema import Place
from ..registry.values import to_json
from ..violation import Violation
from . import spans
from .answers import digest

if TYPE_CHECKING:
    from ..registry.endpoint import Endpoint
    from .spans import Span, Window


class Part(NamedTuple):
    """What differs between requests: the span, and a list of ids with its name; None for what is always the same."""

    span: Span | None = None
    ids: tuple[str, list[Any]] | None = None


class Parts:
    """The parts of one query. `data` is the payload in its JSON form, `until` the end of a window that had none."""

    def __init__(self, endpoint: Endpoint, data: Any, now: float, until: int | None = None) -> None:
        self.endpoint = endpoint
        self.given = self.data = _plain(endpoint, data)
        self.rule: dict[str, Any] = endpoint.limits.get("window", {})
        self.window = self._window(now)
        self.open_until: int | None = None
        if self.window is not None and self.data.get(self.rule["to"]) is None:
            self.open_until = self.window.until if until is None else until
            self.window = self.window._replace(until=self.open_until)
        if isinstance(self.data, dict):
            self.data = {**self.data, **{name: _once(self.data[name]) for name in self._lists()}}
        self._name, self._chunks = self._chunked()
        self.spans = self.window.spans if self.window is not None else 1

    def __len__(self) -> int:
        return len(self._chunks) * self.spans

    def part(self, index: int) -> Part:
        chunk, inner = divmod(index, self.spans)
        ids = (self._name, self._chunks[chunk]) if self._name is not None else None
        return Part(self.window.span(inner) if self.window is not None else None, ids)

    def follows(self, index: int) -> bool:
        """Whether the part before has the same ids in the span before."""
        return index % self.spans > 0

    def reached(self, part: Part, now: float) -> Part | None:
        """A part without the time that is now too old for the vendor; None if all of it is too old."""
        if part.span is None or self.window is None or "lookback_days" not in self.rule:
            return part
        since = max(part.span.since, self.window.earliest(now, self.rule["lookback_days"]))
        return part._replace(span=part.span._replace(since=since)) if since <= part.span.until else None

    def payload(self, part: Part) -> Any:
        """The payload to send for a part."""
        if part.span is None and part.ids is None:
            return self.data
        data = dict(self.data)
        if part.ids is not None:
            data[part.ids[0]] = part.ids[1]
        if part.span is not None and self.window is not None:
            ends = self.window.text(part.span.since), self.window.text(part.span.until)
            data[self.rule["from"]], data[self.rule["to"]] = ends
        return data

    def halves(self, part: Part) -> tuple[Part, Part] | None:
        """A part as two smaller ones: half of the time or, if it cannot be halved, half of the ids."""
        if part.span is not None and self.window is not None:
            two = self.window.halves(part.span)
            if two is not None:
                return part._replace(span=two[0]), part._replace(span=two[1])
        data = self.payload(part)
        if not isinstance(data, dict):
            return None
        lists = [(name, value) for name, value in data.items() if isinstance(value, list) and value]
        if len(lists) != 1 or len(lists[0][1]) < 2:  # beside another list, the result of a half is unknown
            return None
        name, ids = lists[0]
        middle = len(ids) // 2
        return part._replace(ids=(name, ids[:middle])), part._replace(ids=(name, ids[middle:]))

    def check(self, query: dict[str, Any] | None, now: float, start: int = 0) -> None:
        """Raises RequestInvalid for any fault of the query from part `start` on, before anything is sent."""
        if self.window is not None:
            if self.window.until < self.window.since:
                ends = self.window.since, self.window.until
                self.endpoint.check(self.payload(Part(spans.Span(*ends, open=False))), query)
            self._look_back(now, start)
        for chunk in range(len(self._chunks)):
            self.endpoint.check(self.payload(self.part(chunk * self.spans)), query)

    def _window(self, now: float) -> Window | None:
        if not self.rule or not isinstance(self.data, dict) or self.data.get(self.rule["from"]) is None:
            return None
        schema, since, until = self.endpoint.data, self.data[self.rule["from"]], self.data.get(self.rule["to"])
        nodes = schema.at([schema.root], self.rule["from"]) if schema is not None else []
        daily = any(node.get("format") == "oc-date" for node in nodes)
        return spans.window(since, until, self.rule.get("days"), now, daily=daily)

    def _look_back(self, now: float, start: int) -> None:
        days = self.rule.get("lookback_days")
        if self.window is None or days is None or start >= len(self):
            return
        earliest = self.window.earliest(now, days)
        last_chunk = start >= len(self) - self.spans  # the chunks after it begin with the window
        since = self.window.span(start % self.spans).since if last_chunk else self.window.since
        if since >= self.window.earliest(now, days + 1) - spans.MARGIN:
            return
        name = self.rule["from"]
        ago = (self.window.at(now) - since) // (1 if self.window.offset is not None else spans.DAY)
        fix = f"start within the last {days} days, at {self.window.text(earliest)} or later"
        fix += "; this token is too old to resume from" if start else ""
        self._refuse(
            name, "window", f"is {ago} days ago; OrangeConnex looks back {days} days", fix, ("limits", "window")
        )

    def _lists(self) -> list[str]:
        """The declared lists of ids in the payload."""
        names = self.endpoint.limits.get("ids", {})
        return [name for name in names if isinstance(self.data.get(name), list)]

    def _chunked(self) -> tuple[str | None, list[list[Any]]]:
        names = self._lists() if isinstance(self.data, dict) else []
        filled = [name for name in names if self.data[name]]
        limits = self.endpoint.limits.get("ids", {})
        long = next((name for name in filled if len(self.data[name]) > limits[name]), None)
        if long is None:
            return None, [[]]
        if len(filled) > 1:
            other = next(name for name in filled if name != long)
            words = (
                f"has {len(self.data[long])} ids, and a request takes {limits[long]}; it cannot be split beside {other}"
            )
            fix = f"give {long} or {other}, not both: it is unknown whether one list narrows or widens the other"
            self._refuse(long, "ids", words, fix, ("limits", "ids"))
        ids, size = self.data[long], limits[long]
        return long, [ids[start : start + size] for start in range(0, len(ids), size)]

    def _refuse(self, name: str, rule: str, words: str, fix: str, where: tuple[str, ...]) -> None:
        file, line = Place(self.endpoint.sources, where).find([])
        raise self.endpoint.invalid([Violation((name,), rule, words, fix, file, line)])


def _plain(endpoint: Endpoint, data: Any) -> Any:
    """The payload in its JSON form. Raises RequestInvalid if it has none."""
    if endpoint.data is None:
        return data
    if data is None and endpoint.data.root.get("type") == "object":
        data = {}
    value, violations = to_json(data, endpoint.data) if data is not None else (None, [])
    if violations:
        endpoint.check(data)  # raises this together with all other violations
    return value


def _once(ids: list[Any]) -> list[Any]:
    """The ids without duplicates, in the order of their first places."""
    found: dict[bytes, Any] = {}
    for item in ids:
        found.setdefault(digest(item), item)
    return list(found.values())
