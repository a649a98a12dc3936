"""When a message may leave: working days of the recipient's country, in the recipient's time.

Reminders roll forward, due dates never do. Source: DOMAIN 4.1, 5.2 (working-day calendar).
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global

from dunning.rules.policy import SendWindow

FALLBACK_ZONE = "Europe/Paris"
_WEEKEND = frozenset({5, 6})
# Where a country has several zones, the one most of its companies keep.
_MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "MX": "America/Mexico_City",
    "NL": "Europe/Amsterdam",
    "PT": "Europe/Lisbon",
    "US": "America/New_York",
}


@lru_cache(maxsize=256)
def zone_of(country: str) -> ZoneInfo:
    """Return the time zone in which a country's companies work; Paris when the country is unknown."""
    zones = get_global("territory_zones").get(country, [])
    return ZoneInfo(_MAIN_ZONES.get(country) or (zones[0] if zones else FALLBACK_ZONE))


@lru_cache(maxsize=1024)
def _holidays_of(country: str, year: int) -> tuple[frozenset[date], frozenset[int]]:
    """Return the public holidays and the weekend of a country, weekends alone when it is unknown."""
    try:
        known = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return frozenset(), _WEEKEND
    return frozenset(known), frozenset(known.weekend)


def is_working_day(day: date, *, country: str, closures: Collection[date] = ()) -> bool:
    """Say whether a country works on `day`; `closures` are further days off, the sender's own."""
    days_off, weekend = _holidays_of(country, day.year)
    return day.weekday() not in weekend and day not in days_off and day not in closures


def working_days_between(start: date, end: date, *, country: str) -> int:
    """Return how many working days lie after `start` up to `end`, `end` included; 0 when it is not later."""
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(1 for day in days if is_working_day(day, country=country))


def is_stale(fed_date: date, *, today: date, country: str, max_age_working_days: int) -> bool:
    """Say whether facts last fed on `fed_date` are too old to write to anybody by themselves."""
    return working_days_between(fed_date, today, country=country) > max_age_working_days


def next_opening(
    after: datetime,
    *,
    country: str,
    window: SendWindow,
    closures: Collection[date] = (),
    is_formal: bool = False,
) -> datetime:
    """Return the first instant from `after` at which a message may leave, in UTC.

    Inside the window that is `after` itself. A formal notice may leave on any working day of the country;
    the hours are the same. Across a change of clocks the window keeps its local hours.
    """
    zone = zone_of(country)
    local = after.astimezone(zone)
    day = local.date()
    if _may_leave(day, country, window, closures, is_formal=is_formal):
        if local.time() < window.opens_at:
            return _at(day, window.opens_at, zone)
        if local.time() < window.closes_at:
            return after.astimezone(UTC)
    day += timedelta(days=1)
    while not _may_leave(day, country, window, closures, is_formal=is_formal):
        day += timedelta(days=1)
    return _at(day, window.opens_at, zone)


def _may_leave(
    day: date, country: str, window: SendWindow, closures: Collection[date], *, is_formal: bool
) -> bool:
    is_weekday = is_formal or day.weekday() in window.weekdays
    return is_weekday and is_working_day(day, country=country, closures=closures)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)
