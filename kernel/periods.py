"""Stretches of days that include their start and exclude their end, and the months they are made of."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS_IN_YEAR = 12
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """The days from `start`, included, to `end`, excluded; two periods that meet share no day."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts; an empty one is allowed."""
        if self.end < self.start:
            raise ValueError(f"a period cannot end on {self.end} when it starts on {self.start}")

    @classmethod
    def through(cls, start: date, last_day: date) -> Period:
        """Return the period whose last day is `last_day`, included."""
        return cls(start, last_day + ONE_DAY)

    @property
    def days(self) -> int:
        """Calendar days in it."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it; meaningless for an empty period."""
        return self.end - ONE_DAY

    def __contains__(self, day: date) -> bool:
        """Say whether `day` belongs to it."""
        return self.start <= day < self.end

    def __iter__(self) -> Iterator[date]:
        """Give its days in order."""
        return (self.start + timedelta(days=n) for n in range(self.days))

    def overlap(self, other: Period) -> Period | None:
        """Return the days both have, None when they share none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


def month_start(day: date) -> date:
    """Return the first day of the month of `day`."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Return the last day of the month of `day`, included in it."""
    return day.replace(day=days_in_month(day))


def month_of(day: date) -> Period:
    """Return the whole calendar month of `day`."""
    return Period.through(month_start(day), month_end(day))


def days_in_month(day: date) -> int:
    """Return how many days the month of `day` has, 28 to 31."""
    return calendar.monthrange(day.year, day.month)[1]


def months_back(day: date, n: int) -> date:
    """Return the first day of the month `n` months before that of `day`; a negative `n` goes forward."""
    months = day.year * MONTHS_IN_YEAR + day.month - 1 - n
    return date(months // MONTHS_IN_YEAR, months % MONTHS_IN_YEAR + 1, 1)


def add_months(day: date, n: int) -> date:
    """Return the same day `n` months later, or the last of that month where it has no such day."""
    target = months_back(day, -n)
    return target.replace(day=min(day.day, days_in_month(target)))


def window_of_months(as_of: date, n: int) -> Period:
    """Return the window of `n` months ending on `as_of`: the month to date and n - 1 whole months before it.

    `as_of` is the last day in it. Its days are actual days: 92 for three months ending on 31 October.
    """
    return Period.through(months_back(as_of, n - 1), as_of)


def months_to_date(as_of: date, n: int) -> list[Period]:
    """Return the months of that window, newest first; the newest holds only its elapsed days."""
    current = Period.through(month_start(as_of), as_of)
    return [current, *(month_of(months_back(as_of, back)) for back in range(1, n))]


def half_year_of(day: date) -> Period:
    """Return the calendar half-year of `day`, which starts on 1 January or 1 July."""
    if day.month <= MONTHS_IN_YEAR // 2:
        return Period(date(day.year, 1, 1), date(day.year, 7, 1))
    return Period(date(day.year, 7, 1), date(day.year + 1, 1, 1))
