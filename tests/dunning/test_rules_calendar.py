"""When a message may leave: the recipient's week, holidays and clock."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dunning.rules.calendar import (
    is_stale,
    is_working_day,
    next_opening,
    working_days_between,
    zone_of,
)
from dunning.rules.policy import SendWindow

WINDOW = SendWindow()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "opening"),
    [
        ("2026-11-23T08:00", "2026-11-24T08:00"),  # Monday: not before Tuesday, 9:00 in Paris
        ("2026-11-24T05:00", "2026-11-24T08:00"),
        ("2026-11-24T09:15", "2026-11-24T09:15"),  # inside the window: at once
        ("2026-11-24T10:30", "2026-11-25T08:00"),  # 11:30 is excluded
        ("2026-11-26T12:00", "2026-12-01T08:00"),  # Thursday noon: Tuesday
        ("2026-07-13T12:00", "2026-07-15T07:00"),  # 14 July is a holiday
        (
            "2026-10-24T12:00",
            "2026-10-27T08:00",
        ),  # the clocks change on the 25th, the hour stays 9:00
        ("2026-03-27T12:00", "2026-03-31T07:00"),
        ("2028-02-28T23:00", "2028-02-29T08:00"),  # a leap day that is a Tuesday
    ],
)
def test_a_message_rolls_forward_to_the_window(after: str, opening: str) -> None:
    assert next_opening(at(after), country="FR", window=WINDOW) == at(opening)


def test_the_window_is_the_recipients() -> None:
    assert next_opening(at("2026-11-24T05:00"), country="US", window=WINDOW) == at(
        "2026-11-24T14:00"
    )
    assert str(zone_of("??")) == "Europe/Paris"


def test_a_holiday_there_counts_and_one_here_does_not() -> None:
    assert is_working_day(date(2026, 7, 14), country="DE")
    assert not is_working_day(date(2026, 10, 3), country="DE")


def test_the_senders_closure_counts() -> None:
    closed = {date(2026, 11, 24)}
    assert next_opening(at("2026-11-24T05:00"), country="FR", window=WINDOW, closures=closed) == at(
        "2026-11-25T08:00"
    )


def test_a_formal_notice_may_leave_on_any_working_day() -> None:
    monday = at("2026-11-23T05:00")
    assert next_opening(monday, country="FR", window=WINDOW, is_formal=True) == at(
        "2026-11-23T08:00"
    )


def test_facts_of_thursday_are_fresh_on_monday_and_stale_on_tuesday() -> None:
    def stale(today: date) -> bool:
        return is_stale(date(2026, 11, 19), today=today, country="FR", max_age_working_days=2)

    assert not stale(date(2026, 11, 23))
    assert stale(date(2026, 11, 24))
    assert working_days_between(date(2026, 11, 24), date(2026, 11, 19), country="FR") == 0


def test_french_holidays_are_the_official_ones(shared_data: Path) -> None:
    with (shared_data / "reference_vectors" / "french_public_holidays.csv").open(
        encoding="utf-8"
    ) as file:
        official = {
            date.fromisoformat(row["date"])
            for row in csv.DictReader(file)
            if "Métropole" in row["zones"].split("|")
        }
    years = {day.year for day in official if 2020 <= day.year <= 2027}
    for day in official:
        if day.year in years and day.weekday() < 5:
            assert not is_working_day(day, country="FR"), day
