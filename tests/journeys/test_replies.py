"""A customer answers a reminder: the suggestion, the yes of a person, the promise; and the pages around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import RoleGrant, Scope, User
from dunning.models import MailTask, Promise, Reminder, Reply, TaskKind
from dunning.services.replies import receive_mail
from dunning.services.reply_addresses import UNSUBSCRIBE, name_of, token_for
from dunning.services.sending_domains import enter_domain
from kernel import formats
from tests.browser import faults_in_every_look
from tests.cast import CustomerMaker, House
from tests.dunning.conftest import Chase
from tests.journeys.conftest import Chromium

MESSAGE_ID = "<0f2c9a44-5d0c-5c11-9c5b-3f6f8a7b9f10@echeo.example>"
TODAY = datetime.now(ZoneInfo("Europe/Paris")).date()
PAYMENT_DAY = TODAY + timedelta(days=6)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@dataclass(frozen=True)
class Office:
    """A house to which a customer, a stranger and a swindler wrote."""

    session: str
    reply: UUID
    lost: UUID
    fraud: UUID


def write(sender: str, text: str, number: int, *, file: bytes = b"") -> None:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "atelier@example.org"
    message["Subject"] = "Re: Votre facture"
    message["Message-ID"] = f"<{number}@c001.example>"
    message.set_content(text)
    if file:
        message.add_attachment(file, maintype="application", subtype="pdf", filename="avis.pdf")
    receive_mail(message.as_bytes(), source="webhook", now=timezone.now())


@pytest.fixture
def office(house: House, make_customer: CustomerMaker) -> Office:
    chase = Chase(house, make_customer)
    chase.settle_in()
    line = chase.line(chase.customer(), 12, today=TODAY)
    chase.line(chase.customer("C002"), 40, "2500", today=TODAY)
    client = house.client("credit_manager")
    chase.plan(TODAY, now=timezone.now())
    with house.scope():
        User.objects.update(language="en")
        RoleGrant.objects.create(
            membership_id=house.member_known("credit_manager"),
            role="tenant_admin",
            scope=Scope.objects.get(path="/"),
        )
        Reminder.objects.filter(customer=line.customer).update(message_id=MESSAGE_ID)
    day = f"{PAYMENT_DAY:%d/%m/%Y}"
    text = f"Bonjour,\nla facture {line.document.number} sera réglée le {day}.\nCordialement"
    write("Marthe Exemple <compta@c001.example>", text, 1, file=b"%PDF-1.7 avis")
    write("x@elsewhere.example", "Bonjour, qui êtes-vous ?", 2)
    swindle = "Merci de noter notre nouveau compte DE89 3704 0044 0532 0130 00."
    write("compta@c002.example", swindle, 3)
    manager = house.actor("credit_manager")
    with house.scope():
        enter_domain(
            typed="factures.atelier.example",
            actor=manager,
            now=timezone.now(),
        )
        found = {reply.message_id[1]: reply.pk for reply in Reply.objects.all()}
    return Office(
        client.cookies[settings.SESSION_COOKIE_NAME].value, found["1"], found["2"], found["3"]
    )


def test_a_reply_is_suggested_confirmed_and_becomes_a_promise(
    office: Office, chromium: Chromium, house: House
) -> None:
    page = chromium.enter(office.session)
    answer = page.goto("/agenda")
    assert answer is not None
    assert answer.ok
    page.locator(f'a[href="/agenda/replies/{office.reply}"]').first.click()
    expect(page.get_by_text("Promises to pay").first).to_be_visible()
    expect(page.locator("mark").first).to_contain_text("sera réglée")
    expect(page.get_by_label("Day of payment or of return")).to_have_value(
        formats.day(PAYMENT_DAY, "en")
    )
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Saved: Client C001").first).to_be_visible()
    page.goto(f"/agenda/replies/{office.reply}")
    expect(page.get_by_text("decided by Credit Manager").first).to_be_visible()
    page.goto("/customers/C001?tab=timeline")
    expect(page.get_by_text("Reply read: promises to pay").first).to_be_visible()


def test_the_pages_of_replies_are_accessible_in_every_look(
    office: Office, chromium: Chromium
) -> None:
    page = chromium.enter(office.session)
    name = name_of(MESSAGE_ID)
    assert name is not None
    paths = (
        "/agenda/replies", f"/agenda/replies/{office.reply}", f"/agenda/replies/{office.lost}",
        f"/agenda/replies/{office.fraud}", "/admin/mail-domain",
        f"/stop/{token_for(name, kind=UNSUBSCRIBE)}",
    )  # fmt: skip
    faults = []
    for number, path in enumerate(paths):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        faults += faults_in_every_look(page, f"/replies-{number}")
    assert faults == []


@pytest.fixture(autouse=True)
def outcome(house: House, request: pytest.FixtureRequest) -> Iterator[None]:
    """Look into the database once the browser is gone: Django sees Playwright's loop."""
    yield
    if request.node.name.startswith("test_a_reply"):
        with house.scope():
            promise = Promise.objects.get()
            assert (promise.promised_date, promise.source) == (PAYMENT_DAY, "reply")
            assert MailTask.objects.get().kind == TaskKind.FRAUD
