"""Which days nobody works: weekends, public holidays of a country or of a French zone, own closures.

Reminders move to a working day; due dates never do. Source: jours-feries-france-data (Etalab).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import holidays

from kernel.periods import ONE_DAY

SATURDAY = 5

# The days a French zone has on top of metropolitan France's, by (month, day, first year, last year); the package's
# own zones count local customs that are not public holidays. Saint-Martin moved its day in 2018.
_FRENCH_ZONES: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "": (),
    "Alsace-Moselle": ((12, 26, 1892, 9999),),
    "Guadeloupe": ((5, 27, 1983, 9999),),
    "Guyane": ((6, 10, 1983, 9999),),
    "La Réunion": ((12, 20, 1983, 9999),),
    "Martinique": ((5, 22, 1983, 9999),),
    "Mayotte": ((4, 27, 1983, 9999),),
    "Nouvelle-Calédonie": (),
    "Polynésie Française": (),
    "Saint-Barthélémy": ((10, 9, 1983, 9999),),
    "Saint-Martin": ((5, 27, 1983, 2017), (5, 28, 2018, 9999)),
    "Saint-Pierre-et-Miquelon": (),
    "Wallis-et-Futuna": (),
}
FRENCH_ZONES = tuple(zone for zone in _FRENCH_ZONES if zone)
_GOOD_FRIDAY_ZONE = "Alsace-Moselle"


@cache
def public_holidays(country: str, year: int, zone: str = "") -> frozenset[date]:
    """Return the public holidays of a year; `zone` is a French zone by its official name, empty elsewhere.

    A country the package does not know has none, so that only weekends are kept free there.
    """
    if country == "FR":
        return _french_holidays(year, zone)
    try:
        return frozenset(holidays.country_holidays(country, years=year, subdiv=zone or None))
    except NotImplementedError:
        return frozenset()


def _french_holidays(year: int, zone: str) -> frozenset[date]:
    days = set(holidays.country_holidays("FR", years=year))
    # Whit Monday stayed a public holiday in 2005 to 2007, when it was worked; the package leaves it out.
    days.add(_easter_monday(days) + 49 * ONE_DAY)
    days |= {
        date(year, month, day)
        for month, day, first, last in _FRENCH_ZONES[zone]
        if first <= year <= last
    }
    if zone == _GOOD_FRIDAY_ZONE:
        days.add(_easter_monday(days) - 3 * ONE_DAY)
    return frozenset(days)


def _easter_monday(days: Iterable[date]) -> date:
    """Return the first Monday from 23 March on that is a holiday in France: no other one falls before May."""
    return min(
        day for day in days if (3, 23) <= (day.month, day.day) <= (4, 26) and day.weekday() == 0
    )


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of one place: a country, a French zone if any, and a company's own closures."""

    country: str
    zone: str = ""
    closures: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on `day`."""
        is_free = day.weekday() >= SATURDAY or day in self.closures
        return not is_free and day not in public_holidays(self.country, day.year, self.zone)

    def next_working_day(self, day: date) -> date:
        """Return `day` itself when people work on it, else the first working day after it."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def previous_working_day(self, day: date) -> date:
        """Return `day` itself when people work on it, else the last working day before it."""
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the day `count` working days after `day`; 0 gives `day` itself, worked or not."""
        for _ in range(count):
            day = self.next_working_day(day + ONE_DAY)
        return day
