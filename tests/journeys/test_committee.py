"""An account the charter refuses is corrected, analysed, voted on without consensus, arbitrated; minutes as PDF."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Tenant, User
from credit.services import charter_drafts
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.credit.asking import SIREN, terms
from tests.credit.sitting import Table, browser_of, seated, table_of
from tests.journeys.conftest import Chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]


@dataclass(frozen=True)
class Round:
    """The sessions of everybody around the table, by who they are."""

    sessions: dict[str, str]
    chromium: Chromium
    faults: list[str]

    def enter(self, who: str) -> Page:
        context = self.chromium.context()
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies(
            [{"name": name, "value": self.sessions[who], "url": "http://127.0.0.1"}]
        )
        return context.new_page()

    def look(self, page: Page, name: str) -> None:
        self.faults.extend(faults_in_every_look(page, name))


@pytest.fixture
def sessions(house: House) -> dict[str, str]:
    """Seat the committee, publish the charter and sign everybody in, before a browser runs: it bars the database."""
    table: Table = table_of(house)
    people = {
        "rep": table.cast.rep,
        "analyst": table.cast.analyst,
        "manager": table.cast.manager,
        "other": table.cast.other_manager,
        "sales": table.sales,
        "finance": table.finance,
        "chair": table.chair,
        "director": table.director,
    }
    signed_in = {
        who: browser_of(table, actor).cookies[settings.SESSION_COOKIE_NAME].value
        for who, actor in people.items()
    }
    User.objects.update(language="en")
    now = timezone.now()
    with table.scope():
        Tenant.objects.update(language="en")
        terms("30N", 30, "net")
        terms("60N", 60, "net")
        seated(table)
        draft = charter_drafts.open_draft(actor=table.cast.analyst)
        charter_drafts.publish(
            seen=charter_drafts.stamp(draft), actor=table.cast.manager, today=now.date(), now=now
        )
    return signed_in


def test_a_committee_without_consensus_is_arbitrated_and_leaves_minutes(
    sessions: dict[str, str], chromium: Chromium
) -> None:
    sitting = Round(sessions, chromium, [])
    number = ask(sitting)
    analyse(sitting, number)
    call(sitting)
    for who, choice in (("sales", "For"), ("finance", "For"), ("chair", "Against")):
        vote(sitting, who, choice)
    close(sitting)
    arbitrate(sitting, number)
    assert sitting.faults == []


def ask(sitting: Round) -> str:
    page = sitting.enter("rep")
    page.goto("/credit/requests/new")
    page.get_by_label("Company", exact=True).fill("Menuiserie Kerlann")
    page.get_by_label("SIREN").fill(SIREN)
    page.get_by_label("Limit asked for, tax included").fill("120000")
    page.get_by_label("Payment terms").select_option(label="60N")
    page.get_by_label("Why, in your words").fill("Signed quote, first delivery next week.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("Longest payment term").first).to_be_visible()
    page.get_by_label("Payment terms").select_option(label="30N")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Menuiserie Kerlann")
    return page.url.rsplit("/", 1)[-1]


def analyse(sitting: Round, number: str) -> None:
    page = sitting.enter("analyst")
    page.goto(f"/credit/requests/{number}")
    page.get_by_label("Why it is complete as it is").fill("The papers came by post.")
    page.get_by_role("button", name="The file is complete").click()
    page.get_by_label("Limit advised").fill("120000")
    page.get_by_role("textbox", name="Opinion").fill("Sound, cash is tight.")
    page.get_by_role("button", name="Give the opinion").click()
    page = sitting.enter("other")
    page.goto(f"/credit/requests/{number}")
    page.get_by_role("radio", name="Grant as asked").check()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("heading", name="What was decided")).to_have_count(0)


def call(sitting: Round) -> None:
    page = sitting.enter("analyst")
    page.goto("/committees")
    page.get_by_role("link", name="Prepare a session").click()
    soon = timezone.localtime() + timedelta(hours=3)
    page.get_by_label("Meets on").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Votes close on").fill((soon + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    sitting.look(page, "/committee-new-session")
    page.get_by_role("button", name="Prepare the session").click()
    expect(page.get_by_role("heading", name="Menuiserie Kerlann")).to_be_visible()
    page.get_by_role("button", name="Call the session").click()
    expect(page.get_by_text("Voting").first).to_be_visible()


def vote(sitting: Round, who: str, choice: str) -> None:
    page = sitting.enter(who)
    page.goto("/committees")
    if who == "chair":
        sitting.look(page, "/committees")
    page.get_by_role("link", name="Menuiserie Kerlann").click()
    if who == "chair":
        sitting.look(page, "/committee-vote")
    page.get_by_role("radio", name=choice, exact=True).check()
    page.get_by_label("Your reason").fill("Three months of sales at most.")
    page.get_by_role("button", name="Record my vote").click()
    expect(page.get_by_text("is recorded").first).to_be_visible()


def close(sitting: Round) -> None:
    page = sitting.enter("manager")
    page.goto("/committees")
    page.get_by_role("link", name="Credit committee,").click()
    sitting.look(page, "/committee-session")
    page.get_by_role("button", name="Close the session").click()
    expect(page.get_by_text("No consensus, to arbitration").first).to_be_visible()
    expect(page.get_by_role("link", name="CC-")).to_have_count(0)


def arbitrate(sitting: Round, number: str) -> None:
    page = sitting.enter("director")
    page.goto(f"/credit/requests/{number}")
    sitting.look(page, "/request-arbitration")
    page.get_by_role("radio", name="Grant with conditions").check()
    page.get_by_label("Limit", exact=False).first.fill("60000")
    page.get_by_label("Reason, shared with the representative").fill("Half, and a review.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("heading", name="What was decided")).to_be_visible()
    rep = sitting.enter("rep")
    rep.goto(f"/credit/requests/{number}")
    expect(rep.get_by_text("60,000").first).to_be_visible()
    page = sitting.enter("manager")
    page.goto("/committees")
    page.get_by_role("link", name="Credit committee,").click()
    sitting.look(page, "/committee-closed")
    with page.expect_download() as paper:
        page.get_by_role("link", name="(EN)").click()
    with open(paper.value.path(), "rb") as file:  # noqa: PTH123  a path of Playwright's
        assert file.read(5) == b"%PDF-"
    page.goto("/customers/C-00001?tab=credit")
    expect(page.get_by_role("cell", name="60,000")).to_be_visible()
    page.goto("/credit/circuits/openings")
    page.get_by_role("button", name="Change the circuit").click()
    sitting.look(page, "/circuit-draft")
