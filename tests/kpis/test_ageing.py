from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.rules.ageing import (
    DEFAULT_BUCKETS,
    FINEST_BUCKETS,
    FIRST_WEEK_BUCKETS,
    LONG_BUCKETS,
    Ageing,
    bucket_of,
    buckets_after,
    days_late,
    spread,
)

AS_OF = date(2026, 10, 31)
SCHEMES = (DEFAULT_BUCKETS, FIRST_WEEK_BUCKETS, LONG_BUCKETS, FINEST_BUCKETS)


@pytest.mark.parametrize(
    ("due", "days", "column"),
    [
        (date(2026, 12, 1), -31, "not_due"),
        (date(2026, 10, 31), 0, "not_due"),
        (date(2026, 10, 30), 1, "1_30"),
        (date(2026, 10, 1), 30, "1_30"),
        (date(2026, 9, 30), 31, "31_60"),
        (date(2026, 9, 1), 60, "31_60"),
        (date(2026, 8, 31), 61, "61_90"),
        (date(2026, 8, 2), 90, "61_90"),
        (date(2026, 8, 1), 91, "91_plus"),
        (date(2020, 1, 1), 2495, "91_plus"),
    ],
)
def test_a_line_stands_in_the_column_of_its_days_late(due: date, days: int, column: str) -> None:
    assert days_late(due, AS_OF) == days
    assert bucket_of(days).key == column


@pytest.mark.parametrize(
    ("scheme", "keys"),
    [
        (DEFAULT_BUCKETS, ["not_due", "1_30", "31_60", "61_90", "91_plus"]),
        (FIRST_WEEK_BUCKETS, ["not_due", "1_7", "8_30", "31_60", "61_90", "91_plus"]),
        (LONG_BUCKETS, ["not_due", "1_30", "31_60", "61_90", "91_120", "121_180", "181_plus"]),
    ],
)
def test_finer_columns_split_the_default_ones(scheme: tuple, keys: list[str]) -> None:  # type: ignore[type-arg]
    assert [bucket.key for bucket in scheme] == keys


@pytest.mark.parametrize("bounds", [(30, 30), (60, 30), (0,), (-5, 30)])
def test_columns_that_overlap_are_refused(bounds: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rise from 1 on"):
        buckets_after(*bounds)


@given(st.integers(-4000, 4000), st.sampled_from(SCHEMES))
def test_every_number_of_days_has_exactly_one_column(days: int, scheme: tuple) -> None:  # type: ignore[type-arg]
    assert [bucket.holds(days) for bucket in scheme].count(True) == 1


@given(
    st.lists(st.tuples(st.integers(-400, 400), st.integers(-(10**6), 10**6).map(Decimal))),
    st.sampled_from(SCHEMES),
)
def test_the_columns_sum_to_the_balance(lines: list[tuple[int, Decimal]], scheme: tuple) -> None:  # type: ignore[type-arg]
    dated = [(AS_OF - timedelta(days=days), amount) for days, amount in lines]
    columns = spread(dated, AS_OF, scheme)
    assert sum(columns.values()) == sum(amount for _, amount in lines)
    assert set(columns) == {bucket.key for bucket in scheme}


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(0, 10**6).map(Decimal))))
def test_finer_columns_keep_the_totals_of_the_coarser(lines: list[tuple[int, Decimal]]) -> None:
    dated = [(AS_OF - timedelta(days=days), amount) for days, amount in lines]
    coarse, fine = spread(dated, AS_OF), spread(dated, AS_OF, FINEST_BUCKETS)
    assert coarse["1_30"] == fine["1_7"] + fine["8_30"]
    assert coarse["91_plus"] == fine["91_120"] + fine["121_180"] + fine["181_plus"]


def test_overdue_and_not_due_and_unallocated_are_the_receivables() -> None:
    ageing = Ageing(Decimal(630), Decimal(150), Decimal(70), Decimal(30), Decimal(50), Decimal(-30))
    assert (ageing.overdue, ageing.over_60, ageing.open_items, ageing.receivables) == (
        300,
        80,
        930,
        900,
    )
    assert sum(ageing.as_dict().values()) == ageing.receivables


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(-400, 400))
def test_the_due_dates_of_a_column_are_those_whose_days_it_holds(as_of: date, days: int) -> None:
    due = as_of - timedelta(days=days)
    for bucket in FINEST_BUCKETS:
        oldest, newest = bucket.due_dates(as_of)
        is_between = (oldest is None or oldest <= due) and (newest is None or due <= newest)
        assert is_between == bucket.holds(days)
