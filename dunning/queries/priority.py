"""The order of the agenda: the score of `dunning.rules.priority`, worked out by the database over any list.

The same formula stands here as an expression and there as a rule; a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Avg, Case, DecimalField, F, QuerySet, Subquery, Value, When
from django.db.models import ExpressionWrapper as Typed
from django.db.models import OuterRef as Outer
from django.db.models.functions import Coalesce

from dunning.models import PaymentOdds, Reminder
from dunning.rules.priority import (
    BANDS,
    EVEN,
    ONE,
    RISK_WEIGHTS,
    SHRINKAGE,
    PaidInTime,
    Priority,
    Standing,
    band_of,
    priority,
    shrunk_chance,
)

EXACT: "DecimalField[Any, Any]" = DecimalField(max_digits=30, decimal_places=10)


def by_priority(
    reminders: QuerySet[Reminder], *, rates: Mapping[str, Decimal]
) -> QuerySet[Reminder]:
    """Return the reminders with `home_amount`, `chance` and `score`, the highest score first.

    `rates` are of one unit in the tenant's currency; a currency without one counts 1 for 1. The ledger knows no
    margins: their weight is 1 for all.
    """
    weighed = reminders.annotate(
        home_amount=Typed(F("amount") * _rate(rates), output_field=EXACT),
        at_lateness=_lateness(),
        lateness_weight=_lateness_weight(),
        risk_weight=_risk_weight(),
    ).annotate(chance=_chance())
    score = F("home_amount") * F("lateness_weight") * (Value(ONE) - F("chance")) * F("risk_weight")
    ordered = weighed.annotate(score=Typed(score, output_field=EXACT))
    return ordered.order_by("-score", "-amount", "id")


def _rate(rates: Mapping[str, Decimal]) -> Case:
    known = [When(currency=currency, then=Value(rate)) for currency, rate in rates.items()]
    return Case(*known, default=Value(ONE), output_field=EXACT)


def _lateness_weight() -> Case:
    *bounded, last = BANDS
    return Case(
        *(When(days_late__lte=band.last_day, then=Value(band.weight)) for band in bounded),
        default=Value(last.weight),
        output_field=EXACT,
    )


def _lateness() -> Case:
    *bounded, last = BANDS
    return Case(
        *(When(days_late__lte=band.last_day, then=Value(band.lateness.value)) for band in bounded),
        default=Value(last.lateness.value),
    )


def _risk_weight() -> Case:
    return Case(
        *(
            When(customer__risk_class=name, then=Value(weight))
            for name, weight in RISK_WEIGHTS.items()
        ),
        default=Value(ONE),
        output_field=EXACT,
    )


def _chance() -> Coalesce:
    """Return `(paid + k × segment) / (lines + k)` of the customer as late as the row; even odds for a newcomer."""
    own = PaymentOdds.objects.filter(customer=Outer("customer_id"), lateness=Outer("at_lateness"))
    shrunk = (F("paid") + Value(Decimal(SHRINKAGE)) * F("segment_chance")) / (
        F("lines") + Value(Decimal(SHRINKAGE))
    )
    found = own.annotate(shrunk=Typed(shrunk, output_field=EXACT)).values("shrunk")[:1]
    return Coalesce(Subquery(found, output_field=EXACT), Value(EVEN), output_field=EXACT)


def usual_amount(ordered: QuerySet[Reminder]) -> Decimal:
    """Return the mean amount of a list by priority, in the tenant's currency; 0 when it is empty."""
    mean = ordered.order_by().aggregate(mean=Avg("home_amount"))["mean"]
    return Decimal(mean or 0)


def priority_of(reminder: Reminder, *, usual_amount: Decimal) -> Priority:
    """Return the priority of a reminder read by `by_priority`, with its reasons."""
    return priority(_standing(reminder), usual_amount=usual_amount)


def is_weighed(reminder: Reminder) -> bool:
    """Return whether a reminder was read by `by_priority`."""
    return hasattr(reminder, "home_amount")


def _standing(reminder: Reminder) -> Standing:
    weighed: Any = reminder
    return Standing(
        amount=weighed.home_amount,
        days_late=reminder.days_late,
        chance=weighed.chance,
        risk_class=reminder.customer.risk_class,
    )


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a customer pays within thirty days by himself, and what that was learnt from."""

    own: PaidInTime
    segment_chance: Decimal
    learnt_date: date | None

    @property
    def value(self) -> Decimal:
        """Return the customer's own rate drawn to his segment's."""
        return shrunk_chance(self.own, self.segment_chance)


def chance_of(customer_id: UUID, days_late: int) -> Chance:
    """Return the chance of one customer at a lateness, with its evidence."""
    lateness = band_of(days_late).lateness
    row = PaymentOdds.objects.filter(customer=customer_id, lateness=lateness).first()
    if row is None:
        return Chance(PaidInTime(), EVEN, None)
    return Chance(PaidInTime(row.lines, row.paid), row.segment_chance, row.learnt_date)
