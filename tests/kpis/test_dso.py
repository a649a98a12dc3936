import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.periods import Period, months_to_date
from kpis.rules.dso import (
    MonthSales,
    balance_dso,
    can_show_customer_dso,
    cost_per_year,
    count_back_dso,
    days_counted,
    disputed_dso,
    overdue_dso,
    value_of_one_day,
)
from kpis.rules.figures import Figure, Flag, Unit
from tests.kpis.demo import AS_OF, OLDER, RECENT, months_of_sales, thousand

SALES = months_of_sales(AS_OF, *RECENT, *OLDER)
sales_lists = st.lists(st.integers(1, 500_000), min_size=1, max_size=36)


def months_of(days: list[int], amounts: list[str]) -> list[MonthSales]:
    """Months of a given length, newest first: published examples rarely say which months they mean."""
    start = date(2026, 1, 1)
    return [
        MonthSales(Period(start, date.fromordinal(start.toordinal() + length)), Decimal(amount))
        for length, amount in zip(days, amounts, strict=True)
    ]


def rounded(figure: Figure) -> str:
    return str(figure.rounded)


def test_count_back_uses_up_the_freshest_months_first() -> None:
    figure = count_back_dso(thousand(900), SALES)
    assert rounded(figure) == "79.1"
    assert [(step.key, step.result) for step in figure.steps] == [
        ("count_back_whole_month", Decimal(31)),
        ("count_back_whole_month", Decimal(30)),
        ("count_back_last_month", thousand(140) / thousand(240) * 31),
    ]
    assert [step.period for step in figure.steps] == months_to_date(AS_OF, 3)
    assert [step.numbers["rest"] for step in figure.steps] == [
        thousand(900),
        thousand(500),
        thousand(140),
    ]


def test_best_possible_takes_what_is_not_due_by_the_same_method() -> None:
    assert rounded(count_back_dso(thousand(630), SALES)) == "50.2"
    assert rounded(balance_dso(thousand(630), SALES[:3])) == "58.0"


def test_overdue_dso_is_the_difference_and_not_a_count_of_its_own() -> None:
    dso, best = count_back_dso(thousand(900), SALES), count_back_dso(thousand(630), SALES)
    assert rounded(overdue_dso(dso, best)) == "28.9"
    assert rounded(count_back_dso(thousand(270), SALES)) == "20.9"


def test_balance_method_takes_actual_days() -> None:
    assert rounded(balance_dso(thousand(900), SALES[:3])) == "82.8"
    assert rounded(balance_dso(thousand(900), SALES)) == "78.2"


def test_sales_without_tax_would_overstate_the_figure_by_the_tax() -> None:
    without_tax = [
        MonthSales(month.period, (month.amount or 0) / Decimal("1.2")) for month in SALES[:3]
    ]
    assert rounded(balance_dso(thousand(900), without_tax)) == "99.4"


def test_a_month_without_net_sales_adds_its_days_and_is_flagged() -> None:
    sales = months_of_sales(AS_OF, 100, 0, -50, 100)
    figure = count_back_dso(Decimal(200), sales)
    assert figure.value == 31 + 30 + 31 + 31
    assert figure.flags == (Flag.MONTH_WITHOUT_SALES,)


def test_a_history_used_up_gives_no_figure_but_the_days_it_lasted() -> None:
    figure = count_back_dso(Decimal(300), months_of_sales(AS_OF, 100, 100))
    assert figure.value is None
    assert figure.flags == (Flag.SALES_HISTORY_TOO_SHORT,)
    assert days_counted(figure) == 61


def test_an_amount_that_equals_the_sales_needs_no_older_month() -> None:
    assert count_back_dso(Decimal(100), months_of_sales(AS_OF, 100)).value == 31


@pytest.mark.parametrize("amount", [0, -1, -900_000])
def test_nothing_owed_is_zero_days_whatever_the_sales(amount: int) -> None:
    assert count_back_dso(Decimal(amount), []).value == 0
    assert balance_dso(Decimal(amount), []).value == 0


def test_sales_of_zero_give_no_figure_by_balance() -> None:
    figure = balance_dso(Decimal(1), months_of_sales(AS_OF, 0, 0, 0))
    assert (figure.value, figure.flags) == (None, (Flag.NO_SALES_IN_PERIOD,))


def test_disputed_days_are_what_disappears_without_the_disputed_lines() -> None:
    figure = disputed_dso(
        count_back_dso(thousand(900), SALES), count_back_dso(thousand(828), SALES)
    )
    assert figure.value == thousand(72) / thousand(240) * 31


def test_one_day_is_worth_a_365th_of_a_year_of_sales() -> None:
    day = value_of_one_day(thousand(4200))
    assert day.value is not None
    assert round(day.value) == 11_507
    assert (
        round(cost_per_year(Decimal("28.9"), Decimal(11_507), Decimal("0.06")).value or 0) == 19_953
    )


def test_the_dso_of_one_customer_needs_three_invoices_and_sales() -> None:
    assert can_show_customer_dso(3, Decimal(1))
    assert not can_show_customer_dso(2, Decimal(1))
    assert not can_show_customer_dso(9, Decimal(0))


# Examples as they were published, wrong: the figure they print, and the one their own rows give.


def test_the_oracle_hyperion_example_prints_179_7_and_its_rows_give_166_3() -> None:
    # September back to May use up 11,000 of 12,000; April then counts for 1,000 of its 2,250, not for 2,000.
    newest_first = months_of([30, 31, 31, 30, 31, 30], ["2200"] * 5 + ["2250"])
    figure = count_back_dso(Decimal(12_000), newest_first)
    assert figure.steps[-1].numbers["rest"] == 1_000
    assert rounded(figure) == "166.3"
    printed = Decimal(153) + Decimal(2000) / Decimal(2250) * 30
    assert round(printed, 1) == Decimal("179.7")
    assert figure.rounded != round(printed, 1)


def test_counting_goes_backward_from_the_day_and_never_forward() -> None:
    # Divalto, corrected page: November, October, then 500 of 700 in September is 82.4 days.
    newest_first = months_of([30, 31, 30], ["600", "900", "700"])
    figure = count_back_dso(Decimal(2_000), newest_first)
    assert rounded(figure) == "82.4"
    forward = count_back_dso(Decimal(2_000), newest_first[::-1])
    assert forward.value != figure.value


def test_the_divisor_is_the_sales_that_were_stated() -> None:
    # edebex.com states sales of 140,000 and divides by 175,000.
    stated = balance_dso(Decimal(35_000), months_of([90], ["140000"]))
    assert rounded(stated) == "22.5"
    assert stated.value != Decimal(35_000) * 90 / 175_000


def test_a_monthly_turnover_goes_with_the_days_of_its_month() -> None:
    # infos-nantes.fr multiplies receivables over one month's turnover by 90 days.
    assert rounded(balance_dso(Decimal(50_000), months_of([30], ["100000"]))) == "15.0"
    assert rounded(balance_dso(Decimal(50_000), months_of([90], ["100000"]))) == "45.0"


@pytest.fixture
def published(shared_data: Path) -> dict[str, dict[str, str]]:
    with (shared_data / "peer_cases" / "kpi_worked_examples.csv").open(encoding="utf-8") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


def expected(row: dict[str, str]) -> Decimal:
    found = re.match(r"[\d.]+", row["expected"])
    assert found
    return Decimal(found[0])


@pytest.mark.parametrize(
    ("example", "owed", "sales", "days"),
    [
        ("K01", "20000", "45000", 90),
        ("K02", "30000", "60000", 90),
        ("K03", "10869", "17674", 90),
        ("K06", "8000", "30000", 28),
    ],
)
def test_published_examples_by_balance_are_met(
    published: dict[str, dict[str, str]], example: str, owed: str, sales: str, days: int
) -> None:
    figure = balance_dso(Decimal(owed), months_of([days], [sales]))
    assert figure.value is not None
    assert round(figure.value, 2) == expected(published[example])


def test_the_published_example_by_count_back_is_met(published: dict[str, dict[str, str]]) -> None:
    figure = count_back_dso(Decimal(212_000), months_of([30, 30, 30], ["100000", "80000", "70000"]))
    assert figure.value is not None
    assert round(figure.value, 2) == expected(published["K04"])


@given(st.integers(1, 5_000_000), st.integers(0, 100_000), sales_lists)
def test_owing_more_never_shortens_the_days(amount: int, more: int, sales: list[int]) -> None:
    months = months_of_sales(AS_OF, *sales)
    less, greater = (
        count_back_dso(Decimal(amount), months),
        count_back_dso(Decimal(amount + more), months),
    )
    if greater.value is not None:
        assert less.value is not None
        assert less.value <= greater.value


@given(st.integers(1, 5_000_000), sales_lists)
def test_the_steps_add_up_to_the_figure(amount: int, sales: list[int]) -> None:
    months = months_of_sales(AS_OF, *sales)
    figure = count_back_dso(Decimal(amount), months)
    assert figure.unit is Unit.DAYS
    if figure.value is None:
        assert sum(sales) < amount
    else:
        assert days_counted(figure) == figure.value
        assert figure.value <= sum(month.period.days for month in months)


@given(st.integers(1, 5_000_000), sales_lists)
def test_the_currency_unit_does_not_matter(amount: int, sales: list[int]) -> None:
    euros = count_back_dso(Decimal(amount), months_of_sales(AS_OF, *sales))
    cents = count_back_dso(
        Decimal(amount * 100), months_of_sales(AS_OF, *[value * 100 for value in sales])
    )
    assert euros.rounded == cents.rounded
