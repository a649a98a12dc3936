"""A representative objects to a message to his protected customer, a manager decides; his pages, on a phone too."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from dunning.models import Care, Reminder
from dunning.services.contact_rules import ask_for_care
from dunning.services.reply_addresses import clarity_url
from dunning.services.sales_notices import tell_sales
from tests.browser import faults_in_every_look
from tests.cast import CustomerMaker, House
from tests.dunning.conftest import Chase
from tests.journeys.conftest import Chromium

MESSAGE_ID = "<0f2c9a44-5d0c-5c11-9c5b-3f6f8a7b9f10@echeo.example>"
TODAY = datetime.now(ZoneInfo("Europe/Paris")).date()
PHONE = 390

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]


@dataclass(frozen=True)
class Office:
    """A house with a notice that waits for its sales representative."""

    rep: str
    manager: str


@pytest.fixture
def office(house: House, make_customer: CustomerMaker) -> Office:
    chase = Chase(house, make_customer)
    chase.settle_in()
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    seller = house.member("sales_rep")
    customer = chase.customer(sales_rep_id=seller)
    chase.line(customer, 12, today=TODAY)
    finance = house.actor("credit_manager")
    now = timezone.now()
    with house.scope():
        User.objects.update(language="en")
        ask_for_care(
            customer=customer, kind=Care.PROTECTED, reason="Key account", actor=finance,
            today=TODAY, now=now,
        )  # fmt: skip
    chase.plan(TODAY, now=now, opens_now=False)
    with house.scope():
        Reminder.objects.update(message_id=MESSAGE_ID)
        tell_sales(now=now)
    name = settings.SESSION_COOKIE_NAME
    return Office(rep.cookies[name].value, manager.cookies[name].value)


def test_the_representative_objects_and_the_manager_decides(
    office: Office, chromium: Chromium
) -> None:
    page = chromium.enter(office.rep)
    page.goto("/departures")
    expect(page.get_by_text("F-00001").first).to_be_visible()
    page.get_by_label("Why it should not leave").fill("We sign the contract on Friday")
    page.get_by_role("button", name="Object").click()
    expect(page.get_by_text("Finance has not decided yet.")).to_be_visible()
    desk = chromium.enter(office.manager)
    desk.goto("/agenda")
    expect(desk.get_by_text("We sign the contract on Friday").first).to_be_visible()
    desk.locator("section", has=desk.get_by_role("heading", name="Sales object")).get_by_role(
        "link"
    ).first.click()
    desk.get_by_label("Why; sales read it").fill("Signed already: it may leave")
    desk.get_by_role("button", name="Let it go all the same").click()
    expect(desk.get_by_text("Decided: sales read it")).to_be_visible()
    page.goto("/departures")
    expect(page.get_by_text("Signed already: it may leave")).to_be_visible()


def test_one_tap_on_a_phone_notes_a_promise(office: Office, chromium: Chromium) -> None:
    page = chromium.enter(office.rep, width=PHONE)
    page.goto("/late")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_role("button", name="promised").first.click()
    expect(page.get_by_text("Promise noted").first).to_be_visible()
    expect(page.get_by_text("promised for").first).to_be_visible()


def test_the_pages_of_sales_are_accessible_in_every_look(
    office: Office, chromium: Chromium
) -> None:
    faults = []
    page = chromium.enter(office.rep)
    clear = "/clear/" + clarity_url(MESSAGE_ID).rsplit("/", 1)[1]
    for number, path in enumerate(("/departures", "/late", "/questions", clear)):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        faults += faults_in_every_look(page, f"/sales-{number}")
    desk = chromium.enter(office.manager)
    desk.goto("/customers/C001?tab=contacts")
    faults += faults_in_every_look(desk, "/sales-care")
    assert faults == []
