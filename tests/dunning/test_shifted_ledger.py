"""A file in which every due date is a year too early: the run is held, no mail leaves, and a person answers (P21)."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from accounts.models import Tenant
from dunning.channels import MailToCompose, OutgoingMail
from dunning.models import Reminder, Run
from dunning.rules.outbox import State
from dunning.services.people import (
    HeldForVolume,
    ReleaseByAPerson,
    confirm_reminders,
    release_reminder,
    release_run,
)
from dunning.services.plan import PlanResult, plan_reminders
from dunning.services.sending import Sender
from dunning.services.worker import work_for
from kernel.permissions import system_actor
from ledger.models import DueLine
from tests.cast import House
from tests.dunning.plain import compose_plainly
from tests.ledger.imports.support import Desk

FIRST = date(2026, 10, 12)  # a Monday
SHIFTED = date(2026, 10, 27)  # a Tuesday
YEAR = timedelta(days=365)
CUSTOMERS = 30
HEADER = "code client;nom client;n° pièce;date pièce;échéance;montant TTC;e-mail;pays"


class Mailbag:
    """A mail server that counts."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def encode(self, mail: MailToCompose) -> bytes:
        return mail.subject.encode()

    def hand_over(self, mail: OutgoingMail, *, before_last_dot: object) -> None:
        assert callable(before_last_dot)
        before_last_dot()
        self.taken.append(mail.recipient)

    def close(self) -> None:
        """Nothing is open."""

    def was_accepted(self, _message_id: str) -> bool | None:
        return None


def books(shift: timedelta = timedelta()) -> str:
    """Return three invoices for each of thirty customers; a few fall due each day."""
    rows = [HEADER]
    for number in range(CUSTOMERS):
        for place in range(3):
            due = FIRST + timedelta(days=number % 15 + 30 * place - 4)
            issued = due - timedelta(days=400)
            rows.append(
                f"C{number:02d};Client {number};F-{number}-{place};{issued:%d/%m/%Y};"
                f"{due - shift:%d/%m/%Y};1000,00;compta{number}@client.example;FR"
            )
    return "\n".join(rows) + "\n"


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    with house.scope():
        Tenant.objects.update(created_at=datetime(2025, 1, 1, tzinfo=UTC))
    house.actor("credit_manager")
    return Desk(house, tmp_path)


def live(desk: Desk, bag: Mailbag, day: date) -> PlanResult:
    """Plan a day; people confirm what waits, and the worker makes its rounds at dawn and at ten."""
    dawn, ten = (datetime.combine(day, hour, tzinfo=UTC) for hour in (time(4), time(8)))
    actor = system_actor(desk.house.tenant_id)
    with desk.house.scope():
        result = plan_reminders(today=day, now=dawn, actor=actor)
        confirm_reminders(reminders=Reminder.objects.all(), actor=actor, now=dawn)
    work_for(
        desk.house.tenant_id,
        sender=Sender("w", bag, bag, clock=lambda: ten, compose=compose_plainly),
    )
    return result


def usual_days(desk: Desk, bag: Mailbag, last: date) -> None:
    """Live from the first Monday to the day before `last`."""
    desk.take(books(), today=FIRST)
    day = FIRST
    while day < last:
        assert not live(desk, bag, day).volume.is_held
        day += timedelta(days=1)


def test_a_file_a_year_off_holds_the_run_and_not_one_mail_leaves(desk: Desk) -> None:
    bag = Mailbag()
    usual_days(desk, bag, SHIFTED)
    usual = len(bag.taken)
    assert usual > 5
    desk.take(books(YEAR), today=SHIFTED)
    with desk.house.scope():
        assert DueLine.objects.filter(due_date__lt=SHIFTED - timedelta(days=100)).count() > 50
    assert live(desk, bag, SHIFTED).volume.is_held
    for days in (1, 2, 5):
        live(desk, bag, SHIFTED + timedelta(days=days))
    assert len(bag.taken) == usual

    person = desk.house.actor("credit_manager")
    with desk.house.scope():
        held = Reminder.objects.filter(state=State.HELD)
        assert held.count() > 20
        assert {each.held_reason for each in held} == {"volume"}
        run = Run.objects.filter(is_held=True).order_by("started_at")[0]
        with pytest.raises(HeldForVolume):
            release_reminder(reminder=held[0], actor=person, now=datetime.now(UTC))
        with pytest.raises(ReleaseByAPerson):
            release_run(run=run, actor=system_actor(desk.house.tenant_id), now=datetime.now(UTC))
        assert release_run(run=run, actor=person, now=datetime.now(UTC)) > 20


def test_the_right_file_afterwards_leaves_nothing_held_and_nothing_said_twice(desk: Desk) -> None:
    bag = Mailbag()
    usual_days(desk, bag, SHIFTED)
    usual = len(bag.taken)
    desk.take(books(YEAR), today=SHIFTED)
    live(desk, bag, SHIFTED)
    assert len(bag.taken) == usual
    desk.take(books() + "\n", today=SHIFTED, name="corrected.csv")
    assert not live(desk, bag, SHIFTED + timedelta(days=1)).volume.is_held
    with desk.house.scope():
        assert not Reminder.objects.filter(state=State.HELD).exists()
        sent = Reminder.objects.filter(state=State.SENT)
        steps = sent.values_list("customer", "currency", "scenario_version", "step", "cycle")
        assert len(set(steps)) == sent.count()
        assert max(sent.values_list("days_late", flat=True)) < 60
