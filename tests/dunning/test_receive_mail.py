"""Messages that come in: whose they are, man or machine, what they lead to and what they never do."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuditEvent
from dunning.models import (
    DeliveryEvent,
    MailTask,
    Pause,
    Promise,
    Reminder,
    Reply,
    ReplyAttachment,
    SendingSwitch,
    TaskKind,
)
from dunning.rules.delivery import EventKind
from dunning.services.delivery_events import record_event
from dunning.services.replies import Received, receive_mail
from dunning.services.reply_addresses import (
    REPLY,
    UNSUBSCRIBE,
    name_in,
    name_of,
    reply_address,
    token_for,
)
from ledger.models import Contact, TimelineEntry
from otc.embedded.mailbox import MailCatcher, list_messages
from tests.cast import CustomerMaker, House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_sending import Post, planned

HOST = "reply.echeo.example"
LATER = NOW + timedelta(hours=2)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inbound(settings: Settings) -> None:
    settings.OTC_INBOUND_HOST = HOST
    settings.OTC_INBOUND_AUTHSERV = "mx.echeo.example"


@pytest.fixture
def post(chase: Chase, tmp_path: Path) -> Iterator[Post]:
    with MailCatcher(tmp_path / "mail") as catcher:
        post = Post(chase, catcher)
        yield post
        for sender in post.senders:
            sender.channel.close()


@pytest.fixture
def sent(post: Post) -> Reminder:
    """Return a reminder that left."""
    planned(post)
    assert post.send() == 1
    return post.only()


def mail(
    to: str,
    text: str = "Bonjour, le virement partira vendredi.",
    *,
    sender: str = "Compta <compta@c001.example>",
    subject: str = "Re: Votre facture",
    message_id: str = "<1@c001.example>",
    **headers: str,
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Thu, 29 Oct 2026 11:00:00 +0100"
    if message_id:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def take(message: EmailMessage | bytes, now: datetime = LATER, **facts: Any) -> Received:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return receive_mail(raw, source="webhook", now=now, **facts)


def only_reply(house: House) -> Reply:
    with house.scope():
        return Reply.objects.select_related("customer", "reminder", "contact", "pause").get()


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_an_answer_to_the_signed_address_finds_its_reminder(chase: Chase, sent: Reminder) -> None:
    assert take(mail(reply_address(sent.message_id), sender="x@elsewhere.example")) is Received.KEPT
    reply = only_reply(chase.house)
    assert (reply.reminder, reply.customer, reply.found_by) == (sent, sent.customer, "token")
    assert reply.contact is None  # a stranger answered


def test_a_forged_address_finds_nothing(chase: Chase, sent: Reminder, other_house: House) -> None:
    name = name_of(sent.message_id)
    assert name is not None
    good = token_for(name, kind=REPLY)
    for token in (good[:-1] + ("a" if good[-1] != "a" else "b"), token_for(name, kind=UNSUBSCRIBE)):
        found = take(mail(f"reply+{token}@{HOST}", sender="x@elsewhere.example"))
        assert found is Received.NOBODYS
    with chase.house.scope():
        assert not Reply.objects.exists()


def test_every_other_ending_of_a_token_is_refused(sent: Reminder) -> None:
    name = name_of(sent.message_id)
    assert name is not None
    good = token_for(name, kind=REPLY)
    endings = "abcdefghijklmnopqrstuvwxyz234567"
    known = [last for last in endings if name_in(good[:-1] + last, kind=REPLY)]
    assert known == [good[-1]]


def test_a_token_survives_servers_that_change_its_case(sent: Reminder) -> None:
    name = name_of(sent.message_id)
    assert name is not None
    assert name_in(token_for(name, kind=REPLY).upper(), kind=REPLY) == name


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_an_answer_in_the_thread_finds_its_reminder(
    chase: Chase, sent: Reminder, header: str
) -> None:
    ids = f"<other@x.example> {sent.message_id}"
    take(mail("sacha@atelier.example", sender="x@elsewhere.example", **{header: ids}))
    reply = only_reply(chase.house)
    assert (reply.reminder, reply.found_by) == (sent, "thread")


def test_a_sender_that_one_customer_has_is_known(chase: Chase, sent: Reminder) -> None:
    take(mail("billing@atelier.example"))
    reply = only_reply(chase.house)
    assert (reply.customer, reply.found_by, reply.reminder) == (sent.customer, "sender", None)


def test_a_sender_that_two_customers_have_is_nobody(chase: Chase, other_house: House) -> None:
    for code in ("C1", "C2"):
        customer = chase.customer(code)
        with chase.house.scope():
            Contact.objects.create(customer=customer, email="shared@group.example")
    take(mail(f"atelier@{HOST}", sender="shared@group.example"))
    reply = only_reply(chase.house)
    assert (reply.customer, reply.found_by, reply.state) == (None, "", "to_decide")


def test_a_sender_known_to_two_tenants_is_given_to_neither(
    chase: Chase, other_house: House, make_customer: CustomerMaker
) -> None:
    chase.customer("C001")
    with other_house.scope():
        make_customer(other_house, code="C001", name="Le même")
    assert take(mail("somebody@elsewhere.example")) is Received.NOBODYS
    for house in (chase.house, other_house):
        with house.scope():
            assert not Reply.objects.exists()


def test_the_same_message_is_kept_once(chase: Chase, sent: Reminder) -> None:
    message = mail(reply_address(sent.message_id))
    assert [take(message), take(message)] == [Received.KEPT, Received.KNOWN]
    with chase.house.scope():
        assert Reply.objects.count() == Pause.objects.count() == 1


# --- what follows, and what does not --------------------------------------------------------------------------------


def test_a_persons_reply_pauses_the_chase_three_working_days_and_decides_nothing(
    post: Post, sent: Reminder
) -> None:
    take(mail(reply_address(sent.message_id)))
    house = post.chase.house
    reply = only_reply(house)
    assert (reply.suggestion, reply.state) == ("promise", "to_decide")
    assert reply.facts["day"] == "2026-10-30"
    with house.scope():
        pause = Pause.objects.get()
        # Friday 30, then Monday 2 and Tuesday 3 November; nothing else of the ledger or the chase has changed.
        assert (pause.from_date, pause.until_date) == (TODAY, date(2026, 11, 3))
        assert not Promise.objects.exists()
        entry = TimelineEntry.objects.get(text_code="dunning.reply_received")
        assert entry.words == "Bonjour, le virement partira vendredi."
        assert AuditEvent.objects.filter(action="dunning.receive_reply").count() == 1


def test_nothing_planned_leaves_while_a_reply_is_unread(post: Post) -> None:
    planned(post)
    take(mail("x@atelier.example"))
    assert post.send() == 0
    assert post.only().cancel_reason == "excluded"


def test_a_message_of_an_hour_long_list_is_nobodys_business(chase: Chase, sent: Reminder) -> None:
    take(mail(reply_address(sent.message_id), List_Id="<news.c001.example>"))
    with chase.house.scope():
        assert Reply.objects.get().machine == "list"
        assert not Pause.objects.exists()


def test_an_unknown_account_number_in_a_reply_warns_a_person(chase: Chase, sent: Reminder) -> None:
    text = (
        "Nos coordonnées : DE89 3704 0044 0532 0130 00. Les vôtres : FR7630006000011234567890189."
    )
    take(mail(reply_address(sent.message_id), text))
    reply = only_reply(chase.house)
    assert reply.ibans == ["3000"]
    with chase.house.scope():
        task = MailTask.objects.get(kind=TaskKind.FRAUD)
        assert task.detail == "…3000"
        assert "DE89" not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_mail_in_html_is_kept_as_text(chase: Chase, sent: Reminder) -> None:
    message = mail(reply_address(sent.message_id))
    message.set_content(
        "<p>Nous paierons<br>vendredi &amp; pas avant</p><script>alert(1)</script>", subtype="html"
    )
    take(message)
    reply = only_reply(chase.house)
    assert "<" not in reply.text
    assert "alert" not in reply.text
    assert "vendredi & pas avant" in reply.text


def test_only_our_own_server_speaks_about_the_sender(chase: Chase, sent: Reminder) -> None:
    good = mail(
        reply_address(sent.message_id),
        Authentication_Results="mx.echeo.example; spf=pass; dkim=pass; dmarc=pass",
    )
    forged = mail(
        reply_address(sent.message_id),
        message_id="<2@c001.example>",
        Authentication_Results="mx.evil.example; dmarc=pass",
    )
    take(good)
    take(forged)
    with chase.house.scope():
        found = dict(Reply.objects.values_list("message_id", "authentication"))
    assert found["<1@c001.example>"] == {"spf": "pass", "dkim": "pass", "dmarc": "pass"}
    assert found["<2@c001.example>"] == {}


def test_files_pass_a_gate_and_what_does_not_is_kept_without_its_bytes(
    chase: Chase, sent: Reminder
) -> None:
    message = mail(reply_address(sent.message_id))
    files = {
        "avis.pdf": b"%PDF-1.7 one",
        "facture.pdf": b"MZ\x90\x00 a program",
        "macro.pdf": b"%PDF-1.7 /OpenAction /JavaScript",
        "../../etc/passwd": b"plain words",
        "page.txt": b"<html><script>alert(1)</script>",
    }
    for name, content in files.items():
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    take(message)
    with chase.house.scope():
        kept = {
            row.file_name: (row.quarantine, row.content is not None)
            for row in ReplyAttachment.objects.all()
        }
    assert kept == {
        "avis.pdf": ("", True),
        "facture.pdf.bin": ("kind", False),
        "macro.pdf": ("active", False),
        "passwd.txt": ("", True),
        "page.txt.bin": ("kind", False),
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 100,
        b"From: a\r\nSubject: =?utf-8?b?////?=\r\n\r\nx",
        b"From: <>\r\nDate: never\r\nContent-Type: multipart/mixed\r\n\r\nx",
        b"From: x@y.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"From: x@y.example\r\nMessage-ID: <" + b"a" * 5000 + b"@x>\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 3000,
        b"From: " + b"(" * 5000 + b"\r\nTo: " + b"(" * 5000 + b"\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"From: a@b.example\r\nReferences: " + b"<a@b> " * 20000 + b"\r\n\r\nx",
        b"From: a@b.example\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n",
    ],
)
def test_a_broken_message_is_kept_or_refused_and_never_an_error(chase: Chase, raw: bytes) -> None:
    # The only tenant there is takes what names nobody.
    assert take(raw) is Received.KEPT
    with chase.house.scope():
        assert Reply.objects.get().customer is None


# --- machines -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic"),
        ({"Precedence": "bulk"}, "automatic"),
        ({"X_Auto_Response_Suppress": "All"}, "automatic"),
        ({"X_Autoreply": "yes"}, "automatic"),
        ({"Return_Path": "<>"}, "automatic"),
        ({"List_Id": "<x.example>"}, "list"),
        ({"sender": "MAILER-DAEMON@c001.example"}, "automatic"),
        ({"sender": "Échéo <reminders@echeo.example>"}, "ourselves"),
        ({"subject": "Réponse automatique : Votre facture"}, "out_of_office"),
        ({"subject": "Automatic reply: your invoice"}, "out_of_office"),
        ({"text": "Bonjour, je suis actuellement en congés jusqu'au 12/11."}, "out_of_office"),
        ({"text": "Hello, I am out of the office until 12 November."}, "out_of_office"),
    ],
)
def test_a_machine_is_known_and_pauses_nothing(
    chase: Chase, sent: Reminder, headers: dict[str, str], kind: str
) -> None:
    take(mail(reply_address(sent.message_id), **headers))
    with chase.house.scope():
        assert Reply.objects.get().machine == kind
        assert not Pause.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"X_Auto_Response_Suppress": "None"},
        {"Return_Path": "<compta@c001.example>"},
        {"text": "Notre collègue était absent, nous paierons vendredi."},
    ],
)
def test_a_person_is_not_taken_for_a_machine(
    chase: Chase, sent: Reminder, headers: dict[str, str]
) -> None:
    take(mail(reply_address(sent.message_id), **headers))
    assert only_reply(chase.house).machine == ""


def test_an_absence_without_headers_suggests_a_pause_until_the_return(
    chase: Chase, sent: Reminder
) -> None:
    take(mail(reply_address(sent.message_id), "Je suis absente, de retour le 12 novembre."))
    reply = only_reply(chase.house)
    assert (reply.suggestion, reply.facts["day"]) == ("out_of_office", "2026-11-12")
    assert reply.state == "to_decide"


def test_a_sender_over_a_hundred_an_hour_asks_nobody_any_more(chase: Chase, sent: Reminder) -> None:
    with chase.house.scope():
        Reply.objects.bulk_create(
            Reply(
                event_key=f"{number:064d}",
                source="webhook",
                received_at=LATER - timedelta(minutes=30),
                sender_address="compta@c001.example",
            )
            for number in range(100)
        )
    take(mail(reply_address(sent.message_id)))
    with chase.house.scope():
        assert Reply.objects.order_by("-received_at").first().machine == "flood"  # type: ignore[union-attr]
        assert not Pause.objects.exists()


# --- reports of mail servers ----------------------------------------------------------------------------------------


def report(sent: Reminder, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.c001.example\r\nTo: " + reply_address(sent.message_id) + "\r\n"
        "Subject: Undelivered\r\nMessage-ID: <dsn@mx.c001.example>\r\nReturn-Path: <>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.c001.example\r\n\r\n"
        "Final-Recipient: rfc822; compta@c001.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 {status} No such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {sent.message_id}\r\n\r\n--b--\r\n"
    ).encode()


def test_a_hard_bounce_makes_a_task_and_never_another_message(post: Post, sent: Reminder) -> None:
    with post.chase.house.scope():
        other = Contact.objects.create(customer=sent.customer, email="chef@c001.example")
    take(report(sent))
    assert post.only().state == "bounced"
    with post.chase.house.scope():
        assert Contact.objects.get(email="compta@c001.example").is_undeliverable
        task = MailTask.objects.get()
        assert (task.kind, task.alternative) == (TaskKind.BOUNCE, other)
        assert "No such user" in task.detail
        assert not Pause.objects.exists()
    post.now = LATER
    assert post.send() == 0
    assert len(post.inbox()) == 1


@pytest.mark.parametrize(
    ("action", "status"), [("failed", "5.2.2"), ("delayed", "4.4.1"), ("failed", "5.7.1")]
)
def test_a_full_mailbox_or_a_policy_says_nothing_about_the_address(
    post: Post, sent: Reminder, action: str, status: str
) -> None:
    take(report(sent, action=action, status=status))
    assert post.only().state == "sent"
    with post.chase.house.scope():
        assert not Contact.objects.filter(is_undeliverable=True).exists()
        assert DeliveryEvent.objects.get().kind == "soft_bounce"


def test_a_report_about_a_strangers_message_changes_nothing(post: Post, sent: Reminder) -> None:
    raw = report(sent).replace(sent.message_id.encode(), b"<x@y.example>")
    raw = raw.replace(reply_address(sent.message_id).encode(), b"x@atelier.example")
    take(raw)
    assert post.only().state == "sent"


def event(post: Post, sent: Reminder, kind: EventKind, event_id: str = "e1") -> bool:
    with post.chase.house.scope():
        return record_event(
            reminder=sent, kind=kind, event_id=event_id, recipient="",
            occurred_at=LATER, detail="", now=LATER,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["delivered", "hard_bounce"], "bounced"),
        (["hard_bounce", "delivered"], "bounced"),
        (["complaint", "delivered"], "complained"),
        (["delivered", "complaint"], "complained"),
        (["soft_bounce", "delivered"], "delivered"),
        (["delivered", "soft_bounce"], "delivered"),
    ],
)
def test_reports_lead_to_the_same_state_in_any_order(
    post: Post, sent: Reminder, kinds: list[str], state: str
) -> None:
    for kind in kinds:
        event(post, sent, EventKind(kind), event_id=kind)
    assert post.only().state == state


def test_a_report_counts_once_however_often_it_comes(post: Post, sent: Reminder) -> None:
    assert event(post, sent, EventKind.HARD_BOUNCE)
    assert not event(post, sent, EventKind.HARD_BOUNCE)
    with post.chase.house.scope():
        assert MailTask.objects.count() == DeliveryEvent.objects.count() == 1


def test_a_report_about_an_unknown_outcome_is_its_evidence(post: Post, sent: Reminder) -> None:
    with post.chase.house.scope():
        # Another reminder of the same step, whose worker died after the last dot.
        lost = Reminder.objects.get()
        lost.pk, lost.cycle, lost.state, lost.sent_at = None, 2, "unknown", None
        lost.id = Reminder().id
        lost.save(force_insert=True)
    event(post, lost, EventKind.DELIVERED)
    with post.chase.house.scope():
        assert Reminder.objects.get(pk=lost.pk).state == "delivered"


def test_a_complaint_silences_the_contact_and_a_second_stops_the_tenant(
    post: Post, sent: Reminder
) -> None:
    event(post, sent, EventKind.COMPLAINT)
    with post.chase.house.scope():
        assert Contact.objects.get().is_opted_out
        assert MailTask.objects.get().kind == TaskKind.COMPLAINT
        assert not SendingSwitch.objects.filter(is_stopped=True).exists()
    event(post, sent, EventKind.COMPLAINT, event_id="e2")
    with post.chase.house.scope():
        switch = SendingSwitch.objects.get(is_stopped=True)
        assert "0,3" in switch.reason  # in the language of the house


# --- loops (H10) ----------------------------------------------------------------------------------------------------


def test_two_auto_responders_never_talk_to_each_other(post: Post, sent: Reminder) -> None:
    """The customer's responder answers all it gets, at once and without a header, for three days."""
    answered = 0
    for hour in range(0, 72, 4):
        now = NOW + timedelta(hours=hour)
        post.now = now
        for _caught in list_messages(post.catcher.folder)[answered:]:
            answered += 1
            text = "Merci de votre message, il sera traité sous 48 h."
            take(
                mail(reply_address(sent.message_id), text, message_id=f"<{hour}@c001.example>"), now
            )
        post.chase.plan(today=now.date(), now=now, opens_now=True)
        post.confirm(state="planned")
        post.send()
    assert len(post.inbox()) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda sent: mail(reply_address(sent.message_id), subject="Absence du bureau"),
        report,
        lambda sent: mail(reply_address(sent.message_id), sender="reminders@echeo.example"),
        lambda sent: mail(reply_address(sent.message_id), Return_Path="<>"),
    ],
)
def test_no_machine_gets_an_answer(
    post: Post, sent: Reminder, make: Callable[[Reminder], EmailMessage | bytes]
) -> None:
    for number in range(3):
        made = make(sent)
        raw = made if isinstance(made, bytes) else made.as_bytes()
        take(raw.replace(b"<1@c001", f"<{number}@c001".encode()))
        post.send()
    assert len(post.inbox()) == 1


def test_our_own_message_that_comes_back_is_not_read_as_a_reply(post: Post, sent: Reminder) -> None:
    (caught,) = list_messages(post.catcher.folder)
    take(caught.content.as_bytes())
    with post.chase.house.scope():
        assert Reply.objects.get().machine == "ourselves"
        assert not Pause.objects.exists()


# --- what leaves ----------------------------------------------------------------------------------------------------


def test_a_reminder_says_where_to_answer_how_to_stop_and_that_a_machine_sent_it(
    post: Post, sent: Reminder
) -> None:
    (caught,) = list_messages(post.catcher.folder)
    head = caught.content
    assert reply_address(sent.message_id) in str(head["Reply-To"])
    assert head["Auto-Submitted"] == "auto-generated"
    assert head["X-Auto-Response-Suppress"] == "All"
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    name = name_of(sent.message_id)
    assert name is not None
    assert f"/stop/{token_for(name, kind=UNSUBSCRIBE)}" in str(head["List-Unsubscribe"])


def test_without_an_inbound_host_answers_go_to_the_colleague(
    post: Post, settings: Settings
) -> None:
    settings.OTC_INBOUND_HOST = ""
    planned(post)
    post.send()
    (caught,) = list_messages(post.catcher.folder)
    assert "reply+" not in str(caught.content["Reply-To"] or "")


def test_another_tenant_sees_nothing_of_it(
    sent: Reminder, other_house: House, chase: Chase
) -> None:
    take(mail(reply_address(sent.message_id)))
    with other_house.scope():
        assert not Reply.objects.exists()
        assert not DeliveryEvent.objects.exists()
