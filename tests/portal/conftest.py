"""A customer with one line of every sort, as of the cast's day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache

from disputes.models import Dispute, DisputeType
from kernel.permissions import system_actor
from ledger.models import Customer, Document, DocumentKind, DueLine, Entity
from portal.services import IssuedLink, issue_link
from tests.cast import NOW, TODAY, CustomerMaker, House

LineMaker = Callable[..., DueLine]


@dataclass(frozen=True)
class Account:
    """A customer of a house with open lines."""

    house: House
    customer: Customer

    def link(self) -> IssuedLink:
        """Return a fresh link to the customer's page."""
        with self.house.scope():
            return issue_link(
                customer=self.customer,
                actor=system_actor(self.house.tenant_id),
                today=TODAY,
            )

    def path(self) -> str:
        """Return the path of a fresh link."""
        return "/r/" + self.link().url.rsplit("/", 1)[1]


@dataclass
class Clock:
    """What the edge reads as now. The machine's own clock goes on: the database signs by it."""

    now: datetime = NOW


@pytest.fixture(autouse=True)
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the views the cast's day, and let no earlier test count against the next."""
    cache.clear()
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock.now)
    return clock


def add_line(
    house: House,
    customer: Customer,
    number: str,
    amount: str,
    *,
    due: date = TODAY - timedelta(days=20),
    open_amount: str | None = None,
    kind: DocumentKind = DocumentKind.INVOICE,
    disputed: str = "",
    currency: str = "EUR",
    order_number: str = "",
) -> DueLine:
    """Add a document with one line, inside the house's scope."""
    issued = due - timedelta(days=30)
    document = Document.objects.create(
        entity=Entity.objects.get(pk=house.entity_id),
        customer=customer,
        kind=kind,
        number=number,
        issue_date=issued,
        currency=currency,
        amount=Decimal(amount),
        order_number=order_number,
    )
    line = DueLine.objects.create(
        document=document,
        due_date=due,
        contractual_due_date=due,
        amount=Decimal(amount),
        open_amount=Decimal(open_amount or amount),
        entity_id=house.entity_id,
        customer=customer,
        kind=kind,
        issue_date=issued,
        currency=currency,
    )
    if disputed:
        Dispute.objects.create(
            number=Dispute.objects.count() + 1,
            due_line=line,
            customer=customer,
            amount=Decimal(disputed),
            currency=currency,
            type=DisputeType.PRICE,
            opened_date=TODAY - timedelta(days=5),
        )
    return line


def make_account(house: House, make_customer: CustomerMaker, **fields: object) -> Account:
    """Give a customer a line of every sort: 1,350.00 to pay now, 300.00 disputed, 900.00 to come."""
    with house.scope():
        customer = make_customer(house, code="C-10482", name="Bâti-Loire Fictif", **fields)
        add_line(house, customer, "FA-1", "1000.00", due=TODAY - timedelta(days=111))
        add_line(house, customer, "FA-2", "700.00", open_amount="600.00", order_number="PO-7")
        add_line(house, customer, "FA-3", "200.00", disputed="200.00")
        add_line(house, customer, "FA-4", "200.00", disputed="100.00")
        add_line(house, customer, "FA-5", "900.00", due=TODAY + timedelta(days=30))
        add_line(house, customer, "AV-1", "-350.00", kind=DocumentKind.CREDIT_NOTE)
    return Account(house, customer)


@pytest.fixture
def account(house: House, make_customer: CustomerMaker) -> Account:
    """Return the account most tests of the page are about."""
    return make_account(house, make_customer)
