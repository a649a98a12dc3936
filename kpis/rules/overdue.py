"""How much of what is owed is late, and for how long. Source: docs/glossary.md, overdue rate, AOD."""

from __future__ import annotations

from decimal import Decimal

from kpis.rules.ageing import Ageing
from kpis.rules.figures import Figure, Flag, Unit, one_step, ratio


def overdue_rate(ageing: Ageing) -> Figure:
    """Return overdue / open items, unallocated cash left out of both: the headline."""
    return ratio(
        "overdue_rate",
        part=ageing.overdue,
        whole=ageing.open_items,
        empty=Flag.NO_OPEN_ITEMS,
        formula="overdue / open_items",
        overdue=ageing.overdue,
        open_items=ageing.open_items,
    )


def overdue_rate_net(ageing: Ageing) -> Figure:
    """Return (overdue + unallocated) / receivables; `unallocated` is negative, so it lowers the rate."""
    return ratio(
        "overdue_rate_net",
        part=ageing.overdue + ageing.unallocated,
        whole=ageing.receivables,
        empty=Flag.NO_OPEN_ITEMS,
        formula="(overdue + unallocated) / receivables",
        overdue=ageing.overdue,
        unallocated=ageing.unallocated,
        receivables=ageing.receivables,
    )


def overdue_rate_recoverable(ageing: Ageing, disputed_overdue: Decimal) -> Figure:
    """Return (overdue - disputed overdue) / open items: the lateness that asking can still cure."""
    return ratio(
        "overdue_rate_recoverable",
        part=ageing.overdue - disputed_overdue,
        whole=ageing.open_items,
        empty=Flag.NO_OPEN_ITEMS,
        formula="(overdue - disputed_overdue) / open_items",
        overdue=ageing.overdue,
        disputed_overdue=disputed_overdue,
        open_items=ageing.open_items,
    )


def overdue_over_60_rate(ageing: Ageing) -> Figure:
    """Return what is more than 60 days late / open items."""
    return ratio(
        "overdue_over_60_rate",
        part=ageing.over_60,
        whole=ageing.open_items,
        empty=Flag.NO_OPEN_ITEMS,
        formula="over_60 / open_items",
        over_60=ageing.over_60,
        open_items=ageing.open_items,
    )


def overdue_rate_by_count(overdue_lines: int, open_lines: int) -> Figure:
    """Return overdue lines / open lines, whatever their amounts."""
    return ratio(
        "overdue_rate_by_count",
        part=Decimal(overdue_lines),
        whole=Decimal(open_lines),
        empty=Flag.NO_OPEN_ITEMS,
        formula="overdue_lines / open_lines",
        overdue_lines=Decimal(overdue_lines),
        open_lines=Decimal(open_lines),
    )


def average_age_of_overdue(overdue: Decimal, amount_times_days: Decimal) -> Figure:
    """Return the age of what is overdue, in days late, weighted by open amount (AOD).

    `amount_times_days` is the sum of open overdue amount * days late. Missing when nothing is overdue.
    """
    if overdue <= 0:
        return Figure.missing(Unit.DAYS, Flag.NOTHING_OVERDUE)
    return one_step(
        "average_age_of_overdue",
        Unit.DAYS,
        "amount_times_days / overdue",
        amount_times_days / overdue,
        amount_times_days=amount_times_days,
        overdue=overdue,
    )
