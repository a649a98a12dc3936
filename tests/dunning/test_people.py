"""What people decide: confirm, hold, release, cancel, close a call, pause; and what the agenda then shows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent
from dunning.models import Pause, Reminder
from dunning.queries import agenda
from dunning.rules.outbox import State
from dunning.services import people
from dunning.services.pauses import PauseNotPossible, end_pause, pause_reminders
from kernel.permissions import Actor
from ledger.models import TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

SUNDAY = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


def planned(chase: Chase, days_late: int = 12) -> Reminder:
    chase.line(chase.customer(f"D{days_late}"), days_late)
    chase.plan()
    (reminder,) = chase.reminders()
    return reminder


def test_a_confirmed_reminder_waits_for_the_window(chase: Chase, manager: Actor) -> None:
    planned(chase)
    with chase.house.scope():
        people.confirm_reminders(reminders=Reminder.objects.all(), actor=manager, now=SUNDAY)
        reminder = Reminder.objects.get()
        assert AuditEvent.objects.filter(action="dunning.confirm_reminders").count() == 1
    assert reminder.leaves_at == datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    assert (reminder.state, reminder.contact_date) == ("ready", date(2026, 11, 3))
    assert (reminder.confirmed_by_id, reminder.confirmed_at) == (manager.membership_id, SUNDAY)


def test_a_customer_contacted_lately_gets_it_when_the_gap_is_over(
    chase: Chase, manager: Actor
) -> None:
    reminder = planned(chase)
    with chase.house.scope():
        Reminder.objects.create(
            customer_id=reminder.customer_id,
            entity_id=reminder.entity_id,
            currency="USD",
            scenario_version_id=reminder.scenario_version_id,
            step_id=reminder.step_id,
            channel="email",
            level=1,
            stage="amicable",
            mode="auto",
            amount=1,
            planned_date=TODAY,
            contact_date=date(2026, 10, 31),
            leaves_at=NOW,
            state=State.SENT,
            state_at=NOW,
        )
        people.confirm_reminders(reminders=Reminder.objects.all(), actor=manager, now=SUNDAY)
        reminder.refresh_from_db()
    assert reminder.contact_date == date(2026, 11, 5), "five days after the other, a Thursday"


def test_a_held_reminder_is_released_to_be_confirmed(chase: Chase, manager: Actor) -> None:
    reminder = planned(chase)
    with chase.house.scope():
        with pytest.raises(people.ReasonMissing):
            people.hold_reminder(reminder=reminder, actor=manager, reason=" ", now=NOW)
        people.hold_reminder(reminder=reminder, actor=manager, reason="Wait for the visit", now=NOW)
        assert [each.note for each in agenda.held(manager)] == ["Wait for the visit"]
        assert (
            people.confirm_reminders(reminders=Reminder.objects.all(), actor=manager, now=NOW) == ()
        )
        people.release_reminder(reminder=reminder, actor=manager, now=NOW)
        reminder.refresh_from_db()
    assert reminder.state == "planned"


def test_a_cancelled_reminder_counts_as_taken(chase: Chase, manager: Actor) -> None:
    reminder = planned(chase)
    with chase.house.scope():
        people.cancel_reminder(reminder=reminder, actor=manager, reason="He called", now=NOW)
        assert (
            TimelineEntry.objects.get(text_code="dunning.reminder_cancelled").words == "He called"
        )
    assert chase.plan().planned == ()


def test_what_was_decided_already_is_refused_in_a_sentence(chase: Chase, manager: Actor) -> None:
    reminder = planned(chase)
    with chase.house.scope():
        people.cancel_reminder(reminder=reminder, actor=manager, reason="He called", now=NOW)
        with pytest.raises(people.NotWaiting, match="Client D12"):
            people.hold_reminder(reminder=reminder, actor=manager, reason="x", now=NOW)


def test_a_call_is_closed_with_its_outcome(chase: Chase, manager: Actor) -> None:
    reminder = planned(chase, days_late=21)
    with chase.house.scope():
        with pytest.raises(people.OutcomeMissing):
            people.record_outcome(reminder=reminder, actor=manager, outcome="", words="", now=NOW)
        people.record_outcome(
            reminder=reminder, actor=manager, outcome="call_back", words="At eleven", now=NOW
        )
        assert [each.pk for each in agenda.done_on(manager, day=TODAY)] == [reminder.pk]
        assert TimelineEntry.objects.get(kind="call").words == "At eleven"
    assert chase.plan().coverage.lines_by_state == {"next_action": 1}


def test_a_pause_has_a_reason_and_an_end(chase: Chase, manager: Actor) -> None:
    customer = chase.customer()
    with chase.house.scope():
        for reason, days in (("", 3), ("x", 31), ("x", -1)):
            with pytest.raises(PauseNotPossible):
                pause_reminders(
                    customer=customer,
                    actor=manager,
                    reason=reason,
                    today=TODAY,
                    until=TODAY + timedelta(days=days),
                    now=NOW,
                )
        pause = pause_reminders(
            customer=customer,
            actor=manager,
            reason="Stock-taking",
            today=TODAY,
            until=TODAY,
            now=NOW,
        )
        end_pause(pause=pause, actor=manager, today=TODAY, now=NOW)
        assert Pause.objects.get().ended_date == TODAY
    chase.line(customer, 12)
    assert len(chase.plan().planned) == 1


def test_the_agenda_shows_each_thing_once(
    chase: Chase, manager: Actor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n, days_late in enumerate((12, 4, 21, 75, 46)):
        chase.line(chase.customer(f"C{n}"), days_late, "900")
    chase.line(chase.customer("C9"), 12, "10")
    chase.plan()
    with chase.house.scope():
        counts = agenda.agenda_counts(manager, today=TODAY)
        assert (counts.to_confirm, counts.to_confirm_amounts) == (2, {"EUR": Decimal(1800)})
        assert (counts.tasks, counts.leaving, counts.held_back) == (3, 0, 1)
        with django_assert_max_num_queries(1):
            assert [each.customer.code for each in agenda.tasks_of_people(manager)] == [
                "C3",
                "C4",
                "C2",
            ]
        with django_assert_max_num_queries(1):
            assert [(each.customer.code, each.reason) for each in agenda.held_back(manager)] == [
                ("C9", "below_minimum")
            ]


def test_a_stranger_to_the_portfolio_sees_nothing_to_do(chase: Chase, house: House) -> None:
    planned(chase)
    collector = house.actor("collector")
    with house.scope():
        assert not agenda.to_confirm(collector).exists()
        Reminder.objects.get().customer.__class__.objects.update(collector=collector.membership_id)
        assert agenda.to_confirm(collector).count() == 1
