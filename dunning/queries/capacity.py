"""What the team can call in a day."""

from collections.abc import Collection
from uuid import UUID

from dunning.models import TeamCapacity
from ledger.models import Customer

CALLS_A_DAY = 20
"""What one person makes in a day, notes included, where the credit manager has said nothing."""


def calls_a_person() -> int:
    """Return how many calls one person makes in a day."""
    return TeamCapacity.objects.values_list("calls_a_day", flat=True).first() or CALLS_A_DAY


def calls_a_day(customers: Collection[UUID]) -> int:
    """Return how many calls a day those who look after these customers can make, one person's at least."""
    callers = Customer.objects.filter(pk__in=customers, collector__isnull=False)
    return calls_a_person() * max(1, callers.order_by().values("collector").distinct().count())
