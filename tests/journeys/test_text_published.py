"""A text is written, shown on three customers, tried on its author, published by a second person, and then sent."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import Tenant, User
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer, DocumentKind
from otc.embedded.mailbox import list_messages
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.journeys.conftest import Chromium, Site, wait_until

COURTEOUS = "/templates/courteous"
OURS = "De chez nous : {{ total }}, {{ creditor.name }}"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
]


@dataclass(frozen=True)
class Team:
    """The sessions of an analyst, who writes, and of a manager, who publishes."""

    analyst: str
    manager: str


@pytest.fixture
def team(house: House, make_customer: Callable[..., Customer]) -> Team:
    """Let three customers be a few days late: one with a credit note, one with two lines, one in pounds."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    chase.line(credited := chase.customer("C001"), 4, "1234", today=today)
    chase.line(credited, 4, "-234", kind=DocumentKind.CREDIT_NOTE, today=today)
    many = chase.customer("C002")
    for late in (4, 5):
        chase.line(many, late, "500", today=today)
    chase.line(chase.customer("C003"), 4, "700", currency="GBP", today=today)
    clients = [house.client(role) for role in ("credit_analyst", "credit_manager")]
    User.objects.update(language="en")
    with house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    sessions = [client.cookies[settings.SESSION_COOKIE_NAME].value for client in clients]
    return Team(*sessions)


def test_a_text_is_written_shown_tried_published_and_sent(
    team: Team, chromium: Chromium, site: Site
) -> None:
    faults: list[str] = []
    page = chromium.enter(team.analyst)
    page.goto("/templates")
    faults += faults_in_every_look(page, "/texts")
    write(page, faults)
    show(page, faults)
    try_on_oneself(page, site.relay.folder)
    expect(page.get_by_role("button", name="Publish version 1")).to_have_count(0)

    second = chromium.enter(team.manager)
    second.goto(f"{COURTEOUS}/fr/preview")
    second.get_by_role("button", name="Publish version 1").click()
    expect(second.get_by_text("Version 1 is in force")).to_be_visible()
    faults += faults_in_every_look(second, "/text-in-force")

    site.manage("run_dunning", "--tenant", "atelier", "--confirm-all", "--send")
    wait_until(lambda: len(sent(site.relay.folder)) == 3, "three messages in the new text")
    assert faults == []


def write(page: Page, faults: list[str]) -> None:
    """Change the French text: a wrong name is refused at its line, a right one is put in by a click."""
    page.get_by_role("link", name="Courteous").click()
    page.get_by_role("button", name="Change this text, French").click()
    page.get_by_label("Subject", exact=True).fill(OURS)
    body = page.locator("#id_fr_body")
    body.fill("<p>Bonjour,</p>\n<p>{{ customer.nam }}</p>\n{{ blocks.signature }}")
    page.get_by_role("button", name="Save the draft, French").click()
    expect(page.get_by_text("The nearest one is customer.name").first).to_be_visible()
    faults += faults_in_every_look(page, "/text-refused")
    body.fill("<p>Bonjour ")
    page.get_by_role("button", name="{{ customer.name }}").click()
    expect(body).to_have_value("<p>Bonjour {{ customer.name }}")
    body.press_sequentially(",</p>")
    page.get_by_role("button", name="Save the draft, French").click()
    expect(page.get_by_text("Saved in the draft")).to_be_visible()
    faults += faults_in_every_look(page, "/text-draft")


def show(page: Page, faults: list[str]) -> None:
    """See the mail on the three customers, each in a frame that runs nothing."""
    page.get_by_role("button", name="Show it on three customers, French").click()
    for code in ("C001", "C002", "C003"):
        expect(page.get_by_role("heading", name=f"Client {code}")).to_be_visible()
    last = page.frame_locator("iframe").nth(2)
    expect(last.get_by_text("Bonjour Client C003")).to_be_visible()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_text("Bonjour Client C001")).to_be_visible()
    expect(
        frame.get_by_text(re.compile(r"^1.000,00.€$")).first
    ).to_be_visible()  # net of the credit note
    faults += faults_in_every_look(page, "/text-preview")


def try_on_oneself(page: Page, folder: Path) -> None:
    """Send the first of them to oneself; it is the only mail there is."""
    page.get_by_role("button", name="Send me this one").first.click()
    expect(
        page.get_by_text("The test is on its way to credit.analyst@atelier.example")
    ).to_be_visible()
    wait_until(lambda: list_messages(folder), "the test in the mailbox")
    (mail,) = list_messages(folder)
    assert mail.recipients == ("credit.analyst@atelier.example",)
    assert str(mail.content["Subject"]).startswith("TEST: De chez nous")


def sent(folder: Path) -> list[str]:
    """Return the subjects of what left to customers in the new text."""
    subjects = [str(mail.content["Subject"]) for mail in list_messages(folder)]
    return [subject for subject in subjects if subject.startswith("De chez nous")]
