"""A text in force is what messages say, and what was said stays told: text, values and bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import AuditEvent, User
from dunning.models import MessageText, Reminder, RenderedMessage, ScenarioVersion, Step
from dunning.queries.templates import missing_texts, text_in_force, translations
from dunning.rules.content import Register
from dunning.rules.outbox import State
from dunning.services import drafts, people
from dunning.services.sending import Sender
from integrations.smtp.client import Relay, SmtpChannel
from integrations.smtp.evidence import FolderEvidence
from kernel.permissions import system_actor
from ledger.models import Customer
from otc.embedded.mail_folder import CaughtMessage
from otc.embedded.mailbox import MailCatcher, list_messages
from tests.cast import House
from tests.dunning.conftest import NOW, Chase
from tests.dunning.messages.conftest import OURS, Desk

PAGE = "/templates/courteous"


def text_of(
    register: Register = Register.COURTEOUS, language: str = "fr", *, by: UUID, **changes: Any
) -> MessageText:
    """Keep a text in force, inside an open scope."""
    fields = {**OURS, "register": register, "language": language, **changes}
    return MessageText.objects.create(
        **fields, is_draft=False, published_by_id=by, published_at=NOW
    )


@dataclass
class Out:
    """A mailbox and a worker."""

    chase: Chase
    catcher: MailCatcher

    def send(self) -> int:
        """Plan, confirm and send what is due; return how many left."""
        house = self.chase.house
        self.chase.plan()
        with house.scope():
            people.confirm_reminders(
                reminders=Reminder.objects.all(),
                actor=system_actor(house.tenant_id),
                now=NOW,
                opens_now=True,
            )
        relay = Relay(
            "localhost", self.catcher.port, "", "", is_starttls=True, is_tls=False,
            authority_file=str(self.catcher.authority_file), timeout=5,
        )  # fmt: skip
        sender = Sender(
            worker="w1",
            channel=SmtpChannel(relay),
            evidence=FolderEvidence(self.catcher.folder),
            clock=lambda: NOW,
        )
        try:
            return sender.send_ready(house.tenant_id).sent
        finally:
            sender.channel.close()

    def inbox(self) -> list[str]:
        return [str(each.content["Subject"]) for each in list_messages(self.catcher.folder)]


@pytest.fixture
def out(chase: Chase, tmp_path: Path) -> Iterator[Any]:
    with MailCatcher(tmp_path / "mail") as catcher:
        yield Out(chase, catcher)


@pytest.fixture
def manager(chase: Chase) -> UUID:
    return chase.house.member("credit_manager")


# --- the message ----------------------------------------------------------------------------------------------------


def test_the_next_message_is_written_in_the_text_in_force(out: Out, manager: UUID) -> None:
    out.chase.line(out.chase.customer(), 4, "1000")
    with out.chase.house.scope():
        own = text_of(subject="De chez nous : {{ total }}", by=manager)
    assert out.send() == 1
    assert out.inbox()[0].startswith("De chez nous")
    with out.chase.house.scope():
        rendered = RenderedMessage.objects.get()
        assert rendered.text_version == own
        assert rendered.facts["total"].startswith("1")
        assert rendered.facts["customer"] == {"name": "Client C001", "code": "C001"}
        assert rendered.facts["items"][0]["number"] == "F-00001"
        assert "portal" not in rendered.facts
        assert "blocks" not in rendered.facts


def test_without_a_text_of_ones_own_the_shipped_one_is_used_and_said(out: Out) -> None:
    out.chase.line(out.chase.customer(), 4, "1000")
    assert out.send() == 1
    with out.chase.house.scope():
        rendered = RenderedMessage.objects.get()
        assert rendered.text_version is None
        assert rendered.facts["line_count"] == "1"


def test_what_was_said_is_told_word_for_word(out: Out, manager: UUID) -> None:
    out.chase.line(out.chase.customer(), 4, "1000")
    with out.chase.house.scope():
        text_of(subject="De chez nous : {{ total }}", by=manager)
    out.send()
    with out.chase.house.scope():
        reminder = Reminder.objects.get(state=State.SENT)
    client = out.chase.house.client("credit_manager")
    page = client.get(f"/agenda/{reminder.pk}/said").content.decode()
    assert "De chez nous" in page
    assert "F-00001" in page
    assert "compta@c001.example" in page
    mail = client.get(f"/agenda/{reminder.pk}/said/mail")
    assert "Bonjour Client C001" in mail.content.decode()
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    stranger = out.chase.house.client("collector", path="/FR/ATELIER/")
    assert stranger.get(f"/agenda/{reminder.pk}/said").status_code in {200, 404}


def test_another_company_reads_nothing_of_it(out: Out, other_house: House) -> None:
    out.chase.line(out.chase.customer(), 4, "1000")
    out.send()
    with out.chase.house.scope():
        reminder = Reminder.objects.get()
    stranger = other_house.client("credit_manager")
    assert stranger.get(f"/agenda/{reminder.pk}/said").status_code == 404
    assert stranger.get(f"/agenda/{reminder.pk}/said/mail").status_code == 404


# --- languages ------------------------------------------------------------------------------------------------------


def test_a_reader_without_a_text_in_his_language_waits_for_a_person(chase: Chase) -> None:
    german = chase.customer("C-DE", language="de")
    chase.line(german, 4, "1000")
    chase.plan()
    (reminder,) = chase.reminders()
    assert "no_translation" in reminder.confirm_reasons
    assert reminder.mode == "confirm"


def test_a_contact_reads_his_own_language_not_his_companys(chase: Chase) -> None:
    customer = chase.customer("C-FR")
    with chase.house.scope():
        customer.contacts.update(language="de")
    chase.line(customer, 4, "1000")
    chase.plan()
    assert "no_translation" in chase.reminders()[0].confirm_reasons


def test_the_text_of_a_register_opens_the_way_for_that_register_alone(
    chase: Chase, manager: UUID
) -> None:
    with chase.house.scope():
        text_of(language="de", by=manager)
        known = translations()
    assert Register.COURTEOUS not in known.missing_in("de")
    assert Register.FIRM in known.missing_in("de")
    for code, days in (("C-1", 4), ("C-2", 12)):
        chase.line(chase.customer(code, language="de"), days, "1000")
    chase.plan()
    reasons = {each.customer.code: each.confirm_reasons for each in chase.reminders()}
    assert "no_translation" not in reasons["C-1"]
    assert "no_translation" in reasons["C-2"]


def test_a_reader_of_an_unwritten_language_gets_the_companys(chase: Chase, manager: UUID) -> None:
    with chase.house.scope():
        own = text_of(subject="Le nôtre {{ total }}", by=manager)
        found = text_in_force(Register.COURTEOUS, wanted="de", fallback="fr")
        shipped = text_in_force(Register.FIRM, wanted="de", fallback="fr")
    assert found.language == "fr"
    assert found.words is not None
    assert found.words.version_id == str(own.pk)
    assert (shipped.language, shipped.words) == ("fr", None)


def test_what_is_missing_is_known_by_register_and_reader(chase: Chase, manager: UUID) -> None:
    with chase.house.scope():
        assert missing_texts() == {}
    chase.customer("C-DE", language="de")
    with chase.house.scope():
        text_of(language="de", by=manager)
        missing = missing_texts()
    assert Register.COURTEOUS not in missing
    assert missing[Register.FIRM] == ("de",)


def test_a_scenario_that_would_leave_by_itself_unread_is_not_published(chase: Chase) -> None:
    house = chase.house
    chase.customer("C-DE", language="de")
    chase.plan()
    author, publisher = house.client("credit_analyst"), house.client("credit_manager")
    User.objects.update(language="en")
    author.post("/scenarios/standard-b2b/draft")
    with house.scope():
        draft = ScenarioVersion.objects.get(is_draft=True)
        Step.objects.filter(version=draft, number=3).update(offset_days=11)
        seen = {"seen": drafts.stamp(draft)}
    assert "German" in publisher.get("/scenarios/standard-b2b").content.decode()
    refused = publisher.post("/scenarios/standard-b2b/publish", seen)
    assert refused.status_code == 422
    assert (
        "its text is missing in a language that customers read: German" in refused.content.decode()
    )
    with house.scope():
        Customer.objects.update(language="fr")
    assert publisher.post("/scenarios/standard-b2b/publish", seen).status_code == 302


# --- a test to oneself ----------------------------------------------------------------------------------------------


@pytest.fixture
def mailbox(tmp_path: Path, settings: Settings) -> Iterator[MailCatcher]:
    cache.clear()
    with MailCatcher(tmp_path / "mail") as catcher:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", catcher.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = True, False
        settings.OTC_MAIL_CA_FILE = str(catcher.authority_file)
        yield catcher


def text_part(mail: CaughtMessage) -> str:
    """Return the text part of a caught message."""
    part = mail.content.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def send_test(desk: Desk, code: str = "B-CREDIT") -> Any:  # noqa: ANN401  the answer of a test client
    chosen = {"customer": desk.customers[code].pk}
    return desk.author.post(f"{PAGE}/fr/test", chosen)


def test_a_test_goes_to_whoever_asks_and_to_nobody_else(desk: Desk, mailbox: MailCatcher) -> None:
    desk.write()
    assert send_test(desk).status_code == 302
    (mail,) = list_messages(mailbox.folder)
    assert mail.recipients == ("credit.analyst@atelier.example",)
    assert str(mail.content["To"]).count("@") == 1
    assert mail.content["Cc"] is mail.content["Bcc"] is None
    assert str(mail.content["Subject"]).startswith("TEST: Rappel")
    assert "Client B-CREDIT" in text_part(mail)
    with desk.house.scope():
        event = AuditEvent.objects.get(action="dunning.test_text")
        assert "@" not in str(event.details)
        assert not Reminder.objects.exists()


def test_tests_are_counted_by_the_hour(desk: Desk, mailbox: MailCatcher) -> None:
    desk.write()
    answers = [send_test(desk).status_code for _ in range(11)]
    assert answers == [302] * 10 + [422]
    assert len(list_messages(mailbox.folder)) == 10


def test_a_dead_mail_server_is_said(desk: Desk, mailbox: MailCatcher, settings: Settings) -> None:
    settings.EMAIL_PORT = 1
    desk.write()
    answer = send_test(desk)
    assert answer.status_code == 422
    assert "did not take the test" in answer.content.decode()


def test_a_customer_the_author_does_not_see_is_not_what_a_test_shows(
    desk: Desk, mailbox: MailCatcher, other_house: House, make_customer: object
) -> None:
    with other_house.scope():
        stranger = make_customer(other_house, code="X", name="Secret SA")  # type: ignore[operator]
    desk.write()
    desk.author.post(f"{PAGE}/fr/test", {"customer": stranger.pk})
    (mail,) = list_messages(mailbox.folder)
    assert "Secret SA" not in text_part(mail)


# --- who signs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "name"),
    [
        ("courteous", "Collector"),
        ("firm", "Collector"),
        ("formal", "Credit Manager"),
        ("formal_notice", "Atelier Fictif SA"),
    ],
)
def test_the_collector_signs_then_the_manager_then_the_company(
    desk: Desk, register: str, name: str
) -> None:
    collector, manager = desk.house.member("collector"), desk.house.member("credit_manager")
    with desk.house.scope():
        Customer.objects.update(collector_id=collector, risk_owner_id=manager)
    desk.write(register, body="<p>{{ sender.name }}</p>")
    customer = desk.customers["C-MANY"].pk
    mail = desk.author.get(f"/templates/{register}/fr/preview/{customer}").content.decode()
    assert f"{name}</p>" in mail


def test_answers_to_a_notice_reach_a_person_where_the_company_has_no_address(desk: Desk) -> None:
    collector = desk.house.member("collector")
    with desk.house.scope():
        Customer.objects.update(collector_id=collector)
    desk.write("formal_notice", body="<p>{{ sender.email }}</p>")
    customer = desk.customers["C-MANY"].pk
    mail = desk.author.get(f"/templates/formal_notice/fr/preview/{customer}").content.decode()
    assert "collector@atelier.example</p>" in mail
