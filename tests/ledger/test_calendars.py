import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from ledger.rules.calendars import FRENCH_ZONES, WorkingCalendar, public_holidays

FRANCE = WorkingCalendar("FR")


@pytest.fixture
def official(shared_data: Path) -> dict[str, set[date]]:
    zones = defaultdict(set)
    with (shared_data / "reference_vectors" / "french_public_holidays.csv").open(
        encoding="utf-8"
    ) as lines:
        for row in csv.DictReader(lines):
            for zone in row["zones"].split("|"):
                zones[zone].add(date.fromisoformat(row["date"]))
    return dict(zones)


@pytest.mark.parametrize("zone", ["", *FRENCH_ZONES])
def test_french_holidays_are_those_of_the_official_list(
    official: dict[str, set[date]], zone: str
) -> None:
    expected = official[zone or "Métropole"]
    years = range(min(expected).year, max(expected).year + 1)
    assert set().union(*(public_holidays("FR", year, zone) for year in years)) == expected


def test_every_zone_of_the_official_list_is_known(official: dict[str, set[date]]) -> None:
    assert set(official) - {"Métropole"} == set(FRENCH_ZONES)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 5, 1), date(2026, 5, 4)),
        (date(2026, 4, 3), date(2026, 4, 3)),
        (date(2026, 11, 20), date(2026, 11, 20)),
    ],
)
def test_a_day_moves_on_to_the_next_working_day(day: date, expected: date) -> None:
    assert FRANCE.next_working_day(day) == expected


def test_good_friday_is_free_in_alsace_only() -> None:
    assert not WorkingCalendar("FR", "Alsace-Moselle").is_working_day(date(2026, 4, 3))


def test_own_closures_are_no_working_days() -> None:
    closed = WorkingCalendar("FR", closures=frozenset({date(2026, 11, 23)}))
    assert closed.next_working_day(date(2026, 11, 21)) == date(2026, 11, 24)
    assert closed.previous_working_day(date(2026, 11, 23)) == date(2026, 11, 20)


def test_working_days_are_counted_over_weekends_and_holidays() -> None:
    assert FRANCE.add_working_days(date(2026, 4, 30), 1) == date(2026, 5, 4)
    assert FRANCE.add_working_days(date(2026, 5, 1), 0) == date(2026, 5, 1)


def test_other_countries_have_their_own_days() -> None:
    assert not WorkingCalendar("BE").is_working_day(date(2026, 7, 21))
    assert not WorkingCalendar("DE").is_working_day(date(2026, 10, 3))
    assert FRANCE.is_working_day(date(2026, 7, 21))


def test_a_country_nobody_listed_keeps_its_weekends() -> None:
    nowhere = WorkingCalendar("XX")
    assert nowhere.is_working_day(date(2026, 12, 25))
    assert not nowhere.is_working_day(date(2026, 12, 26))
