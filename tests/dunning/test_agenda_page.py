"""The agenda."""

from datetime import UTC, datetime

import pytest

from dunning.models import Reminder
from dunning.rules.outbox import State
from tests.cast import House
from tests.dunning.conftest import Chase

NOW_DAY = datetime.now(UTC).date()  # a page shows the day it is asked on


@pytest.fixture
def planned(chase: Chase) -> Reminder:
    """Plan a reminder that waits for a person."""
    chase.line(chase.customer(), 12, "60000", today=NOW_DAY)  # above 50,000 a person confirms
    chase.plan(NOW_DAY, now=datetime.now(UTC))
    (reminder,) = chase.reminders()
    return reminder


def test_the_agenda_shows_what_waits_and_what_it_would_say(house: House, planned: Reminder) -> None:
    page = house.client("credit_manager").get("/agenda")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Client C001" in text
    assert "F-00001" in text
    assert 'class="mail-text"' in text


def test_a_ticked_reminder_is_confirmed(house: House, planned: Reminder) -> None:
    answer = house.client("credit_manager").post("/agenda/confirm", {"reminder": str(planned.pk)})
    assert answer.status_code == 302
    with house.scope():
        assert Reminder.objects.get().state == State.READY
        assert Reminder.objects.get().confirmed_by_id == house.member_known("credit_manager")


def test_a_reminder_is_not_dropped_without_a_reason(house: House, planned: Reminder) -> None:
    client = house.client("credit_manager")
    refused = client.post(f"/agenda/{planned.pk}/cancel", {"reason": " "})
    assert refused.status_code == 422
    assert 'data-refusal="' in refused.content.decode()
    client.post(f"/agenda/{planned.pk}/cancel", {"reason": "Settled by phone"})
    with house.scope():
        assert Reminder.objects.get().state == State.CANCELLED


def test_the_red_button_stops_and_resumes(house: House, planned: Reminder) -> None:
    client = house.client("credit_manager")
    client.post("/agenda/stop", {"reason": "Books being closed"})
    assert "Books being closed" in client.get("/agenda").content.decode()
    client.post("/agenda/resume")
    assert "Books being closed" not in client.get("/agenda").content.decode()


def test_a_collector_sees_no_reminder_of_others_customers(house: House, planned: Reminder) -> None:
    client = house.client("collector")
    assert "Client C001" not in client.get("/agenda").content.decode()
    assert client.get(f"/agenda/{planned.pk}").status_code == 404
    client.post("/agenda/confirm", {"every": "1"})
    with house.scope():
        assert Reminder.objects.get().state == State.PLANNED


def test_who_may_not_chase_is_refused(house: House, planned: Reminder) -> None:
    assert house.client("sales_rep").get("/agenda").status_code == 403


def test_another_tenant_has_no_such_reminder(
    house: House, other_house: House, planned: Reminder
) -> None:
    client = other_house.client("credit_manager")
    assert client.get(f"/agenda/{planned.pk}").status_code == 404
    client.post("/agenda/confirm", {"reminder": str(planned.pk)})
    with house.scope():
        assert Reminder.objects.get().state == State.PLANNED
