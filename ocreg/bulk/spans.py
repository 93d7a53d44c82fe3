"""Time windows, and the spans they are cut into, each narrow enough for one request.

Times are whole numbers: seconds since the epoch or, if the field is a day, days of one offset. So no zone with daylight
saving time affects the arithmetic. Spans of seconds touch: each starts at the second at which the one before ends.
Stored times may have fractions that the API's format cannot show, and an event at 23:59:59.5 must not fall between
23:59:59 and 00:00:00. Rows that are in both are dropped from the earlier one (`answers.before`). Spans of days do not
touch: a day is completely in one span.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from ..registry.schema import is_date, is_date_time
from ..registry.windows import moment_of

DAY = 24 * 3600
MARGIN = 60
"""Seconds by which a start stays within the vendor's limit, because the request takes time to arrive."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Span(NamedTuple):
    """A span; both ends are requested. `open`: events in the last second belong to the next span."""

    since: int
    until: int
    open: bool


class Window(NamedTuple):
    """A whole window. `width` is the longest span; `offset` is the UTC offset of days, None for seconds."""

    since: int
    until: int
    width: int | None
    offset: timedelta | None = None

    @property
    def spans(self) -> int:
        """The number of spans."""
        if self.width is None:
            return 1
        if self.offset is not None:
            return (self.until - self.since) // (self.width + 1) + 1
        return max(1, -((self.since - self.until) // self.width))

    def span(self, index: int) -> Span:
        if self.width is None:
            return Span(self.since, self.until, open=False)
        step = self.width + (self.offset is not None)
        since = self.since + index * step
        until = min(since + self.width, self.until)
        return Span(since, until, open=self.offset is None and index < self.spans - 1)

    def halves(self, span: Span) -> tuple[Span, Span] | None:
        """A span as two halves; None if the API's format cannot express halves."""
        middle = (span.since + span.until) // 2
        if self.offset is not None:
            gap = 1
            possible = span.since < span.until
        else:
            gap = 0
            possible = span.since < middle
        if not possible:
            return None
        return Span(span.since, middle, open=self.offset is None), Span(middle + gap, span.until, span.open)

    def text(self, value: int) -> str:
        """An end of a span in the vendor's format."""
        if self.offset is None:
            return (_EPOCH + timedelta(seconds=value)).replace(tzinfo=None).isoformat() + "+0000"
        minutes = int(self.offset.total_seconds() // 60)
        sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
        return f"{date.fromordinal(value).isoformat()}{sign}{minutes // 60:02}{minutes % 60:02}"

    def at(self, seconds: float) -> int:
        """A moment as an end of a span: its second, or its day."""
        return (
            _day(_EPOCH + timedelta(seconds=seconds), self.offset) if self.offset is not None else math.floor(seconds)
        )

    def earliest(self, now: float, days: int) -> int:
        """The earliest start that is at most so many days ago."""
        oldest = now - days * DAY + MARGIN
        return self.at(oldest) + 1 if self.offset is not None else math.ceil(oldest)


def window(since: Any, until: Any, days: int | None, now: float, *, daily: bool) -> Window | None:
    """The window between two values of a payload; an `until` of None is now. None if one cannot be read."""
    try:
        if daily:
            first = _dated(since)
            if first is None:
                return None
            empty = Window(0, 0, days - 1 if days else None, first.utcoffset())
            last = _EPOCH + timedelta(seconds=now) if until is None else _dated(until, end=True)
            if last is None:
                return None
            return empty._replace(since=_day(first, empty.offset), until=_day(last, empty.offset))
        start, stop = instant(since), math.floor(now) if until is None else instant(until)
        if start is None or stop is None:
            return None
        found = Window(start, stop, days * DAY - 1 if days else None)
        found.text(start), found.text(stop)
    except OverflowError:  # a moment without a day in UTC
        return None
    return found


def instant(value: Any) -> int | None:
    """The second of a moment: an aware datetime, or text in the vendor's format."""
    if isinstance(value, str):
        value = moment_of(value) if is_date_time(value) else None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    return (value - _EPOCH) // timedelta(seconds=1)


def _dated(value: Any, *, end: bool = False) -> datetime | None:
    """A moment on a day: given as text, as a date (in UTC), or as an aware datetime."""
    if isinstance(value, str):
        return moment_of(value, end=end) if is_date(value) else None
    if isinstance(value, datetime):
        return value if value.utcoffset() is not None else None
    return datetime(value.year, value.month, value.day, tzinfo=timezone.utc) if isinstance(value, date) else None


def _day(moment: datetime, offset: timedelta | None) -> int:
    return moment.astimezone(timezone(offset or timedelta(0))).toordinal()
