"""What the tenant's own reminders teach: what followed a call, an e-mail, or nothing, with such customers."""

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dunning.models import ChannelResponse, Reminder, ReminderLine
from dunning.queries.advice import advised
from dunning.rules.advice import Ground
from dunning.rules.priority import PaidInTime
from dunning.rules.steps import Channel
from dunning.services.learning import learn
from ledger.models import Contact, Customer, DueLine
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

CONTACTED = TODAY - timedelta(days=60)


@pytest.fixture
def template(chase: Chase) -> Reminder:
    """Plan a call about a line 22 days late; the past is written after its pattern."""
    customer = chase.customer("NOW")
    chase.line(customer, 22, "4000")
    chase.plan()
    (reminder,) = chase.reminders()
    with chase.house.scope():
        Contact.objects.update(phone="02 00 00 04 82")
    return reminder


def told(
    chase: Chase,
    template: Reminder,
    customer: Customer,
    channel: str,
    *,
    paid_after: int | None,
    on: date = CONTACTED,
    outcome: str = "",
) -> None:
    """Write down a contact 20 days after a due date, and the payment so many days after it, if there was one."""
    due_days_ago = (TODAY - on).days + 20
    with chase.house.scope():
        line = chase.add_line(customer, due_days_ago)
        if paid_after is not None:
            DueLine.objects.filter(pk=line.pk).update(
                open_amount=0, is_open=False, cleared_date=on + timedelta(days=paid_after)
            )
        cycle = Reminder.objects.filter(customer=customer).count() + 1
        reminder = Reminder.objects.create(
            customer=customer, entity_id=template.entity_id, currency="EUR",
            scenario_version_id=template.scenario_version_id, step_id=template.step_id, cycle=cycle,
            channel=channel, level=1, stage="amicable", mode="manual", amount=1000,
            planned_date=on, contact_date=on, leaves_at=NOW, state="done" if channel == "call" else "sent",
            state_at=NOW, outcome=outcome,
        )  # fmt: skip
        ReminderLine.objects.create(
            reminder=reminder, due_line=line, due_date=line.due_date, open_amount=1000,
            claimed_amount=1000, days_late=20, level=1, offset_days=20,
        )  # fmt: skip


def learnt(house: House, segment: str = "company") -> dict[str, PaidInTime]:
    with house.scope():
        learn(today=TODAY)
        rows = ChannelResponse.objects.filter(segment=segment, lateness="middle")
        return {row.channel: PaidInTime(row.lines, row.paid) for row in rows}


def test_a_payment_within_ten_days_answers_the_contact(
    chase: Chase, house: House, template: Reminder
) -> None:
    customer = chase.customer("C1")
    for paid_after in (1, 10, 11, None):
        told(chase, template, customer, "call", paid_after=paid_after)
    told(chase, template, customer, "call", paid_after=None, outcome="unreachable")
    told(chase, template, customer, "call", paid_after=1, on=TODAY - timedelta(days=5))
    told(chase, template, customer, "email", paid_after=3)
    found = learnt(house)
    assert found["call"] == PaidInTime(4, 2), "in vain, and too fresh to judge, do not count"
    assert found["email"] == PaidInTime(1, 1)
    assert learnt(house, "")["call"] == PaidInTime(4, 2), "the whole house"


def test_beside_them_stand_lines_nobody_was_contacted_about(
    chase: Chase, house: House, template: Reminder
) -> None:
    quiet = chase.customer("Q1")
    for _each in range(3):
        chase.line(quiet, 90)  # passed its sixteenth day late unpaid, with nobody contacted
    told(chase, template, chase.customer("C1"), "call", paid_after=None)
    found = learnt(house)
    assert found[""] == PaidInTime(3, 0), "the contacted line is not among them"


def test_customers_of_another_kind_teach_their_own(
    chase: Chase, house: House, template: Reminder
) -> None:
    town = chase.customer("TOWN", is_public_buyer=True)
    told(chase, template, town, "email", paid_after=3)
    assert "email" not in learnt(house)
    assert learnt(house, "public_buyer")["email"] == PaidInTime(1, 1)


def test_advice_follows_what_worked_and_carries_its_figures(
    chase: Chase,
    house: House,
    template: Reminder,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """R59: the most effective action with its reasons; the customer's own habit is the second."""
    caller, mailed, quiet = (chase.customer(code) for code in ("CALL", "MAIL", "QUIET"))
    for number in range(24):
        told(chase, template, caller, "email", paid_after=3 if number < 20 else None)
        told(chase, template, mailed, "call", paid_after=3 if number < 6 else None)
        chase.line(quiet, 90)
    with house.scope():
        now = Customer.objects.get(code="NOW")
    for paid_after in (2, 4, None):
        told(chase, template, now, "email", paid_after=paid_after)
    learnt(house)
    with house.scope():
        reminder = Reminder.objects.select_related("customer").get(pk=template.pk)
        with django_assert_max_num_queries(4):
            advice = advised(reminder, today=TODAY).advice
    assert reminder.channel == Channel.CALL
    assert advice.channel is Channel.EMAIL
    assert advice.grounds == (Ground.UPLIFT, Ground.OWN_HABIT)
    assert advice.response is not None
    assert advice.response.seen == PaidInTime(27, 22)
    assert advice.own == PaidInTime(3, 2)


def test_without_experience_the_step_stands(chase: Chase, house: House, template: Reminder) -> None:
    learnt(house)
    with house.scope():
        reminder = Reminder.objects.select_related("customer").get(pk=template.pk)
        advice = advised(reminder, today=TODAY).advice
    assert (advice.channel, advice.grounds) == (
        Channel.CALL,
        (Ground.STEP, Ground.TOO_LITTLE_KNOWN),
    )
