"""A promise kept silent about for weeks: the customer's page says it is broken, the agenda asks for a call, and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from dunning.rules.promises import PromiseSource
from dunning.services.promises import record_promise
from ledger.models import Customer
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.journeys.conftest import Chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]

NOW = datetime.now(UTC)  # a page works on the day it is asked
TODAY = NOW.date()
MADE, PROMISED = TODAY - timedelta(days=20), TODAY - timedelta(days=12)


@pytest.fixture
def weeks_later(
    transactional_db: None, house: House, make_customer: Callable[..., Customer]
) -> Client:
    """Return a manager one of whose customers promised to pay twelve days ago and did not."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    client = house.client("credit_manager")
    collector = house.actor("collector")
    User.objects.update(language="en")
    customer = chase.customer("BATI")
    line = chase.line(customer, 35, "1500", today=TODAY)
    with house.scope():
        record_promise(
            customer=customer,
            due_lines=[line.pk],
            promised_date=PROMISED,
            amount=None,
            actor=collector,
            today=MADE,
            now=NOW - timedelta(days=20),
            source=PromiseSource.CALL,
            words="After the fair",
        )
    chase.plan(TODAY, now=NOW)
    return client


def read_the_page(page: Page) -> None:
    """The customer's page tells the promise and what became of it."""
    page.goto("/customers/BATI?tab=promises")
    promises = page.get_by_role("region", name="Promises")
    row = promises.get_by_role("listitem")
    expect(row).to_contain_text("€1,500.00")
    expect(row.locator(".badge")).to_have_text("Broken")


def find_the_call(page: Page) -> None:
    """The agenda asks for a call instead of the mail its scenario had for that day, and opens with the broken word."""
    page.goto("/agenda")
    expect(page.locator("#work-title")).to_have_text("Client BATI")
    expect(page.locator("#script")).to_contain_text("€1,500.00")
    expect(page.locator("#script")).to_contain_text("has not arrived")


def take_another_promise(page: Page) -> None:
    """Another word is given: the line is out of the agenda again."""
    page.locator("h1").click()
    page.keyboard.press("p")
    page.locator("#id_cause").select_option("cash_shortage")
    page.locator("#id_promised_date").fill("+3")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Promises of these days")).to_be_visible()
    page.goto("/customers/BATI?tab=promises")
    expect(page.locator("li .badge", has_text="Expected")).to_be_visible()
    expect(page.locator("li .badge", has_text="Broken")).to_be_visible()


def test_a_promise_that_was_not_kept(weeks_later: Client, chromium: Chromium) -> None:
    page = chromium.enter(weeks_later)
    read_the_page(page)
    find_the_call(page)
    take_another_promise(page)
    assert faults_in_every_look(page, "/customers/BATI?tab=promises") == []
