"""Month-ends in a row: aged balance, DSO and its best possible, from one scan of what happened since.

What was open at a month-end is what is open on the day, less what was issued since, plus what was settled since.
All months are converted at the rates of the day, so that a curve shows customers and not exchange rates.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kernel.periods import ONE_DAY, month_end, month_start, months_back
from kpis.queries.scope import FigureScope, Filter, fetch, filter_of
from kpis.queries.sums import (
    AGEING_DATE,
    MOVED,
    RATES,
    SALES_PERIMETERS,
    converted,
    currencies,
    lines_then,
    sales_of,
    sales_source,
)
from kpis.rules.ageing import Ageing, bucket_of, days_late
from kpis.rules.dso import MonthSales, balance_dso, count_back_dso, overdue_dso
from kpis.rules.figures import ZERO, Figure, Flag, Unit

OLDEST_COLUMN_DAYS = 91


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """A point of the series: the last day of a month, or the day itself for the running one."""

    day: date
    ageing: Ageing
    sales: Sequence[MonthSales]
    currencies_without_rate: frozenset[str]

    @property
    def dso(self) -> Figure:
        """DSO by counting back."""
        return self._figure(self.ageing.receivables)

    @property
    def best_possible_dso(self) -> Figure:
        """The DSO there would be if nobody paid late."""
        return self._figure(self.ageing.not_due)

    @property
    def overdue_dso(self) -> Figure:
        """The days of DSO that lateness costs."""
        return overdue_dso(self.dso, self.best_possible_dso)

    @property
    def dso_balance_12_months(self) -> Figure:
        """DSO by balance over twelve months."""
        window = self.sales[:12]
        if self.currencies_without_rate:
            return self._without_rate()
        return balance_dso(self.ageing.receivables, window, is_complete=len(window) == 12)  # noqa: PLR2004

    def _figure(self, amount: Decimal) -> Figure:
        if self.currencies_without_rate:
            return self._without_rate()
        return count_back_dso(amount if self.ageing.receivables > 0 else ZERO, self.sales)

    def _without_rate(self) -> Figure:
        flags = (
            f"{Flag.RATE_MISSING}:{currency}" for currency in sorted(self.currencies_without_rate)
        )
        return Figure.missing(Unit.DAYS, *flags)


def month_ends(as_of: date, months: int) -> list[date]:
    """Return the ends of the months of a window, oldest first; the last is `as_of` itself."""
    return [month_end(months_back(as_of, back)) for back in range(months - 1, 0, -1)] + [as_of]


def history(scope: FigureScope, months: int = 24) -> list[MonthEnd]:
    """Return the state of a scope at each month-end of the window, oldest first; the last point is `as_of`.

    Currencies without a rate on the day leave every point without days, and their amounts out of the columns.
    """
    filtered, days = filter_of(scope), month_ends(scope.as_of, months)
    parameters = {
        **filtered.parameters,
        "month_start": scope.as_of + ONE_DAY,
        "first_end": days[0],
        "oldest": days[0].fromordinal(days[0].toordinal() - OLDEST_COLUMN_DAYS),
        "sales_perimeters": SALES_PERIMETERS,
    }
    rows = fetch(_events(filtered), parameters)
    sold = fetch(_sales_by_issue(filtered), parameters)
    missing = currencies(*(row["without_rate"] for row in [*rows, *sold]))
    return [MonthEnd(day, _ageing(rows, day), _sales_then(sold, day), missing) for day in days]


def ageing_history(scope: FigureScope, months: int = 12) -> list[tuple[date, Ageing]]:
    """Return the aged balance at each month-end of the window, oldest first."""
    return [(point.day, point.ageing) for point in history(scope, months)]


def dso_series(scope: FigureScope, months: int = 24) -> list[tuple[date, Figure, Figure]]:
    """Return (day, DSO, best possible DSO), both by counting back, at each month-end, oldest first."""
    return [(point.day, point.dso, point.best_possible_dso) for point in history(scope, months)]


def _events(filtered: Filter) -> str:
    """Ask for what is open on the day, by ageing date, and for all that moved it since the first month-end.

    A movement belongs to its month; dates so old that they stand in the last column throughout are one.
    """
    condition = filtered.condition.format(line="line")
    place = f"SELECT {AGEING_DATE} AS ageing_date"
    return f"""
WITH {RATES}, {MOVED}, {lines_then(filtered.condition)},
movement AS (
    SELECT NULL::date AS month, ageing_date, open_then AS amount, currency FROM placed
    UNION ALL
    SELECT date_trunc('month', line.issue_date::timestamp)::date, place.ageing_date, line.amount, line.currency
    FROM ledger_dueline line CROSS JOIN LATERAL ({place}) place
    WHERE line.issue_date > %(first_end)s AND line.issue_date <= %(as_of)s AND {condition}
    UNION ALL
    SELECT date_trunc('month', allocation.effective_date::timestamp)::date, place.ageing_date,
        -sign(line.amount) * allocation.amount, line.currency
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.debit_line_id
    CROSS JOIN LATERAL ({place}) place
    WHERE allocation.effective_date > %(first_end)s AND allocation.effective_date <= %(as_of)s AND {condition}
    UNION ALL
    SELECT date_trunc('month', allocation.effective_date::timestamp)::date, place.ageing_date,
        -sign(line.amount) * allocation.amount, line.currency
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.credit_line_id
    CROSS JOIN LATERAL ({place}) place
    WHERE allocation.effective_date > %(first_end)s AND allocation.effective_date <= %(as_of)s AND {condition}
)
SELECT month, ageing_date, is_unallocated, sum(amount) AS amount,
    string_agg(currency, ',') FILTER (WHERE has_no_rate) AS without_rate
FROM (
    SELECT movement.month, greatest(movement.ageing_date, %(oldest)s) AS ageing_date,
        movement.ageing_date IS NULL AS is_unallocated, movement.currency,
        rate.value IS NULL AND bool_or(movement.amount <> 0) AS has_no_rate,
        sum({converted("movement.amount", "movement.currency")}) AS amount
    FROM movement LEFT JOIN rate ON rate.currency = movement.currency
    GROUP BY movement.month, 2, 3, movement.currency, rate.value
) per_currency
GROUP BY 1, 2, 3
"""  # noqa: S608  the parts are this module's own text


def _sales_by_issue(filtered: Filter) -> str:
    """Ask for net sales by the month of the document and the month they count in."""
    return f"""
WITH {RATES}, {sales_source(filtered)}
SELECT issued, month, sum(net) AS net, string_agg(currency, ',') FILTER (WHERE has_no_rate) AS without_rate
FROM (
    SELECT date_trunc('month', sale.issue_date::timestamp)::date AS issued,
        date_trunc('month', sale.sold_on::timestamp)::date AS month,
        sale.currency, rate.value IS NULL AS has_no_rate,
        sum({converted("sale.amount", "sale.currency")}) AS net
    FROM sale LEFT JOIN rate ON rate.currency = sale.currency
    GROUP BY 1, 2, 3, 4
) per_currency
GROUP BY 1, 2
"""  # noqa: S608  the parts are this module's own text


def _ageing(rows: Iterable[Mapping[str, Any]], day: date) -> Ageing:
    columns = defaultdict[str, Decimal](lambda: ZERO)
    for row in rows:
        is_later = row["month"] is not None
        if is_later and row["month"] <= day:
            continue
        amount = -(row["amount"] or ZERO) if is_later else row["amount"] or ZERO
        place = (
            "unallocated"
            if row["is_unallocated"]
            else bucket_of(days_late(row["ageing_date"], day)).key
        )
        columns[place] += amount
    return Ageing(
        *(columns[key] for key in ("not_due", "1_30", "31_60", "61_90", "91_plus", "unallocated"))
    )


def _sales_then(rows: Iterable[Mapping[str, Any]], day: date) -> list[MonthSales]:
    """Return the sales known at a month-end: what was credited later had not happened yet."""
    months = defaultdict[date, Decimal](lambda: ZERO)
    for row in rows:
        if row["issued"] <= day:
            # A credit note whose invoice comes later counts in its own month until then.
            counted = row["month"] if row["month"] <= month_start(day) else row["issued"]
            months[counted] += row["net"] or ZERO
    return sales_of(
        day, {month: {"net": net, "sales_without_rate": None} for month, net in months.items()}
    )
