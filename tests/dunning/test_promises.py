"""Promises and payment plans: what they hold out of the chase, how far they may go, what follows a broken one."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from disputes.models import Dispute
from dunning.models import ContactReport, PaymentPlan, Promise, Reminder, Ruling
from dunning.queries.promises import promise_calendar, promises_of_customer, running_plans
from dunning.rules.causes import Cause
from dunning.rules.promises import (
    InstalmentRule,
    PlanState,
    PromiseSource,
    PromiseState,
    deadline_of,
)
from dunning.services.contact_reports import CauseMissing, report_contact
from dunning.services.payment_plans import PlanNotPossible, call_off_plan, propose_plan, rule_plan
from dunning.services.plan import PlanResult
from dunning.services.promises import (
    PromiseNotPossible,
    record_promise,
    rule_promise,
    withdraw_promise,
)
from kernel.permissions import Actor, system_actor
from ledger.models import Allocation, Customer, DocumentKind, DueLine
from tests.dunning.conftest import NOW, TODAY, Chase

FRIDAY = TODAY + timedelta(days=8)  # 6 November 2026; the money may arrive until Tuesday the 10th
DEADLINE = date(2026, 11, 10)
AFTER = DEADLINE + timedelta(days=1)  # Armistice Day: nobody works in France
LATER = date(2026, 11, 12)


@pytest.fixture(autouse=True)
def _people(chase: Chase) -> None:
    """Two people who are at work before any scope is open."""
    for role in ("collector", "credit_manager"):
        chase.person(role)


def promise(
    chase: Chase,
    customer: Customer,
    lines: Sequence[DueLine],
    *,
    day: date = FRIDAY,
    amount: Decimal | None = None,
    actor: Actor | None = None,
    today: date = TODAY,
) -> Promise:
    with chase.house.scope():
        return record_promise(
            customer=customer,
            due_lines=[line.pk for line in lines],
            promised_date=day,
            amount=amount,
            actor=actor or chase.person("collector"),
            today=today,
            now=NOW,
            source=PromiseSource.CALL,
        )


def pay(chase: Chase, line: DueLine, amount: str, day: date) -> None:
    with chase.house.scope():
        credit = chase.add_line(
            line.customer, 0, f"-{amount}", kind=DocumentKind.PAYMENT, today=day
        )
        DueLine.objects.filter(pk=credit.pk).update(open_amount=0, is_open=False, cleared_date=day)
        Allocation.objects.create(
            debit_line=line, credit_line=credit, amount=Decimal(amount), effective_date=day
        )
        owed = DueLine.objects.get(pk=line.pk)
        owed.open_amount -= Decimal(amount)
        owed.is_open = bool(owed.open_amount)
        owed.cleared_date = None if owed.open_amount else day
        owed.save()


def state_of(chase: Chase, customer: Customer, *, today: date) -> PromiseState:
    with chase.house.scope():
        return promises_of_customer(customer, today=today)[0].state


def left_out(result: PlanResult, reason: str) -> Decimal:
    return result.coverage.left_out.get(reason, {}).get("EUR", Decimal(0))


def test_a_promise_for_friday_leaves_the_bank_two_working_days() -> None:
    assert deadline_of(FRIDAY, country="FR") == DEADLINE
    assert deadline_of(date(2026, 5, 6), country="FR") == date(2026, 5, 11)  # 8 May is a holiday


def test_promised_lines_leave_the_chase_and_the_rest_is_chased(chase: Chase) -> None:
    customer = chase.customer()
    promised, other = chase.line(customer, 12), chase.line(customer, 12, "400")
    promise(chase, customer, [promised])
    result = chase.plan()
    (reminder,) = chase.reminders(state="planned")
    assert reminder.amount == Decimal(400)
    assert left_out(result, "promised") == Decimal(1000)
    assert (result.coverage.uncovered, result.coverage.covered) == (0, 2)
    with chase.house.scope():
        assert [line.due_line_id for line in reminder.lines.all()] == [other.pk]


def test_a_promise_takes_a_planned_reminder_out_of_the_agenda(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    chase.plan()
    promise(chase, customer, [line])
    chase.plan()
    assert [(each.state, each.cancel_reason) for each in chase.reminders()] == [
        ("cancelled", "not_due")
    ]


def test_the_chase_comes_back_on_the_day_after_the_deadline_with_a_call(chase: Chase) -> None:
    customer = chase.customer()
    promise(chase, customer, [chase.line(customer, 12)])
    chase.plan(DEADLINE)
    assert chase.reminders(state="planned") == []
    chase.plan(AFTER)
    (call,) = chase.reminders(state="planned")
    assert (call.channel, call.mode, call.confirm_reasons) == ("call", "manual", ["broken_word"])
    chase.plan(LATER)
    assert [each.pk for each in chase.reminders(state="planned")] == [call.pk]


def test_after_the_call_the_scenario_goes_on(chase: Chase) -> None:
    customer = chase.customer()
    promise(chase, customer, [chase.line(customer, 12)])
    chase.plan(AFTER)
    with chase.house.scope():
        report_contact(
            customer=customer,
            actor=chase.person("collector"),
            channel="call",
            outcome="call_back",
            cause=Cause.CASH_SHORTAGE,
            words="",
            today=AFTER,
            now=NOW,
        )
        Reminder.objects.update(state="done", contact_date=AFTER)
    chase.plan(AFTER + timedelta(days=14))
    (next_step,) = chase.reminders(state="planned")
    assert next_step.confirm_reasons != ["broken_word"]


def test_nobody_reached_means_calling_again(chase: Chase) -> None:
    customer = chase.customer()
    promise(chase, customer, [chase.line(customer, 12)])
    chase.plan(AFTER)
    with chase.house.scope():
        report_contact(
            customer=customer,
            actor=chase.person("collector"),
            channel="call",
            outcome="unreachable",
            cause="",
            words="",
            today=AFTER,
            now=NOW,
        )
        Reminder.objects.update(state="done", contact_date=AFTER)
    chase.plan(AFTER + timedelta(days=6))
    (again,) = chase.reminders(state="planned")
    assert (again.channel, again.confirm_reasons) == ("call", ["broken_word"])


@pytest.mark.parametrize(
    ("paid", "day", "today", "expected"),
    [
        ("1000", FRIDAY, FRIDAY, PromiseState.KEPT),
        ("1000", DEADLINE, AFTER, PromiseState.KEPT),
        ("1000", AFTER, LATER, PromiseState.BROKEN),
        ("999.99", FRIDAY, DEADLINE, PromiseState.PENDING),
        ("999.99", FRIDAY, AFTER, PromiseState.BROKEN),
        ("1000", TODAY - timedelta(days=1), TODAY, PromiseState.KEPT),  # was on its way already
    ],
)
def test_what_became_of_a_promise(
    chase: Chase, paid: str, day: date, today: date, expected: PromiseState
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    promise(chase, customer, [line])
    pay(chase, line, paid, day)
    assert state_of(chase, customer, today=today) is expected


def test_a_payment_unallocated_later_breaks_the_promise(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    promise(chase, customer, [line])
    pay(chase, line, "1000", FRIDAY)
    with chase.house.scope():
        first = Allocation.objects.get()
        Allocation.objects.create(
            debit_line=line,
            credit_line=first.credit_line,
            amount=-first.amount,
            effective_date=DEADLINE,
            reverses=first,
        )
        DueLine.objects.filter(pk=line.pk).update(open_amount=1000, is_open=True, cleared_date=None)
    assert state_of(chase, customer, today=AFTER) is PromiseState.BROKEN


def test_a_part_promised_and_paid_is_kept_and_the_rest_is_chased_by_the_scenario(
    chase: Chase,
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    promise(chase, customer, [line], amount=Decimal(600))
    pay(chase, line, "600", FRIDAY)
    assert state_of(chase, customer, today=AFTER) is PromiseState.KEPT
    chase.plan(AFTER)
    (reminder,) = chase.reminders(state="planned")
    assert (reminder.channel, reminder.amount) == (
        "call",
        Decimal(400),
    ) or reminder.channel == "email"
    assert reminder.confirm_reasons != ["broken_word"]


def test_a_new_promise_replaces_the_one_that_runs(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    first = promise(chase, customer, [line], day=TODAY + timedelta(days=1))
    second = promise(chase, customer, [line], day=FRIDAY)
    with chase.house.scope():
        first.refresh_from_db()
        assert (first.replaced_by_id, first.ended_date) == (second.pk, TODAY)
    chase.plan(DEADLINE)
    assert chase.reminders(state="planned") == []


def test_a_third_promise_waits_for_another_person_and_holds_nothing_until_then(
    chase: Chase,
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    for days in (1, 2):
        promise(chase, customer, [line], day=TODAY + timedelta(days=days))
    later = TODAY + timedelta(days=7)
    third = promise(chase, customer, [line], day=later, today=later)
    assert third.ruling == Ruling.PENDING
    chase.plan(later)
    assert len(chase.reminders(state="planned")) == 1
    manager = chase.person("credit_manager")
    with chase.house.scope():
        with pytest.raises(PromiseNotPossible, match="S1"):
            rule_promise(
                promise=third,
                actor=chase.person("collector"),
                is_approved=True,
                today=later,
                now=NOW,
            )
        with pytest.raises(PromiseNotPossible, match="S12"):
            rule_promise(
                promise=third,
                actor=system_actor(chase.house.tenant_id),
                is_approved=True,
                today=later,
                now=NOW,
            )
        rule_promise(promise=third, actor=manager, is_approved=True, today=later, now=NOW)
    chase.plan(later)
    assert chase.reminders(state="planned") == []


def test_the_database_too_wants_two_people(chase: Chase) -> None:
    customer = chase.customer()
    made = promise(chase, customer, [chase.line(customer, 12)])
    with (
        chase.house.scope(),
        pytest.raises(IntegrityError, match="promise_s1_two_people"),
        transaction.atomic(),
    ):
        Promise.objects.filter(pk=made.pk).update(ruled_by=made.recorded_by_id)


def test_a_promise_taken_back_lets_the_chase_go_on(chase: Chase) -> None:
    customer = chase.customer()
    made = promise(chase, customer, [chase.line(customer, 12)])
    with chase.house.scope():
        withdraw_promise(promise=made, actor=chase.person("collector"), today=TODAY, now=NOW)
    chase.plan()
    assert len(chase.reminders(state="planned")) == 1
    assert state_of(chase, customer, today=AFTER) is PromiseState.WITHDRAWN


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day": TODAY - timedelta(days=1)}, "outside"),
        ({"day": TODAY + timedelta(days=31)}, "outside"),
        ({"amount": Decimal("1000.01")}, "too much"),
        ({"amount": Decimal(0)}, "above zero"),
        ({"amount": Decimal("0.005")}, "whole cents"),
    ],
)
def test_a_promise_beyond_its_bounds_is_refused_in_words(
    chase: Chase, fields: dict[str, Any], words: str
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    with pytest.raises(PromiseNotPossible, match=words):
        promise(chase, customer, [line], **fields)


def test_a_promise_about_nothing_owed_is_refused_in_words(chase: Chase) -> None:
    customer, other = chase.customer(), chase.customer("C002")
    contested, paid = chase.line(customer, 12), chase.line(customer, 12)
    foreign, dollars = chase.line(other, 12), chase.line(customer, 12, currency="USD")
    pay(chase, paid, "1000", TODAY)
    with chase.house.scope():
        Dispute.objects.create(
            number=1,
            due_line=contested,
            customer=customer,
            amount=1000,
            currency="EUR",
            type="price",
            opened_date=TODAY,
        )
    for lines, words in (
        ([contested], "contested"),
        ([paid], "owes nothing"),
        ([], "at least one"),
        ([foreign], "at least one"),
        ([chase.line(customer, 3), dollars], "several currencies"),
    ):
        with pytest.raises(PromiseNotPossible, match=words):
            promise(chase, customer, lines)


def test_the_calendar_shows_only_the_customers_the_actor_may_chase(chase: Chase) -> None:
    mine, other = chase.customer(), chase.customer("C002")
    collector = chase.person("collector")
    with chase.house.scope():
        Customer.objects.filter(pk=mine.pk).update(collector=collector.membership_id)
    for customer in (mine, other):
        promise(chase, customer, [chase.line(customer, 12)])
    week = {"first": TODAY, "last": TODAY + timedelta(days=10), "today": TODAY}
    with chase.house.scope():
        assert [each.promise.customer_id for each in promise_calendar(collector, **week)] == [
            mine.pk
        ]
        assert len(promise_calendar(chase.person("credit_manager"), **week)) == 2


def test_a_contact_that_reached_somebody_needs_its_cause(chase: Chase) -> None:
    customer = chase.customer()
    with chase.house.scope():
        with pytest.raises(CauseMissing, match="why"):
            report_contact(
                customer=customer,
                actor=chase.person("collector"),
                channel="call",
                outcome="promise",
                cause="",
                words="",
                today=TODAY,
                now=NOW,
            )
        with pytest.raises(IntegrityError, match="contact_report_cause"), transaction.atomic():
            ContactReport.objects.create(
                customer=customer,
                channel="call",
                outcome="promise",
                report_date=TODAY,
                reported_at=NOW,
            )


# Payment plans


def proposed(
    chase: Chase, customer: Customer, lines: Sequence[DueLine], *amounts: str
) -> PaymentPlan:
    with chase.house.scope():
        return propose_plan(
            customer=customer,
            due_lines=[line.pk for line in lines],
            instalments=[
                InstalmentRule(TODAY + timedelta(days=10 * (n + 1)), Decimal(amount))
                for n, amount in enumerate(amounts)
            ],
            reason="Short of cash until the fair",
            actor=chase.person("collector"),
            today=TODAY,
            now=NOW,
        )


def agreed(
    chase: Chase, customer: Customer, lines: Sequence[DueLine], *amounts: str
) -> PaymentPlan:
    plan = proposed(chase, customer, lines, *amounts)
    with chase.house.scope():
        rule_plan(
            plan=plan,
            actor=chase.person("credit_manager"),
            is_agreed=True,
            today=TODAY,
            now=NOW,
        )
    return plan


def test_a_proposed_plan_holds_nothing_and_an_agreed_one_its_lines(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    plan = proposed(chase, customer, [line], "500", "500")
    chase.plan()
    assert len(chase.reminders(state="planned")) == 1
    with chase.house.scope():
        for role, words in (("collector", "S1"),):
            with pytest.raises(PlanNotPossible, match=words):
                rule_plan(
                    plan=plan,
                    actor=chase.person(role),
                    is_agreed=True,
                    today=TODAY,
                    now=NOW,
                )
        rule_plan(
            plan=plan,
            actor=chase.person("credit_manager"),
            is_agreed=True,
            today=TODAY,
            now=NOW,
        )
    result = chase.plan()
    assert chase.reminders(state="planned") == []
    assert left_out(result, "payment_plan") == Decimal(1000)


def test_instalments_paid_in_time_keep_the_plan_running_to_its_end(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    agreed(chase, customer, [line], "400", "600")
    pay(chase, line, "400", TODAY + timedelta(days=9))
    day = TODAY + timedelta(days=17)
    chase.plan(day)
    with chase.house.scope():
        (running,) = running_plans(today=day)
        assert (running.state, running.paid) == (PlanState.RUNNING, Decimal(400))
    pay(chase, line, "600", day)
    chase.plan(day + timedelta(days=1))
    with chase.house.scope():
        assert PaymentPlan.objects.get().is_void is False
        assert PaymentPlan.objects.get().ended_date == day + timedelta(days=1)


def test_an_instalment_missed_for_more_than_five_days_voids_the_plan_and_asks_for_a_call(
    chase: Chase,
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    agreed(chase, customer, [line], "400", "600")
    pay(chase, line, "399.99", TODAY + timedelta(days=9))
    first = TODAY + timedelta(days=10)
    chase.plan(first + timedelta(days=5))
    assert chase.reminders(state="planned") == []
    with chase.house.scope():
        (late,) = running_plans(today=first + timedelta(days=5))
        assert late.state is PlanState.LATE
    chase.plan(first + timedelta(days=6))
    (call,) = chase.reminders(state="planned")
    assert (call.channel, call.confirm_reasons) == ("call", ["broken_word"])
    with chase.house.scope():
        assert PaymentPlan.objects.get().is_void


def test_a_plan_called_off_is_not_a_broken_word(chase: Chase) -> None:
    customer = chase.customer()
    plan = agreed(chase, customer, [chase.line(customer, 12)], "1000")
    with chase.house.scope():
        call_off_plan(
            plan=plan,
            actor=chase.person("credit_manager"),
            reason="Agreed by mistake",
            today=TODAY,
            now=NOW,
        )
    chase.plan()
    (reminder,) = chase.reminders(state="planned")
    assert reminder.channel == "email"


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        (("500", "499"), "1.00"),
        ((), "at least one"),
        (("1100", "-100"), "above zero"),
        (("999.995", "0.005"), "whole cents"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused_in_words(
    chase: Chase, amounts: tuple[str, ...], words: str
) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    with pytest.raises(PlanNotPossible, match=words):
        proposed(chase, customer, [line], *amounts)


def test_a_line_is_in_one_plan_at_most(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    proposed(chase, customer, [line], "1000")
    with pytest.raises(PlanNotPossible, match="already"):
        proposed(chase, customer, [line], "1000")


def test_a_plan_about_another_amount_by_now_cannot_be_agreed_to(chase: Chase) -> None:
    customer = chase.customer()
    line = chase.line(customer, 12)
    plan = proposed(chase, customer, [line], "1000")
    pay(chase, line, "100", TODAY)
    with chase.house.scope(), pytest.raises(PlanNotPossible, match="900"):
        rule_plan(
            plan=plan,
            actor=chase.person("credit_manager"),
            is_agreed=True,
            today=TODAY,
            now=NOW,
        )
