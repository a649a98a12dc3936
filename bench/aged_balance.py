"""The aged balance against the same question in bare SQL without a wall: goals of PERFORMANCE.

Totals and first page 1.5 times, the whole list with rows fetched 2 times, a past day 1.5 times its own limit.
"""

from collections.abc import Callable
from datetime import date, timedelta

from bench._measuring import median_seconds, tell, tell_growth
from bench.data import DAY, SIZES, BenchLedger, bare_cursor, make_ledger
from kernel.tenancy import tenant_scope
from kpis.queries import FigureScope, aged_balance

PAST = DAY - timedelta(days=45)
GOALS = {"first page": 1.5, "whole list": 2.0, "past day, first page": 1.5}

_COLUMNS = """
    customer_id, sum(open) AS receivables,
    sum(open) FILTER (WHERE %(day)s - due_date <= 0) AS not_due,
    sum(open) FILTER (WHERE %(day)s - due_date BETWEEN 1 AND 30) AS days_1_30,
    sum(open) FILTER (WHERE %(day)s - due_date BETWEEN 31 AND 60) AS days_31_60,
    sum(open) FILTER (WHERE %(day)s - due_date BETWEEN 61 AND 90) AS days_61_90,
    sum(open) FILTER (WHERE %(day)s - due_date > 90) AS days_91_plus
"""
_OPEN_NOW = """
    SELECT customer_id, due_date, open_amount AS open FROM ledger_dueline WHERE tenant_id = %(tenant)s AND is_open
"""
_OPEN_THEN = """
    SELECT line.customer_id, line.due_date, line.amount - coalesce(settled.amount, 0) AS open
    FROM ledger_dueline line LEFT JOIN (
        SELECT debit_line_id, sum(amount) AS amount FROM ledger_allocation
        WHERE tenant_id = %(tenant)s AND effective_date <= %(day)s GROUP BY debit_line_id
    ) settled ON settled.debit_line_id = line.id
    WHERE line.tenant_id = %(tenant)s AND line.issue_date <= %(day)s AND line.amount > 0
        AND line.amount <> coalesce(settled.amount, 0)
"""


def bare(ledger: BenchLedger, day: date, source: str, end: str) -> float:
    """Return the limit: grouped, sorted, cut or fetched whole."""
    statement = f"SELECT {_COLUMNS} FROM ({source}) line GROUP BY customer_id {end}"
    with bare_cursor() as cursor:
        facts = {"tenant": str(ledger.tenant_id), "day": day}

        def ask() -> object:
            cursor.execute(statement, facts)
            return cursor.fetchall()

        return median_seconds(ask)


def ours(ledger: BenchLedger, day: date, page_size: int | None) -> float:
    """Return the time of the query behind the page, its transaction and context included."""

    def ask() -> object:
        with tenant_scope(ledger.tenant_id):
            return aged_balance(FigureScope(as_of=day), page_size=page_size)

    return median_seconds(ask)


CASES: dict[str, tuple[Callable[[BenchLedger], float], Callable[[BenchLedger], float]]] = {
    "first page": (
        lambda ledger: ours(ledger, DAY, 50),
        lambda ledger: bare(ledger, DAY, _OPEN_NOW, "ORDER BY receivables DESC LIMIT 50"),
    ),
    "whole list": (
        lambda ledger: ours(ledger, DAY, None),
        lambda ledger: bare(ledger, DAY, _OPEN_NOW, ""),
    ),
    "past day, first page": (
        lambda ledger: ours(ledger, PAST, 50),
        lambda ledger: bare(ledger, PAST, _OPEN_THEN, "ORDER BY receivables DESC LIMIT 50"),
    ),
}


def main() -> None:
    figures: dict[str, list[float]] = {case: [] for case in CASES}
    for lines in SIZES:
        ledger = make_ledger(lines)
        for case, (figure, limit) in CASES.items():
            taken = figure(ledger)
            tell(lines, f"aged balance, {case}", taken, limit(ledger), GOALS[case])
            figures[case].append(taken)
    for case, taken_by_size in figures.items():
        tell_growth(case, SIZES, taken_by_size)


if __name__ == "__main__":
    main()
