"""A representative asks, the file is analysed and decided on a phone, and the limit stands; pages accessible."""

from dataclasses import dataclass

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import Tenant, User
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.credit.asking import SIREN, terms
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
    """The sessions of who asks, who analyses and who decides."""

    rep: str
    analyst: str
    manager: str


@pytest.fixture
def team(house: House) -> Team:
    clients = [house.client(role) for role in ("sales_rep", "credit_analyst", "credit_manager")]
    User.objects.update(language="en")
    with house.scope():
        Tenant.objects.update(language="en")
        terms("30N", 30, "net")
    return Team(*(client.cookies[settings.SESSION_COOKIE_NAME].value for client in clients))


def test_an_account_is_asked_for_analysed_and_granted_on_a_phone(
    team: Team, chromium: Chromium
) -> None:
    faults: list[str] = []
    rep = chromium.enter(team.rep, width=PHONE)
    ask(rep, faults)
    analyst = chromium.enter(team.analyst)
    analyse(analyst, faults)
    manager = chromium.enter(team.manager, width=PHONE)
    decide(manager, faults)
    rep.reload()
    expect(rep.get_by_text("What was decided")).to_be_visible()
    expect(rep.get_by_text("60,000").first).to_be_visible()
    manager.goto("/customers/C-00001?tab=credit")
    expect(manager.get_by_role("cell", name="60,000")).to_be_visible()
    faults += faults_in_every_look(manager, "/customer-credit")
    assert faults == []


def ask(page: Page, faults: list[str]) -> None:
    page.goto("/credit/requests/new")
    page.get_by_label("Company", exact=True).fill("Menuiserie Kerlann")
    page.get_by_label("SIREN").fill("732829321")
    page.get_by_label("Limit asked for, tax included").fill("80000")
    page.get_by_label("Payment terms").select_option(label="30N")
    page.get_by_label("Expected sales of a year, without tax").fill("310000")
    page.get_by_label("Why, in your words").fill("Signed quote, first delivery next week.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("alert")).to_contain_text("732829321")
    expect(page.get_by_label("Why, in your words")).to_have_value(
        "Signed quote, first delivery next week."
    )
    page.get_by_label("SIREN").fill(SIREN)
    faults += faults_in_every_look(page, "/request-new")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Menuiserie Kerlann")
    expect(page.locator('[aria-current="step"]')).to_contain_text("File complete")
    faults += faults_in_every_look(page, "/request-rep")


def analyse(page: Page, faults: list[str]) -> None:
    page.goto("/credit/requests")
    faults += faults_in_every_look(page, "/requests")
    page.get_by_role("link", name="Menuiserie Kerlann").click()
    page.get_by_label("Why it is complete as it is").fill("The papers came by post.")
    page.get_by_role("button", name="The file is complete").click()
    page.get_by_label("Limit advised").fill("60000")
    page.get_by_role("textbox", name="Opinion").fill("Sound, cash is tight.")
    page.get_by_role("button", name="Give the opinion").click()
    expect(page.locator('[aria-current="step"]')).to_contain_text("Credit manager")


def decide(page: Page, faults: list[str]) -> None:
    page.goto("/home")
    page.goto("/credit/requests?view=to_decide")
    page.get_by_role("link", name="Menuiserie Kerlann").click()
    faults += faults_in_every_look(page, "/request-decide")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Grant with conditions")).to_be_checked()
    page.get_by_label("Reason, shared with the representative").fill("60 to begin with.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("heading", name="What was decided")).to_be_visible()
    faults += faults_in_every_look(page, "/request-granted")
    page.goto("/credit/circuits")
    faults += faults_in_every_look(page, "/circuits")
    page.get_by_role("link", name="Account openings").click()
    page.get_by_role("button", name="Change the circuit").click()
    faults += faults_in_every_look(page, "/circuit-draft")
    page.goto("/credit/authority")
    faults += faults_in_every_look(page, "/authority")
