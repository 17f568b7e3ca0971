"""When people are there to answer: weekly opening times in a time zone, with holidays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firstline.domain.errors import InvalidInputError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENTRY = re.compile(r"(?P<days>[A-Za-z, -]+?)\s+(?P<times>[0-9:,\s-]+)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_HORIZON_DAYS = 370
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class InvalidBusinessHoursError(InvalidInputError):
    """Opening times, a time zone or a holiday cannot be read; the message quotes it."""


@dataclass(frozen=True)
class Opening:
    """Open from one local minute of a weekday until another, in minutes after midnight."""

    weekday: int
    """0 is Monday."""
    start: int
    """In [0, 1440)."""
    end: int
    """In (start, 2880]; over 1440 where it lasts past midnight."""


@dataclass(frozen=True)
class BusinessHours:
    """Weekly opening times; without any, people are always there.

    Parameters
    ----------
    openings : tuple of Opening
    zone : tzinfo
        In which the times are meant. Where the clocks jump over a time, it means the same number of minutes later;
        where they repeat it, the first.
    holidays : frozenset of str
        ``2026-12-24``, or ``12-25`` for every year; what would open on such a day does not.
    """

    openings: tuple[Opening, ...] = ()
    zone: tzinfo = UTC
    holidays: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str, zone: str = "UTC", holidays: str = "") -> BusinessHours:
        """Read opening times such as ``Mon-Fri 09:00-12:30, 13:30-17:00; Sat 22:00-02:00``; empty is always open.

        Parameters
        ----------
        zone : str
            IANA name, such as ``Europe/Berlin``.
        holidays : str
            Dates as ``2026-12-24`` or ``12-25``, separated by commas or spaces.

        Raises
        ------
        InvalidBusinessHoursError
        """
        openings = [opening for part in text.split(";") if part.strip() for opening in _openings(part.strip())]
        return cls(
            tuple(openings), _zone(zone), frozenset(_holiday(day) for day in re.split(r"[,\s]+", holidays) if day)
        )

    def is_open(self, now: datetime) -> bool:
        """Tell whether people are there; ``now`` carries a time zone."""
        if not self.openings:
            return True
        today = now.astimezone(self.zone).date()
        return any(
            start <= now < end for day in (today - timedelta(days=1), today) for start, end in self._periods(day)
        )

    def next_opening(self, now: datetime) -> datetime | None:
        """Return from when people are there, in the hours' time zone: ``now`` if they are.

        None where nothing opens within a year.
        """
        if self.is_open(now):
            return now.astimezone(self.zone)
        today = now.astimezone(self.zone).date()
        for offset in range(_HORIZON_DAYS):
            later = [start for start, _ in self._periods(today + timedelta(days=offset)) if start > now]
            if later:
                return min(later).astimezone(self.zone)
        return None

    def after(self, start: datetime, duration: timedelta) -> datetime | None:
        """Return the moment, in UTC, by which people have been there for so long from ``start`` on.

        None where that is not within a year.
        """
        at, left = start.astimezone(UTC), duration
        if not self.openings:
            return at + left
        for begins, ends in self._from(at):
            begins = max(begins, at)
            if ends <= begins:
                continue
            if begins + left <= ends:
                return begins + left
            left, at = left - (ends - begins), ends
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return for how long people are there from one moment to another; nothing where the end comes first."""
        at, total = start.astimezone(UTC), timedelta(0)
        if not self.openings:
            return max(total, end - start)
        for begins, ends in self._from(at):
            if begins >= end:
                break
            begins, ends = max(begins, at), min(ends, end.astimezone(UTC))
            if ends > begins:
                total, at = total + (ends - begins), ends
        return total

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield periods in order of their beginning, from the day before on; they may overlap."""
        first = moment.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(_HORIZON_DAYS + 1):
            yield from sorted(self._periods(first + timedelta(days=offset)))

    def _periods(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day.isoformat() in self.holidays or f"{day:%m-%d}" in self.holidays:
            return
        for opening in self.openings:
            if opening.weekday == day.weekday():
                yield self._instant(day, opening.start), self._instant(day, opening.end)

    def _instant(self, day: date, minutes: int) -> datetime:
        days, minutes = divmod(minutes, 1440)
        local = datetime.combine(day + timedelta(days=days), time(*divmod(minutes, 60)), self.zone)
        # Compared in UTC: within one zone, Python compares what the clocks show.
        return local.astimezone(UTC)


def in_words(moment: datetime, now: datetime, *, english: bool = True) -> str:
    """Return a moment of the near future in words, such as ``Monday, 24 November at 09:00 (Europe/Berlin)``.

    Parameters
    ----------
    moment : datetime
        In the time zone that people live by.
    english : bool
        False: in figures that are read alike everywhere, such as ``2025-11-24 09:00 (Europe/Berlin)``.
    """
    zone = moment.tzinfo
    clock = f"{moment:%H:%M} ({getattr(zone, 'key', moment.tzname())})"
    days = (moment.date() - now.astimezone(zone).date()).days
    if not english:
        return f"{moment:%Y-%m-%d} {clock}"
    if days == 0:
        return f"today at {clock}"
    day = f"{_WEEKDAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]}"
    year = f" {moment.year}" if moment.year != now.astimezone(zone).year else ""
    return f"{'tomorrow, ' if days == 1 else ''}{day}{year} at {clock}"


def _openings(part: str) -> Iterator[Opening]:
    entry = _ENTRY.fullmatch(part)
    if entry is None:
        raise InvalidBusinessHoursError(f"opening times must look like Mon-Fri 09:00-17:30, not {part!r:.60}")
    days = [day for name in entry["days"].split(",") for day in _weekdays(name.strip())]
    for text in entry["times"].split(","):
        span = _SPAN.fullmatch(text.strip())
        if span is None:
            raise InvalidBusinessHoursError(f"opening times must look like 09:00-17:30, not {text.strip()!r:.60}")
        start, end = _minutes(span[1], span[2]), _minutes(span[3], span[4])
        if start == 1440:
            raise InvalidBusinessHoursError(f"{text.strip()!r:.60}: write 00:00 of the next day")
        for day in days:
            yield Opening(day, start, end if end > start else end + 1440)


def _weekdays(name: str) -> list[int]:
    ends = [end.strip().lower() for end in name.split("-")]
    if len(ends) > 2 or any(end not in _DAYS for end in ends):
        raise InvalidBusinessHoursError(f"weekdays are Mon, Tue, Wed, Thu, Fri, Sat, Sun, not {name!r:.60}")
    first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
    return [day % 7 for day in range(first, (last if last >= first else last + 7) + 1)]


def _minutes(hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > 1440:
        raise InvalidBusinessHoursError(f"{hours}:{minutes} is no time of day")
    return total


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidBusinessHoursError(f"{name!r:.60} is no time zone; write one such as Europe/Berlin") from error


def _holiday(text: str) -> str:
    try:
        # A leap year, so that 02-29 is a day.
        date.fromisoformat(text if len(text) == 10 else f"2024-{text}")
    except ValueError as error:
        raise InvalidBusinessHoursError(f"a holiday must look like 2026-12-24 or 12-25, not {text!r:.60}") from error
    return text
