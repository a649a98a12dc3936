"""A call taken down in one go: its cause, and the promise, dispute, call back or further try it leads to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from disputes.models import Dispute
from dunning.models import ContactReport, FollowUp, Pause, Promise, Reminder
from dunning.rules.calls import CallOutcome
from dunning.services.calls import Call, Called, CallIncomplete, CallResult, record_call
from dunning.services.contact_reports import CauseMissing
from dunning.services.follow_ups import FollowUpNotPossible
from dunning.services.people import NotWaiting, OutcomeMissing
from dunning.services.promises import PromiseNotPossible
from kernel.permissions import Actor
from ledger.models import TimelineEntry
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase

CUSTOMER_ASKED_FOR = datetime(2026, 10, 30, 13, 0, tzinfo=UTC)


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def reminder(chase: Chase) -> Reminder:
    """Plan a call about one invoice of 4,000 euros, 22 days late."""
    chase.line(chase.customer(), 22, "4000")
    chase.plan()
    (reminder,) = chase.reminders()
    assert reminder.channel == "call"
    return reminder


Take = Callable[..., CallResult]


@pytest.fixture
def take(house: House, reminder: Reminder, manager: Actor) -> Take:
    """Return what takes down a call about the reminder, its one line ticked."""

    def taken(outcome: str, cause: str = "", *, now: datetime = NOW, **facts: object) -> CallResult:
        with house.scope():
            lines = tuple(reminder.lines.values_list("due_line", flat=True))
            call = replace(Call(outcome=outcome, cause=cause, lines=lines), **facts)  # type: ignore[arg-type]
            current = Reminder.objects.select_related("customer").get(pk=reminder.pk)
            return record_call(
                call=call,
                called=Called(current.customer, current),
                actor=manager,
                today=TODAY,
                now=now,
            )

    return taken


def state_of(house: House, reminder: Reminder) -> tuple[str, str]:
    with house.scope():
        row = Reminder.objects.get(pk=reminder.pk)
        return row.state, row.outcome


def test_whoever_was_reached_is_asked_why(house: House, reminder: Reminder, take: Take) -> None:
    with pytest.raises(CauseMissing, match="Client C001"):
        take("done")
    assert state_of(house, reminder)[0] == "planned"
    take("done", "payment_run", words="Run on Friday")
    assert state_of(house, reminder) == ("done", "done")
    with house.scope():
        report = ContactReport.objects.get()
        assert (report.cause, report.has_reached, report.reminder_id) == (
            "payment_run",
            True,
            reminder.pk,
        )
        assert TimelineEntry.objects.get(kind="call").words == "Run on Friday"


def test_an_outcome_nobody_knows_is_refused(take: Take) -> None:
    with pytest.raises(OutcomeMissing):
        take("shouted", "forgotten")


def test_a_promise_made_on_the_telephone_holds_its_lines(
    house: House, reminder: Reminder, take: Take, chase: Chase
) -> None:
    take("promise", "cash_shortage", promised_date=TODAY + timedelta(days=7), amount=Decimal(1500))
    with house.scope():
        promise = Promise.objects.get()
        assert (promise.amount, promise.source, promise.reminder_id) == (
            Decimal(1500),
            "call",
            reminder.pk,
        )
        assert Pause.objects.get().exclusion == "promised"
    assert state_of(house, reminder) == ("done", "promise")


def test_a_promise_the_caps_refuse_leaves_nothing_of_the_call(
    house: House, reminder: Reminder, take: Take
) -> None:
    with pytest.raises(PromiseNotPossible):
        take("promise", "cash_shortage", promised_date=TODAY + timedelta(days=60))
    with pytest.raises(CallIncomplete, match="day"):
        take("promise", "cash_shortage")
    assert state_of(house, reminder)[0] == "planned"


def test_a_dissatisfaction_opens_a_dispute_of_its_kind(
    house: House, reminder: Reminder, take: Take
) -> None:
    """R48: the outcome "unhappy: delivery" opens a dispute in one submit."""
    take("dispute", "delivery", words="Half of it never came", amount=Decimal(2000))
    with house.scope():
        dispute = Dispute.objects.get()
        assert (dispute.type, dispute.amount, dispute.reason) == (
            "delivery",
            Decimal(2000),
            "Half of it never came",
        )


def test_a_dispute_without_an_amount_contests_what_is_open(house: House, take: Take) -> None:
    take("dispute", "price")
    with house.scope():
        assert Dispute.objects.get().amount == Decimal(4000)


@pytest.mark.parametrize("cause", ["payment_run", "unknown"])
def test_a_dispute_says_what_is_wrong(house: House, take: Take, cause: str) -> None:
    with pytest.raises(CallIncomplete, match="contests"):
        take("dispute", cause)
    with house.scope():
        assert not Dispute.objects.exists()


def test_a_part_is_contested_of_one_invoice_at_a_time(
    house: House, chase: Chase, reminder: Reminder, take: Take
) -> None:
    with house.scope():
        second = chase.add_line(reminder.customer, 22, "700")
        lines = (*reminder.lines.values_list("due_line", flat=True), second.pk)
    with pytest.raises(CallIncomplete, match="2 invoices"):
        take("dispute", "price", amount=Decimal(100), lines=lines)
    take("dispute", "price", lines=lines)
    with house.scope():
        assert sorted(Dispute.objects.values_list("amount", flat=True)) == [700, 4000]


def test_lines_of_another_customer_are_not_taken(chase: Chase, house: House, take: Take) -> None:
    stranger = chase.line(chase.customer("C2"), 22, "9000")
    with pytest.raises(CallIncomplete, match="Client C001"):
        take("dispute", "price", lines=(stranger.pk,))


def test_a_call_back_is_the_next_task_at_the_hour_they_named(
    house: House, reminder: Reminder, take: Take
) -> None:
    take("call_back", "approval_pending", call_back_at=CUSTOMER_ASKED_FOR, words="Ask for Ana")
    with house.scope():
        follow_up = FollowUp.objects.get()
        assert (follow_up.due_at, follow_up.words) == (CUSTOMER_ASKED_FOR, "Ask for Ana")
    assert state_of(house, reminder) == ("done", "call_back")


def test_nobody_is_called_back_in_the_past(take: Take) -> None:
    with pytest.raises(FollowUpNotPossible):
        take("call_back", "approval_pending", call_back_at=NOW - timedelta(hours=1))


def test_three_calls_in_vain_let_the_scenario_go_on(
    house: House, reminder: Reminder, take: Take
) -> None:
    first = take("unreachable")
    assert (first.tries, first.try_again_at) == (1, datetime(2026, 10, 29, 13, 0, tzinfo=UTC))
    assert state_of(house, reminder)[0] == "planned", "nobody heard of it: the step is not taken"
    second = take("unreachable", now=NOW + timedelta(hours=5))
    assert (second.tries, second.try_again_at) == (2, datetime(2026, 10, 30, 9, 0, tzinfo=UTC))
    third = take("unreachable", now=NOW + timedelta(days=1))
    assert (third.tries, third.try_again_at) == (3, None)
    assert state_of(house, reminder) == ("done", "unreachable")
    with house.scope():
        assert not FollowUp.objects.still_open().exists()
        assert set(ContactReport.objects.values_list("cause", "has_reached")) == {("", False)}


def test_a_call_that_reaches_somebody_ends_the_further_tries(
    house: House, reminder: Reminder, take: Take
) -> None:
    take("unreachable")
    take("done", "forgotten", now=NOW + timedelta(hours=5))
    with house.scope():
        assert not FollowUp.objects.still_open().exists()


@pytest.mark.parametrize(
    ("outcome", "cause", "exclusion"),
    [
        ("not_received", "not_received", "invoice_not_received"),
        ("already_paid", "already_paid", "paused"),
    ],
)
def test_what_names_its_own_cause_rests_the_lines_and_is_asked_again(
    house: House, take: Take, outcome: str, cause: str, exclusion: str
) -> None:
    take(outcome)
    with house.scope():
        assert ContactReport.objects.get().cause == cause
        pause = Pause.objects.get()
        assert (pause.exclusion, pause.until_date) == (exclusion, TODAY + timedelta(days=7))
        follow_up = FollowUp.objects.get()
        assert pause.object_id == follow_up.pk


def test_the_call_that_asks_again_ends_the_rest(
    house: House, manager: Actor, reminder: Reminder, take: Take
) -> None:
    take("not_received")
    with house.scope():
        follow_up = FollowUp.objects.select_related("customer").get()
        record_call(
            call=Call(outcome="done", cause="payment_run"),
            called=Called(follow_up.customer, follow_up=follow_up),
            actor=manager,
            today=TODAY + timedelta(days=3),
            now=NOW + timedelta(days=3),
        )
        assert Pause.objects.get().ended_date == TODAY + timedelta(days=3)
        assert not FollowUp.objects.still_open().exists()
        with pytest.raises(CallIncomplete, match="meanwhile"):
            record_call(
                call=Call(outcome="done", cause="payment_run"),
                called=Called(follow_up.customer, follow_up=follow_up),
                actor=manager,
                today=TODAY,
                now=NOW,
            )


def test_a_call_nobody_planned_is_kept_too(house: House, chase: Chase, manager: Actor) -> None:
    customer = chase.customer()
    line = chase.line(customer, -5, "300")
    with house.scope():
        record_call(
            call=Call(
                outcome="promise",
                cause="payment_run",
                lines=(line.pk,),
                promised_date=TODAY + timedelta(days=6),
            ),
            called=Called(customer),
            actor=manager,
            today=TODAY,
            now=NOW,
        )
        assert Promise.objects.get().amount == Decimal(300)
        assert TimelineEntry.objects.filter(text_code="dunning.call_logged").count() == 1


def test_a_call_made_twice_is_refused(take: Take) -> None:
    take("done", "forgotten")
    with pytest.raises(NotWaiting):
        take("done", "forgotten")


def test_every_outcome_offered_can_be_taken(take: Take) -> None:
    assert {each.value for each in CallOutcome} == {
        "promise", "dispute", "not_received", "call_back", "already_paid", "unreachable", "done",
    }  # fmt: skip
