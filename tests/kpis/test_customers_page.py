"""The list of customers: figures, filters, exports, and who sees what."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import cast

import pytest
from django.http import FileResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership
from credit.models import CreditLimit
from credit.queries import headroom
from disputes.models import DisputeType
from disputes.services import open_dispute
from kernel.money import Money
from kernel.permissions import system_actor
from kpis.queries import FigureScope, aged_balance
from kpis.queries.customer_list import CustomerView, customer_figures
from ledger.models import Contact, Customer, Perimeter
from ledger.queries.customers import CustomerFilter
from ledger.queries.items import ItemFilter, ItemState, items_list
from ledger.services import record_exchange_rate
from tests.cast import TODAY, CustomerMaker, House
from tests.kpis.stored_ledger import random_ledger, store
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)
LATE, VERY_LATE, AHEAD = date(2026, 10, 1), date(2026, 6, 1), date(2030, 12, 31)
EVERYBODY = CustomerFilter()


def books(house: House) -> Books:
    return Books(house, system_actor(house.tenant_id))


def limit(customer: Customer, amount: str, currency: str = "EUR") -> None:
    CreditLimit.objects.create(
        customer=customer, amount=Decimal(amount), currency=currency, valid_from=JANUARY
    )


@pytest.fixture
def two_customers(house: House, make_customer: CustomerMaker) -> House:
    with house.scope():
        late = make_customer(house, code="L/1 é", name="Lent et Fils")
        good = make_customer(house, code="B-2", name="Bonpayeur")
        books(house).invoice(late, "F-1", JANUARY, "1000", LATE)
        books(house).invoice(late, "F-2", JANUARY, "500", VERY_LATE)
        books(house).invoice(late, "F-3", JANUARY, "250", AHEAD)
        books(house).payment(late, "P-1", JANUARY, "50")
        books(house).invoice(good, "F-4", JANUARY, "3000", AHEAD)
        limit(late, "1600")
        limit(good, "6000")
    return house


def page(house: House, query: str = "", role: str = "credit_manager") -> str:
    answer = house.client(role).get(f"/customers{query}")
    assert answer.status_code == 200
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_the_list_shows_each_customer_and_what_all_of_them_sum_to(two_customers: House) -> None:
    text = page(two_customers)
    assert "Lent et Fils" in text
    assert "1 700 €" in text  # 1,750 owed less the 50 allocated to nothing
    foot = text[text.index("<tfoot>") : text.index("</tfoot>")]
    assert "4 700 €" in foot
    assert "1 500 €" in foot


def test_amounts_lead_to_the_items_behind_them_whatever_the_code_holds(
    two_customers: House,
) -> None:
    client = two_customers.client("credit_manager")
    assert 'href="/items?customer=L%2F1%20%C3%A9&amp;state=overdue"' in page(two_customers)
    items = client.get("/items?customer=L%2F1%20%C3%A9&state=overdue").content.decode()
    assert "1 500,00" in items.replace("\u202f", " ")
    assert client.get("/customers/L%2F1%20%C3%A9").status_code == 200


def test_the_figures_of_every_row_and_their_totals_equal_the_aged_balance(house: House) -> None:
    ledger = random_ledger(41)
    with house.scope():
        store(ledger, house)
    actor = house.actor("credit_manager")
    day = date(2026, 11, 22)
    with house.scope():
        balance = aged_balance(FigureScope(day), page_size=None)
        found = customer_figures(EVERYBODY, actor=actor, today=day, page_size=None)
        expected = {row.code: (row.columns, row.oldest_days_late) for row in balance.rows}
        for row in found.page.rows:
            columns = {key: money.amount for key, money in row.columns.items()}
            if row.code in expected:
                assert (columns, row.oldest_days_late) == expected.pop(row.code)
            else:
                assert not any(columns.values())
    assert not expected
    assert {key: money.amount for key, money in found.columns.items()} == balance.totals


def test_the_totals_equal_the_items_they_lead_to(two_customers: House) -> None:
    actor = two_customers.actor("credit_manager")
    with two_customers.scope():
        found = customer_figures(EVERYBODY, actor=actor, today=TODAY, page_size=1)
        for state, amount in (
            (ItemState.OPEN, found.receivables),
            (ItemState.OVERDUE, found.overdue),
        ):
            items = items_list(ItemFilter(state=state), actor=actor, today=TODAY)
            assert [total.open_amount for total in items.totals] == [amount]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("all", {"L/1 é", "B-2"}),
        ("overdue", {"L/1 é"}),
        ("over_limit", {"L/1 é"}),
        ("over_60", {"L/1 é"}),
        ("disputed", {"B-2"}),
        ("without_contact", {"B-2"}),
        ("illegal_terms", set()),
        ("not_due", {"L/1 é", "B-2"}),
        ("unallocated", {"L/1 é"}),
    ],
)
def test_a_view_keeps_the_customers_it_names(
    two_customers: House, view: str, expected: set[str]
) -> None:
    actor = two_customers.actor("credit_manager")
    with two_customers.scope():
        good = Customer.objects.get(code="B-2")
        Contact.objects.filter(customer=good).update(is_undeliverable=True)
        open_dispute(
            line=good.due_lines.get(),
            amount=Money(Decimal(100), "EUR"),
            type=DisputeType.PRICE,
            reason="Remise oubliée",
            actor=actor,
            today=TODAY,
        )
        found = customer_figures(EVERYBODY, CustomerView(view), actor=actor, today=TODAY)
    assert {row.code for row in found.page.rows} == expected
    assert found.page.count == len(expected)


def test_the_use_of_a_limit_equals_the_headroom_of_credit_in_every_currency_and_perimeter(
    house: House, make_customer: CustomerMaker
) -> None:
    actor = house.actor("credit_manager")
    with house.scope():
        customer = make_customer(house)
        record_exchange_rate(
            currency="USD", rate=Decimal("0.9"), valid_from=JANUARY, actor=actor, today=TODAY
        )
        books(house).invoice(customer, "F-1", JANUARY, "1000", LATE)
        books(house).invoice(customer, "F-2", JANUARY, "70", LATE, currency="USD")
        books(house).invoice(customer, "F-3", JANUARY, "11", LATE, perimeter=Perimeter.DOUBTFUL)
        limit(customer, "900", "USD")
        row = customer_figures(EVERYBODY, actor=actor, today=TODAY).page.rows[0]
        room = headroom(customer.pk, TODAY)
    assert room is not None
    assert row.used is not None
    assert room.used is not None
    assert round(row.used, 9) == round(room.used, 9)
    assert row.is_over_limit
    assert row.receivables == Money(
        Decimal(1063), "EUR"
    )  # the doubtful invoice is no operational one


def test_amounts_without_a_rate_are_left_out_and_named(
    house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        books(house).invoice(customer, "F-1", JANUARY, "1000", LATE)
        books(house).invoice(customer, "F-2", JANUARY, "70", LATE, currency="USD")
    text = page(house)
    assert "USD" in text
    assert "1 000 €" in text


def test_only_those_who_see_opinions_see_limits(two_customers: House) -> None:
    assert "106 %" in page(two_customers)
    text = page(two_customers, "?view=over_limit&columns=name&columns=used", "cash_accountant")
    assert "106 %" not in text
    assert "view=over_limit" not in text.replace('name="query" value="view=over_limit', "").replace(
        "view=over_limit&amp;columns", ""
    )
    assert "Bonpayeur" in text  # the view is not one of his, so he sees everybody


def test_a_collector_sees_only_his_own_customers(two_customers: House) -> None:
    two_customers.member("collector")
    assert "Bonpayeur" not in page(two_customers, role="collector")
    with two_customers.scope():
        person = Membership.objects.get(pk=two_customers.member_known("collector"))
        Customer.objects.filter(code="B-2").update(collector=person)
    text = page(two_customers, role="collector")
    assert "Bonpayeur" in text
    assert "Lent et Fils" not in text
    assert "4 700 €" not in text
    kept = page(two_customers, f"?collector={person.email}")
    assert "Bonpayeur" in kept
    assert "Lent et Fils" not in kept


def test_an_export_holds_the_whole_filter_and_no_formula(
    house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house, name='=HYPERLINK("http://x.example")')
        books(house).invoice(customer, "F-1", JANUARY, "10.25", LATE)
        for number in range(60):
            make_customer(house, code=f"D-{number}")
    client = house.client("credit_manager")
    csv = exported(client, "format=csv")
    assert "'=HYPERLINK" in csv
    assert "10,25" in csv or "10.25" in csv
    assert len(csv.splitlines()) == 62
    book = io.BytesIO(downloaded(client, "format=xlsx"))
    assert "<f>" not in zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml").decode()


def exported(client: Client, query: str) -> str:
    return downloaded(client, query).decode("utf-8-sig")


def downloaded(client: Client, query: str) -> bytes:
    answer = cast("FileResponse", client.get(f"/customers?{query}"))
    return b"".join(cast("Iterator[bytes]", answer.streaming_content))


def test_ticked_rows_are_exported_alone(two_customers: House) -> None:
    with two_customers.scope():
        good = Customer.objects.get(code="B-2")
    client = two_customers.client("credit_manager")
    alone = exported(client, f"action=export&pick={good.pk}&pick=nonsense")
    assert "Bonpayeur" in alone
    assert "Lent et Fils" not in alone
    assert "Lent et Fils" in exported(client, f"action=export&pick={good.pk}&every=1")


def test_who_may_not_export_is_refused(two_customers: House) -> None:
    client = two_customers.client("executive")
    assert client.get("/customers?format=csv").status_code == 403
    assert client.get("/customers?action=export").status_code == 403
    assert "format=csv" not in page(two_customers, role="executive")


def test_another_tenant_sees_nothing(two_customers: House, other_house: House) -> None:
    text = page(other_house)
    assert "Lent et Fils" not in text
    with two_customers.scope():
        good = Customer.objects.get(code="B-2")
    content = exported(other_house.client("credit_manager"), f"action=export&pick={good.pk}")
    assert "Bonpayeur" not in content


def test_a_filter_that_cannot_be_read_is_left_out(two_customers: House) -> None:
    text = page(two_customers, "?view=x&page=99999999&sort=;drop&columns=nothing&density=compact")
    assert "Lent et Fils" in text
    assert "Nothing matches" not in text


def test_a_filter_that_leaves_nobody_names_itself(two_customers: House) -> None:
    text = page(two_customers, "?q=zzz")
    assert "empty" in text
    assert "zzz" in text


def test_the_list_asks_as_many_questions_for_one_customer_as_for_twenty(
    house: House,
    make_customer: CustomerMaker,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = house.client("credit_manager")
    with house.scope():
        books(house).invoice(make_customer(house), "F-1", JANUARY, "10", LATE)
    client.get("/customers")
    with django_assert_max_num_queries(35) as few:
        client.get("/customers")
    with house.scope():
        for number in range(20):
            customer = make_customer(house, code=f"D-{number}")
            books(house).invoice(customer, f"G-{number}", JANUARY, "5", LATE)
    with django_assert_num_queries(len(few)):
        client.get("/customers")
