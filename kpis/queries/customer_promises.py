"""What one customer promised, the plans agreed with him, and what of it waits for somebody."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from dunning.models import PaymentPlan, Ruling
from dunning.queries.promises import (
    PromiseStanding,
    RunningPlan,
    promises_of_customer,
    running_plans,
)
from dunning.rules.promises import PlanState
from kernel.money import Money
from ledger.models import Customer, DocumentKind, DueLine


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A payment plan; `running` says where it stands while it runs."""

    plan: PaymentPlan
    running: RunningPlan | None

    @property
    def amount(self) -> Money:
        """What the plan is about, tax included."""
        return Money(self.plan.amount, self.plan.currency)

    @property
    def paid(self) -> Money | None:
        """What was received since it was agreed."""
        return Money(self.running.paid, self.plan.currency) if self.running else None

    @property
    def waits(self) -> bool:
        """Whether a second person has to agree."""
        return self.plan.ruling == Ruling.PENDING and self.plan.ended_date is None

    @property
    def state(self) -> PlanState:
        """Where it stands, or how it ended."""
        if self.running is not None:
            return self.running.state
        if self.waits:
            return PlanState.TO_APPROVE
        if self.plan.ruling == Ruling.REFUSED:
            return PlanState.REFUSED
        return PlanState.VOID if self.plan.is_void else PlanState.KEPT

    @property
    def instalments(self) -> list[tuple[date, Money]]:
        """When how much falls due."""
        return [
            (each.due_date, Money(each.amount, self.plan.currency))
            for each in self.plan.instalments.all()
        ]


@dataclass(frozen=True, slots=True)
class Given:
    """What a customer gave his word for."""

    promises: tuple[PromiseStanding, ...]
    plans: tuple[PlanShown, ...]


def words_given(customer: Customer, *, today: date) -> Given:
    """Return a customer's promises and plans, the latest first, in a fixed number of questions."""
    plans = list(
        PaymentPlan.objects.filter(customer=customer)
        .select_related("proposed_by", "ruled_by")
        .prefetch_related("instalments", "lines__due_line__document")
    )
    running = {
        each.plan.pk: each
        for each in running_plans(today=today, plans=PaymentPlan.objects.filter(customer=customer))
    }
    return Given(
        promises=tuple(promises_of_customer(customer, today=today)),
        plans=tuple(PlanShown(plan, running.get(plan.pk)) for plan in plans),
    )


def promisable_lines(customer: Customer) -> "QuerySet[DueLine]":
    """Return the invoices that owe something, the oldest due first."""
    owed = DueLine.objects.filter(
        customer=customer, kind=DocumentKind.INVOICE, is_open=True, open_amount__gt=0
    )
    return owed.select_related("document").order_by("due_date", "document__number")
