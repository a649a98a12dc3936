"""From which day an allocation counts, and when a line was cleared for good."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.rules.effects import SettledLine, Settling, cleared_date, first_day_with_room


def line(amount: int, *settlings: tuple[int, int]) -> SettledLine:
    """Make a line from (day of October, amount) pairs."""
    made = tuple(Settling(date(2026, 10, day), Decimal(value)) for day, value in settlings)
    return SettledLine(Decimal(amount), made)


@pytest.mark.parametrize(
    ("amount", "debit", "credit", "day"),
    [
        (100, line(100), line(100), 5),
        (40, line(100, (7, 60)), line(100, (7, 60)), 5),
        (100, line(100, (6, 100), (20, -100)), line(100), 20),
        (60, line(100, (6, 40), (20, -40)), line(100), 5),
        (61, line(100, (6, 40), (20, -40)), line(100), 20),
        (100, line(100), line(100, (8, 100), (9, -100)), 9),
        (100, line(100, (6, 100), (20, -100)), line(100, (8, 100), (22, -100)), 22),
    ],
)
def test_money_settles_from_the_first_day_on_which_both_lines_have_room(
    amount: int, debit: SettledLine, credit: SettledLine, day: int
) -> None:
    found = first_day_with_room(Decimal(amount), earliest=date(2026, 10, 5), lines=(debit, credit))
    assert found == date(2026, 10, day)


def test_there_is_no_day_when_there_is_no_room() -> None:
    lines = (line(100, (6, 100)), line(100))
    assert first_day_with_room(Decimal(1), earliest=date(2026, 10, 5), lines=lines) is None


@pytest.mark.parametrize(
    ("settled", "day"),
    [
        (line(100), None),
        (line(100, (6, 60)), None),
        (line(100, (6, 60), (9, 40)), 9),
        (line(100, (9, 40), (6, 60)), 9),
        (line(100, (6, 100), (20, -100)), None),
        (line(100, (6, 100), (20, -100), (20, 100)), 6),
        (line(100, (6, 100), (20, -100), (25, 100)), 25),
    ],
)
def test_a_line_is_cleared_on_the_day_it_reached_zero_for_good(
    settled: SettledLine, day: int | None
) -> None:
    assert cleared_date(settled) == (None if day is None else date(2026, 10, day))
