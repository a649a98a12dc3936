"""DSO and best possible DSO of 24 months, and one day's indicators, against one scan in bare SQL.

The goal of PERFORMANCE is 2 times for a day's indicators and 1.3 times one scan for the series.
"""

from datetime import date

from bench._measuring import median_seconds, tell, tell_growth
from bench.data import DAY, SIZES, BenchLedger, bare_cursor, make_ledger
from kernel.tenancy import tenant_scope
from kpis.queries import FigureScope, dso_series, indicator_document

MONTHS = 24
GOAL_SERIES, GOAL_DAY = 1.3, 2.0

# One pass over the documents and one over the dated allocations, by month: all that 24 month-ends need.
SERIES = """
WITH event AS (
    SELECT issue_date AS day, due_date, amount FROM ledger_dueline WHERE tenant_id = %(tenant)s AND amount > 0
    UNION ALL
    SELECT allocation.effective_date, line.due_date, -allocation.amount
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.debit_line_id
        AND line.tenant_id = allocation.tenant_id
    WHERE allocation.tenant_id = %(tenant)s
)
SELECT date_trunc('month', day), date_trunc('month', due_date), sum(amount), count(*) FROM event GROUP BY 1, 2
"""
SALES = """
SELECT date_trunc('month', issue_date), sum(amount) FROM ledger_document
WHERE tenant_id = %(tenant)s AND kind <> 'payment' GROUP BY 1
"""
# A day's indicators need the open lines, a year of sales, six months of payments and the disputes.
DAY_INDICATORS = (
    """
    SELECT sum(open_amount), sum(open_amount) FILTER (WHERE due_date < %(day)s),
        sum(open_amount * (%(day)s - due_date)) FILTER (WHERE due_date < %(day)s), count(DISTINCT customer_id)
    FROM ledger_dueline WHERE tenant_id = %(tenant)s AND is_open
    """,
    SALES,
    """
    SELECT sum(allocation.amount * (allocation.effective_date - line.due_date)), sum(allocation.amount)
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.debit_line_id
        AND line.tenant_id = allocation.tenant_id
    WHERE allocation.tenant_id = %(tenant)s AND allocation.effective_date > %(day)s::date - 184
    """,
)


def bare(ledger: BenchLedger, *statements: str) -> float:
    """Return the limit: the same sums in bare SQL, fetched."""
    facts: dict[str, str | date] = {"tenant": str(ledger.tenant_id), "day": DAY}
    with bare_cursor() as cursor:

        def ask() -> None:
            for statement in statements:
                cursor.execute(statement, facts)
                cursor.fetchall()

        return median_seconds(ask)


def series(ledger: BenchLedger) -> float:
    def ask() -> object:
        with tenant_scope(ledger.tenant_id):
            return dso_series(FigureScope(as_of=DAY), MONTHS)

    return median_seconds(ask)


def one_day(ledger: BenchLedger) -> float:
    def ask() -> object:
        with tenant_scope(ledger.tenant_id):
            return indicator_document(FigureScope(as_of=DAY), tenant_slug="bench")

    return median_seconds(ask)


def main() -> None:
    all_series, days = [], []
    for lines in SIZES:
        ledger = make_ledger(lines)
        all_series.append(series(ledger))
        tell(
            lines,
            "DSO and BPDSO, 24 months",
            all_series[-1],
            bare(ledger, SERIES, SALES),
            GOAL_SERIES,
        )
        days.append(one_day(ledger))
        tell(lines, "every indicator of one day", days[-1], bare(ledger, *DAY_INDICATORS), GOAL_DAY)
    tell_growth("24 months", SIZES, all_series)
    tell_growth("one day", SIZES, days)


if __name__ == "__main__":
    main()
