"""The stage of each item on its customer's page and on its own (DOMAIN R22)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from dunning.models import Exclusion, Pause
from kernel.permissions import system_actor
from ledger.models import Customer, DueLine
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)


@pytest.fixture
def debtor(house: House, make_customer: CustomerMaker) -> Customer:
    with house.scope():
        customer = make_customer(house, code="S1", name="Stade et Fils")
        books = Books(house, system_actor(house.tenant_id))
        for number, days in (("F-OLD", 90), ("F-YOUNG", 10)):
            books.invoice(customer, number, JANUARY, "1000", TODAY - timedelta(days=days))
    return customer


def test_items_are_told_apart_by_their_stage(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    page = f"{reverse('customer', args=['S1'])}?tab=items"
    every = client.get(page).content.decode()
    assert all(words in every for words in ("F-OLD", "F-YOUNG", "Pre-litigation", "Amicable"))
    one = client.get(f"{page}&stage=pre_litigation").content.decode()
    assert ">F-OLD</a>" in one
    assert ">F-YOUNG</a>" not in one
    none = client.get(f"{page}&stage=litigation").content.decode()
    assert "Nothing of this customer stands at this stage" in none
    assert ">F-YOUNG</a>" in client.get(f"{page}&stage=%00no").content.decode()


def test_the_page_of_an_item_shows_its_stage(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    with house.scope():
        line = DueLine.objects.get(document__number="F-OLD")
    url = reverse("item", args=[line.document_id])
    assert "Pre-litigation" in client.get(url).content.decode()
    with house.scope():
        Pause.objects.create(
            customer=debtor,
            due_line=line,
            reason="x",
            from_date=TODAY,
            exclusion=Exclusion.LEGAL,
        )
    assert "Litigation" in client.get(url).content.decode()
