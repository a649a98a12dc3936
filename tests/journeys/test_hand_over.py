"""A formal notice is issued, a penalty given up, the file proposed, approved by a second person, and opened."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from dunning.documents import engine_problem
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
    pytest.mark.skipif(
        bool(engine_problem()), reason="the libraries of PDF are not on this machine"
    ),
]


@dataclass(frozen=True)
class Team:
    """The sessions of an analyst, who proposes, and of a manager, who decides; and where they work."""

    analyst: str
    manager: str
    task: str
    legal: str


@pytest.fixture
def team(house: House, make_customer: Callable[..., Customer]) -> Team:
    """Let a customer owe two invoices so late that a formal notice waits to be posted."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    now = datetime.now(ZoneInfo("Europe/Paris"))
    customer = chase.customer(address="1 rue des Tests\n44000 Nantes")
    for late, amount in ((47, "12000"), (49, "3000.55")):
        chase.line(customer, late, amount, today=now.date())
    chase.plan(now.date(), now=now)
    (task,) = chase.reminders()
    clients = [house.client(role) for role in ("credit_analyst", "credit_manager")]
    User.objects.update(language="en")
    analyst, manager = (client.cookies[settings.SESSION_COOKIE_NAME].value for client in clients)
    return Team(analyst, manager, f"/agenda/{task.pk}", f"/legal/customers/{customer.pk}")


def test_from_the_formal_notice_to_the_file_of_the_lawyer(
    team: Team, chromium: Chromium, tmp_path: Path
) -> None:
    manager = chromium.enter(team.manager, accept_downloads=True)
    manager.goto(team.task)
    manager.get_by_role("button", name="Issue the formal notice").click()
    expect(manager.get_by_text("MD-", exact=False).first).to_be_visible()
    expect(manager.get_by_role("button", name="Issue the formal notice")).to_have_count(0)

    manager.goto(team.legal)
    expect(manager.locator("b", has_text="Answer to the formal notice")).to_be_visible()
    faults = faults_in_every_look(manager, "/legal-notice")
    give_up(manager)

    analyst = chromium.enter(team.analyst, accept_downloads=True)
    propose(analyst, team)
    faults += faults_in_every_look(analyst, "/legal-proposed")
    expect(analyst.get_by_role("button", name="Hand over D-0001")).to_have_count(0)

    manager.goto(team.legal)
    manager.get_by_role("button", name="Hand over D-0001").click()
    expect(manager.get_by_text("Litigation", exact=True)).to_be_visible()
    faults += faults_in_every_look(manager, "/legal-handed-over")
    with manager.expect_download() as started:
        manager.get_by_role("link", name="Download the file (ZIP)").click()
    path = tmp_path / "file.zip"
    started.value.save_as(path)
    opened(path)
    assert faults == []


def give_up(page: Page) -> None:
    """Give the fixed charge of the first claim up, with a reason that the page keeps."""
    page.get_by_text("how it was computed, what happened").first.click()
    form = page.locator("form[action*='/claims/']").first
    form.get_by_label("Interest given up").fill("0")
    form.get_by_label("Why it is given up").fill("Goodwill of the season")
    form.get_by_role("button").click()
    page.get_by_text("how it was computed, what happened").first.click()
    expect(page.get_by_text("Goodwill of the season")).to_be_visible()


def propose(page: Page, team: Team) -> None:
    """Tick both invoices and name the lawyer."""
    page.goto(team.legal)
    for box in page.locator("input[name=line]").all():
        box.check()
    page.get_by_label("To", exact=True).select_option("lawyer")
    page.get_by_label("Lawyer or court").fill("Maître Exemple")
    page.get_by_label("Why", exact=True).fill("No answer to the formal notice")
    page.get_by_role("button", name="Propose the file").click()
    expect(page.get_by_text("D-0001 · Lawyer · Maître Exemple")).to_be_visible()


def opened(path: Path) -> None:
    """Open the ZIP as its reader does: the notice, the computation with the waiver, both invoices."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert any(name.startswith("notices/mise-en-demeure-MD-") for name in names)
        invoices = archive.read("invoices.csv").decode("utf-8-sig")
        history = archive.read("history.csv").decode("utf-8-sig")
    amounts = [row["open_amount"] for row in csv.DictReader(io.StringIO(invoices))]
    assert sorted(amounts) == ["12000.00", "3000.55"]
    assert "Goodwill of the season" in history
