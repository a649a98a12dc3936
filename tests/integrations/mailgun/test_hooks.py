"""What Mailgun calls us with, after its published payloads: signed, fresh, once; or nothing happens."""

import hmac
import json
import time
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from dunning.models import DeliveryEvent, MailTask, Reminder, Reply
from dunning.services.reply_addresses import reply_address
from ledger.models import Contact
from tests.cast import House
from tests.dunning.conftest import NOW, Chase, chase

KEY = "key-0123456789abcdef"
EVENTS, INBOUND = "/hooks/mailgun/events", "/hooks/mailgun/inbound/mime"
MESSAGE_ID = "<0f2c9a44-5d0c-5c11-9c5b-3f6f8a7b9f10@echeo.example>"

__all__ = ["chase"]  # the fixture, made for the chase's own tests

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hooks(settings: Settings) -> None:
    settings.OTC_MAILGUN_SIGNING_KEY = KEY
    settings.OTC_INBOUND_HOST = "reply.echeo.example"
    cache.clear()


@pytest.fixture
def sent(chase: Chase) -> Reminder:
    chase.line(chase.customer(), 12)
    chase.plan()
    with chase.house.scope():
        for state in ("ready", "claimed", "handing", "sent"):
            in_hand = NOW if state in {"claimed", "handing"} else None
            Reminder.objects.update(state=state, lease_until=in_hand)
        Reminder.objects.update(message_id=MESSAGE_ID, sent_at=NOW)
        return Reminder.objects.get()


def signature(once: str = "t1", *, age: float = 0, key: str = KEY) -> dict[str, str]:
    stamp = str(int(time.time() - age))
    digest = hmac.new(key.encode(), f"{stamp}{once}".encode(), sha256).hexdigest()
    return {"timestamp": stamp, "token": once, "signature": digest}


def report(
    event: str, once: str = "t1", event_id: str = "G9Bn5sl1TC6nu79C8C0bwg", **data: Any
) -> dict[str, Any]:
    """Return the payload of a webhook as Mailgun describes it."""
    return {
        "signature": signature(once),
        "event-data": {
            "id": event_id,
            "timestamp": 1793264400.45,
            "log-level": "error",
            "event": event,
            "recipient": "compta@c001.example",
            "message": {
                "headers": {"to": "compta@c001.example", "message-id": MESSAGE_ID.strip("<>")}
            },
            "tags": [],
            "user-variables": {},
            **data,
        },
    }


PERMANENT: dict[str, Any] = {
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "5.1.1 No such user", "description": ""},
}


def post(payload: Any, path: str = EVENTS) -> HttpResponse:  # noqa: ANN401
    return Client(enforce_csrf_checks=True).post(  # type: ignore[return-value]
        path,
        data=payload if isinstance(payload, str) else json.dumps(payload),
        content_type="application/json",
    )


def state(house: House) -> str:
    with house.scope():
        return Reminder.objects.get().state


def test_a_permanent_failure_is_a_bounce_with_a_task(chase: Chase, sent: Reminder) -> None:
    assert post(report("failed", **PERMANENT)).status_code == 200
    assert state(chase.house) == "bounced"
    with chase.house.scope():
        assert Contact.objects.get().is_undeliverable
        assert MailTask.objects.get().detail == "5.1.1 No such user"


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        ("delivered", {}, "delivered"),
        ("complained", {}, "complained"),
        ("failed", {"severity": "temporary"}, "sent"),
        ("unsubscribed", {}, "sent"),
        ("opened", {}, "sent"),
        ("something new", {}, "sent"),
    ],
)
def test_each_event_means_what_mailgun_says(
    chase: Chase, sent: Reminder, event: str, data: dict[str, Any], expected: str
) -> None:
    assert post(report(event, **data)).status_code == 200
    assert state(chase.house) == expected
    with chase.house.scope():
        assert Contact.objects.get().is_opted_out is (event in {"complained", "unsubscribed"})


def test_the_same_event_counts_once_also_under_another_signature(
    chase: Chase, sent: Reminder
) -> None:
    for token in ("t1", "t1", "t2"):
        assert post(report("complained", token)).status_code == 200
    with chase.house.scope():
        assert DeliveryEvent.objects.count() == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"signature": signature(key="key-wrong")},
        {"signature": signature(age=13 * 3600)},
        {"signature": signature(age=-13 * 3600)},
        {"signature": {"timestamp": "1", "token": "x"}},
        {"signature": None},
        {},
    ],
)
def test_what_is_not_signed_fresh_changes_nothing(
    chase: Chase, sent: Reminder, broken: dict[str, Any]
) -> None:
    payload = report("failed", **PERMANENT)
    del payload["signature"]
    assert post({**payload, **broken}).status_code == 406
    assert state(chase.house) == "sent"


@pytest.mark.parametrize("payload", ["", "[]", "null", "{", '{"signature": 1}'])
def test_a_payload_made_to_break_it_is_refused(payload: str) -> None:
    assert post(payload).status_code == 406


def test_a_signed_event_without_its_data_is_refused() -> None:
    assert post({"signature": signature()}).status_code == 406


def test_an_event_about_a_strangers_message_is_passed_over(chase: Chase, sent: Reminder) -> None:
    other = report("failed", **PERMANENT)
    other["event-data"]["message"]["headers"]["message-id"] = "somebody@else.example"
    assert post(other).status_code == 200
    assert state(chase.house) == "sent"


def test_the_hooks_are_off_without_a_key(settings: Settings) -> None:
    settings.OTC_MAILGUN_SIGNING_KEY = ""
    assert post(report("delivered")).status_code == 404
    assert Client().get(EVENTS).status_code in {404, 405}


# --- what customers write back --------------------------------------------------------------------------------------


def forwarded(to: str, once: str = "t1", **fields: str) -> HttpResponse:
    message = EmailMessage()
    message["From"] = "Compta <compta@c001.example>"
    message["To"] = to
    message["Subject"] = "Re: Facture"
    message["Message-ID"] = "<1@c001.example>"
    message.set_content("Nous paierons vendredi, promis.")
    posted = {
        "recipient": to,
        "sender": "compta@c001.example",
        "subject": "Re: Facture",
        "body-mime": message.as_string(),
        **signature(once),
        **fields,
    }
    return Client(enforce_csrf_checks=True).post(INBOUND, posted)  # type: ignore[return-value]


def test_a_forwarded_message_becomes_a_suggestion(chase: Chase, sent: Reminder) -> None:
    assert forwarded(reply_address(MESSAGE_ID)).status_code == 200
    with chase.house.scope():
        reply = Reply.objects.get()
        assert (reply.reminder, reply.suggestion, reply.source) == (sent, "promise", "webhook")


def test_a_null_return_path_makes_it_a_machine(chase: Chase, sent: Reminder) -> None:
    forwarded(reply_address(MESSAGE_ID), sender="")
    with chase.house.scope():
        assert Reply.objects.get().machine == "automatic"


def test_a_message_of_nobody_is_given_back(
    chase: Chase, sent: Reminder, other_house: House
) -> None:
    answer = forwarded("x@reply.echeo.example", **{"body-mime": "From: a@b.example\n\nHello"})
    assert answer.status_code == 406


def test_a_forged_message_is_refused(chase: Chase, sent: Reminder) -> None:
    assert forwarded(reply_address(MESSAGE_ID), signature="0" * 64).status_code == 406
    with chase.house.scope():
        assert not Reply.objects.exists()
