import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.rules.ageing import Ageing
from kpis.rules.delays import Paid
from kpis.rules.dso import MonthSales
from kpis.rules.indicators import METRICS, PUBLIC_METRICS, IndicatorInputs, Part, indicators
from tests.kpis.demo import AS_OF, DOCUMENT, INPUTS, months_of_sales, thousand

DSO_FAMILY = (
    "dso_count_back_days",
    "dso_balance_3m_days",
    "dso_balance_12m_days",
    "bpdso_count_back_days",
    "overdue_dso_days",
)
amounts = st.integers(0, 2_000_000).map(Decimal)


@pytest.fixture
def document() -> dict[str, object]:
    return indicators(INPUTS).as_json()


def test_the_demo_entity_gives_the_document_of_the_contract(document: dict[str, object]) -> None:
    assert document == DOCUMENT


def test_the_document_has_the_keys_of_the_contract_in_their_order(
    document: dict[str, object],
) -> None:
    assert list(document) == list(DOCUMENT)


def test_the_document_is_plain_json(document: dict[str, object]) -> None:
    assert json.loads(json.dumps(document)) == document


def test_figures_for_pages_are_there_too() -> None:
    found = indicators(INPUTS)
    assert found["bpdso_balance_3m_days"].as_json() == 58.0
    assert found["overdue_dso_balance_3m_days"].as_json() == 24.8
    assert found["value_of_one_day"].as_json() == "11506.85"
    assert found["new_dispute_rate_month"].as_json() == 0.0571
    assert found["effective_debtors"].as_json() == 10
    assert set(METRICS) == set(found.figures)


@pytest.mark.parametrize("metric", PUBLIC_METRICS)
def test_a_missing_figure_always_says_why(metric: str) -> None:
    figure = indicators(IndicatorInputs(AS_OF))[metric]
    assert figure.value is not None or figure.flags


def test_a_customer_nobody_sold_to_has_a_document_full_of_zeros_and_reasons() -> None:
    document = indicators(IndicatorInputs(AS_OF)).as_json()
    assert document["receivables"] == "0.00"
    assert document["dso_count_back_days"] == 0.0
    assert document["overdue_rate"] is None
    assert set(document["flags"]) == {  # type: ignore[call-overload]
        "no_open_items",
        "nothing_overdue",
        "nothing_to_collect",
        "too_few_paid_invoices",
    }


@pytest.mark.parametrize("unallocated", [-930, -2000])
def test_every_dso_is_zero_when_nothing_is_owed_net(unallocated: int) -> None:
    ageing = replace(INPUTS.ageing, unallocated=thousand(unallocated))
    document = indicators(replace(INPUTS, ageing=ageing)).as_json()
    assert [document[name] for name in DSO_FAMILY] == [0.0] * 5


def test_eleven_months_of_history_are_too_short_for_the_dso_of_twelve() -> None:
    found = indicators(replace(INPUTS, sales=INPUTS.sales[:11])).as_json()
    assert found["dso_balance_12m_days"] is None
    assert found["dso_balance_3m_days"] == 82.8
    assert found["dso_count_back_days"] == 79.1
    assert found["flags"] == ["sales_history_too_short"]


def test_a_history_used_up_gives_no_dso_rather_than_a_guess() -> None:
    found = indicators(replace(INPUTS, sales=INPUTS.sales[:2])).as_json()
    assert found["dso_count_back_days"] is None
    assert found["bpdso_count_back_days"] == 50.2
    assert found["overdue_dso_days"] is None
    assert found["dso_balance_3m_days"] is None
    assert found["flags"] == ["sales_history_too_short"]


def test_mid_month_counts_the_elapsed_days_only() -> None:
    as_of = date(2026, 11, 15)
    inputs = IndicatorInputs(
        as_of,
        Ageing(not_due=thousand(880)),
        sales=months_of_sales(as_of, 150_000, 400_000, 360_000, 240_000),
    )
    assert indicators(inputs).as_json()["dso_count_back_days"] == 73.5


def test_a_currency_without_a_rate_takes_away_what_rests_on_it_and_nothing_else() -> None:
    without = {Part.PAID: frozenset({"USD"})}
    found = indicators(replace(INPUTS, currencies_without_rate=without)).as_json()
    assert found["average_days_late_6m"] is None
    assert found["receivables"] == "900000.00"
    assert found["flags"] == ["rate_missing:USD"]


def test_open_items_without_a_rate_leave_no_dso() -> None:
    without = {Part.OPEN: frozenset({"USD", "CHF"})}
    found = indicators(replace(INPUTS, currencies_without_rate=without)).as_json()
    assert found["receivables"] is None
    assert found["dso_count_back_days"] is None
    assert found["ageing"]["1_30"] is None  # type: ignore[index]
    assert found["sales"]["month"] == "400000.00"  # type: ignore[index]
    assert found["flags"] == ["rate_missing:CHF", "rate_missing:USD"]


def test_sales_that_cannot_be_converted_only_hurt_the_windows_that_hold_them() -> None:
    sales = [*INPUTS.sales[:5], MonthSales(INPUTS.sales[5].period, None), *INPUTS.sales[6:]]
    without = {Part.SALES: frozenset({"USD"})}
    found = indicators(replace(INPUTS, sales=sales, currencies_without_rate=without)).as_json()
    assert found["dso_count_back_days"] == 79.1
    assert found["dso_balance_3m_days"] == 82.8
    assert found["dso_balance_12m_days"] is None
    assert found["sales"]["last_12_months"] is None  # type: ignore[index]
    assert found["flags"] == ["rate_missing:USD"]


def test_two_paid_invoices_are_too_few_for_a_delay() -> None:
    found = indicators(replace(INPUTS, paid=Paid(Decimal(100), Decimal(500), 2))).as_json()
    assert found["average_days_late_6m"] is None
    assert found["flags"] == ["too_few_paid_invoices"]


columns = st.tuples(*[amounts] * 5)


@given(columns, amounts, st.lists(st.integers(1, 500_000), min_size=3, max_size=30))
def test_the_balance_splits_without_rest_and_best_never_exceeds_dso(
    owed: tuple[Decimal, ...], cash: Decimal, sales: list[int]
) -> None:
    not_due, a, b, c, d = owed
    ageing = Ageing(not_due, a, b, c, d, -cash)
    found = indicators(IndicatorInputs(AS_OF, ageing, sales=months_of_sales(AS_OF, *sales)))
    assert sum(ageing.as_dict().values()) == found["receivables"].value
    assert ageing.overdue + ageing.not_due + ageing.unallocated == found["receivables"].value
    dso, best = found["dso_count_back_days"].value, found["bpdso_count_back_days"].value
    if dso is not None and best is not None and ageing.overdue >= cash:
        assert best <= dso
        assert found["overdue_dso_days"].value == dso - best
