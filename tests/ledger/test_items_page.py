"""The list of items and the page of one document."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kernel.money import Money
from kernel.permissions import system_actor
from ledger.models import Customer, Document, DocumentKind, Entity
from ledger.services import NewDocument, NewLine, record_document
from tests.cast import TODAY, CustomerMaker, House

LATE = date(2026, 1, 31)


def invoice(
    house: House, customer: Customer, number: str, amount: str, due: date = LATE
) -> Document:
    """Record an invoice; inside the house's scope."""
    total = Money(Decimal(amount), "EUR")
    return record_document(
        NewDocument(
            entity=Entity.objects.get(pk=house.entity_id),
            customer=customer,
            kind=DocumentKind.INVOICE,
            number=number,
            issue_date=date(2026, 1, 1),
            amount=total,
            lines=(NewLine(due, total.amount),),
        ),
        actor=system_actor(house.tenant_id),
        today=TODAY,
    )


def file_of(response: Any) -> bytes:  # noqa: ANN401  Django's test response
    """Return the bytes of a download."""
    return b"".join(response.streaming_content)


@pytest.fixture
def late_invoice(house: House, make_customer: CustomerMaker) -> Document:
    with house.scope():
        return invoice(house, make_customer(house), "F-100", "1234.50")


def test_the_list_shows_the_items_and_what_they_sum_to(
    house: House, late_invoice: Document
) -> None:
    page = house.client("credit_manager").get("/items?state=overdue")
    assert page.status_code == 200
    text = page.content.decode()
    assert "F-100" in text
    assert "1 234,50\u00a0€" in text.replace("\u202f", " ")


def test_an_export_is_the_filter_and_never_a_formula(
    house: House, make_customer: CustomerMaker
) -> None:
    with house.scope():
        invoice(house, make_customer(house, name='=HYPERLINK("http://x.example")'), "F-1", "10.00")
    client = house.client("credit_manager")
    csv = file_of(client.get("/items?format=csv")).decode("utf-8-sig")
    assert "'=HYPERLINK" in csv
    book = io.BytesIO(file_of(client.get("/items?format=xlsx")))
    sheet = zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_who_may_not_export_is_refused(house: House, late_invoice: Document) -> None:
    assert house.client("executive").get("/items?format=csv").status_code == 403


def test_a_collector_sees_only_his_own_customers_items(
    house: House, late_invoice: Document
) -> None:
    client = house.client("collector")
    assert "F-100" not in client.get("/items").content.decode()
    assert client.get(f"/items/{late_invoice.pk}").status_code == 404
    with house.scope():
        Customer.objects.update(collector=house.member_known("collector"))
    assert "F-100" in client.get("/items").content.decode()
    assert client.get(f"/items/{late_invoice.pk}").status_code == 200


def test_another_tenants_document_does_not_exist(
    house: House, other_house: House, late_invoice: Document
) -> None:
    client = other_house.client("credit_manager")
    assert client.get(f"/items/{late_invoice.pk}").status_code == 404
    assert "F-100" not in client.get("/items?state=all").content.decode()


def test_a_filter_that_cannot_be_read_is_left_out(house: House, late_invoice: Document) -> None:
    page = house.client("credit_manager").get(
        "/items?as_of=2026-02-31&late_from=-1&state=x&page=99999999999&sort=;drop"
    )
    assert page.status_code == 200
    assert "F-100" in page.content.decode()


def test_a_view_is_kept_as_a_tab(house: House, late_invoice: Document) -> None:
    client = house.client("credit_manager")
    answer = client.post(
        "/views/items", {"name": "Old debts", "query": "state=overdue&late_from=91"}
    )
    assert answer.headers["Location"] == "/items?state=overdue&late_from=91"
    assert "Old debts" in client.get("/items").content.decode()


def test_a_list_asks_as_many_questions_for_one_row_as_for_twenty(
    house: House,
    make_customer: CustomerMaker,
    late_invoice: Document,
    django_assert_max_num_queries: object,
) -> None:
    client = house.client("credit_manager")
    client.get("/items")
    with django_assert_max_num_queries(30) as few:  # type: ignore[operator]
        client.get("/items")
    with house.scope():
        customer = Customer.objects.get()
        for number in range(20):
            invoice(house, customer, f"G-{number}", "5.00")
    with django_assert_max_num_queries(len(few)):  # type: ignore[operator]
        client.get("/items")
