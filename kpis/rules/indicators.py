"""All the indicators of one scope on one day, from sums that one or two scans of the ledger can give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kernel.periods import MONTHS_IN_YEAR
from kpis.rules.ageing import Ageing
from kpis.rules.collection import Collectable, collection_effectiveness, recovery_rate
from kpis.rules.concentration import Debtors, concentration
from kpis.rules.contested import dispute_rate, new_dispute_rate
from kpis.rules.delays import Paid, average_days_late, average_days_late_with_open
from kpis.rules.dso import (
    MonthSales,
    balance_dso,
    count_back_dso,
    disputed_dso,
    overdue_dso,
    value_of_one_day,
)
from kpis.rules.figures import ZERO, Figure, Flag, Step, Unit
from kpis.rules.overdue import (
    average_age_of_overdue,
    overdue_over_60_rate,
    overdue_rate,
    overdue_rate_by_count,
    overdue_rate_net,
    overdue_rate_recoverable,
)


class Part(StrEnum):
    """The sums an indicator rests on; each can hold an amount that has no exchange rate on the day."""

    OPEN = "open"
    SALES = "sales"
    MONTH = "month"
    PAID = "paid"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class IndicatorInputs:
    """The sums of one scope on `as_of`, in one currency, tax included, converted at the rate of that day.

    `sales` are net, newest month first, consecutive, down to the first month with any history; a linked
    credit note counts in the month of its invoice. `opening_receivables` are net, at the last month-end.
    `disputed` is capped by what each line still owes. `currencies_without_rate` names, per part, the
    currencies that could not be converted: the indicators that rest on that part are missing.
    """

    as_of: date
    ageing: Ageing = field(default_factory=Ageing)
    open_lines: int = 0
    overdue_lines: int = 0
    overdue_times_days: Decimal = ZERO
    sales: Sequence[MonthSales] = ()
    invoiced_in_month: Decimal = ZERO
    newly_disputed_in_month: Decimal = ZERO
    disputed: Decimal = ZERO
    disputed_overdue: Decimal = ZERO
    opening_receivables: Decimal = ZERO
    collectable: Collectable = field(default_factory=Collectable)
    paid: Paid = field(default_factory=Paid)
    debtors: Debtors = field(default_factory=Debtors)
    currencies_without_rate: Mapping[Part, frozenset[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Say whether the scope has neither amounts nor sales of twelve months, nor anything without a rate."""
        amounts = (
            *self.ageing.as_dict().values(),
            *(month.amount or ZERO for month in self.sales[:MONTHS_IN_YEAR]),
        )
        return not any(amounts) and not any(self.currencies_without_rate.values())


_BEFORE_AGEING = ("receivables", "open_items", "not_due", "overdue", "unallocated")
_SALES = {
    "month": "sales_month",
    "last_3_months": "sales_last_3_months",
    "last_12_months": "sales_last_12_months",
}
_AFTER_SALES = (
    "dso_count_back_days",
    "dso_balance_3m_days",
    "dso_balance_12m_days",
    "bpdso_count_back_days",
    "overdue_dso_days",
    "overdue_rate",
    "overdue_rate_net",
    "overdue_rate_recoverable",
    "overdue_over_60_rate",
    "average_days_late_6m",
    "average_age_of_overdue_days",
    "cei_month",
    "recovery_rate_month",
    "disputed",
    "dispute_rate",
)
_CONCENTRATION = ("top_10_share", "hhi")
PUBLIC_METRICS = (*_BEFORE_AGEING, *_SALES.values(), *_AFTER_SALES, *_CONCENTRATION)
# Shown on pages, not part of the public document.
PAGE_METRICS = (
    "overdue_rate_by_count",
    "bpdso_balance_3m_days",
    "overdue_dso_balance_3m_days",
    "disputed_dso_days",
    "average_days_late_with_open_6m",
    "new_dispute_rate_month",
    "effective_debtors",
    "value_of_one_day",
)
METRICS = (*PUBLIC_METRICS, *PAGE_METRICS)


@dataclass(frozen=True, slots=True)
class Indicators:
    """Every indicator of one scope on one day, by name (`METRICS`), and the columns of its aged balance."""

    figures: Mapping[str, Figure]
    ageing: Mapping[str, Figure]

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]

    @property
    def flags(self) -> tuple[str, ...]:
        """The words behind the figures of the public document, each once, in the order of the document."""
        return tuple(dict.fromkeys(flag for name in PUBLIC_METRICS for flag in self[name].flags))

    def as_json(self) -> dict[str, object]:
        """Return what the public document says of these figures: amounts are strings, rates fractions."""
        ageing = {key: figure.as_json() for key, figure in self.ageing.items()}
        return {
            **{name: self[name].as_json() for name in _BEFORE_AGEING},
            "ageing": ageing,
            "sales": {key: self[name].as_json() for key, name in _SALES.items()},
            **{name: self[name].as_json() for name in _AFTER_SALES},
            "concentration": {name: self[name].as_json() for name in _CONCENTRATION},
            "flags": list(self.flags),
        }


def indicators(inputs: IndicatorInputs) -> Indicators:
    """Return every indicator of a scope; each is computed from these sums, none is a mean of others."""
    return _Calculation(inputs).run()


class _Calculation:
    """The indicators of one set of inputs, family by family."""

    def __init__(self, inputs: IndicatorInputs) -> None:
        self.inputs = inputs
        self.ageing = inputs.ageing

    def run(self) -> Indicators:
        """Compute every family; none depends on the order."""
        return Indicators(
            figures={
                **self.balances(),
                **self.sales(),
                **self.days_of_sales(),
                **self.lateness(),
                **self.collection(),
                **self.contested(),
                **self.concentration(),
            },
            ageing=self.columns(),
        )

    def guarded(self, figure: Figure, *parts: Part) -> Figure:
        """Return the figure, or the missing one when a sum it rests on could not be converted."""
        without = self.inputs.currencies_without_rate
        currencies = sorted(
            {currency for part in parts for currency in without.get(part, frozenset())}
        )
        if not currencies:
            return figure
        return Figure.missing(
            figure.unit, *(f"{Flag.RATE_MISSING}:{currency}" for currency in currencies)
        )

    def balances(self) -> dict[str, Figure]:
        """Return the amounts owed."""
        ageing = self.ageing
        parts = {"not_due": ageing.not_due, "overdue": ageing.overdue}
        return {
            "receivables": self.guarded(_sum("receivables", ageing.as_dict()), Part.OPEN),
            "open_items": self.guarded(_sum("open_items", parts), Part.OPEN),
            "not_due": self.guarded(_amount(ageing.not_due), Part.OPEN),
            "overdue": self.guarded(_amount(ageing.overdue), Part.OPEN),
            "unallocated": self.guarded(_amount(ageing.unallocated), Part.OPEN),
        }

    def columns(self) -> dict[str, Figure]:
        """Return the aged balance, column by column."""
        amounts = self.ageing.as_dict().items()
        return {key: self.guarded(_amount(value), Part.OPEN) for key, value in amounts}

    def window(self, months: int) -> Sequence[MonthSales]:
        """Return the months of a window, fewer when the history is shorter."""
        return self.inputs.sales[:months]

    def sold(self, months: int) -> Figure:
        """Return net sales of a window; what is known of it when the history is shorter."""
        window = self.window(months)
        known = {
            f"{month.period.start:%Y-%m}": month.amount
            for month in window
            if month.amount is not None
        }
        return self.converted_sales(_sum("sales", known), window)

    def converted_sales(self, figure: Figure, months: Sequence[MonthSales]) -> Figure:
        """Return the figure, or the missing one when sales of those months could not be converted."""
        return (
            self.guarded(figure, Part.SALES)
            if any(month.amount is None for month in months)
            else figure
        )

    def sales(self) -> dict[str, Figure]:
        """Return net sales of the month to date, of three months and of twelve."""
        year = self.sold(12)
        day = value_of_one_day(year.value) if year.value is not None else year
        return {
            "sales_month": self.sold(1),
            "sales_last_3_months": self.sold(3),
            "sales_last_12_months": year,
            "value_of_one_day": day,
        }

    def balance_dso(self, numerator: Decimal, months: int) -> Figure:
        """Return a DSO by balance over a window, guarded."""
        window = self.window(months)
        if self.ageing.receivables <= 0:
            numerator = ZERO
        figure = balance_dso(numerator, window, is_complete=len(window) == months)
        return self.guarded(self.converted_sales(figure, window), Part.OPEN)

    def count_back(self, numerator: Decimal) -> Figure:
        """Return a DSO by counting back, guarded; 0 whenever the scope as a whole is owed nothing."""
        if self.ageing.receivables <= 0:
            numerator = ZERO
        figure = count_back_dso(numerator, self.inputs.sales)
        if Flag.RATE_MISSING in figure.flags:
            figure = self.guarded(figure, Part.SALES)
        return self.guarded(figure, Part.OPEN)

    def days_of_sales(self) -> dict[str, Figure]:
        """Return the DSO family; best possible takes what is not due, disputed lines included."""
        owed, not_due = self.ageing.receivables, self.ageing.not_due
        dso, best = self.count_back(owed), self.count_back(not_due)
        balance, best_balance = self.balance_dso(owed, 3), self.balance_dso(not_due, 3)
        undisputed = self.count_back(owed - self.inputs.disputed)
        return {
            "dso_count_back_days": dso,
            "dso_balance_3m_days": balance,
            "dso_balance_12m_days": self.balance_dso(owed, 12),
            "bpdso_count_back_days": best,
            "overdue_dso_days": overdue_dso(dso, best),
            "bpdso_balance_3m_days": best_balance,
            "overdue_dso_balance_3m_days": overdue_dso(balance, best_balance),
            "disputed_dso_days": self.guarded(disputed_dso(dso, undisputed), Part.DISPUTED),
        }

    def lateness(self) -> dict[str, Figure]:
        """Return how much is late, for how long, and how late what was paid was."""
        inputs, ageing = self.inputs, self.ageing
        recoverable = overdue_rate_recoverable(ageing, inputs.disputed_overdue)
        age = average_age_of_overdue(ageing.overdue, inputs.overdue_times_days)
        with_open = average_days_late_with_open(
            inputs.paid, ageing.overdue, inputs.overdue_times_days
        )
        return {
            "overdue_rate": self.guarded(overdue_rate(ageing), Part.OPEN),
            "overdue_rate_net": self.guarded(overdue_rate_net(ageing), Part.OPEN),
            "overdue_rate_recoverable": self.guarded(recoverable, Part.OPEN, Part.DISPUTED),
            "overdue_over_60_rate": self.guarded(overdue_over_60_rate(ageing), Part.OPEN),
            "overdue_rate_by_count": overdue_rate_by_count(inputs.overdue_lines, inputs.open_lines),
            "average_age_of_overdue_days": self.guarded(age, Part.OPEN),
            "average_days_late_6m": self.guarded(average_days_late(inputs.paid), Part.PAID),
            "average_days_late_with_open_6m": self.guarded(with_open, Part.PAID, Part.OPEN),
        }

    def collection(self) -> dict[str, Figure]:
        """Return how well the month collected."""
        sold = self.sold(1)
        effectiveness = collection_effectiveness(
            opening_receivables=self.inputs.opening_receivables,
            sales=ZERO if sold.value is None else sold.value,
            closing_receivables=self.ageing.receivables,
            closing_not_due=self.ageing.not_due,
        )
        return {
            "cei_month": self.guarded(
                self.converted_sales(effectiveness, self.window(1)), Part.MONTH, Part.OPEN
            ),
            "recovery_rate_month": self.guarded(recovery_rate(self.inputs.collectable), Part.MONTH),
        }

    def contested(self) -> dict[str, Figure]:
        """Return the stock and the flow of disputes."""
        inputs = self.inputs
        flow = new_dispute_rate(inputs.newly_disputed_in_month, inputs.invoiced_in_month)
        stock = dispute_rate(inputs.disputed, self.ageing.open_items)
        return {
            "disputed": self.guarded(_amount(inputs.disputed), Part.DISPUTED),
            "dispute_rate": self.guarded(stock, Part.DISPUTED, Part.OPEN),
            "new_dispute_rate_month": self.guarded(
                self.converted_sales(flow, self.window(1)), Part.DISPUTED
            ),
        }

    def concentration(self) -> dict[str, Figure]:
        """Return how few debtors owe how much."""
        found = concentration(self.inputs.debtors)
        return {
            "top_10_share": self.guarded(found.top_share, Part.OPEN),
            "hhi": self.guarded(found.index, Part.OPEN),
            "effective_debtors": self.guarded(found.effective_debtors, Part.OPEN),
        }


def _amount(value: Decimal) -> Figure:
    return Figure(value, Unit.AMOUNT)


def _sum(key: str, numbers: Mapping[str, Decimal]) -> Figure:
    value = sum(numbers.values(), ZERO)
    return Figure(value, Unit.AMOUNT, (Step(key, " + ".join(numbers), numbers, value),))
