"""Every page of the house over a small ledger: accessible, usable by keyboard, and usable without a script."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import RoleGrant, Scope, User
from credit.services import scorecards
from dunning.services.plan import plan_reminders
from kernel.permissions import system_actor
from ledger import tasks
from ledger.models import Customer, Document
from portal.services import issue_link
from tests.browser import faults_in_every_look
from tests.cast import House
from tests.journeys.conftest import Chromium
from tests.journeys.receivables import HEADERS, REMINDED, export

KNOWN = ("Code client", *HEADERS[1:])
VISITORS = ("/login", "/signup")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(500),
]


@dataclass(frozen=True)
class Office:
    """A company at work: who is signed in, and the addresses of its pages."""

    session: str
    pages: tuple[str, ...]
    portal: str


def send(client: Client, content: bytes, name: str) -> str:
    answer = client.post("/imports", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def ledger_written(client: Client, today: date) -> tuple[str, str, str]:
    """Import the export and return three imports: one written, one to be looked at, one whose columns are unknown."""
    written = send(client, export(today, headers=KNOWN), "written.csv")
    tasks.work_imports()
    client.post(f"{written}/apply")
    tasks.work_imports()
    checked = send(client, export(today, headers=KNOWN) + b"\r\n", "checked.csv")
    unknown = send(client, export(today, headers=("Interne", *HEADERS[1:])), "unknown.csv")
    tasks.work_imports()
    return written, checked, unknown


@pytest.fixture
def office(house: House) -> Office:
    """Fill the house of the cast, let its credit manager administer it too, and plan the day."""
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    client = house.client("credit_manager")
    with house.scope():
        User.objects.update(language="en")
        RoleGrant.objects.create(
            membership_id=house.member_known("credit_manager"),
            role="tenant_admin",
            scope=Scope.objects.get(path="/"),
        )
    author, publisher = house.actor("credit_analyst"), house.actor("credit_manager")
    imports = ledger_written(client, today)
    with house.scope():
        actor = system_actor(house.tenant_id)
        plan = plan_reminders(today=today, now=timezone.now(), actor=actor, opens_now=True)
        customer = Customer.objects.get(name=REMINDED)
        document = Document.objects.filter(customer=customer).first()
        assert document is not None
        draft = scorecards.open_draft(actor=author)
        seen = scorecards.stamp(draft)
        scorecards.publish(seen=seen, actor=publisher, today=today, now=timezone.now())
        scorecards.open_draft(actor=author)
        link = issue_link(customer=customer, actor=actor, today=today)
    pages = (
        "/home", "/kpi/dso", "/kpi/overdue?by=customer", "/items", f"/items/{document.pk}",
        "/customers", f"/customers/{customer.code}", "/imports", *imports, "/agenda",
        reminder_page(plan.planned), "/admin", "/admin/company", "/admin/users", "/admin/entities",
        "/admin/keys", "/me", "/agenda/letters", "/agenda/uncovered", "/agenda/causes", "/items/files",
        "/scenarios/capacity", "/scenarios/standard-b2b/recovery", f"/customers/{customer.code}?tab=scenario",
        f"/scores?customer={customer.code}", f"/scores/{customer.pk}", "/watch", "/scorecards",
        "/scorecards/draft?criterion=days_late", "/scorecards/parameters",
    )  # fmt: skip
    return Office(
        client.cookies[settings.SESSION_COOKIE_NAME].value, pages, urlsplit(link.url).path
    )


def reminder_page(planned: tuple[UUID, ...]) -> str:
    assert len(planned) == 6
    return f"/agenda/{planned[0]}"


def faults_of(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page in any of its looks, and an answer that is no page."""
    answer = page.goto(path)
    assert answer is not None
    faults = faults_in_every_look(page, path)
    return faults if answer.status == 200 else [*faults, f"{path}: {answer.status}"]


def test_axe_finds_nothing_on_any_page(office: Office, chromium: Chromium) -> None:
    page = chromium.context().new_page()
    faults = [fault for path in (*VISITORS, office.portal) for fault in faults_of(page, path)]
    page = chromium.enter(office.session)
    faults += [fault for path in office.pages for fault in faults_of(page, path)]
    assert faults == []


def test_a_page_is_worked_by_keys(office: Office, chromium: Chromium) -> None:
    page = chromium.enter(office.session)
    page.goto("/home")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("oeno")
    expect(page.locator("#palette [role=option]").first).to_contain_text(REMINDED)
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_reminders_are_confirmed_and_files_sent_in_without_a_script(
    office: Office, chromium: Chromium
) -> None:
    page = chromium.enter(office.session, java_script_enabled=False)
    page.goto("/agenda")
    page.get_by_label(f"Select {REMINDED}").check()
    page.get_by_role("button", name="Confirm the ticked").click()
    expect(page.get_by_text("1 reminder confirmed.").first).to_be_visible()
    page.goto("/imports")
    content = export(datetime.now(ZoneInfo("Europe/Paris")).date(), headers=KNOWN) + b"\r\n\r\n"
    page.set_input_files(
        "input[type=file]", {"name": "new.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url(re.compile("/imports/[0-9a-f-]{36}$"))
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
