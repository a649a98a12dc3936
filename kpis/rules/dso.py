"""Days sales outstanding: by balance, by counting back, at its best, and what a day of it is worth.

Receivables and sales are both tax included: taking sales without tax overstates the figure by the tax rate.
The figure of a group is computed on its summed receivables and sales, never as a mean of figures.
Source: docs/glossary.md, DSO.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.periods import Period
from kpis.rules.figures import ZERO, Figure, Flag, Step, Unit, one_step

DAYS_IN_YEAR = 365
MIN_INVOICES_FOR_ONE_CUSTOMER = 3


@dataclass(frozen=True, slots=True)
class MonthSales:
    """Net sales of a month, tax included: invoices less credit notes; the running month to date.

    `amount` None means that it could not be converted into the currency of the figure.
    """

    period: Period
    amount: Decimal | None


_NONE_OWED = Step("nothing_owed", "0", {}, ZERO)


def balance_dso(
    receivables: Decimal, sales: Sequence[MonthSales], *, is_complete: bool = True
) -> Figure:
    """Return receivables / sales of the window * its days, in days.

    `sales` are all the months of the window, in any order. `is_complete` is False when the history begins
    after the window does: the figure is then missing, never extrapolated. 0 when nothing is owed, net.
    """
    if receivables <= 0:
        return Figure(ZERO, Unit.DAYS, (_NONE_OWED,))
    known = [month.amount for month in sales if month.amount is not None]
    if len(known) < len(sales):
        return Figure.missing(Unit.DAYS, Flag.RATE_MISSING)
    if not is_complete:
        return Figure.missing(Unit.DAYS, Flag.SALES_HISTORY_TOO_SHORT)
    sold, days = sum(known, ZERO), Decimal(sum(month.period.days for month in sales))
    if sold <= 0:
        return Figure.missing(Unit.DAYS, Flag.NO_SALES_IN_PERIOD)
    value = receivables * days / sold
    formula = "receivables / sales * days"
    return one_step(
        "dso_balance", Unit.DAYS, formula, value, receivables=receivables, sales=sold, days=days
    )


def count_back_dso(amount: Decimal, months: Sequence[MonthSales]) -> Figure:
    """Return the days of sales, newest first, that `amount` uses up, month by month.

    `months` are consecutive and end with the first month that has any history; the newest counts its elapsed
    days only. A month without net sales adds its days, uses nothing up and raises a flag. 0 when `amount`
    is not above zero; missing when the history is used up first, with the steps made so far.
    """
    if amount <= 0:
        return Figure(ZERO, Unit.DAYS, (_NONE_OWED,))
    rest, days, steps, flags = amount, ZERO, list[Step](), dict[str, None]()
    for month in months:
        if month.amount is None:
            return Figure.missing(Unit.DAYS, Flag.RATE_MISSING, steps=tuple(steps))
        step = _use_up(rest, month.period, month.amount)
        days += step.result
        steps.append(step)
        if month.amount <= 0:
            flags[Flag.MONTH_WITHOUT_SALES] = None
        elif rest <= month.amount:
            return Figure(days, Unit.DAYS, tuple(steps), tuple(flags))
        else:
            rest -= month.amount
    return Figure.missing(Unit.DAYS, Flag.SALES_HISTORY_TOO_SHORT, *flags, steps=tuple(steps))


def _use_up(rest: Decimal, period: Period, sales: Decimal) -> Step:
    """Return the step that sets one month against what is left; its result is the days it counts for."""
    days = Decimal(period.days)
    numbers = {"rest": rest, "sales": sales, "days": days}
    if sales <= 0:
        return Step("count_back_month_without_sales", "days", numbers, days, period)
    if rest <= sales:
        return Step(
            "count_back_last_month", "rest / sales * days", numbers, rest * days / sales, period
        )
    return Step("count_back_whole_month", "days", numbers, days, period)


def days_counted(figure: Figure) -> Decimal:
    """Return the days counted in the steps, so that a page can say "more than N days" of a missing figure."""
    return sum((step.result for step in figure.steps), ZERO)


def difference(key: str, whole: Figure, part: Figure) -> Figure:
    """Return whole - part in days, on unrounded figures; missing, with both sets of flags, when one is."""
    flags = tuple(dict.fromkeys((*whole.flags, *part.flags)))
    if whole.value is None or part.value is None:
        return Figure.missing(Unit.DAYS, *flags)
    numbers = {"whole": whole.value, "part": part.value}
    value = whole.value - part.value
    return Figure(value, Unit.DAYS, (Step(key, "whole - part", numbers, value),), flags)


def overdue_dso(dso: Figure, best_possible: Figure) -> Figure:
    """Return the days of DSO that lateness costs: DSO less best possible DSO, by the same method.

    Counting back on the overdue amount alone is wrong: the freshest months are already used by what is not
    due. Negative when unallocated cash exceeds what is overdue.
    """
    return difference("overdue_dso", dso, best_possible)


def disputed_dso(dso: Figure, dso_without_disputed: Figure) -> Figure:
    """Return the days of DSO held by disputed amounts: DSO less DSO without them, by the same method."""
    return difference("disputed_dso", dso, dso_without_disputed)


def value_of_one_day(sales_of_12_months: Decimal) -> Figure:
    """Return what one day of DSO is worth: sales of twelve months, tax included, / 365."""
    value = sales_of_12_months / DAYS_IN_YEAR
    return one_step("value_of_one_day", Unit.AMOUNT, "sales / 365", value, sales=sales_of_12_months)


def cost_per_year(days: Decimal, one_day: Decimal, financing_rate: Decimal) -> Figure:
    """Return what `days` of DSO cost in a year, at a yearly `financing_rate` given as a fraction."""
    value = days * one_day * financing_rate
    formula = "days * one_day * financing_rate"
    numbers = {"days": days, "one_day": one_day, "financing_rate": financing_rate}
    return Figure(value, Unit.AMOUNT, (Step("cost_of_days", formula, numbers, value),))


def can_show_customer_dso(invoices: int, sales_of_12_months: Decimal) -> bool:
    """Say whether one customer's DSO means something: three invoices or more, and sales within the year."""
    return invoices >= MIN_INVOICES_FOR_ONE_CUSTOMER and sales_of_12_months > 0
