"""A scenario is written, simulated and published by a second person, who can also stop it; every page is accessible."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import Tenant, User
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Customer
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.journeys.conftest import Chromium

STANDARD = "/scenarios/standard-b2b"

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
    """Let two customers owe: one about to get the firm mail, one past it."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    for code, late in (("C001", 9), ("C002", 2), ("C003", 40)):
        chase.line(chase.customer(code), late, "1234", today=today)
    clients = [house.client(role) for role in ("credit_analyst", "credit_manager")]
    User.objects.update(language="en")
    with house.scope():
        Tenant.objects.update(language="en")
        ensure_ready_scenarios()
    sessions = [client.cookies[settings.SESSION_COOKIE_NAME].value for client in clients]
    return Team(*sessions)


def test_a_scenario_is_written_simulated_and_published_by_a_second_person(
    team: Team, chromium: Chromium
) -> None:
    faults: list[str] = []
    page = chromium.enter(team.analyst)
    write(page)
    faults += faults_in_every_look(page, "/scenario-draft")
    simulate(page)
    faults += faults_in_every_look(page, "/scenario-simulation")
    page.goto(f"{STANDARD}/changes")
    expect(page.get_by_text("Another credit manager publishes it")).to_be_visible()
    expect(page.get_by_role("button", name="Publish version 2")).to_have_count(0)

    second = chromium.enter(team.manager)
    publish(second, faults)
    stop(second, faults)
    pause(second, faults)
    assert faults == []


def write(page: Page) -> None:
    """Make the firm mail on D+10 a call, and see at once what that would change."""
    page.goto(f"{STANDARD}?step=3")
    page.get_by_role("button", name="Change this scenario").click()
    page.get_by_label("Channel").select_option("call")
    page.get_by_label("Who lets it leave").select_option("manual")
    page.get_by_label("Tone").select_option("")
    page.locator("form[data-submit-key] .card-foot button").click()
    impact = page.get_by_role("region", name="If you publish today")
    expect(impact.get_by_text("Call, level 2", exact=True)).to_be_visible()
    expect(impact.get_by_role("link", name="Client C001").first).to_be_visible()


def simulate(page: Page) -> None:
    """Set the draft beside what is published, then beside another scenario over a past month."""
    page.get_by_role("link", name="Simulate", exact=True).click()
    expect(page.get_by_role("heading", name="What differs for customers")).to_be_visible()
    expect(page.get_by_role("link", name="Client C001").first).to_be_visible()
    page.get_by_label("Beside", exact=True).select_option(index=3)
    page.get_by_label("Days", exact=True).select_option(index=1)
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("On the ledger as it was on each of these days.")).to_be_visible()
    page.get_by_label("Days", exact=True).select_option("next")
    page.get_by_label("Calls the team makes a day").fill("0")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_text("more calls than the team makes").first).to_be_visible()


def publish(page: Page, faults: list[str]) -> None:
    """Look at every change, then publish."""
    page.goto(f"{STANDARD}/changes")
    impact = page.get_by_role("region", name="If you publish today")
    expect(impact.get_by_role("link", name="Client C002").first).to_be_visible()
    faults += faults_in_every_look(page, "/scenario-changes")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("Version 2 is published")).to_be_visible()


def stop(page: Page, faults: list[str]) -> None:
    """Press the red button of the scenario and let it go again."""
    page.get_by_text("Stop it", exact=True).click()
    page.get_by_label("Why").fill("The texts are wrong")
    page.get_by_role("button", name="Stop this scenario").click()
    expect(page.get_by_text("The texts are wrong")).to_be_visible()
    faults += faults_in_every_look(page, "/scenario-stopped")
    page.get_by_label("Why it is taken up again").fill("Corrected")
    page.get_by_role("button", name="Resume this scenario").click()
    expect(page.get_by_role("region", name="Taken up again")).to_contain_text("Corrected")
    faults += faults_in_every_look(page, "/scenario-resumed")


def pause(page: Page, faults: list[str]) -> None:
    """Pause one item from the list of those who follow the scenario."""
    page.get_by_role("link", name="3 customers follow it.").click()
    page.get_by_role("link", name="Client C003").click()
    page.get_by_role("link", name="Pause reminders about").click()
    faults += faults_in_every_look(page, "/customer-pausing")
    page.locator("form", has=page.get_by_role("button", name="Pause this item")).get_by_label(
        "Why"
    ).fill("Promised by telephone")
    page.get_by_role("button", name="Pause this item").click()
    expect(page.get_by_text("Promised by telephone").first).to_be_visible()
    faults += faults_in_every_look(page, "/customer-paused")
