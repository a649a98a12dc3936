"""Deadlines in working hours of the house: weekends, public holidays and nights do not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.periods import ONE_DAY
from ledger.rules.calendars import WorkingCalendar

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a house works: its calendar, its hours and its time zone."""

    calendar: WorkingCalendar
    zone: ZoneInfo
    starts: time = time(9)
    ends: time = time(18)

    def _day(self, day: date) -> tuple[datetime, datetime]:
        return (
            datetime.combine(day, self.starts, self.zone),
            datetime.combine(day, self.ends, self.zone),
        )

    def add_hours(self, start: datetime, hours: int) -> datetime:
        """Return the instant `hours` working hours after `start`, an aware instant; never before `start`."""
        return self.add_minutes(start, hours * 60)

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """Return the instant `minutes` working minutes after `start`; with 0 the first working instant from it on."""
        left = minutes * MINUTE
        day = self.calendar.next_working_day(start.astimezone(self.zone).date())
        while True:
            opens, closes = self._day(day)
            # Differences are taken in UTC: inside one zone Python would count wall clocks, one hour off when they move.
            begins = max(start, opens).astimezone(ZoneInfo("UTC"))
            room = closes.astimezone(ZoneInfo("UTC")) - begins
            if room > timedelta(0) and left <= room:
                return (begins + left).astimezone(start.tzinfo)
            left -= max(room, timedelta(0))
            day = self.calendar.next_working_day(day + ONE_DAY)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Return the whole working minutes from `start` to `end`, negative when `end` comes first."""
        if end < start:
            return -self.minutes_between(end, start)
        utc = ZoneInfo("UTC")
        counted = timedelta(0)
        day = start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        while day <= last:
            if self.calendar.is_working_day(day):
                opens, closes = self._day(day)
                begins = max(start, opens).astimezone(utc)
                stops = min(end, closes).astimezone(utc)
                counted += max(stops - begins, timedelta(0))
            day += ONE_DAY
        return counted // MINUTE
