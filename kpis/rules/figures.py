"""What a formula returns: a value or none, the words that say why, and the steps a reader can follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from kernel.periods import Period

ZERO = Decimal(0)


class Unit(StrEnum):
    """How a value is counted, and so how it is rounded when it is shown."""

    AMOUNT = "amount"
    DAYS = "days"
    RATE = "rate"
    COUNT = "count"


# The public precision: cents, tenths of a day, a hundredth of a percent.
_STEPS = {
    Unit.AMOUNT: Decimal("0.01"),
    Unit.DAYS: Decimal("0.1"),
    Unit.RATE: Decimal("0.0001"),
    Unit.COUNT: Decimal(1),
}


class Flag(StrEnum):
    """Why a figure is missing or deserves a second look; public words, they do not change."""

    SALES_HISTORY_TOO_SHORT = "sales_history_too_short"
    NO_SALES_IN_PERIOD = "no_sales_in_period"
    MONTH_WITHOUT_SALES = "month_without_sales"
    NO_OPEN_ITEMS = "no_open_items"
    NOTHING_OVERDUE = "nothing_overdue"
    TOO_FEW_PAID_INVOICES = "too_few_paid_invoices"
    NOTHING_TO_COLLECT = "nothing_to_collect"
    NOTHING_CLOSED = "nothing_closed"
    RATE_MISSING = "rate_missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a calculation: what was done, to which numbers, with what result, unrounded.

    `key` names the sentence a page shows, `formula` is written with the names in `numbers`; `period` is set
    when the step is about a stretch of days.
    """

    key: str
    formula: str
    numbers: Mapping[str, Decimal]
    result: Decimal
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed indicator; `value` is unrounded, and None only with a flag that says why."""

    value: Decimal | None
    unit: Unit
    steps: tuple[Step, ...] = ()
    flags: tuple[str, ...] = field(default=())

    @classmethod
    def missing(cls, unit: Unit, *flags: str, steps: tuple[Step, ...] = ()) -> Figure:
        """Return the figure that could not be computed, for the reasons given."""
        return cls(None, unit, steps, flags)

    @property
    def rounded(self) -> Decimal | None:
        """The value at its public precision, half away from zero; None when there is none."""
        return None if self.value is None else rounded(self.value, self.unit)

    def as_json(self) -> str | float | int | None:
        """Return the public form: a string for an amount, a number for days, rates and counts."""
        value = self.rounded
        if value is None:
            return None
        if self.unit is Unit.AMOUNT:
            return str(value)
        return int(value) if self.unit is Unit.COUNT else float(value)


def rounded(value: Decimal, unit: Unit) -> Decimal:
    """Round half away from zero to the public precision of `unit`; never gives a negative zero."""
    return value.quantize(_STEPS[unit], rounding=ROUND_HALF_UP) + ZERO


def one_step(key: str, unit: Unit, formula: str, value: Decimal, **numbers: Decimal) -> Figure:
    """Return a figure reached in a single step."""
    return Figure(value, unit, (Step(key, formula, numbers, value),))


def ratio(
    key: str, *, part: Decimal, whole: Decimal, empty: Flag, formula: str, **numbers: Decimal
) -> Figure:
    """Return part / whole as a rate; missing with the flag `empty` when the whole is not above zero."""
    if whole <= 0:
        return Figure.missing(Unit.RATE, empty)
    return one_step(key, Unit.RATE, formula, part / whole, **numbers)
