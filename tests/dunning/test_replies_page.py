"""The page of replies: read, confirm, correct, set aside, give to a customer; and who may."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent, User
from disputes.models import Dispute
from dunning.models import (
    MailTask,
    Pause,
    Promise,
    Reminder,
    Reply,
    ReplyAttachment,
    TaskKind,
)
from ledger.models import Contact, Customer, CustomerAssignment, DueLine
from tests.cast import House
from tests.dunning.conftest import Chase

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(chase: Chase) -> DueLine:
    return chase.line(chase.customer(), 12, today=timezone.localdate())


def reply(chase: Chase, line: DueLine | None, **fields: Any) -> Reply:
    with chase.house.scope():
        return Reply.objects.create(
            **{
                "event_key": str(Reply.objects.count()),
                "source": "webhook",
                "received_at": timezone.now(),
                "sender_address": "compta@c001.example",
                "subject": "Re: facture",
                "text": "Nous paierons vendredi.",
                "words": "Nous paierons vendredi.",
                "customer": line.customer if line else None,
                "suggestion": "promise",
                "facts": {
                    "reasons": ["paierons", "vendredi"],
                    "day": (timezone.localdate() + timedelta(days=2)).isoformat(),
                    "amounts": [],
                    "documents": [],
                    "dispute_type": "",
                    "address": "",
                    "also": [],
                },
                **fields,
            }
        )


def client(house: House, role: str = "credit_manager") -> Client:
    found = house.client(role)
    User.objects.update(language="en")
    return found


def decide(who: Client, reply_id: UUID, intent: str, **typed: object) -> HttpResponse:
    return who.post(f"/agenda/replies/{reply_id}/decide", {"intent": intent, **typed})  # type: ignore[return-value]


def test_the_page_shows_the_message_the_suggestion_and_the_words_that_decided(
    chase: Chase, line: DueLine
) -> None:
    reply(chase, line)
    page = client(chase.house).get("/agenda/replies").content.decode()
    assert "Nous paierons vendredi." in page
    assert "<mark>“paierons”</mark>" in page
    assert "Promises to pay" in page
    assert line.document.number in page


def test_a_confirmed_promise_is_recorded_with_the_day_that_was_read(
    chase: Chase, line: DueLine
) -> None:
    made = reply(chase, line)
    day = timezone.localdate() + timedelta(days=2)
    answer = decide(
        client(chase.house), made.pk, "promise", day=f"{day:%d/%m/%Y}", due_line=line.pk
    )
    assert answer.status_code == 302
    with chase.house.scope():
        promise = Promise.objects.get()
        assert (promise.promised_date, promise.amount, promise.source) == (
            day,
            Decimal(1000),
            "reply",
        )
        decided = Reply.objects.get()
        assert (decided.state, decided.decision) == ("confirmed", "promise")
        assert (
            AuditEvent.objects.get(action="dunning.confirm_reply").details["decision"] == "promise"
        )


def test_a_correction_does_what_the_person_says_and_keeps_what_was_suggested(
    chase: Chase, line: DueLine
) -> None:
    made = reply(chase, line)
    decide(
        client(chase.house),
        made.pk,
        "dispute",
        dispute_type="price",
        amount="120",
        due_line=line.pk,
    )
    with chase.house.scope():
        dispute = Dispute.objects.get()
        assert (dispute.amount, dispute.type) == (Decimal(120), "price")
        decided = Reply.objects.get()
        assert (decided.suggestion, decided.decision) == ("promise", "dispute")
        assert not Promise.objects.exists()


@pytest.mark.parametrize(("intent", "kind"), [("copy", TaskKind.COPY), ("paid", TaskKind.PAYMENT),
                                              ("wrong_contact", TaskKind.CONTACT)])  # fmt: skip
def test_what_cannot_be_settled_here_becomes_a_task(
    chase: Chase, line: DueLine, intent: str, kind: TaskKind
) -> None:
    made = reply(chase, line)
    who = client(chase.house)
    decide(who, made.pk, intent, due_line=line.pk)
    with chase.house.scope():
        task = MailTask.objects.get()
        assert (task.kind, task.detail) == (kind, line.document.number)
    who.post(f"/agenda/mail-tasks/{task.pk}/done")
    with chase.house.scope():
        assert MailTask.objects.get().done_at is not None


def test_another_address_becomes_the_primary_contact(chase: Chase, line: DueLine) -> None:
    made = reply(chase, line)
    decide(client(chase.house), made.pk, "wrong_contact", contact_email="Neu@c001.example")
    with chase.house.scope():
        assert Contact.objects.get(is_primary=True).email == "neu@c001.example"


def test_an_absence_pauses_until_the_return(chase: Chase, line: DueLine) -> None:
    made = reply(chase, line)
    back = timezone.localdate() + timedelta(days=9)
    decide(client(chase.house), made.pk, "out_of_office", day=f"{back:%d/%m/%Y}")
    with chase.house.scope():
        assert Pause.objects.get().until_date == back


def test_a_promise_without_a_day_or_an_invoice_is_refused_in_words(
    chase: Chase, line: DueLine
) -> None:
    made = reply(chase, line)
    who = client(chase.house)
    assert decide(who, made.pk, "promise", due_line=line.pk).status_code == 422
    assert decide(who, made.pk, "promise", day="31/02/2026", due_line=line.pk).status_code == 422
    day = timezone.localdate() + timedelta(days=2)
    assert decide(who, made.pk, "promise", day=f"{day:%d/%m/%Y}").status_code == 422
    assert decide(who, made.pk, "nonsense").status_code == 422
    with chase.house.scope():
        assert Reply.objects.get().state == "to_decide"
        assert not Promise.objects.exists()


def test_an_invoice_of_somebody_else_is_not_taken_from_the_form(
    chase: Chase, line: DueLine
) -> None:
    other = chase.line(chase.customer("C002"), 12, today=timezone.localdate())
    made = reply(chase, line)
    decide(client(chase.house), made.pk, "dispute", dispute_type="price", due_line=other.pk)
    with chase.house.scope():
        assert not Dispute.objects.exists()


def test_what_was_decided_is_decided_once(chase: Chase, line: DueLine) -> None:
    made = reply(chase, line)
    who = client(chase.house)
    decide(who, made.pk, "other")
    assert decide(who, made.pk, "paid").status_code == 422
    with chase.house.scope():
        assert not MailTask.objects.exists()


def test_setting_aside_ends_the_pause_the_reply_brought(chase: Chase, line: DueLine) -> None:
    today = timezone.localdate()
    with chase.house.scope():
        pause = Pause.objects.create(
            customer=line.customer,
            reason="x",
            from_date=today,
            until_date=today + timedelta(days=3),
        )
    made = reply(chase, line, pause=pause)
    client(chase.house).post(f"/agenda/replies/{made.pk}/dismiss")
    with chase.house.scope():
        assert not Pause.objects.in_force(today).exists()
        assert Reply.objects.get().state == "dismissed"


def test_a_message_of_nobody_is_given_to_a_customer_and_then_read_again(
    chase: Chase, line: DueLine
) -> None:
    text = f"La facture {line.document.number} a été réglée hier."
    made = reply(chase, None, text=text, words=text, suggestion="other", facts={})
    who = client(chase.house)
    assert "Who wrote this?" in who.get(f"/agenda/replies/{made.pk}").content.decode()
    assert who.post(f"/agenda/replies/{made.pk}/assign", {"customer": "nobody"}).status_code == 422
    who.post(f"/agenda/replies/{made.pk}/assign", {"customer": "c001"})
    with chase.house.scope():
        found = Reply.objects.get()
        assert (found.customer, found.suggestion, found.found_by) == (
            line.customer,
            "paid",
            "person",
        )
        assert found.facts["documents"] == [line.document.number]
        assert Pause.objects.count() == 1


def test_a_file_comes_as_a_download_and_one_in_quarantine_not_at_all(
    chase: Chase, line: DueLine
) -> None:
    made = reply(chase, line)
    with chase.house.scope():
        good, bad = (
            ReplyAttachment.objects.create(
                reply=made, file_name="a.pdf", media_type="application/pdf", size=4, digest="x",
                content=content, quarantine=why,
            )
            for content, why in ((b"%PDF", ""), (None, "kind"))
        )  # fmt: skip
    who = client(chase.house)
    answer = who.get(f"/agenda/replies/{made.pk}/files/{good.pk}")
    assert answer.content == b"%PDF"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert who.get(f"/agenda/replies/{made.pk}/files/{bad.pk}").status_code == 404


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["cash_accountant", "sales_rep", "executive", "tenant_admin"])
def test_who_may_not_chase_sees_no_reply(chase: Chase, line: DueLine, role: str) -> None:
    made = reply(chase, line)
    who = client(chase.house, role)
    assert who.get("/agenda/replies").status_code == 403
    assert decide(who, made.pk, "paid").status_code == 403


def test_a_collector_sees_his_own_customers_replies_and_nobodys_not(
    chase: Chase, line: DueLine
) -> None:
    made, lost = reply(chase, line), reply(chase, None)
    who = client(chase.house, "collector")
    assert who.get(f"/agenda/replies/{made.pk}").status_code == 404
    assert who.get(f"/agenda/replies/{lost.pk}").status_code == 404
    with chase.house.scope():
        Customer.objects.update(collector=chase.house.member_known("collector"))
    assert who.get(f"/agenda/replies/{made.pk}").status_code == 200


def test_an_agency_decides_no_contact_and_no_pause(chase: Chase, line: DueLine) -> None:
    made = reply(chase, line)
    who = client(chase.house, "agency")
    with chase.house.scope():
        CustomerAssignment.objects.create(
            customer=line.customer, membership_id=chase.house.member_known("agency")
        )
    assert "Is not the right person" not in who.get(f"/agenda/replies/{made.pk}").content.decode()
    assert decide(who, made.pk, "wrong_contact", contact_email="x@y.example").status_code == 403
    assert decide(who, made.pk, "out_of_office", day="01/12/2030").status_code == 403


def test_the_other_tenant_sees_nothing(chase: Chase, line: DueLine, other_house: House) -> None:
    made = reply(chase, line)
    who = client(other_house)
    assert who.get(f"/agenda/replies/{made.pk}").status_code == 404
    assert decide(who, made.pk, "other").status_code == 404
    assert "C001" not in who.get("/agenda/replies").content.decode()


def test_the_list_asks_the_database_no_more_for_more_replies(
    chase: Chase, line: DueLine, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        reply(chase, line, event_key=f"n{number}")
    who = client(chase.house)
    with django_assert_max_num_queries(60):
        assert who.get("/agenda/replies").status_code == 200


def test_the_agenda_opens_although_the_customer_in_hand_wrote_back(
    chase: Chase, line: DueLine
) -> None:
    today = timezone.localdate()
    chase.plan(today, now=timezone.now())
    with chase.house.scope():
        Pause.objects.create(
            customer=line.customer,
            reason="x",
            from_date=today,
            until_date=today + timedelta(days=3),
        )
        planned = Reminder.objects.get()
    who = client(chase.house)
    assert who.get("/agenda").status_code == 200
    assert who.get(f"/agenda/{planned.pk}").status_code == 200
