"""An order is held: its rep reads why and answers, the manager sees the rate; a hold is announced and released."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership, Tenant, User
from accounts.queries import actor_of
from credit.models import CheckOrigin, CreditLimit
from credit.services.order_checks import Asked, check_order
from kernel.money import Money
from ledger.models import Entity, OrderStage
from tests.browser import faults_in_every_look
from tests.cast import CustomerMaker, House
from tests.journeys.conftest import Chromium

PHONE = 390

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]


@dataclass(frozen=True)
class Team:
    """The sessions of who sells and who releases."""

    rep: str
    manager: str


@pytest.fixture
def team(house: House, make_customer: CustomerMaker) -> Team:
    """Return the people, after an order of the rep's customer was held by a check."""
    clients = [house.client(role) for role in ("sales_rep", "credit_manager")]
    analyst_id = house.member("credit_analyst")
    User.objects.update(language="en")
    today = timezone.localdate()
    with house.scope():
        Tenant.objects.update(language="en")
        rep = Membership.objects.get(pk=house.member_known("sales_rep"))
        customer = make_customer(house, "C001", "Ferronnerie Aubin", sales_rep=rep)
        CreditLimit.objects.create(
            customer=customer, amount=100, currency="EUR", valid_from=today - timedelta(days=9)
        )
        analyst = actor_of(analyst_id)
        assert analyst is not None
        check_order(
            Asked(
                Entity.objects.get(pk=house.entity_id),
                customer,
                "88214",
                Money(Decimal(900), "EUR"),
                OrderStage.ORDER,
            ),
            origin=CheckOrigin.API,
            actor=analyst,
            now=timezone.now(),
            today=today,
        )
    return Team(*(client.cookies[settings.SESSION_COOKIE_NAME].value for client in clients))


def test_a_held_order_teaches_and_is_released_with_reason_and_expiry(
    team: Team, chromium: Chromium
) -> None:
    faults: list[str] = []
    rep = chromium.enter(team.rep, width=PHONE)
    learn(rep, faults)
    manager = chromium.enter(team.manager)
    manager.goto("/training/progress")
    expect(manager.get_by_text("of reps trained")).to_contain_text("0%")
    faults += faults_in_every_look(manager, "/training-progress")
    rep.goto("/training")
    rep.get_by_role("link", name="Over the limit: what now?").click()
    rep.get_by_label("200,000 euros").check()
    rep.get_by_role("button", name="Answer").click()
    manager.reload()
    expect(manager.get_by_text("of reps trained")).to_contain_text("100%")
    release(rep, manager, faults)
    for url in ("/training/hours", "/training/texts/order_held/en", "/credit/order-checks",
                "/credit/guarantees/of/C001", "/relations/margins", "/customers/C001"):  # fmt: skip
        manager.goto(url)
        faults += faults_in_every_look(manager, url)
        manager.set_viewport_size({"width": PHONE, "height": 900})
        assert manager.evaluate("document.documentElement.scrollWidth") <= PHONE, url
        manager.set_viewport_size({"width": 1440, "height": 900})
    assert faults == []


def learn(page: Page, faults: list[str]) -> None:
    page.goto("/training")
    page.get_by_role("link", name="Why was it blocked?").click()
    expect(page.get_by_text("88214")).to_be_visible()
    faults += faults_in_every_look(page, "/lesson")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_label("Split the order into two smaller ones").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Not quite")
    page.get_by_label("Get a payment or a deposit, and ask for a release with that reason").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("learnt on")).to_be_visible()


def release(rep: Page, manager: Page, faults: list[str]) -> None:
    manager.goto("/customers/C001?tab=credit")
    manager.get_by_label("Why put on hold").fill("Two promises broken in a month.")
    manager.get_by_role("button", name="Put on hold").click()
    expect(manager.get_by_text("Falls on")).to_be_visible()
    rep.goto("/credit/holds")
    faults += faults_in_every_look(rep, "/holds")
    until = (timezone.localdate() + timedelta(days=8)).isoformat()
    held = rep.get_by_role("listitem").filter(has_text="The whole customer")
    if not held.get_by_label("Reason").is_visible():
        held.locator("summary").first.click()
    held.get_by_label("Reason").fill("Deposit of 30 % came in.")
    held.get_by_label("Until").fill(until)
    held.get_by_role("button", name="Ask for the release").click()
    manager.goto("/credit/holds")
    manager.get_by_role("button", name="Grant the release").click()
    expect(manager.get_by_text("Released until")).to_be_visible()
