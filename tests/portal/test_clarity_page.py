"""Whether a reminder was clear: opening the page records nothing, a click does, and it may be changed (R47)."""

import pytest
from django.test import Client

from dunning.models import Clarity, Reminder
from dunning.queries.clarity import clear_rates_by_register, clear_rates_of
from dunning.services.reply_addresses import CLARITY, UNSUBSCRIBE, clarity_url, name_of, token_for
from ledger.models import TimelineEntry
from tests.dunning.conftest import NOW, TODAY, Chase, chase

MESSAGE_ID = "<0f2c9a44-5d0c-5c11-9c5b-3f6f8a7b9f10@echeo.example>"

__all__ = ["chase"]  # the fixture, made for the chase's own tests

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(chase: Chase) -> str:
    chase.line(chase.customer(), 12)
    chase.plan()
    with chase.house.scope():
        for state in ("ready", "claimed", "handing", "sent"):
            in_hand = NOW if state in {"claimed", "handing"} else None
            Reminder.objects.update(state=state, lease_until=in_hand)
        Reminder.objects.update(message_id=MESSAGE_ID, sent_at=NOW)
    return "/clear/" + clarity_url(MESSAGE_ID).rsplit("/", 1)[1]


def answers(chase: Chase) -> list[tuple[bool, str]]:
    with chase.house.scope():
        return list(Clarity.objects.values_list("is_clear", "words"))


def test_opening_the_page_records_nothing(chase: Chase, address: str) -> None:
    for _again in range(2):
        assert Client().get(address).status_code == 200
        Client().head(address)
        Client().get(f"{address}?answer=clear")
    assert answers(chase) == []


@pytest.mark.parametrize("body", [{}, {"answer": "maybe"}, {"words": "hello"}])
def test_a_post_that_answers_nothing_records_nothing(
    chase: Chase, address: str, body: dict[str, str]
) -> None:
    assert Client().post(address, body).status_code == 200
    assert answers(chase) == []


def test_one_answer_a_reminder_and_the_last_one_counts(chase: Chase, address: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.post(address, {"answer": "clear"})
    browser.post(address, {"answer": "unclear", "words": "Which order?"})
    browser.post(address, {"answer": "unclear", "words": "Which order?"})
    assert answers(chase) == [(False, "Which order?")]
    with chase.house.scope():
        told = TimelineEntry.objects.get(text_code="dunning.reminder_unclear")
        assert told.words == "Which order?"
    assert "Which order?" in browser.get(address).content.decode()


def test_a_token_for_something_else_opens_nothing(chase: Chase, address: str) -> None:
    name = name_of(MESSAGE_ID)
    assert name is not None
    assert Client().get(f"/clear/{token_for(name, kind=UNSUBSCRIBE)}").status_code == 404
    genuine = token_for(name, kind=CLARITY)
    for position in (0, len(genuine) // 2, len(genuine) - 1):
        other = "b" if genuine[position] == "a" else "a"
        altered = genuine[:position] + other + genuine[position + 1 :]
        assert Client().get(f"/clear/{altered}").status_code == 404


def test_the_clear_rate_of_a_step_is_told(chase: Chase, address: str) -> None:
    Client().post(address, {"answer": "clear"})
    with chase.house.scope():
        Clarity.objects.update(answered_at=NOW)
        scenario = Reminder.objects.get().scenario_version.scenario_id
        (step,) = clear_rates_of(scenario, today=TODAY)
        (register,) = clear_rates_by_register(today=TODAY)
        assert (step.offset_days, step.answers, step.rate) == (10, 1, 1)
        assert register.rate == 1
        assert clear_rates_of(scenario, today=TODAY.replace(year=2028)) == ()
