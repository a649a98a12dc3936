"""Overdue lines that slipped through or are stuck: what the last plan left without a next day (DOMAIN R60)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from dunning.models import HeldBack, Run
from dunning.permissions import SEND_REMINDER
from dunning.rules.decision import HoldReason
from dunning.rules.stuck import FIXES
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DocumentKind, DueLine, Perimeter

NUMBERS_SHOWN = 3


def stuck_groups(actor: Actor) -> QuerySet[HeldBack]:
    """Return the groups the last plan held back until a person acts, the largest first.

    One without a contact is left out once it has one: the next plan takes it.
    """
    usable = Contact.objects.filter(
        customer=OuterRef("customer"), is_opted_out=False, is_undeliverable=False
    ).exclude(email="")
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    found = HeldBack.objects.filter(customer__in=customers, reason__in=list(FIXES))
    is_mended = Q(reason=HoldReason.NO_CONTACT) & Exists(usable)
    ordered = found.exclude(is_mended).select_related("customer", "entity")
    return ordered.order_by("-amount", "id")


@dataclass(frozen=True, slots=True)
class Uncovered:
    """How many overdue lines nobody would chase: `stuck` wait for a person, `unseen` the last plan did not meet.

    `planned_date` is the day of that plan; None when none was ever made.
    """

    stuck: int
    unseen: int
    planned_date: date | None

    @property
    def count(self) -> int:
        """Return all of them."""
        return self.stuck + self.unseen


def uncovered(actor: Actor, *, last_run: Run | None = None) -> Uncovered:
    """Count what slipped through, as of the last plan; `stuck` only among the customers the actor chases.

    `last_run` is that plan where the caller knows it; it is asked for when None.
    """
    run = last_run or Run.objects.order_by("-started_at").first()
    stuck = stuck_groups(actor).order_by().aggregate(lines=Sum("line_count"))["lines"] or 0
    if run is None:
        return Uncovered(stuck, 0, None)
    coverage = run.coverage
    unseen = coverage.get("overdue_lines", 0) - coverage.get("covered", 0)
    return Uncovered(stuck, max(unseen, 0), run.run_date)


Group = tuple[UUID, UUID, str]


def overdue_numbers(groups: Sequence[HeldBack], *, today: date) -> Mapping[Group, list[str]]:
    """Return the numbers of the oldest overdue invoices of each group, in one question."""
    lines = DueLine.objects.filter(
        customer__in=[each.customer_id for each in groups],
        is_open=True,
        kind=DocumentKind.INVOICE,
        perimeter=Perimeter.OPERATIONAL,
        open_amount__gt=0,
        due_date__lt=today,
    ).order_by("due_date", "id")
    found: dict[Group, list[str]] = defaultdict(list)
    for customer, entity, currency, number in lines.values_list(
        "customer_id", "entity_id", "currency", "document__number"
    ).iterator(chunk_size=1000):
        numbers = found[customer, entity, currency]
        if len(numbers) < NUMBERS_SHOWN:
            numbers.append(number)
    return found
