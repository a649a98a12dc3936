"""A collector's morning: confirm in bulk, call with the script, take a promise down, go on to the next."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from dunning.models import ContactReport, Promise, Reminder
from dunning.rules.outbox import State
from dunning.services.learning import learn
from ledger.models import Contact, Customer
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
WORDS = "Waits for a public building site"


@pytest.fixture
def morning(transactional_db: None, house: House, make_customer: Callable[..., Customer]) -> Client:
    """Return a manager who has two calls and two e-mails before him."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    client = house.client("credit_manager")
    User.objects.update(language="en")
    for code, days_late, amount in (
        ("BATI", 22, "97858.40"), ("HYDRO", 24, "16300"), ("MAIL1", 12, "1200"), ("MAIL2", 12, "2200"),
    ):  # fmt: skip
        chase.line(chase.customer(code, risk_class="C"), days_late, amount, today=TODAY)
    with house.scope():
        Contact.objects.update(phone="02 00 00 04 82")
    chase.plan(TODAY, now=NOW)
    with house.scope():
        learn(today=TODAY)
    return client


@pytest.fixture
def what_is_kept(morning: Client, house: House) -> Iterator[None]:
    """Hold, once the browser is closed and the database can be asked, that the rows say what the pages said."""
    yield
    with house.scope():
        assert Promise.objects.get().words == WORDS
        outcomes = set(ContactReport.objects.values_list("outcome", "cause"))
        assert outcomes == {("promise", "no_budget"), ("unreachable", "")}
        assert Reminder.objects.filter(state=State.PLANNED).count() == 1


def confirm_in_bulk(page: Page) -> None:
    """Tick what waits, see what it comes to, and let it go."""
    page.goto("/agenda")
    page.locator("[data-pick-all=r]").check()
    expect(page.locator("[data-sum=r][data-currency=EUR]")).to_have_text("€3,400.00")
    page.get_by_role("button", name="Confirm the ticked").click()
    expect(page.get_by_text("2 reminders confirmed. €3,400.00").first).to_be_visible()


def call_with_script(page: Page) -> None:
    """Call the first by priority: the words follow the cause that is named, and nothing typed is lost."""
    expect(page.locator("#work-title")).to_have_text("Client BATI")
    page.locator("#id_words").fill(WORDS)
    page.locator("#script").get_by_role("link", name="No budget").click()
    expect(page.locator("#script")).to_contain_text("three payments: €48,929.20")
    expect(page.locator("#id_cause")).to_have_value("no_budget")
    expect(page.locator("#id_words")).to_have_value(WORDS)


def promise(page: Page) -> None:
    """Take the promise down: a day too far is refused in a sentence, the next one holds; the next call follows."""
    page.locator("h1").click()
    page.keyboard.press("p")
    page.locator("#id_promised_date").fill("+90")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("A promise reaches from")
    expect(page.locator("#id_words")).to_have_value(WORDS)
    page.locator("#id_promised_date").fill("+3")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#work-title")).to_have_text("Client HYDRO")
    expect(page.get_by_text("Promises of these days")).to_be_visible()


def nobody_answers(page: Page) -> None:
    """Save a call in vain: it stays on the list and says when it comes back."""
    page.locator("h1").click()
    page.keyboard.press("i")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".agenda .why", has_text="1 call in vain, again at")).to_be_visible()


def test_a_collectors_morning(morning: Client, what_is_kept: None, chromium: Chromium) -> None:
    page = chromium.enter(morning)
    confirm_in_bulk(page)
    call_with_script(page)
    promise(page)
    nobody_answers(page)
