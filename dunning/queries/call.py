"""What whoever calls a customer has before him: invoices, what is contested or kept out, broken words, causes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum

from disputes.models import Dispute
from dunning.models import Cause, ContactReport, FollowUp, Pause, Promise
from dunning.permissions import SEND_REMINDER
from dunning.queries.promises import PromiseStanding, standings
from dunning.rules.outbox import State
from dunning.rules.promises import PromiseState
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, DocumentKind, DueLine, Perimeter

ITEMS_SHOWN = 60
BROKEN_DAYS = 90
"""A word broken longer ago says little about today's call."""
CAUSE_DAYS = 90
"""Over so many days the causes of non-payment are counted."""


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice line a call may be about; `disputed` is out of the chase, `kept_out` names what else keeps it out."""

    line: DueLine
    days_late: int
    disputed: Money
    kept_out: str
    is_ticked: bool

    @property
    def owed(self) -> Money:
        """Return what is open of it."""
        return Money(self.line.open_amount, self.line.currency)


def items_of(
    customer: Customer, *, today: date, named: Collection[UUID] | None = None
) -> list[Item]:
    """Return the open invoices of a customer, the oldest due first; ticked are those `named`, else the overdue ones."""
    lines = list(
        DueLine.objects.filter(
            customer=customer,
            is_open=True,
            kind=DocumentKind.INVOICE,
            perimeter=Perimeter.OPERATIONAL,
            open_amount__gt=0,
        )
        .select_related("document")
        .order_by("due_date", "document__number", "id")[:ITEMS_SHOWN]
    )
    disputed = _disputed(lines)
    kept_out = _kept_out(lines, today)
    return [
        Item(
            line=line,
            days_late=(today - line.due_date).days,
            disputed=Money(disputed.get(line.pk, Decimal(0)), line.currency),
            kept_out=kept_out.get(line.pk, ""),
            is_ticked=(line.pk in named if named is not None else line.due_date < today)
            and line.pk not in kept_out
            and disputed.get(line.pk, Decimal(0)) < line.open_amount,
        )
        for line in lines
    ]


def _disputed(lines: Sequence[DueLine]) -> dict[UUID, Decimal]:
    standing = Dispute.objects.filter(due_line__in=lines, closed_date=None).order_by()
    return dict(standing.values_list("due_line").annotate(total=Sum("amount")))


def _kept_out(lines: Sequence[DueLine], today: date) -> dict[UUID, str]:
    rows = Pause.objects.in_force(today).filter(due_line__in=lines)
    return {row.due_line_id: row.get_exclusion_display() for row in rows if row.due_line_id}


def broken_promises(customers: Collection[UUID], *, today: date) -> dict[UUID, PromiseStanding]:
    """Return the latest broken promise of each of the customers who broke one in the last ninety days."""
    lapsed = Promise.objects.filter(
        customer__in=customers,
        deadline__gte=today - timedelta(days=BROKEN_DAYS),
        deadline__lt=today,
        ended_date=None,
    ).order_by("deadline", "created_at")
    return {
        each.promise.customer_id: each
        for each in standings(lapsed, today=today)
        if each.state is PromiseState.BROKEN
    }


@dataclass(frozen=True, slots=True)
class WordsGiven:
    """Of a customer's `judged` promises, `kept` were kept in time; `broken` is the latest that was not, if lately."""

    judged: int
    kept: int
    broken: PromiseStanding | None


def words_given(customer: Customer, *, today: date) -> WordsGiven:
    """Return what became of a customer's promises whose time has come, and the one broken in the last ninety days."""
    promises = Promise.objects.filter(customer=customer).order_by("deadline", "created_at")
    found = standings(promises, today=today)
    kept = sum(1 for each in found if each.state is PromiseState.KEPT)
    broken = [each for each in found if each.state is PromiseState.BROKEN]
    since = today - timedelta(days=BROKEN_DAYS)
    lately = [each for each in broken if each.promise.deadline >= since]
    return WordsGiven(kept + len(broken), kept, lately[-1] if lately else None)


def open_calls(actor: Actor) -> list[FollowUp]:
    """Return the calls somebody asked for, the soonest first; further tries of a call that waits are left to it."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    return list(
        FollowUp.objects.still_open()
        .calls()
        .filter(customer__in=customers)
        .exclude(tries__gt=0, reminder__state=State.PLANNED)
        .select_related("customer", "owner")
        .order_by("due_at", "id")
    )


def tries_of(reminders: Collection[UUID]) -> dict[UUID, FollowUp]:
    """Return of each call that was tried in vain when it is tried again, and how often it was."""
    rows = FollowUp.objects.still_open().calls().filter(reminder__in=reminders, tries__gt=0)
    return {row.reminder_id: row for row in rows if row.reminder_id}


def overdue_of(customers: Collection[UUID], *, today: date) -> dict[UUID, Money]:
    """Return what each customer owes overdue, credits deducted, in the currency in which he owes most."""
    rows = (
        DueLine.objects.filter(
            Q(due_date__lt=today) | ~Q(kind=DocumentKind.INVOICE),
            customer__in=customers,
            is_open=True,
            perimeter=Perimeter.OPERATIONAL,
        )
        .order_by()
        .values_list("customer", "currency")
        .annotate(total=Sum("open_amount"))
    )
    found: dict[UUID, list[Money]] = defaultdict(list)
    for customer_id, currency, total in rows:
        found[customer_id].append(Money(total, currency))
    return {
        customer_id: max(amounts, key=lambda money: money.amount)
        for customer_id, amounts in found.items()
    }


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How often a cause of non-payment was named; `share` of all contacts that reached somebody."""

    cause: Cause
    count: int
    share: Decimal


def causes_of_non_payment(actor: Actor, *, today: date) -> list[CauseCount]:
    """Return why customers the actor chases had not paid, of the last ninety days, the commonest first."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    rows = list(
        ContactReport.objects.filter(
            customer__in=customers,
            has_reached=True,
            report_date__gt=today - timedelta(days=CAUSE_DAYS),
            report_date__lte=today,
        )
        .order_by()
        .values_list("cause")
        .annotate(number=Count("id"))
        .order_by("-number", "cause")
    )
    total = sum(number for _cause, number in rows)
    return [CauseCount(Cause(cause), number, Decimal(number) / total) for cause, number in rows]


def last_cause(customer: Customer) -> str:
    """Return the cause named in the last contact that reached somebody; empty when there was none."""
    found = ContactReport.objects.filter(customer=customer, has_reached=True)
    return found.values_list("cause", flat=True).first() or ""
