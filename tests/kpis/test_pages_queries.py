"""What pages ask for: the aged balance, the lines behind a figure, the months in a row, the calculation."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.queries import (
    LINE_FIGURES,
    FigureScope,
    ScopeUnknown,
    aged_balance,
    calculation,
    customer_ageing,
    dso_series,
    history,
    lines_of,
    scope_indicators,
)
from kpis.queries.history import month_ends
from kpis.queries.sums import indicator_inputs
from kpis.rules.ageing import DEFAULT_BUCKETS, FINEST_BUCKETS
from kpis.rules.indicators import IndicatorInputs, indicators
from ledger.models import Customer
from tests.cast import House
from tests.kpis import slow_ledger as slow
from tests.kpis.demo import AS_OF
from tests.kpis.demo_ledger import demo_ledger
from tests.kpis.stored_ledger import random_ledger, store

DAYS = (date(2025, 12, 31), date(2026, 5, 20), date(2026, 11, 22))


def stored(house: House, ledger: slow.SlowLedger) -> slow.SlowLedger:
    with house.scope():
        store(ledger, house)
    return ledger


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS)
def test_the_totals_of_the_aged_balance_are_the_figures(house: House, day: date) -> None:
    ledger = stored(house, random_ledger(31))
    with house.scope():
        found = aged_balance(FigureScope(day), page_size=2)
    assert found.totals == ledger.inputs(day).ageing.as_dict()
    assert len(found.rows) == 2
    assert found.customers == 5


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS)
def test_each_customer_of_the_aged_balance_equals_the_slow_ledger(house: House, day: date) -> None:
    ledger = stored(house, random_ledger(32))
    with house.scope():
        found = aged_balance(FigureScope(day), page_size=None)
    for row in found.rows:
        alone = ledger.inputs(day, lambda document, code=row.code: document.customer == code)  # type: ignore[misc]
        assert row.columns == alone.ageing.as_dict(), row.code
        assert row.receivables == alone.ageing.receivables


@pytest.mark.django_db
def test_finer_columns_keep_the_totals(house: House) -> None:
    stored(house, random_ledger(33))
    with house.scope():
        coarse = aged_balance(FigureScope(AS_OF))
        fine = aged_balance(FigureScope(AS_OF), buckets=FINEST_BUCKETS)
    assert coarse.receivables == fine.receivables
    assert coarse.totals["1_30"] == fine.totals["1_7"] + fine.totals["8_30"]


SORTS = ("receivables", "-overdue", "name", "-oldest", "1_30", "-unallocated", "code")


@pytest.mark.django_db
def test_the_aged_balance_is_sorted_and_cut_in_the_database(house: House) -> None:
    stored(house, random_ledger(34))
    scope = FigureScope(AS_OF)
    with house.scope():
        for sort in SORTS:
            everybody = aged_balance(scope, sort=sort, page_size=None)
            pages = [aged_balance(scope, sort=sort, page=page, page_size=2) for page in (1, 2, 3)]
            assert [row.code for page in pages for row in page.rows] == [
                row.code for row in everybody.rows
            ]
        amounts = [row.receivables for row in aged_balance(scope, sort="receivables").rows]
    assert amounts == sorted(amounts)


@pytest.mark.django_db
def test_a_page_past_the_last_shows_the_first(house: House) -> None:
    stored(house, random_ledger(34))
    with house.scope():
        assert aged_balance(FigureScope(AS_OF), page=99).rows


@pytest.mark.django_db
def test_only_customers_with_something_in_a_column_can_be_kept(house: House) -> None:
    stored(house, random_ledger(35))
    with house.scope():
        everybody = aged_balance(FigureScope(AS_OF), page_size=None)
        kept = aged_balance(FigureScope(AS_OF), only="31_60", page_size=None)
    assert {row.code for row in kept.rows} == {
        row.code for row in everybody.rows if row.columns["31_60"]
    }
    assert kept.totals["31_60"] == everybody.totals["31_60"]


@pytest.mark.django_db
def test_a_column_that_is_not_there_is_a_fault(house: House) -> None:
    with house.scope(), pytest.raises(KeyError):
        aged_balance(FigureScope(AS_OF), sort="31_60; DROP TABLE ledger_document")


@pytest.mark.django_db
def test_one_customer_has_his_own_aged_balance(house: House) -> None:
    ledger = stored(house, random_ledger(36))
    with house.scope():
        customer = Customer.objects.get(code="C3")
        row = customer_ageing(FigureScope(AS_OF), customer.pk)
    assert row is not None
    assert (
        row.columns
        == ledger.inputs(AS_OF, lambda document: document.customer == "C3").ageing.as_dict()
    )


def expected_totals(sums: IndicatorInputs) -> dict[str, Decimal]:
    balances = ("receivables", "open_items", "not_due", "overdue", "unallocated")
    return {name: getattr(sums.ageing, name) for name in balances} | {
        "disputed": sums.disputed,
        "disputed_overdue": sums.disputed_overdue,
        "opening_receivables": sums.opening_receivables,
        "collectable": sums.collectable.gross,
        "credited": sums.collectable.credited,
        "collected": sums.collectable.collected,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS)
def test_the_lines_behind_a_figure_add_up_to_it(house: House, day: date) -> None:
    stored(house, random_ledger(37))
    with house.scope():
        expected = expected_totals(indicator_inputs(FigureScope(day)))
        for figure in LINE_FIGURES:
            found = lines_of(FigureScope(day), figure, page_size=None)
            page = lines_of(FigureScope(day), figure, page_size=3)
            added = sum((line.value or 0 for line in found.rows), Decimal(0))
            assert found.total == added == expected[figure], figure
            assert (page.total, page.count) == (found.total, len(found.rows))


@pytest.mark.django_db
def test_the_lines_of_a_column_add_up_to_it(house: House) -> None:
    stored(house, random_ledger(38))
    with house.scope():
        columns = indicator_inputs(FigureScope(AS_OF)).ageing.as_dict()
        for bucket in DEFAULT_BUCKETS:
            found = lines_of(FigureScope(AS_OF), "open_items", bucket=bucket, page_size=None)
            assert found.total == columns[bucket.key], bucket


@pytest.mark.django_db
def test_every_month_of_the_history_is_what_its_own_day_says(house: House) -> None:
    # One rate for all days: a curve takes the rates of its last day.
    ledger = replace(random_ledger(39), rates={"USD": [(date(2025, 1, 1), Decimal(2))]})
    stored(house, ledger)
    as_of = date(2026, 11, 22)
    with house.scope():
        points = history(FigureScope(as_of), 13)
        for point in points:
            alone = indicators(indicator_inputs(FigureScope(point.day)))
            assert point.ageing == indicator_inputs(FigureScope(point.day)).ageing, point.day
            assert point.dso.value == alone["dso_count_back_days"].value, point.day
            assert point.best_possible_dso.value == alone["bpdso_count_back_days"].value
            assert point.overdue_dso.value == alone["overdue_dso_days"].value
            assert point.dso_balance_12_months.value == alone["dso_balance_12m_days"].value
    assert [point.day for point in points] == month_ends(as_of, 13)


@pytest.mark.django_db
def test_the_series_of_the_demo_entity_ends_with_its_dso(house: House) -> None:
    stored(house, demo_ledger())
    with house.scope():
        day, dso, best = dso_series(FigureScope(AS_OF), 12)[-1]
    assert (day, dso.as_json(), best.as_json()) == (AS_OF, 79.1, 50.2)


@pytest.mark.django_db
def test_the_calculation_shows_the_months_it_used(house: House) -> None:
    stored(house, demo_ledger())
    with house.scope():
        figure = calculation(FigureScope(AS_OF), "dso_count_back_days")
    assert [str(step.result.quantize(Decimal("0.01"))) for step in figure.steps] == [
        "31.00",
        "30.00",
        "18.08",
    ]


@pytest.mark.django_db
def test_a_scope_that_is_not_in_the_tree_is_refused(house: House) -> None:
    with house.scope(), pytest.raises(ScopeUnknown, match="/ES/"):
        scope_indicators(FigureScope(AS_OF, path="/ES/"))


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 36))
def test_month_ends_are_in_order_and_end_on_the_day(day: date, months: int) -> None:
    ends = month_ends(day, months)
    assert ends == sorted(ends)
    assert (len(ends), ends[-1]) == (months, day)
