"""Customers in a real Chromium: accessible in both themes, on a phone and on a screen."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings
from django.urls import reverse

from credit.models import CreditLimit
from disputes.models import DisputeType
from disputes.services import open_dispute
from kernel.money import Money
from kernel.permissions import system_actor
from kpis.services import add_note
from ledger.models import Customer, PaymentTerms
from tests.browser import (
    PLAIN_FILES,
    Answer,
    faults_of_pages,
    needs_chromium,
)
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

TABS = ("items", "history", "contacts", "credit", "disputes", "documents")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    needs_chromium,
]

# What Bâti-Loire owes, by the day it falls due.
OWED = (
    ("FA-2606-0218", "31300.00", date(2026, 7, 31)),
    ("FA-2607-0455", "32450.00", date(2026, 8, 31)),
    ("FA-2608-0620", "46708.40", date(2026, 9, 30)),
    ("FA-2609-0951", "97612.35", date(2026, 10, 20)),
    ("FA-2611-0412", "188940.00", date(2030, 12, 31)),
)


@pytest.fixture
def answers(house: House, make_customer: CustomerMaker) -> Iterator[dict[str, Answer]]:
    """Return the pages as the server answers them: bytes and policy, by a path of ours."""
    client = house.client("credit_manager")
    with house.scope():
        customer = bati_loire(house, make_customer)
        for number in range(8):
            other = make_customer(house, code=f"C-1{number}", name=f"Négoce Fictif {number}")
            Books(house, system_actor(house.tenant_id)).invoice(
                other, f"N-{number}", date(2026, 1, 1), "57910", TODAY - timedelta(days=7 * number)
            )
    page = reverse("customer", args=[customer.code])
    asked = {"/customers": "/customers", "/nobody": "/customers?q=zzz"}
    asked |= {f"/{tab}": f"{page}?tab={tab}" for tab in TABS}
    with override_settings(STORAGES=PLAIN_FILES):
        responses = {path: client.get(url) for path, url in asked.items()}
        yield {
            path: (response.content, response.headers["Content-Security-Policy"])
            for path, response in responses.items()
        }


def bati_loire(house: House, make_customer: CustomerMaker) -> Customer:
    system = system_actor(house.tenant_id)
    books = Books(house, system)
    terms = PaymentTerms.objects.create(
        code="N90", label="90 jours nets", days=90, is_illegal=True, legal_reason="L. 441-10"
    )
    customer = make_customer(house, code="C-10482", name="Bâti-Loire SAS", terms=terms)
    for number, amount, due in OWED:
        books.invoice(customer, number, date(2026, 5, 1), amount, due)
    for month in range(5, 10):
        line = books.invoice(
            customer, f"OLD-{month}", date(2026, month, 1), "900", date(2026, month, 10)
        )
        paid = books.payment(customer, f"P-{month}", date(2026, month, 12 + month), "900")
        books.settle(line, paid, "900")
    books.credit_note(customer, "AV-2610-0031", date(2026, 10, 1), "8950")
    CreditLimit.objects.create(
        customer=customer,
        amount=Decimal(300000),
        insured_amount=Decimal(200000),
        currency="EUR",
        valid_from=date(2026, 1, 1),
    )
    open_dispute(
        line=customer.due_lines.get(document__number="FA-2607-0455"),
        amount=Money(Decimal(32450), "EUR"),
        type=DisputeType.DELIVERY,
        reason="Il manque quatre palettes",
        actor=system,
        today=TODAY,
    )
    add_note(customer=customer, words="Le comptable rappelle lundi.", actor=system)
    return customer


def test_axe_finds_nothing_and_nothing_runs_off_the_screen(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "customer") == []
