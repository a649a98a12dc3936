"""Why customers had not paid, as the contacts of some time say: counted by cause, and one by one (DOMAIN R62)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet

from dunning.models import Cause, ContactReport
from dunning.permissions import SEND_REMINDER
from dunning.queries.call import CauseCount
from kernel.permissions import Actor
from ledger.models import Customer, within

UNKNOWN_TARGET = Decimal("0.10")
"""At most so many contacts that reached somebody may end without a cause."""
EVERYTHING = "/"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which contacts: from one day to another, both included, in a portfolio."""

    first_day: date
    last_day: date
    portfolio: str = EVERYTHING


def contacts(actor: Actor, asked: Asked) -> QuerySet[ContactReport]:
    """Return the contacts that reached somebody among the customers the actor chases, the latest first."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    if asked.portfolio != EVERYTHING:
        customers = customers.filter(within(asked.portfolio))
    found = ContactReport.objects.filter(
        customer__in=customers,
        has_reached=True,
        report_date__gte=asked.first_day,
        report_date__lte=asked.last_day,
    )
    return found.select_related("customer", "reported_by").order_by("-report_date", "-id")


def causes(actor: Actor, asked: Asked) -> list[CauseCount]:
    """Return how often each cause was named, and its share of those contacts, the commonest first."""
    rows = list(
        contacts(actor, asked)
        .order_by()
        .values_list("cause")
        .annotate(number=Count("id"))
        .order_by("-number", "cause")
    )
    total = sum(number for _cause, number in rows)
    return [CauseCount(Cause(cause), number, Decimal(number) / total) for cause, number in rows]


def unknown_share(found: list[CauseCount]) -> Decimal:
    """Return the share of contacts that named no cause, a fraction."""
    return sum((each.share for each in found if each.cause == Cause.UNKNOWN), Decimal(0))
