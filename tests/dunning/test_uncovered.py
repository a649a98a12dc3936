"""Overdue lines that nobody would chase are counted, listed with their reason, and mended with one click (R60)."""

import pytest
from django.test import Client

from accounts.models import Tenant, User
from dunning.models import HeldBack, Run
from dunning.queries.uncovered import uncovered
from dunning.rules.decision import HoldReason
from dunning.rules.stuck import FIXES, fix_of
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Contact, Customer
from tests.cast import House
from tests.dunning.conftest import TODAY, Chase
from tests.dunning.test_scenario_pages import text

PAGE = "/agenda/uncovered"
TIMELY = {HoldReason.CONTACT_GAP, HoldReason.FREQUENCY_CAP, HoldReason.BELOW_MINIMUM}


@pytest.fixture
def manager(chase: Chase) -> Client:
    for role in ("credit_manager", "sales_rep"):
        chase.house.member(role)
    User.objects.update(language="en")
    chase.settle_in()
    with chase.house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    return chase.house.client("credit_manager")


def mute(chase: Chase, code: str = "C001") -> Customer:
    """Return a late customer nobody can write to."""
    customer = chase.customer(code)
    with chase.house.scope():
        Contact.objects.filter(customer=customer).delete()
    chase.line(customer, 20, "900")
    chase.line(customer, 40, "300")
    return customer


def test_every_reason_waits_for_time_or_for_a_person() -> None:
    assert set(FIXES) | TIMELY == set(HoldReason)
    assert not set(FIXES) & TIMELY
    assert fix_of("contact_gap") is None
    assert fix_of("promised") is None


def test_a_customer_without_a_contact_is_told_with_the_click_that_mends_it(
    chase: Chase, manager: Client
) -> None:
    mute(chase)
    chase.plan()
    page = text(manager.get(PAGE))
    assert "<h1>2 uncovered items</h1>" in page
    assert "No contact with a usable address" in page
    assert (
        '<a class="btn btn-s" href="/customers/C001?tab=contacts#contact">Add a contact</a>' in page
    )
    assert "€1,200" in page


def test_a_contact_mends_it_before_the_next_plan(chase: Chase, manager: Client) -> None:
    customer = mute(chase)
    chase.plan()
    with chase.house.scope():
        Contact.objects.create(customer=customer, email="ap@c001.example", is_primary=True)
    assert "<h1>0 uncovered items</h1>" in text(manager.get(PAGE))


def test_what_time_mends_is_covered(chase: Chase, manager: Client) -> None:
    customer = chase.customer()
    chase.line(customer, 20, "900")
    chase.plan()
    person = chase.person("credit_manager")
    with chase.house.scope():
        HeldBack.objects.all().delete()
        HeldBack.objects.create(
            run=Run.objects.get(),
            customer=customer,
            entity_id=chase.house.entity_id,
            currency="EUR",
            reason=HoldReason.CONTACT_GAP,
            amount=900,
            line_count=1,
            next_date=TODAY,
        )
        assert uncovered(person).count == 0


def test_lines_the_plan_did_not_meet_are_told_as_our_fault(chase: Chase, manager: Client) -> None:
    chase.line(chase.customer(), 20, "900")
    chase.plan()
    with chase.house.scope():
        Run.objects.update(coverage={"overdue_lines": 5, "covered": 3})
    page = text(manager.get(PAGE))
    assert "<h1>2 uncovered items</h1>" in page
    assert "2 overdue lines were not met by the last plan." in page


def test_the_home_page_and_the_agenda_count_them(chase: Chase, manager: Client) -> None:
    mute(chase)
    chase.plan()
    tile = text(manager.get("/home")).split('href="/agenda/uncovered"')[1].split("</a>")[0]
    assert 'class="kpi-value">2' in tile
    assert "wait for a person" in tile
    assert "2 uncovered items" in text(manager.get("/agenda"))


def test_nothing_uncovered_is_said_too(chase: Chase, manager: Client) -> None:
    chase.line(chase.customer(), 20, "900")
    assert "No day has been planned yet" in text(manager.get(PAGE))
    chase.plan()
    assert "Every overdue line is covered" in text(manager.get(PAGE))
    assert "0 uncovered items" in text(manager.get("/agenda"))
    assert "every overdue line is covered" in text(manager.get("/home"))


def test_sales_are_refused_and_strangers_see_nothing(
    chase: Chase, manager: Client, other_house: House
) -> None:
    mute(chase)
    chase.plan()
    assert chase.house.client("sales_rep").get(PAGE).status_code == 403
    assert "C001" not in text(other_house.client("credit_manager").get(PAGE))
