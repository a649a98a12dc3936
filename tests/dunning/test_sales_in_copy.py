"""Our sales representative in copy from level 3: he gets the message, and what becomes of his is not the customer's."""

from email import message_from_bytes
from email.policy import default
from typing import Any, cast

import pytest
from pytest_django import Settings

from accounts.models import Membership
from dunning.channels import OutgoingMail
from dunning.models import MailTask, Pause, Reminder, RenderedMessage
from dunning.rules.delivery import EventKind
from dunning.services.delivery_events import record_event
from dunning.services.replies import Received, receive_mail
from dunning.services.reply_addresses import reply_address
from integrations.smtp.client import SmtpChannel
from ledger.models import Contact, Customer, TimelineEntry
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.posting import let_go, send


def with_rep(chase: Chase, code: str, days_late: int, **rep: Any) -> Customer:
    """Return a customer of a representative with an address, late by so many days."""
    customer = chase.customer(code)
    with chase.house.scope():
        given = {"name": f"Rep {code}", "email": f"{code}@house.example", "state": "active"} | rep
        Customer.objects.filter(pk=customer.pk).update(sales_rep=Membership.objects.create(**given))
    chase.line(customer, days_late)
    return customer


def reported(reminder: Reminder, kind: EventKind, recipient: str) -> bool:
    return record_event(
        reminder=reminder, kind=kind, event_id=f"{kind}-{recipient}", recipient=recipient,
        occurred_at=NOW, detail="550 5.1.1 unknown", now=NOW,
    )  # fmt: skip


def test_from_level_three_on_the_representative_gets_the_message_in_copy(chase: Chase) -> None:
    with_rep(chase, "FIRM", 31)
    with_rep(chase, "MILD", 12)
    with_rep(chase, "GONE", 31, state="left")
    chase.plan()
    let_go(chase, role="credit_manager")
    mails = send(chase)
    assert sorted(mail.in_copy for mail in mails) == ["", "", "FIRM@house.example"]
    (mail,) = [each for each in mails if each.in_copy]
    written = message_from_bytes(mail.raw, policy=default)
    assert (written["To"].addresses[0].addr_spec, written["Cc"]) == (
        mail.recipient, "Rep FIRM <FIRM@house.example>",
    )  # fmt: skip
    with chase.house.scope():
        kept = RenderedMessage.objects.get(reminder__customer__code="FIRM")
        assert (kept.recipient, kept.in_copy) == (mail.recipient, "FIRM@house.example")


def test_what_becomes_of_the_copy_says_nothing_of_the_customer(
    chase: Chase, settings: Settings
) -> None:
    """The copy bounces, its reader is away: the reminder stands as sent, the contact usable, the chase goes on."""
    settings.OTC_INBOUND_HOST = "in.house.example"
    customer = with_rep(chase, "FIRM", 31)
    chase.plan()
    let_go(chase, role="credit_manager")
    send(chase)
    (reminder,) = chase.reminders()
    with chase.house.scope():
        assert reported(reminder, EventKind.HARD_BOUNCE, "firm@HOUSE.example")
        assert reported(reminder, EventKind.DELIVERED, "FIRM@house.example")
        assert Reminder.objects.get().state == "sent"
        assert not MailTask.objects.exists()
        assert not Contact.objects.filter(customer=customer, is_undeliverable=True).exists()
        told = TimelineEntry.objects.filter(text_code="dunning.copy_bounced")
        assert told.get().facts == {"contact": "firm@HOUSE.example"}
        to = reply_address(reminder.message_id)
    absent = f"From: FIRM@house.example\r\nTo: {to}\r\nSubject: Re\r\nMessage-ID: <a@b>\r\n\r\nJe suis absent.\r\n"
    assert receive_mail(absent.encode(), source="imap", now=NOW) is Received.KEPT
    with chase.house.scope():
        assert not Pause.objects.in_force(TODAY).filter(customer=customer).exists()
        (kept,) = Reminder.objects.get().replies.all()
        assert (kept.machine, kept.state) == ("ourselves", "machine")


class Line:
    """A relay that takes one address and refuses the other."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent = b""

    def mail(self, _sender: str) -> tuple[int, bytes]:
        return 250, b"OK"

    def rcpt(self, address: str) -> tuple[int, bytes]:
        self.asked.append(address)
        return (550, b"5.1.1 unknown") if address.startswith("rep") else (250, b"OK")

    def putcmd(self, _word: str) -> None: ...

    def getreply(self) -> tuple[int, bytes]:
        return 354, b"go on"

    def send(self, data: bytes) -> None:
        self.sent += data


def test_a_copy_the_server_refuses_does_not_keep_the_message_from_its_reader(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = Line()
    mail = OutgoingMail(
        "<1@x>", "us@x.example", "compta@client.example", b"Hello\r\n", "rep@x.example"
    )
    SmtpChannel.__new__(SmtpChannel)._offer(cast("Any", line), mail)
    assert (line.asked, line.sent) == (["compta@client.example", "rep@x.example"], b"Hello\r\n")
    assert "the copy of <1@x> was not taken" in caplog.text
