"""Choosing a scenario for one item on its customer's page."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import User
from dunning.models import LineOverride, Scenario
from dunning.services.scenarios import ensure_ready_scenarios
from kernel.permissions import system_actor
from ledger.models import Customer, DueLine
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

JANUARY, LATE = date(2026, 1, 1), date(2026, 10, 1)


@pytest.fixture
def debtor(house: House, make_customer: CustomerMaker) -> Customer:
    with house.scope():
        customer = make_customer(house, code="L1", name="Lent et Fils")
        books = Books(house, system_actor(house.tenant_id))
        books.invoice(customer, "F-1", JANUARY, "1000", LATE)
        ensure_ready_scenarios()
    return customer


def asked(house: House, **other: str) -> dict[str, str]:
    with house.scope():
        values = {
            "line": str(DueLine.objects.get().pk),
            "scenario": str(Scenario.objects.get(code="risky").pk),
            "until": (TODAY + timedelta(days=30)).isoformat(),
            "reason": "A deposit",
        }
    return values | other


def choose_url(debtor: Customer) -> str:
    return reverse("choose_line_scenario", args=[debtor.pk])


def test_an_item_is_given_a_scenario_seen_and_taken_back(house: House, debtor: Customer) -> None:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    page = reverse("customer", args=["L1"])
    assert "None: every item follows" in client.get(f"{page}?tab=scenario").content.decode()
    assert client.post(choose_url(debtor), asked(house)).status_code == 302
    answer = client.get(f"{page}?tab=scenario").content.decode()
    assert "A deposit" in answer
    assert "follows “" in client.get(f"{page}?tab=items").content.decode()
    with house.scope():
        override = LineOverride.objects.get()
    leave = reverse("leave_line_scenario", args=[debtor.pk, override.pk])
    assert client.post(leave).status_code == 302
    assert client.post(leave).status_code == 302  # twice is no harm
    assert "None: every item follows" in client.get(f"{page}?tab=scenario").content.decode()


def test_the_scenario_says_how_many_items_follow_it_and_its_former_name(
    house: House, debtor: Customer
) -> None:
    client = house.client("credit_manager")
    User.objects.update(language="en")
    client.post(choose_url(debtor), asked(house))
    answer = client.post(reverse("rename_scenario", args=["risky"]), {"name": "Firm"})
    assert answer.status_code == 302
    page = client.get(reverse("scenario", args=["risky"])).content.decode()
    assert "1 item follows it by choice." in page
    assert "Scenario “Firm”" in page
    assert "Named “" in page
    assert client.post(reverse("rename_scenario", args=["risky"]), {"name": " "}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "x"},
        {"line": str(uuid4())},
        {"scenario": str(uuid4())},
        {"until": "31/31"},
        {"until": "2020-01-01"},
        {"reason": ""},
    ],
)
def test_what_cannot_be_is_refused_in_words(
    house: House, debtor: Customer, wrong: dict[str, str]
) -> None:
    client = house.client("credit_manager")
    assert client.post(choose_url(debtor), asked(house, **wrong)).status_code == 422
    with house.scope():
        assert not LineOverride.objects.exists()


def test_who_writes_no_policy_chooses_none(
    house: House, debtor: Customer, other_house: House
) -> None:
    assert house.client("sales_rep").post(choose_url(debtor), asked(house)).status_code in {
        403,
        404,
    }
    stranger = other_house.client("credit_manager")
    assert stranger.post(choose_url(debtor), asked(house)).status_code == 404
    with house.scope():
        assert not LineOverride.objects.exists()
