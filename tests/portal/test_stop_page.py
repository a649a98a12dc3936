"""The page that says stop: a POST with the body of RFC 8058 stops, opening it never does."""

import pytest
from django.test import Client

from dunning.models import HeldBack, MailTask, Reminder, TaskKind
from dunning.services.reply_addresses import REPLY, UNSUBSCRIBE, name_of, token_for
from ledger.models import Contact
from tests.dunning.conftest import NOW, Chase, chase

MESSAGE_ID = "<0f2c9a44-5d0c-5c11-9c5b-3f6f8a7b9f10@echeo.example>"

__all__ = ["chase"]  # the fixture, made for the chase's own tests

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(chase: Chase) -> str:
    chase.line(chase.customer(), 12)
    chase.plan()
    with chase.house.scope():
        for state in ("ready", "claimed", "handing", "sent"):
            in_hand = NOW if state in {"claimed", "handing"} else None
            Reminder.objects.update(state=state, lease_until=in_hand)
        Reminder.objects.update(message_id=MESSAGE_ID, sent_at=NOW)
    name = name_of(MESSAGE_ID)
    assert name is not None
    return token_for(name, kind=UNSUBSCRIBE)


def is_opted_out(chase: Chase) -> bool:
    with chase.house.scope():
        return Contact.objects.get().is_opted_out


def test_opening_the_page_stops_nothing(chase: Chase, token: str) -> None:
    page = Client().get(f"/stop/{token}")
    Client().head(f"/stop/{token}")
    assert page.status_code == 200
    assert "compta@c001.example" in page.content.decode()
    assert not is_opted_out(chase)


def test_one_click_stops_the_contact_and_tells_a_person(chase: Chase, token: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    for _again in range(2):
        answer = browser.post(f"/stop/{token}", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert is_opted_out(chase)
    with chase.house.scope():
        assert MailTask.objects.get().kind == TaskKind.OPTED_OUT


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "yes"}])
def test_another_post_stops_nothing(chase: Chase, token: str, body: dict[str, str]) -> None:
    Client(enforce_csrf_checks=True).post(f"/stop/{token}", body)
    assert not is_opted_out(chase)


def test_a_forged_or_foreign_token_opens_no_page(chase: Chase, token: str) -> None:
    name = name_of(MESSAGE_ID)
    assert name is not None
    for wrong in (
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        token_for(name, kind=REPLY),
        "x",
    ):
        answer = Client().post(f"/stop/{wrong}", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 404
    assert not is_opted_out(chase)


def test_nobody_left_to_write_to_is_a_coverage_state_and_not_a_silence(
    chase: Chase, token: str
) -> None:
    Client().post(f"/stop/{token}", {"List-Unsubscribe": "One-Click"})
    chase.line(chase.customer("C002"), 12)
    with chase.house.scope():
        Contact.objects.update(is_opted_out=True)
    chase.plan()
    with chase.house.scope():
        held = HeldBack.objects.filter(customer__code="C002")
        assert [row.reason for row in held] == ["no_contact"]
