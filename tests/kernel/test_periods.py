from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.periods import (
    ONE_DAY,
    Period,
    add_months,
    days_in_month,
    half_year_of,
    month_end,
    month_of,
    months_back,
    months_to_date,
    window_of_months,
)

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))


def test_a_period_includes_its_start_and_excludes_its_end() -> None:
    period = Period(date(2026, 10, 1), date(2026, 11, 1))
    assert date(2026, 10, 1) in period
    assert date(2026, 10, 31) in period
    assert date(2026, 11, 1) not in period
    assert period.days == 31
    assert period.last_day == date(2026, 10, 31)


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end on 2026-01-01"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def test_an_empty_period_holds_no_day() -> None:
    period = Period(date(2026, 1, 1), date(2026, 1, 1))
    assert list(period) == []
    assert date(2026, 1, 1) not in period


def test_periods_that_meet_share_no_day() -> None:
    october, november = month_of(date(2026, 10, 5)), month_of(date(2026, 11, 5))
    assert october.overlap(november) is None
    assert october.overlap(Period(date(2026, 10, 20), date(2026, 12, 1))) == Period(
        date(2026, 10, 20), date(2026, 11, 1)
    )


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 10, 31), 0, date(2026, 10, 1)),
        (date(2026, 10, 31), 2, date(2026, 8, 1)),
        (date(2026, 3, 31), 3, date(2025, 12, 1)),
        (date(2026, 11, 15), -2, date(2027, 1, 1)),
    ],
)
def test_months_are_counted_over_the_turn_of_the_year(day: date, n: int, expected: date) -> None:
    assert months_back(day, n) == expected


@pytest.mark.parametrize(
    ("as_of", "n", "length"),
    [
        (date(2026, 10, 31), 3, 92),
        (date(2026, 10, 31), 12, 365),
        (date(2026, 11, 15), 3, 15 + 31 + 30),
        (date(2024, 2, 29), 12, 366),
        (date(2026, 2, 28), 1, 28),
    ],
)
def test_a_window_is_the_month_to_date_and_whole_months_in_actual_days(
    as_of: date, n: int, length: int
) -> None:
    assert window_of_months(as_of, n).days == length


def test_the_newest_month_holds_only_its_elapsed_days() -> None:
    newest, previous = months_to_date(date(2026, 11, 15), 2)
    assert newest.days == 15
    assert previous == month_of(date(2026, 10, 1))


def test_a_month_that_has_no_such_day_gives_its_last() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2026, 5, 31), -1) == date(2026, 4, 30)


def test_a_half_year_starts_in_january_or_july() -> None:
    assert half_year_of(date(2026, 6, 30)) == Period(date(2026, 1, 1), date(2026, 7, 1))
    assert half_year_of(date(2026, 7, 1)) == Period(date(2026, 7, 1), date(2027, 1, 1))


@given(days, st.integers(1, 40))
def test_the_months_of_a_window_tile_it(as_of: date, n: int) -> None:
    months = months_to_date(as_of, n)
    assert len(months) == n
    assert all(later.start == earlier.end for later, earlier in pairwise(months))
    assert sum(month.days for month in months) == window_of_months(as_of, n).days
    assert months[0].last_day == as_of


@given(days)
def test_every_day_belongs_to_its_month_and_its_half_year(day: date) -> None:
    assert day in month_of(day)
    assert day in half_year_of(day)
    assert month_end(day) + ONE_DAY == month_of(day).end
    assert month_of(day).days == days_in_month(day)
