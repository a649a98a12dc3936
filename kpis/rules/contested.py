"""How much is contested, and how long it takes to settle. Source: docs/glossary.md, disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from kpis.rules.figures import ZERO, Figure, Flag, Unit, one_step, ratio


def dispute_rate(disputed: Decimal, open_items: Decimal) -> Figure:
    """Return the disputed part of open items / open items: the disputed amount, not the whole invoices."""
    return ratio(
        "dispute_rate",
        part=disputed,
        whole=open_items,
        empty=Flag.NO_OPEN_ITEMS,
        formula="disputed / open_items",
        disputed=disputed,
        open_items=open_items,
    )


def new_dispute_rate(newly_disputed: Decimal, invoiced: Decimal) -> Figure:
    """Return what was newly disputed in a month / what was invoiced in it, gross of credit notes."""
    return ratio(
        "new_dispute_rate",
        part=newly_disputed,
        whole=invoiced,
        empty=Flag.NO_SALES_IN_PERIOD,
        formula="newly_disputed / invoiced",
        newly_disputed=newly_disputed,
        invoiced=invoiced,
    )


@dataclass(frozen=True, slots=True)
class Resolution:
    """A dispute closed in the period: its days from declaration to decision, pauses apart, and its amount."""

    days: int
    amount: Decimal
    is_justified: bool = False


@dataclass(frozen=True, slots=True)
class ResolutionTimes:
    """How long closed disputes took, in days, beside those still open, without which old ones would hide."""

    closed: int
    mean: Figure
    median: Figure
    weighted: Figure
    justified_rate: Figure
    still_open: int
    mean_age_of_open: Figure


def resolution_times(closed: Sequence[Resolution], open_ages: Sequence[int]) -> ResolutionTimes:
    """Return mean, median and amount-weighted days of the `closed`, and the mean age of what is still open."""
    days = [resolution.days for resolution in closed]
    weighed = sum((resolution.amount * resolution.days for resolution in closed), ZERO)
    amount = sum((resolution.amount for resolution in closed), ZERO)
    justified = Decimal(sum(resolution.is_justified for resolution in closed))
    return ResolutionTimes(
        closed=len(closed),
        mean=_mean_days("mean_resolution", days),
        median=one_step("median_resolution", Unit.DAYS, "median", Decimal(str(median(days))))
        if days
        else Figure.missing(Unit.DAYS, Flag.NOTHING_CLOSED),
        weighted=one_step(
            "weighted_resolution",
            Unit.DAYS,
            "amount_times_days / amount",
            weighed / amount,
            amount_times_days=weighed,
            amount=amount,
        )
        if amount > 0
        else Figure.missing(Unit.DAYS, Flag.NOTHING_CLOSED),
        justified_rate=ratio(
            "justified_rate",
            part=justified,
            whole=Decimal(len(closed)),
            empty=Flag.NOTHING_CLOSED,
            formula="justified / closed",
            justified=justified,
            closed=Decimal(len(closed)),
        ),
        still_open=len(open_ages),
        mean_age_of_open=_mean_days("mean_age_of_open", open_ages),
    )


def _mean_days(key: str, days: Sequence[int]) -> Figure:
    if not days:
        return Figure.missing(Unit.DAYS, Flag.NOTHING_CLOSED)
    total, count = Decimal(sum(days)), Decimal(len(days))
    return one_step(key, Unit.DAYS, "days / disputes", total / count, days=total, disputes=count)
