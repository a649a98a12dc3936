"""Overdue rates, collection, disputes, losses, concentration: the worked numbers of DOMAIN 3.4 to 3.13."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.rules.ageing import Ageing
from kpis.rules.collection import Collectable, collection_effectiveness, recovery_rate
from kpis.rules.concentration import Debtors, concentration, is_too_large
from kpis.rules.contested import Resolution, dispute_rate, new_dispute_rate, resolution_times
from kpis.rules.figures import Figure, Flag, Unit, rounded
from kpis.rules.losses import gross_loss_rate, net_loss_rate
from kpis.rules.overdue import (
    average_age_of_overdue,
    overdue_over_60_rate,
    overdue_rate,
    overdue_rate_by_count,
    overdue_rate_net,
    overdue_rate_recoverable,
)
from tests.kpis.demo import AGEING, OVERDUE_TIMES_DAYS, thousand


def test_the_four_overdue_rates_of_the_demo_entity() -> None:
    assert overdue_rate(AGEING).as_json() == 0.3226
    assert overdue_rate_net(AGEING).as_json() == 0.3
    assert overdue_rate_recoverable(AGEING, thousand(60)).as_json() == 0.2581
    assert overdue_over_60_rate(AGEING).as_json() == 0.086
    assert overdue_rate_by_count(30, 120).as_json() == 0.25


def test_no_open_items_give_no_rate_rather_than_a_perfect_one() -> None:
    for figure in (
        overdue_rate(Ageing()),
        overdue_over_60_rate(Ageing()),
        overdue_rate_by_count(0, 0),
    ):
        assert (figure.value, figure.flags) == (None, (Flag.NO_OPEN_ITEMS,))


def test_the_age_of_what_is_overdue_is_weighted_by_amount() -> None:
    assert average_age_of_overdue(AGEING.overdue, OVERDUE_TIMES_DAYS).as_json() == 48.8
    assert average_age_of_overdue(Decimal(0), Decimal(0)).flags == (Flag.NOTHING_OVERDUE,)


@pytest.mark.parametrize(
    ("opening", "sales", "expected"),
    [(880, 400, 0.5846), (860, 1000, 0.7805)],
    ids=["month", "quarter"],
)
def test_effectiveness_takes_the_total_sales_of_the_period(
    opening: int, sales: int, expected: float
) -> None:
    figure = collection_effectiveness(
        opening_receivables=thousand(opening),
        sales=thousand(sales),
        closing_receivables=thousand(900),
        closing_not_due=thousand(630),
    )
    assert figure.as_json() == expected


def test_sales_divided_by_their_months_would_give_another_effectiveness() -> None:
    quarter = collection_effectiveness(
        opening_receivables=thousand(860),
        sales=thousand(1000) / 3,
        closing_receivables=thousand(900),
        closing_not_due=thousand(630),
    )
    assert quarter.value is not None
    assert rounded(quarter.value, Unit.RATE) == Decimal("0.5207")


def test_the_published_effectiveness_is_met_with_the_monthly_sales_it_takes(
    shared_data: Path,
) -> None:
    with (shared_data / "peer_cases" / "kpi_worked_examples.csv").open(encoding="utf-8") as lines:
        row = next(row for row in csv.DictReader(lines) if row["id"] == "K07")
    figure = collection_effectiveness(
        opening_receivables=Decimal(6200),
        sales=Decimal(3630),
        closing_receivables=Decimal(6340),
        closing_not_due=Decimal(3590),
    )
    assert figure.value is not None
    assert f"{round(figure.value * 100, 1)} %" == row["expected"]


def test_a_credit_note_is_not_a_recovery() -> None:
    collectable = Collectable(thousand(680), thousand(15), thousand(355))
    assert recovery_rate(collectable).as_json() == 0.5338
    assert collectable.remaining == thousand(310)
    counted_as_cash = (thousand(355) + thousand(15)) / thousand(680)
    assert rounded(counted_as_cash, Unit.RATE) == Decimal("0.5441")


def test_a_month_with_nothing_to_collect_has_no_recovery_rate() -> None:
    assert recovery_rate(Collectable(Decimal(10), Decimal(10))).flags == (Flag.NOTHING_TO_COLLECT,)


def test_disputes_are_measured_by_the_disputed_amount() -> None:
    assert dispute_rate(thousand(72), thousand(930)).as_json() == 0.0774
    assert new_dispute_rate(thousand(24), thousand(420)).as_json() == 0.0571


def test_resolution_times_stand_beside_the_disputes_still_open() -> None:
    closed = [
        Resolution(8, Decimal(2000), is_justified=True),
        Resolution(14, Decimal(10000)),
        Resolution(41, Decimal(3000)),
    ]
    times = resolution_times(closed, [10, 50])
    assert (times.mean.as_json(), times.median.as_json(), times.weighted.as_json()) == (
        21.0,
        14.0,
        18.6,
    )
    assert times.justified_rate.as_json() == 0.3333
    assert (times.still_open, times.mean_age_of_open.as_json()) == (2, 30.0)


def test_no_closed_dispute_gives_no_resolution_time() -> None:
    times = resolution_times([], [])
    for figure in (
        times.mean,
        times.median,
        times.weighted,
        times.justified_rate,
        times.mean_age_of_open,
    ):
        assert (figure.value, figure.flags) == (None, (Flag.NOTHING_CLOSED,))


def test_losses_are_taken_without_tax_and_net_of_what_came_back() -> None:
    assert gross_loss_rate(thousand(30), thousand(3500)).as_json() == 0.0086
    net = net_loss_rate(
        written_off=thousand(30),
        recovered=thousand(4),
        indemnified=thousand(9),
        sales=thousand(3500),
    )
    assert net.as_json() == 0.0049


def test_concentration_of_the_worked_example() -> None:
    found = concentration(Debtors.of([Decimal(25), Decimal(15), Decimal(10), *[Decimal(1)] * 50]))
    assert found.index.value == Decimal("0.1")
    assert found.effective_debtors.value == 10
    assert found.top_share.value == Decimal("0.57")
    assert Debtors.of([Decimal(25), Decimal(15), Decimal(10), *[Decimal(1)] * 50], top=3).top == 50


def test_groups_that_owe_nothing_do_not_count() -> None:
    assert concentration(Debtors.of([Decimal(5), Decimal(0), Decimal(-3)])).index.value == 1
    assert concentration(Debtors.of([])).index.flags == (Flag.NO_OPEN_ITEMS,)


@pytest.mark.parametrize(
    ("owed", "cover", "alert"), [(21, None, True), (20, None, False), (5, 4, True), (5, 5, False)]
)
def test_a_group_is_too_large_above_a_fifth_or_above_its_cover(
    owed: int, cover: int | None, alert: bool
) -> None:
    assert (
        is_too_large(Decimal(owed), Decimal(100), None if cover is None else Decimal(cover))
        is alert
    )


@given(st.lists(st.integers(1, 10**9).map(Decimal), min_size=1, max_size=60))
def test_the_index_lies_between_even_spread_and_one_debtor(amounts: list[Decimal]) -> None:
    found = concentration(Debtors.of(amounts))
    assert found.index.value is not None
    assert found.top_share.value is not None
    tolerance = Decimal("1e-20")
    assert Decimal(1) / len(amounts) - tolerance <= found.index.value <= 1
    assert min(10, len(amounts)) / Decimal(len(amounts)) - tolerance <= found.top_share.value <= 1


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("0.32258", Unit.RATE, 0.3226),
        ("79.05", Unit.DAYS, 79.1),
        ("-0.04", Unit.DAYS, 0.0),
        ("-5.25", Unit.DAYS, -5.3),
        ("1234.5", Unit.AMOUNT, "1234.50"),
        ("9.7", Unit.COUNT, 10),
    ],
)
def test_figures_are_shown_at_their_public_precision(value: str, unit: Unit, shown: object) -> None:
    figure = Figure(Decimal(value), unit)
    assert figure.as_json() == shown
    assert str(figure.as_json()) != "-0.0"
