"""The list of items and of customers: filtered, sorted and cut in SQL, the totals those of the whole filter."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.permissions import Actor
from ledger.models import Customer
from ledger.queries import (
    CustomerFilter,
    ItemFilter,
    ItemState,
    customer_list,
    customer_position,
    items_list,
)
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JULY_1, AUGUST_1, OCTOBER_1 = date(2026, 7, 1), date(2026, 8, 1), date(2026, 10, 1)


@pytest.fixture
def actor(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def books(house: House, actor: Actor, make_customer: CustomerMaker) -> Books:
    """Return the books of one customer who owes late and future items and has credits of both kinds."""
    books = Books(house, actor)
    with house.scope():
        customer = make_customer(house)
        late = books.invoice(customer, "F-1", JULY_1, "1000", AUGUST_1)
        books.invoice(customer, "F-2", OCTOBER_1, "600", TODAY, date(2026, 12, 1))
        books.invoice(customer, "F-3", JULY_1, "50", AUGUST_1, currency="USD")
        books.credit_note(customer, "A-1", OCTOBER_1, "100", linked_document=late.document)
        books.payment(customer, "P-1", OCTOBER_1, "20")
        paid = books.invoice(customer, "F-4", JULY_1, "70", AUGUST_1)
        books.settle(paid, books.payment(customer, "P-2", OCTOBER_1, "70"), "70")
    return books


def numbers(actor: Actor, **asked: object) -> list[str]:
    found = items_list(ItemFilter(**asked), actor=actor, today=TODAY, sort="number")  # type: ignore[arg-type]
    return [f"{item.number}/{item.instalment}" for item in found.page.rows]


def test_each_state_shows_its_items(books: Books, actor: Actor) -> None:
    with books.house.scope():
        assert numbers(actor) == ["A-1/1", "F-1/1", "F-2/1", "F-2/2", "F-3/1", "P-1/1"]
        assert numbers(actor, state=ItemState.OVERDUE) == ["A-1/1", "F-1/1", "F-3/1"]
        assert numbers(actor, state=ItemState.NOT_DUE) == ["F-2/1", "F-2/2"]
        assert numbers(actor, state=ItemState.UNALLOCATED) == ["P-1/1"]
        assert numbers(actor, state=ItemState.CLEARED) == ["F-4/1", "P-2/1"]
        assert len(numbers(actor, state=ItemState.ALL)) == 8
        assert numbers(actor, late_from=91) == ["A-1/1", "F-1/1", "F-3/1"]
        assert numbers(actor, late_from=1, late_to=90) == []
        assert numbers(actor, words="f-", currency="USD") == []
        assert numbers(actor, words="F-", currency="USD") == ["F-3/1"]
        assert numbers(actor, words="client fic", least_amount=Decimal(900)) == ["F-1/1"]
        assert numbers(actor, words="CLIENT", customer_code="other") == []


def test_a_past_day_shows_what_was_open_then(books: Books, actor: Actor) -> None:
    with books.house.scope():
        assert numbers(actor, as_of=date(2026, 9, 30)) == ["F-1/1", "F-3/1", "F-4/1"]


def test_states_sum_to_the_position(books: Books, actor: Actor) -> None:
    with books.house.scope():
        customer = Customer.objects.get()
        position = customer_position(customer.pk, TODAY)["EUR"]
        for state, amount in (
            (ItemState.OVERDUE, position.overdue),
            (ItemState.NOT_DUE, position.not_due),
            (ItemState.UNALLOCATED, position.unallocated),
            (ItemState.OPEN, position.balance),
        ):
            asked = ItemFilter(state=state, currency="EUR")
            (total,) = items_list(asked, actor=actor, today=TODAY).totals
            assert total.open_amount == amount


def test_totals_are_those_of_the_whole_filter_and_pages_are_cut(books: Books, actor: Actor) -> None:
    with books.house.scope(), CaptureQueriesContext(connection) as queries:
        found = items_list(ItemFilter(), actor=actor, today=TODAY, page=2, page_size=4)
        assert len(queries) == 2
        assert (found.page.number, found.page.pages, found.page.count) == (2, 2, 6)
        assert (found.page.first, found.page.last, len(found.page.rows)) == (5, 6, 2)
        totals = {total.currency: (total.count, total.open_amount.amount) for total in found.totals}
        assert totals == {"EUR": (5, 1480), "USD": (1, 50)}
        beyond = items_list(ItemFilter(), actor=actor, today=TODAY, page=99, page_size=4)
        assert beyond.page.number == 2


@pytest.mark.parametrize(
    ("sort", "first"), [("-open_amount", "F-1"), ("open_amount", "A-1"), ("nonsense", "F-1")]
)
def test_sorting_is_total_and_an_unknown_key_is_the_due_date(
    books: Books, actor: Actor, sort: str, first: str
) -> None:
    with books.house.scope():
        asked = ItemFilter(currency="EUR")
        found = items_list(asked, actor=actor, today=TODAY, sort=sort)
        assert found.page.rows[0].number == first


def test_a_collector_sees_the_items_of_his_own_customers(books: Books) -> None:
    collector = books.house.actor("collector")
    with books.house.scope():
        assert numbers(collector) == []
        assert customer_list(CustomerFilter(), actor=collector).count == 0
        Customer.objects.update(collector_id=collector.membership_id)
        assert len(numbers(collector)) == 6
        assert customer_list(CustomerFilter(), actor=collector).count == 1


def test_another_tenant_sees_nothing(books: Books, other_house: House) -> None:
    stranger = other_house.actor("credit_manager")
    with other_house.scope():
        assert numbers(stranger, state=ItemState.ALL) == []


def test_customers_are_found_by_the_beginning_of_name_code_or_siren(
    books: Books, actor: Actor, make_customer: CustomerMaker
) -> None:
    with books.house.scope():
        make_customer(books.house, "Z9", "Zélande Béton", siren="000482174")
        Customer.objects.filter(code="Z9").update(sort_name="zelande beton")

        def codes(words: str) -> list[str]:
            page = customer_list(CustomerFilter(words=words), actor=actor)
            return [row.code for row in page.rows]

        assert codes("zéLA") == codes("z9") == codes("000 482") == ["Z9"]
        assert codes("béton") == []
        assert codes("") == ["C001", "Z9"]
