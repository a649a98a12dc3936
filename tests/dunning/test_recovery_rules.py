"""The curve of recovery against a naive count, and the day from which little more comes."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.recovery import (
    ENOUGH_LINES,
    Aged,
    Turning,
    open_after,
    suggested_day,
    survival,
    turning_point,
)

line = st.tuples(st.integers(min_value=-10, max_value=120), st.booleans())
lines = st.lists(line, min_size=1, max_size=60)


def aged(given_lines: list[tuple[int, bool]]) -> list[Aged]:
    return [Aged(day, Decimal(paid), Decimal(not paid)) for day, paid in given_lines]


def counted(given_lines: list[tuple[int, bool]], day: int) -> Fraction:
    """Multiply day by day what stays owed of the lines that were there that morning."""
    owed = Fraction(1)
    for each in range(day + 1):
        there = [one for one in given_lines if max(one[0], 0) >= each]
        paid = [one for one in there if max(one[0], 0) == each and one[1]]
        if there:
            owed *= 1 - Fraction(len(paid), len(there))
    return 1 - owed


@given(lines, st.integers(min_value=0, max_value=120))
def test_the_curve_is_what_a_naive_count_day_by_day_gives(
    given_lines: list[tuple[int, bool]], day: int
) -> None:
    found = survival(aged(given_lines)).recovered(day)
    lived = max(max(one[0], 0) for one in given_lines)
    expected = counted(given_lines, day)
    if found is None:
        assert day > lived
        assert expected < 1
    else:
        assert abs(Fraction(found) - expected) < Fraction(1, 10**20)


@given(lines)
def test_without_open_lines_it_is_the_share_paid(given_lines: list[tuple[int, bool]]) -> None:
    paid = [(day, True) for day, _paid in given_lines]
    for day in (0, 30, 120):
        share = Fraction(sum(max(one[0], 0) <= day for one in paid), len(paid))
        found = survival(aged(paid)).recovered(day)
        assert found is not None
        assert abs(Fraction(found) - share) < Fraction(1, 10**20)


@given(lines)
def test_it_never_falls_and_stays_a_share(given_lines: list[tuple[int, bool]]) -> None:
    shares = [each.recovered for each in survival(aged(given_lines)).points]
    assert shares == sorted(shares)
    assert all(0 <= each <= 1 for each in shares)


@given(lines, st.permutations(range(60)))
def test_the_order_and_the_grouping_of_lines_mean_nothing(
    given_lines: list[tuple[int, bool]], order: list[int]
) -> None:
    shuffled = [given_lines[place] for place in order if place < len(given_lines)]
    assert survival(aged(given_lines)) == survival(aged(shuffled))


def test_an_open_line_counts_up_to_its_age_and_no_further() -> None:
    curve = survival([Aged(10, Decimal(1), Decimal(1)), Aged(20, Decimal(1))])
    assert curve.recovered(9) == 0
    assert curve.recovered(10) == pytest.approx(Decimal(1) / 3)
    assert curve.recovered(20) == 1


def test_nobody_knows_what_comes_after_the_oldest_line() -> None:
    curve = survival([Aged(10, Decimal(1)), Aged(40, Decimal(0), Decimal(1))])
    assert curve.recovered(40) == Decimal("0.5")
    assert curve.recovered(41) is None
    assert curve.outlook(20) is None
    assert survival([]).recovered(0) is None


def slow() -> list[Aged]:
    """Return 1,000 lines: 700 paid by day 60, five a month of the rest, who stay open to day 200."""
    return [
        Aged(5, Decimal(350)),
        Aged(30, Decimal(250)),
        Aged(58, Decimal(100)),
        Aged(80, Decimal(10)),
        Aged(110, Decimal(10)),
        Aged(200, Decimal(0), Decimal(280)),
    ]


def test_the_turning_point_is_the_first_day_after_which_little_comes() -> None:
    found = turning_point(survival(slow()), slow())
    assert found is not None
    assert (found.day, found.recovered, found.open_lines) == (60, Decimal("0.7"), 300)
    assert found.outlook == pytest.approx(Decimal(10) / 300)


def test_a_lull_before_many_pay_is_no_turning_point() -> None:
    lull = [Aged(5, Decimal(300)), Aged(58, Decimal(200)), Aged(200, Decimal(0), Decimal(310))]
    curve = survival(lull)
    assert curve.outlook(20) == 0
    found = turning_point(curve, lull)
    assert found is not None
    assert found.day == 60


def test_too_few_open_lines_say_nothing() -> None:
    few = [Aged(each.day, each.recovered / 100, each.left / 100) for each in slow()]
    assert open_after(few, 60) < ENOUGH_LINES
    assert turning_point(survival(few), few) is None


@pytest.mark.parametrize(
    ("present", "suggested"), [(None, 50), (45, 45 + 5), (50, None), (53, None), (60, 50)]
)
def test_a_stage_is_moved_only_when_that_is_worth_it(
    present: int | None, suggested: int | None
) -> None:
    turning = Turning(60, Decimal("0.71"), Decimal("0.2"), 400)
    assert suggested_day(turning, present) == suggested
