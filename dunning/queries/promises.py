"""What was promised and what became of it, derived from the ledger on the day it is asked.

Amounts are tax included, in each promise's currency. What arrived in time is what the lines owed when they were
promised less what they still owed on the deadline, so that a payment un-allocated later is not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet

from dunning.models import PaymentPlan, Promise, PromiseLine, Ruling
from dunning.permissions import RECORD_PROMISE
from dunning.rules.promises import (
    InstalmentRule,
    PlanState,
    PromiseState,
    plan_state,
    promise_state,
)
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer


@dataclass(frozen=True, slots=True)
class PromiseStanding:
    """A promise and what became of it; `paid` is what arrived in time of what was promised, at most all of it."""

    promise: Promise
    state: PromiseState
    paid: Decimal

    @property
    def amount(self) -> Money:
        """What was promised, tax included."""
        return Money(self.promise.amount, self.promise.currency)

    @property
    def is_running(self) -> bool:
        """Whether it can still be taken back."""
        return self.state is PromiseState.PENDING

    @property
    def waits(self) -> bool:
        """Whether a second person has to agree."""
        return self.state is PromiseState.TO_APPROVE


PAID = """
    SELECT named.promise_id,
           sum(least(named.amount, greatest(0, named.open_before - owed.open_amount - coalesce(late.amount, 0))))
    FROM dunning_promiseline named
    JOIN dunning_promise promise ON promise.id = named.promise_id
    JOIN ledger_dueline owed ON owed.id = named.due_line_id
    LEFT JOIN LATERAL (
        SELECT sum(amount) AS amount FROM ledger_allocation
        WHERE debit_line_id = named.due_line_id AND effective_date > least(promise.deadline, %(today)s)
    ) late ON true
    WHERE named.promise_id = ANY(%(promises)s::uuid[])
    GROUP BY named.promise_id
"""


def standings(promises: Iterable[Promise], *, today: date) -> list[PromiseStanding]:
    """Return what became of each promise, in the order given, in one question."""
    given = list(promises)
    paid = _paid([promise.pk for promise in given], today)
    return [_standing(promise, paid.get(promise.pk, Decimal(0)), today) for promise in given]


def _paid(promises: Sequence[UUID], today: date) -> dict[UUID, Decimal]:
    if not promises:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PAID, {"promises": [str(each) for each in promises], "today": today})
        return dict(cursor.fetchall())


def _standing(promise: Promise, paid: Decimal, today: date) -> PromiseStanding:
    return PromiseStanding(promise, _state(promise, paid, today), paid)


def _state(promise: Promise, paid: Decimal, today: date) -> PromiseState:
    if promise.replaced_by_id is not None:
        return PromiseState.REPLACED
    if promise.ended_date is not None:
        return PromiseState.WITHDRAWN
    if promise.ruling == Ruling.REFUSED:
        return PromiseState.REFUSED
    if promise.ruling == Ruling.PENDING:
        return PromiseState.TO_APPROVE
    return promise_state(
        promised=promise.amount, paid_in_time=paid, deadline=promise.deadline, today=today
    )


def promises_of(actor: Actor) -> QuerySet[Promise]:
    """Return the promises of the customers for whom the actor may take some down, the soonest first."""
    customers = Customer.objects.visible_to(actor, RECORD_PROMISE)
    found = Promise.objects.filter(customer__in=customers).select_related(
        "customer", "entity", "recorded_by", "ruled_by"
    )
    return found.order_by("promised_date", "-amount", "id")


def promise_calendar(
    actor: Actor, *, first: date, last: date, today: date
) -> list[PromiseStanding]:
    """Return what was promised for the days from `first` to `last`, both included, withdrawn ones left out."""
    found = promises_of(actor).filter(promised_date__range=(first, last), ended_date=None)
    return standings(found.exclude(ruling=Ruling.REFUSED), today=today)


def promises_of_customer(customer: Customer, *, today: date) -> list[PromiseStanding]:
    """Return all promises of one customer, the latest first, each with its lines."""
    lines = PromiseLine.objects.select_related("due_line__document").order_by(
        "due_line__due_date", "id"
    )
    found = Promise.objects.filter(customer=customer).select_related("recorded_by", "ruled_by")
    return standings(found.prefetch_related(Prefetch("lines", queryset=lines)), today=today)


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A payment plan that was agreed and is not over, with what was paid since and where it stands."""

    plan: PaymentPlan
    paid: Decimal
    state: PlanState


PLAN_PAID = """
    SELECT named.plan_id, sum(greatest(0, named.open_before - owed.open_amount))
    FROM dunning_planline named JOIN ledger_dueline owed ON owed.id = named.due_line_id
    WHERE named.plan_id = ANY(%(plans)s::uuid[])
    GROUP BY named.plan_id
"""


def running_plans(*, today: date, plans: QuerySet[PaymentPlan] | None = None) -> list[RunningPlan]:
    """Return the agreed plans that are not over, of `plans` only when they are given."""
    chosen = PaymentPlan.objects.all() if plans is None else plans
    found = list(
        chosen.filter(ruling=Ruling.APPROVED, ended_date=None)
        .select_related("customer", "entity")
        .prefetch_related("instalments")
    )
    if not found:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PLAN_PAID, {"plans": [str(plan.pk) for plan in found]})
        paid: dict[UUID, Decimal] = dict(cursor.fetchall())
    return [
        RunningPlan(plan, received, _plan_state(plan, received, today))
        for plan in found
        for received in [paid.get(plan.pk, Decimal(0))]
    ]


def _plan_state(plan: PaymentPlan, paid: Decimal, today: date) -> PlanState:
    instalments = [InstalmentRule(each.due_date, each.amount) for each in plan.instalments.all()]
    return plan_state(instalments, paid=paid, today=today)
