"""Where nothing has moved since the day, the stored amounts are the answer; where anything has, they are not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.queries import FigureScope, aged_balance, history
from kpis.queries.customer_list import CustomerView, customer_figures
from kpis.queries.sums import indicator_inputs
from ledger.queries.customers import CustomerFilter
from tests.cast import House
from tests.kpis import slow_ledger as slow
from tests.kpis.stored_ledger import random_ledger, store

TODAY = date(2026, 11, 22)
LATER_THAN_ALL = date(2027, 12, 31)
TOMORROW = TODAY + timedelta(days=1)

pytestmark = pytest.mark.django_db


def stored(house: House, ledger: slow.SlowLedger) -> slow.SlowLedger:
    with house.scope():
        store(ledger, house)
    return ledger


def invoice_paid_on(day: date) -> slow.SlowLedger:
    """One invoice of 1,200, due 20 days ago; 500 of it settled on a day by a payment, 100 by its credit note."""
    issued, due = TODAY - timedelta(days=60), TODAY - timedelta(days=20)
    return slow.SlowLedger(
        documents=[
            slow.Document("F1", "invoice", "C1", "", issued, (slow.Line(due, Decimal(1200)),)),
            slow.Document("P1", "payment", "C1", "", day, (slow.Line(day, Decimal(-500)),)),
            slow.Document(
                "A1",
                "credit_note",
                "C1",
                "",
                issued,
                (slow.Line(issued, Decimal(-100)),),
                linked="F1",
            ),
        ],
        allocations=[
            slow.Allocation(("F1", 0), ("P1", 0), Decimal(500), day),
            slow.Allocation(("F1", 0), ("A1", 0), Decimal(100), day),
        ],
        debtors=[slow.Debtor("C1")],
    )


def listed(house: House, day: date, view: CustomerView = CustomerView.ALL) -> dict[str, Decimal]:
    """The total of every column of the list of customers."""
    actor = house.actor("credit_manager")
    with house.scope():
        found = customer_figures(CustomerFilter(), view, actor=actor, today=day)
    return {key: money.amount for key, money in found.columns.items()}


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_every_customer_equals_the_slow_ledger_after_the_last_movement(
    house: House, seed: int
) -> None:
    ledger = stored(house, random_ledger(seed))
    with house.scope():
        found = aged_balance(FigureScope(LATER_THAN_ALL), page_size=None)
    for row in found.rows:

        def is_his(document: slow.Document, code: str = row.code) -> bool:
            return document.customer == code

        assert row.columns == ledger.inputs(LATER_THAN_ALL, is_his).ageing.as_dict(), row.code
    totals = ledger.inputs(LATER_THAN_ALL).ageing.as_dict()
    assert found.totals == totals
    assert listed(house, LATER_THAN_ALL) == totals


def test_open_lines_are_read_once_where_nothing_has_moved_since(house: House) -> None:
    stored(house, random_ledger(54))
    with house.scope(), CaptureQueriesContext(connection) as asked:
        aged_balance(FigureScope(LATER_THAN_ALL))
    assert sum("placed" in query["sql"] for query in asked) == 1
    with house.scope(), CaptureQueriesContext(connection) as asked:
        aged_balance(FigureScope(date(2026, 5, 20)))
    assert sum("placed" in query["sql"] for query in asked) == 2


def test_what_settles_from_tomorrow_on_is_still_owed_today(house: House) -> None:
    ledger = stored(house, invoice_paid_on(TOMORROW))
    today, tomorrow = ledger.inputs(TODAY).ageing, ledger.inputs(TOMORROW).ageing
    assert (today.days_1_30, tomorrow.days_1_30) == (1100, 600)
    with house.scope():
        for day, expected in ((TODAY, today), (TOMORROW, tomorrow)):
            balance = aged_balance(FigureScope(day), only="overdue")
            assert balance.totals == expected.as_dict()
            assert [row.columns for row in balance.rows] == [expected.as_dict()]
            assert indicator_inputs(FigureScope(day)).ageing == expected
            assert history(FigureScope(day), 3)[-1].ageing == expected
    for day, expected in ((TODAY, today), (TOMORROW, tomorrow)):
        assert listed(house, day) == expected.as_dict()
        assert listed(house, day, CustomerView.OVERDUE) == expected.as_dict()


def test_what_is_cleared_tomorrow_is_still_listed_today(house: House) -> None:
    ledger = invoice_paid_on(TOMORROW)
    ledger.documents[1] = slow.Document(
        "P1", "payment", "C1", "", TOMORROW, (slow.Line(TOMORROW, Decimal(-1100)),)
    )
    ledger.allocations[0] = slow.Allocation(("F1", 0), ("P1", 0), Decimal(1100), TOMORROW)
    stored(house, ledger)
    expected = ledger.inputs(TODAY).ageing.as_dict()
    assert expected["1_30"] == 1100
    with house.scope():
        assert aged_balance(FigureScope(TODAY), only="1_30").totals == expected
        assert not aged_balance(FigureScope(TOMORROW)).rows
    assert listed(house, TODAY, CustomerView.OVERDUE) == expected


def test_a_document_of_tomorrow_is_not_owed_today(house: House) -> None:
    ledger = invoice_paid_on(TODAY)
    lines = (slow.Line(TOMORROW, Decimal(77)),)
    ledger.documents.append(slow.Document("F2", "invoice", "C1", "", TOMORROW, lines))
    stored(house, ledger)
    with house.scope():
        assert aged_balance(FigureScope(TODAY)).receivables == 600
        assert aged_balance(FigureScope(TOMORROW)).receivables == 677


def test_a_credit_note_is_credited_and_never_collected(house: House) -> None:
    ledger = stored(house, invoice_paid_on(TODAY))
    with house.scope():
        found = indicator_inputs(FigureScope(TODAY))
    assert (found.collectable.credited, found.collectable.collected) == (100, 500)
    assert found.collectable == ledger.inputs(TODAY).collectable


def test_currencies_without_a_rate_are_named_once_and_left_out(house: House) -> None:
    ledger = random_ledger(55)
    ledger.rates.clear()
    stored(house, ledger)
    with house.scope():
        found = aged_balance(FigureScope(LATER_THAN_ALL), page_size=None)
    assert found.currencies_without_rate == {"USD"}
    assert {one for row in found.rows for one in row.currencies_without_rate} == {"USD"}
    assert found.totals == ledger.inputs(LATER_THAN_ALL).ageing.as_dict()
