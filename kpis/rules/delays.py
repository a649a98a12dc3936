"""How late customers pay, learnt from what they paid. Source: docs/glossary.md, ADL.

Three delays are kept apart by name: days late (from the due date), days to pay (from the invoice date) and
the age of what is still overdue. None of them is ever called "average delay".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kpis.rules.figures import ZERO, Figure, Flag, Step, Unit, one_step
from ledger.rules.payers import MIN_INVOICES

SHRINKAGE_WEIGHT = 8


@dataclass(frozen=True, slots=True)
class Paid:
    """Payments received on cleared invoices: how much, how much times days late, on how many invoices.

    Only payments weigh; credit notes settle without anybody having paid.
    """

    amount: Decimal = ZERO
    amount_times_days: Decimal = ZERO
    invoices: int = 0

    @classmethod
    def of(cls, payments: Iterable[tuple[Decimal, int]]) -> Paid:
        """Return the sums over (amount, days late) pairs, each pair taken as one invoice."""
        pairs = list(payments)
        weighed = sum((amount * days for amount, days in pairs), ZERO)
        return cls(sum((amount for amount, _ in pairs), ZERO), weighed, len(pairs))


def average_days_late(paid: Paid) -> Figure:
    """Return the mean days from due date to payment, weighted by payment (ADL); negative is early.

    Covers invoices cleared in the window; missing under three invoices, since one would speak for all.
    """
    if paid.invoices < MIN_INVOICES or paid.amount <= 0:
        return Figure.missing(Unit.DAYS, Flag.TOO_FEW_PAID_INVOICES)
    return one_step(
        "average_days_late",
        Unit.DAYS,
        "amount_times_days / amount",
        paid.amount_times_days / paid.amount,
        amount_times_days=paid.amount_times_days,
        amount=paid.amount,
    )


def average_days_late_with_open(
    paid: Paid, overdue: Decimal, overdue_times_days: Decimal
) -> Figure:
    """Return the pessimistic twin of ADL: open late lines weigh in as if they were paid on the day.

    Without it the worst payers, who have not paid at all, are absent from the mean.
    """
    return average_days_late(
        Paid(paid.amount + overdue, paid.amount_times_days + overdue_times_days, paid.invoices)
    )


def shrunk_days_late(
    invoices: int, days: Decimal, segment_days: Decimal, weight: int = SHRINKAGE_WEIGHT
) -> Figure:
    """Return a customer's ADL drawn to that of its segment, the more so the thinner its history.

    `weight` is the number of invoices at which both count the same.
    """
    value = (invoices * days + weight * segment_days) / (invoices + weight)
    return one_step(
        "shrunk_days_late",
        Unit.DAYS,
        "(invoices * days + weight * segment_days) / (invoices + weight)",
        value,
        invoices=Decimal(invoices),
        days=days,
        weight=Decimal(weight),
        segment_days=segment_days,
    )


class Trend(StrEnum):
    """Where a payer's habit is going."""

    BETTER = "better"
    STABLE = "stable"
    WORSE = "worse"


TREND_TOLERANCE_DAYS = Decimal(1)


@dataclass(frozen=True, slots=True)
class TrendFigure:
    """The change of ADL, last three months less the three before; `trend` is None when it is missing."""

    change: Figure
    trend: Trend | None


def payment_trend(last_3_months: Figure, previous_3_months: Figure) -> TrendFigure:
    """Return whether a payer got better or worse; a day either way is stable."""
    if last_3_months.value is None or previous_3_months.value is None:
        flags = tuple(dict.fromkeys((*last_3_months.flags, *previous_3_months.flags)))
        return TrendFigure(Figure.missing(Unit.DAYS, *flags), None)
    change = last_3_months.value - previous_3_months.value
    numbers = {"last": last_3_months.value, "previous": previous_3_months.value}
    figure = Figure(change, Unit.DAYS, (Step("payment_trend", "last - previous", numbers, change),))
    if abs(change) <= TREND_TOLERANCE_DAYS:
        return TrendFigure(figure, Trend.STABLE)
    return TrendFigure(figure, Trend.WORSE if change > 0 else Trend.BETTER)
