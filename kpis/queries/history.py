"""Month-ends in a row: aged balance, DSO and its best possible, from one scan of what happened since.

What was open at a month-end is what is open on the day, less what was issued since, plus what was settled since.
All months are converted at the rates of the day, so that a curve shows customers and not exchange rates.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from kernel.periods import ONE_DAY, month_end, month_start, months_back
from kpis.queries.scope import FigureScope, Filter, fetch_rows, filter_of
from kpis.queries.sums import (
    AGEING_DATE,
    SALES_PERIMETERS,
    converted,
    currencies,
    has_no_rate,
    lines_then,
    sales_by_day,
    sales_of,
)
from kpis.rules.ageing import DEFAULT_BUCKETS, Ageing
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
        "oldest": days[0] - timedelta(days=OLDEST_COLUMN_DAYS),
        "sales_perimeters": SALES_PERIMETERS,
    }
    movements = fetch_rows(_movements(filtered), parameters)
    sold = fetch_rows(_sales_by_issue(filtered), parameters)
    missing = currencies(*(row[-1] for row in [*movements, *sold]))
    return [
        MonthEnd(day, ageing, _sales_then(sold, day), missing)
        for day, ageing in zip(days, _ageings(movements, days), strict=True)
    ]


def ageing_history(scope: FigureScope, months: int = 12) -> list[tuple[date, Ageing]]:
    """Return the aged balance at each month-end of the window, oldest first."""
    return [(point.day, point.ageing) for point in history(scope, months)]


def dso_series(scope: FigureScope, months: int = 24) -> list[tuple[date, Figure, Figure]]:
    """Return (day, DSO, best possible DSO), both by counting back, at each month-end, oldest first."""
    return [(point.day, point.dso, point.best_possible_dso) for point in history(scope, months)]


def _movements(filtered: Filter) -> str:
    """Ask for what is open on the day, by ageing date, and for all that moved it since the first month-end.

    A movement belongs to its month; dates so old that they stand in the last column throughout are one. Each kind is
    summed by days before months are told, since days are few and lines are many.
    """
    condition = filtered.condition.format(line="line")
    settled = converted(
        "CASE WHEN line.amount > 0 THEN -allocation.amount ELSE allocation.amount END",
        "line.currency",
    )
    sides = " UNION ALL ".join(
        f"""
    SELECT allocation.effective_date, {AGEING_DATE}, line.currency, sum({settled}), TRUE
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.{side}
    WHERE allocation.effective_date > %(first_end)s AND allocation.effective_date <= %(as_of)s AND {condition}
    GROUP BY 1, 2, 3"""  # noqa: S608  the parts are this module's own text
        for side in ("debit_line_id", "credit_line_id")
    )
    return f"""
WITH {lines_then(filtered.condition)},
movement AS (
    SELECT NULL::date AS day, ageing_date, currency, sum({converted("open_then", "currency")}) AS amount,
        bool_or(open_then <> 0) AS is_counted
    FROM placed GROUP BY 2, 3
    UNION ALL
    SELECT line.issue_date, {AGEING_DATE}, line.currency, sum({converted("line.amount", "line.currency")}), TRUE
    FROM ledger_dueline line
    WHERE line.issue_date > %(first_end)s AND line.issue_date <= %(as_of)s AND {condition}
    GROUP BY 1, 2, 3
    UNION ALL {sides}
)
SELECT date_trunc('month', day::timestamp)::date,
    CASE WHEN ageing_date IS NOT NULL THEN greatest(ageing_date, %(oldest)s) END, sum(amount),
    string_agg(DISTINCT currency, ',') FILTER (WHERE {has_no_rate("currency")} AND is_counted)
FROM movement GROUP BY 1, 2
"""  # noqa: S608  the parts are this module's own text


def _sales_by_issue(filtered: Filter) -> str:
    """Ask for net sales by the month of the document and the month they count in."""
    return f"""
WITH {sales_by_day(filtered)}
SELECT date_trunc('month', issued::timestamp)::date, date_trunc('month', counted::timestamp)::date, sum(net),
    string_agg(DISTINCT currency, ',') FILTER (WHERE {has_no_rate("currency")})
FROM sold GROUP BY 1, 2
"""  # noqa: S608  the parts are this module's own text


def _ageings(rows: Iterable[tuple[Any, ...]], days: Sequence[date]) -> list[Ageing]:
    """Return the aged balance on each day, by taking back month after month what moved since."""
    by_month = defaultdict[date | None, list[tuple[date | None, Decimal]]](list)
    for month, placed, amount, _ in rows:
        by_month[month].append((placed, amount or ZERO))
    unallocated, open_then = ZERO, defaultdict[date, Decimal](lambda: ZERO)
    found = list[Ageing]()
    later: date | None = None
    for day in reversed(days):
        for placed, amount in by_month[later]:
            taken = amount if later is None else -amount
            if placed is None:
                unallocated += taken
            else:
                open_then[placed] += taken
        found.append(_ageing(open_then, unallocated, day))
        later = month_start(day)
    return found[::-1]


def _ageing(open_then: Mapping[date, Decimal], unallocated: Decimal, day: date) -> Ageing:
    """Return the columns of one day from running sums: there are many days and five columns."""
    dates = sorted(open_then)
    sums = [ZERO, *accumulate(open_then[placed] for placed in dates)]
    columns = list[Decimal]()
    for bucket in DEFAULT_BUCKETS:
        oldest, newest = bucket.due_dates(day)
        low = 0 if oldest is None else bisect_left(dates, oldest)
        high = len(dates) if newest is None else bisect_right(dates, newest)
        columns.append(sums[high] - sums[low])
    return Ageing(*[*columns, unallocated])


def _sales_then(rows: Iterable[tuple[Any, ...]], day: date) -> list[MonthSales]:
    """Return the sales known at a month-end: what was credited later had not happened yet."""
    months = defaultdict[date, Decimal](lambda: ZERO)
    for issued, month, net, _ in rows:
        if issued <= day:
            # A credit note whose invoice comes later counts in its own month until then.
            counted = month if month <= month_start(day) else issued
            months[counted] += net or ZERO
    return sales_of(
        day, {month: {"net": net, "sales_without_rate": None} for month, net in months.items()}
    )
