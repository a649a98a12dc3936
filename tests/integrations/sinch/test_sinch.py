"""Text messages through Sinch: once each, never another way instead, and its reports signed, fresh, once."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from accounts.models import AuditEvent
from dunning.channels import Parcel
from dunning.models import Channel as ChannelModel
from dunning.models import DeliveryEvent, MailTask, Reminder, RenderedMessage
from dunning.queries.agenda import tasks_of_people, to_confirm
from dunning.rules.outbox import CARRIER_EVIDENCE_WAIT, LEASE
from dunning.rules.short_texts import SMS_LENGTH
from dunning.rules.steps import Channel
from dunning.services import people
from dunning.services.carrying import take_reports
from dunning.services.reply_addresses import name_of
from integrations.sinch.client import Sinch
from ledger.models import Contact, DueLine, TimelineEntry
from tests.cast import House
from tests.dunning.conftest import Chase, chase
from tests.integrations.carried import Carried
from tests.integrations.peer import BROKEN, Call, Peer, listening

SECRET = "hook-secret"
HOOK = "/hooks/sinch/reports"

__all__ = ["chase"]  # the fixture, made for the chase's own tests

pytestmark = pytest.mark.django_db


class Provider:
    """Answers as Sinch describes; `breaks` closes the connection after the batch was taken, or before."""

    def __init__(self) -> None:
        self.batches: list[dict[str, Any]] = []
        self.breaks = ""
        self.status = 201
        self.final = {"code": 0, "count": 1, "recipients": ["33612345678"], "status": "Delivered"}

    def __call__(self, call: Call) -> Any:  # noqa: ANN401  an answer, or the sign to break off
        path = urlsplit(call.path)
        if call.method == "POST":
            if self.breaks == "before":
                return BROKEN
            if self.status != 201:
                return self.status, {"code": "syntax_invalid_parameter_format", "text": "to"}
            made = {**call.json, "id": f"01FC{len(self.batches)}", "canceled": False}
            self.batches.append(made)
            return BROKEN if self.breaks == "after" else (201, made)
        if path.path.endswith("/delivery_report"):
            return 200, {"type": "delivery_report_sms", "statuses": [self.final]}
        (asked,) = parse_qs(path.query)["client_reference"]
        found = [each for each in self.batches if each["client_reference"] == asked]
        return 200, {"count": len(found), "page": 0, "page_size": 1, "batches": found[:1]}


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def peer(provider: Provider, settings: Settings) -> Iterator[Peer]:
    cache.clear()
    with listening(provider) as peer:
        settings.OTC_SINCH_URL = peer.url
        settings.OTC_SINCH_PLAN = "plan1"
        settings.OTC_SINCH_TOKEN = "token1"
        settings.OTC_SINCH_HOOK_SECRET = SECRET
        settings.OTC_CARRIERS = {"sms": "integrations.sinch.client.Sinch"}
        yield peer


@pytest.fixture
def texts(chase: Chase, peer: Peer) -> Carried:
    del peer
    return Carried(chase, Channel.SMS, 10, carriers={Channel.SMS: Sinch()})


def test_a_text_message_leaves_once_with_its_reference_and_its_words(
    texts: Carried, provider: Provider, peer: Peer
) -> None:
    texts.planned()
    assert (texts.send(), texts.send()) == (1, 0)
    (batch,) = provider.batches
    reminder = texts.only()
    assert reminder.state == "sent"
    assert batch["to"] == ["33612345678"]
    assert batch["client_reference"] == str(name_of(reminder.message_id))
    assert "1 000,00 EUR" in batch["body"]
    assert "17/10/2026" in batch["body"]
    assert len(batch["body"]) <= SMS_LENGTH
    assert peer.calls[0].headers["Authorization"] == "Bearer token1"
    with texts.chase.house.scope():
        assert bytes(RenderedMessage.objects.get().raw).decode() == batch["body"]
        assert TimelineEntry.objects.filter(text_code="dunning.reminder_sent").count() == 1


def test_an_answer_that_was_lost_is_found_by_asking_and_nothing_leaves_twice(
    texts: Carried, provider: Provider
) -> None:
    texts.planned()
    provider.breaks = "after"
    assert texts.send() == 0
    assert texts.only().state == "unknown"
    assert texts.send() == 0, "what is unknown is not sent again"
    texts.settle()
    assert texts.only().state == "sent"
    texts.send()
    assert len(provider.batches) == 1


def test_a_request_that_never_arrived_leaves_after_the_wait_and_not_before(
    texts: Carried, provider: Provider
) -> None:
    texts.planned()
    provider.breaks = "before"
    texts.send()
    assert texts.only().state == "unknown"
    texts.settle()
    assert texts.only().state == "unknown", "the provider may still be writing it down"
    texts.now += CARRIER_EVIDENCE_WAIT
    provider.breaks = ""
    texts.settle()
    assert texts.only().state == "ready"
    assert texts.send() == 1
    assert len(provider.batches) == 1


class Dying(Sinch):
    """A worker that dies: after the request, or right before it when everything is marked as leaving."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self.after = after

    def hand_over(self, parcel: Parcel, *, before_last_step: Callable[[], None]) -> None:
        if self.after:
            super().hand_over(parcel, before_last_step=before_last_step)
        else:
            before_last_step()
        raise SystemExit


@pytest.mark.parametrize("after", [True, False])
def test_a_worker_killed_while_handing_over_loses_nothing_and_sends_nothing_twice(
    texts: Carried, provider: Provider, *, after: bool
) -> None:
    texts.planned()
    with pytest.raises(SystemExit):
        texts.send({Channel.SMS: Dying(after=after)})
    assert texts.only().state == "handing"
    texts.now += max(LEASE, CARRIER_EVIDENCE_WAIT) + timedelta(seconds=1)
    texts.settle()
    texts.send()
    assert texts.only().state == "sent"
    assert len(provider.batches) == 1


def test_without_a_provider_a_text_message_becomes_a_task_and_never_an_e_mail(
    texts: Carried, settings: Settings, provider: Provider
) -> None:
    texts.planned()
    assert texts.only().state == "ready"
    settings.OTC_CARRIERS = {}
    texts.carriers = {}
    texts.work()
    reminder = texts.only()
    assert (reminder.state, reminder.mode, provider.batches) == ("planned", "manual", [])
    with translation.override("fr"):  # the house's language
        assert str(ChannelModel.SMS.label) in reminder.problem
    person = texts.chase.person("credit_manager")
    with texts.chase.house.scope():
        assert list(tasks_of_people(person)) == [reminder]
        assert list(to_confirm(person)) == []
        assert AuditEvent.objects.filter(action="dunning.give_to_people").count() == 1
        people.close_task(
            reminder=reminder, actor=person, outcome="done", words="Called", now=texts.now
        )
    assert texts.confirm() == 0
    assert texts.only().state == "done"


def test_a_message_that_can_leave_is_not_closed_as_done(texts: Carried) -> None:
    texts.customer()
    texts.chase.plan()
    person = texts.chase.person("credit_manager")
    with texts.chase.house.scope(), pytest.raises(people.NotWaiting):
        people.close_task(
            reminder=Reminder.objects.get(), actor=person, outcome="done", words="", now=texts.now
        )


@pytest.mark.parametrize("phone", ["", "02 40 11 22 33", "to ask"])
def test_without_a_mobile_number_it_becomes_a_task_that_says_so(
    texts: Carried, provider: Provider, phone: str
) -> None:
    texts.planned(phone=phone)
    assert texts.send() == 0
    reminder = texts.only()
    assert (reminder.state, reminder.mode, provider.batches) == ("planned", "manual", [])
    assert "Client C001" in reminder.problem


def test_who_wants_no_more_gets_no_text_message_either(texts: Carried, provider: Provider) -> None:
    texts.planned()
    with texts.chase.house.scope():
        Contact.objects.update(is_opted_out=True)
    texts.send()
    assert provider.batches == []
    assert texts.only().state != "sent"


def test_a_refusal_is_shown_to_a_person_with_the_providers_words(
    texts: Carried, provider: Provider
) -> None:
    texts.planned()
    provider.status = 400
    texts.send()
    reminder = texts.only()
    assert reminder.state == "failed"
    assert "syntax_invalid_parameter_format" in reminder.problem


@pytest.mark.parametrize("status", [429, 401])
def test_too_many_requests_wait_and_a_wrong_token_is_said(
    texts: Carried, provider: Provider, status: int
) -> None:
    texts.planned()
    provider.status = status
    texts.send()
    assert texts.only().state == {429: "ready", 401: "failed"}[status]


def test_a_paid_invoice_is_not_asked_for_by_text_message(
    texts: Carried, provider: Provider
) -> None:
    texts.planned()
    with texts.chase.house.scope():
        line = DueLine.objects.get()
    texts.chase.pay(line)
    texts.send()
    assert (texts.only().state, provider.batches) == ("cancelled", [])


# --- what became of it ----------------------------------------------------------------------------------------------


def sent(texts: Carried) -> tuple[Reminder, UUID]:
    texts.planned()
    texts.send()
    reminder = texts.only()
    name = name_of(reminder.message_id)
    assert name is not None
    return reminder, name


def report(name: UUID, status: str = "Delivered", code: int = 0) -> dict[str, Any]:
    return {
        "type": "recipient_delivery_report_sms",
        "batch_id": "01FC0",
        "recipient": "33612345678",
        "client_reference": str(name),
        "code": code,
        "status": status,
        "at": "2026-10-29T08:31:02.123Z",
    }


def post(
    payload: dict[str, Any], *, nonce: str = "n1", age: float = 0, secret: str = SECRET
) -> HttpResponse:
    body = json.dumps(payload).encode()
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), body + f".{nonce}.{stamp}".encode(), sha256).digest()
    return Client(enforce_csrf_checks=True).post(  # type: ignore[return-value]
        HOOK,
        data=body,
        content_type="application/json",
        headers={
            "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
            "x-sinch-webhook-signature-nonce": nonce,
            "x-sinch-webhook-signature-timestamp": stamp,
            "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        },
    )


def events(house: House) -> int:
    with house.scope():
        return DeliveryEvent.objects.count()


def test_a_signed_report_says_that_it_arrived_and_counts_once(texts: Carried) -> None:
    _reminder, name = sent(texts)
    assert post(report(name)).status_code == 200
    assert post(report(name)).status_code == 200, "the same call again"
    assert post(report(name), nonce="n2").status_code == 200, "the same report in another call"
    assert texts.only().state == "delivered"
    assert events(texts.chase.house) == 1


@pytest.mark.parametrize(
    "tried", [{"secret": "another"}, {"age": 25 * 3600}, {"age": -25 * 3600}, {"nonce": ""}]
)
def test_a_forged_or_old_report_is_refused(texts: Carried, tried: dict[str, Any]) -> None:
    _reminder, name = sent(texts)
    assert post(report(name), **tried).status_code == 403
    assert (texts.only().state, events(texts.chase.house)) == ("sent", 0)


def test_a_signature_is_good_for_its_own_body_only(texts: Carried) -> None:
    _reminder, name = sent(texts)
    stamp = str(int(time.time()))
    digest = hmac.new(
        SECRET.encode(), json.dumps(report(name)).encode() + f".n1.{stamp}".encode(), sha256
    ).digest()
    answer = Client().post(
        HOOK,
        data=json.dumps(report(name, "Failed", 402)),
        content_type="application/json",
        headers={
            "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
            "x-sinch-webhook-signature-nonce": "n1",
            "x-sinch-webhook-signature-timestamp": stamp,
        },
    )
    assert answer.status_code == 403
    assert texts.only().state == "sent"


def test_the_address_is_off_without_its_secret(texts: Carried, settings: Settings) -> None:
    settings.OTC_SINCH_HOOK_SECRET = ""
    assert post(report(uuid4())).status_code == 404
    del texts


def test_what_did_not_arrive_is_a_task_and_the_address_of_e_mails_stays_good(
    texts: Carried,
) -> None:
    _reminder, name = sent(texts)
    post(report(name, "Failed", 402))
    assert texts.only().state == "bounced"
    with texts.chase.house.scope():
        assert MailTask.objects.get().kind == "undeliv"
        contact = Contact.objects.get()
        assert (contact.is_undeliverable, contact.is_opted_out) == (False, False)
        assert TimelineEntry.objects.filter(text_code="dunning.undelivered").count() == 1


def test_a_report_that_no_webhook_brought_is_asked_for(texts: Carried, provider: Provider) -> None:
    _reminder, name = sent(texts)
    provider.final = {"code": 406, "count": 1, "recipients": ["33612345678"], "status": "Expired"}
    tenant_id = texts.chase.house.tenant_id
    assert take_reports(tenant_id, carriers=texts.carriers, now=texts.now) == 1
    assert take_reports(tenant_id, carriers=texts.carriers, now=texts.now) == 0
    assert texts.only().state == "bounced"
    assert post(report(name, "Expired", 406)).status_code == 200
    assert events(texts.chase.house) == 1, "asked for or brought, it is the same report"


def test_a_report_about_a_house_touches_no_other(texts: Carried, other_house: House) -> None:
    _reminder, name = sent(texts)
    post(report(name, "Failed", 402))
    with other_house.scope():
        assert DeliveryEvent.objects.count() == MailTask.objects.count() == 0


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "mo_text", "body": "hello"},
        {"type": "recipient_delivery_report_sms", "client_reference": "nobody's"},
        {"type": "recipient_delivery_report_sms", "client_reference": None, "status": 7},
    ],
)
def test_what_says_nothing_about_a_message_of_ours_is_passed_over(
    texts: Carried, payload: dict[str, Any]
) -> None:
    assert post(payload).status_code == 200
    assert events(texts.chase.house) == 0


def test_a_reports_provider_speaks_of_text_messages_only(texts: Carried) -> None:
    _reminder, name = sent(texts)
    with texts.chase.house.scope():
        Reminder.objects.update(channel="email")
    post(report(name, "Failed", 402))
    assert events(texts.chase.house) == 0
