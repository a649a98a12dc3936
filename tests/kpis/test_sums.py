"""The SQL equals the slow ledger, on random ledgers, on several days, whole and by group."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from kpis.queries.scope import FigurePerimeter, FigureScope, Grouping, group_names
from kpis.queries.sums import grouped_inputs, indicator_inputs
from kpis.rules.indicators import IndicatorInputs, Part, indicators
from ledger.models import Customer
from tests.cast import House
from tests.kpis import slow_ledger as slow
from tests.kpis.stored_ledger import random_ledger, store

SEEDS = (1, 2, 3, 4)
DAYS = (
    date(2025, 3, 14),
    date(2025, 12, 31),
    date(2026, 2, 28),
    date(2026, 6, 30),
    date(2026, 10, 31),
    date(2026, 11, 22),
    date(2027, 3, 1),
)


def comparable(inputs: IndicatorInputs) -> IndicatorInputs:
    """Without the currencies of parts that the slow ledger does not name."""
    return replace(
        inputs,
        currencies_without_rate={
            Part.OPEN: inputs.currencies_without_rate.get(Part.OPEN, frozenset())
        },
        sales=tuple(inputs.sales),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_every_sum_equals_the_slow_ledger_on_any_day(house: House, seed: int) -> None:
    ledger = random_ledger(seed)
    with house.scope():
        store(ledger, house)
        for day in DAYS:
            assert comparable(indicator_inputs(FigureScope(day))) == comparable(
                ledger.inputs(day)
            ), day


KEYS: dict[Grouping, Callable[[slow.SlowLedger, slow.Document, House], str]] = {
    Grouping.CUSTOMER: lambda _, document, __: document.customer,
    Grouping.COLLECTOR: lambda ledger, document, __: _email(
        ledger.debtor(document.customer).collector
    ),
    Grouping.SALES_REP: lambda ledger, document, __: _email(
        ledger.debtor(document.customer).sales_rep
    ),
    Grouping.ENTITY: lambda _, document, house: document.entity or house.slug.upper(),
    Grouping.PORTFOLIO: lambda _, __, house: f"/FR/{house.slug.upper()}/NORD/",
    Grouping.COUNTRY: lambda ledger, document, __: ledger.debtor(document.customer).country,
}


def _email(name: str) -> str:
    return f"{name}@example.com" if name else ""


@pytest.mark.django_db
@pytest.mark.parametrize("grouping", Grouping)
def test_every_group_equals_the_slow_ledger_of_its_documents(
    house: House, grouping: Grouping
) -> None:
    ledger, day, key = random_ledger(11), date(2026, 9, 17), KEYS[grouping]
    with house.scope():
        store(ledger, house)
        found = grouped_inputs(FigureScope(day), grouping)
        names = group_names(grouping, list(found))
    by_key = {names[found_key].key: comparable(inputs) for found_key, inputs in found.items()}
    expected = {
        key(ledger, document, house) for document in ledger.documents if document.issue_date <= day
    }
    assert set(by_key) == expected
    for one in expected:

        def is_in_group(document: slow.Document, one: str = one) -> bool:
            return key(ledger, document, house) == one

        assert by_key[one] == comparable(ledger.inputs(day, is_in_group)), one


@pytest.mark.django_db
@pytest.mark.parametrize("grouping", Grouping)
def test_the_amounts_of_the_groups_sum_to_the_whole(house: House, grouping: Grouping) -> None:
    day = date(2026, 10, 31)
    with house.scope():
        store(random_ledger(5), house)
        whole = indicators(indicator_inputs(FigureScope(day)))
        groups = [
            indicators(inputs) for inputs in grouped_inputs(FigureScope(day), grouping).values()
        ]
    for name in ("receivables", "open_items", "overdue", "unallocated", "disputed", "sales_month"):
        assert sum(group[name].value or 0 for group in groups) == whole[name].value, name
    for column, figure in whole.ageing.items():
        assert sum(group.ageing[column].value or 0 for group in groups) == figure.value, column


@pytest.mark.django_db
def test_a_missing_rate_hides_the_figures_that_rest_on_it(house: House) -> None:
    ledger, day = replace(random_ledger(6), rates={}), date(2026, 10, 31)
    with house.scope():
        store(ledger, house)
        found = indicator_inputs(FigureScope(day))
        document = indicators(found).as_json()
    assert comparable(found) == comparable(ledger.inputs(day))
    assert document["receivables"] is None
    assert document["flags"] == ["rate_missing:USD"]


@pytest.mark.django_db
def test_doubtful_receivables_count_in_the_other_perimeter_only(house: House) -> None:
    ledger, day = random_ledger(7), date(2026, 10, 31)
    everything = replace(
        ledger,
        documents=[
            replace(document, perimeter="operational")
            if document.perimeter == "doubtful"
            else document
            for document in ledger.documents
        ],
    )
    with house.scope():
        store(ledger, house)
        with_doubtful = indicator_inputs(FigureScope(day, perimeter=FigurePerimeter.WITH_DOUBTFUL))
    assert with_doubtful.ageing == everything.inputs(day).ageing
    assert with_doubtful.ageing != ledger.inputs(day).ageing


@pytest.mark.django_db
def test_figures_can_be_narrowed_to_what_a_person_may_see(house: House) -> None:
    ledger, day = random_ledger(8), date(2026, 10, 31)
    with house.scope():
        store(ledger, house)
        mine = Customer.objects.filter(collector__email="anne@example.com")
        found = indicator_inputs(FigureScope(day, customers=mine))
    kept = ledger.inputs(day, lambda document: document.customer in {"C1", "C2"})
    assert comparable(found) == comparable(kept)


@pytest.mark.django_db
def test_another_tenant_has_none_of_it(house: House, other_house: House) -> None:
    with house.scope():
        store(random_ledger(9), house)
    with other_house.scope():
        assert indicator_inputs(FigureScope(date(2026, 10, 31))).is_empty
