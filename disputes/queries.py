"""What is contested, on any day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from disputes.models import Dispute, DisputeType
from kernel.money import Money


def open_on(day: date) -> "QuerySet[Dispute]":
    """Return the disputes open at the end of `day`; one decided that day is open no more."""
    return Dispute.objects.filter(
        Q(closed_date=None) | Q(closed_date__gt=day), opened_date__lte=day
    )


def disputed_amounts(
    as_of: date, *, customer_id: UUID | None = None, line_ids: Iterable[UUID] | None = None
) -> dict[UUID, Decimal]:
    """Return what is disputed on each due line at the end of `as_of`, tax included, in the line's currency.

    Of one customer or of some lines where asked. A payment may since have left less: `rules.contested` caps it.
    """
    disputes = open_on(as_of)
    if customer_id is not None:
        disputes = disputes.filter(customer=customer_id)
    if line_ids is not None:
        disputes = disputes.filter(due_line__in=list(line_ids))
    sums = disputes.order_by().values("due_line").annotate(disputed=Sum("amount"))
    return dict(sums.values_list("due_line", "disputed"))


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute not yet decided on a day; `days_open` is 0 on the day it was declared."""

    id: UUID
    number: int
    line_id: UUID
    document_number: str
    amount: Money
    type: DisputeType
    reason: str
    opened_date: date
    days_open: int
    opened_by: str


def open_disputes_of(customer_id: UUID, as_of: date) -> list[OpenDispute]:
    """Return the customer's disputes open at the end of `as_of`, the oldest first."""
    disputes = open_on(as_of).filter(customer=customer_id)
    found = disputes.select_related("due_line__document", "opened_by")
    return [
        OpenDispute(
            id=dispute.pk,
            number=dispute.number,
            line_id=dispute.due_line_id,
            document_number=dispute.due_line.document.number,
            amount=Money(dispute.amount, dispute.currency),
            type=DisputeType(dispute.type),
            reason=dispute.reason,
            opened_date=dispute.opened_date,
            days_open=(as_of - dispute.opened_date).days,
            opened_by=dispute.opened_by.name if dispute.opened_by else "",
        )
        for dispute in found.order_by("opened_date", "number")
    ]
