"""Windows of time, and the spans they are cut into, each narrow enough for one request.

Inside are whole numbers: seconds since the epoch, or, where the field is a day, days of one offset. So no zone with
daylight saving comes into the arithmetic. Spans of seconds touch: the next one starts at the very second where the
former ended, for stored times may have fractions that the API's form cannot show, and what happened at 23:59:59.5 must
not fall between 23:59:59 and 00:00:00. What stands in both is dropped from the former (`answers.before`). Days do not
touch: a day is wholly in one span.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from ..registry.schema import is_date, is_date_time
from ..registry.windows import moment_of

DAY = 24 * 3600
MARGIN = 60
"""Seconds by which a start stays inside what the vendor looks back on: the request is on its way for a while."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Span(NamedTuple):
    """Both ends are asked for; `open` says that what happened in the last second belongs to the next span."""

    since: int
    until: int
    open: bool


class Window(NamedTuple):
    """A whole window. `width` is how far apart a span's ends may be; `offset` is that of days, None for seconds."""

    since: int
    until: int
    width: int | None
    offset: timedelta | None = None

    @property
    def spans(self) -> int:
        """How many spans it takes."""
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
        """A span as two; None for one that the API's form cannot cut."""
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
        """An end in the vendor's form."""
        if self.offset is None:
            return (_EPOCH + timedelta(seconds=value)).replace(tzinfo=None).isoformat() + "+0000"
        minutes = int(self.offset.total_seconds() // 60)
        sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
        return f"{date.fromordinal(value).isoformat()}{sign}{minutes // 60:02}{minutes % 60:02}"

    def at(self, seconds: float) -> int:
        """The end that a moment is: its second, or its day."""
        return (
            _day(_EPOCH + timedelta(seconds=seconds), self.offset) if self.offset is not None else math.floor(seconds)
        )

    def earliest(self, now: float, days: int) -> int:
        """The first start that looks back no more than so many days."""
        oldest = now - days * DAY + MARGIN
        return self.at(oldest) + 1 if self.offset is not None else math.ceil(oldest)


def window(since: Any, until: Any, days: int | None, now: float, *, daily: bool) -> Window | None:
    """The window between two values of a payload; an `until` of None is now. None where one cannot be read."""
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
    except OverflowError:  # a moment that has no day in UTC
        return None
    return found


def instant(value: Any) -> int | None:
    """The second of a moment: an aware datetime, or text in the vendor's form."""
    if isinstance(value, str):
        value = moment_of(value) if is_date_time(value) else None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    return (value - _EPOCH) // timedelta(seconds=1)


def _dated(value: Any, *, end: bool = False) -> datetime | None:
    """A moment on a day that was given as text, date (UTC, as it is written) or aware datetime."""
    if isinstance(value, str):
        return moment_of(value, end=end) if is_date(value) else None
    if isinstance(value, datetime):
        return value if value.utcoffset() is not None else None
    return datetime(value.year, value.month, value.day, tzinfo=timezone.utc) if isinstance(value, date) else None


def _day(moment: datetime, offset: timedelta | None) -> int:
    return moment.astimezone(timezone(offset or timedelta(0))).toordinal()
