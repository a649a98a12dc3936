"""DSO and best possible DSO of 24 months, and every indicator of one day, against the same sums in bare SQL.

One day: ours makes the whole public document, steps of each calculation included; the limit fetches the sums it rests
on, by four statements (position, payments of six months, sales by month, disputes of the month). The series: ours
returns both figures at 24 month-ends; the limit fetches the movements by month and due date, and the sales, from
which they follow. The sums of both sides are compared before they are timed.
"""

from collections.abc import Callable
from dataclasses import astuple
from decimal import Decimal
from typing import Any

from bench import _bare_figures as bare_figures
from bench._measuring import medians, tell, tell_growth
from bench.data import DAY, SIZES, BenchLedger, bare_cursor, make_ledger
from kernel.tenancy import tenant_scope
from kpis.queries import FigureScope, dso_series, history, indicator_document
from kpis.queries.sums import indicator_inputs

GOAL = 2.0
SCOPE = FigureScope(as_of=DAY)


def measure(
    ledger: BenchLedger, question: Callable[[], object], *statements: str
) -> tuple[float, float]:
    """Return (ours, limit) in seconds."""
    facts = bare_figures.facts(ledger, DAY)

    def ours() -> None:
        with tenant_scope(ledger.tenant_id):
            question()

    with bare_cursor() as cursor:

        def bare() -> None:
            for statement in statements:
                cursor.execute(statement, facts)
                cursor.fetchall()

        figure, limit = medians(ours, bare)
    return figure, limit


def check_answers(ledger: BenchLedger) -> None:
    """Compare the sums of both sides, and what the movements of both leave at the first month-end."""
    with tenant_scope(ledger.tenant_id):
        sums = indicator_inputs(SCOPE)
        points = history(SCOPE, bare_figures.MONTHS)
    collected, debtors = sums.collectable, sums.debtors
    position: list[object] = [
        *astuple(sums.ageing),
        *(sums.open_lines, sums.overdue_lines, sums.overdue_times_days, sums.opening_receivables),
        *(collected.gross, collected.credited, collected.collected),
        *(sums.disputed, sums.disputed_overdue, *astuple(debtors)),
    ]
    with bare_cursor() as cursor:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement, bare_figures.facts(ledger, DAY))
            return cursor.fetchall()

        *found, total, squares, top = (amount or 0 for amount in ask(bare_figures.POSITION)[0])
        assert position == [*found, total, top, squares]
        assert [astuple(sums.paid)] == ask(bare_figures.PAID)
        sold = ask(bare_figures.SALES)
        for month in sums.sales:
            net = sum((row[2] for row in sold if row[0] == month.period.start), Decimal(0))
            assert net == month.amount, month
        receivables = sum(
            (amount if month is None else -amount for month, _, amount in ask(bare_figures.SERIES)),
            Decimal(0),
        )
        assert receivables == points[0].ageing.receivables


def run(ledgers: Callable[[int], BenchLedger]) -> None:
    """Measure both at every size and print ratios and growth."""
    all_series, days = [], []
    for lines in SIZES:
        ledger = ledgers(lines)
        check_answers(ledger)
        figure, limit = measure(
            ledger,
            lambda: dso_series(SCOPE, bare_figures.MONTHS),
            bare_figures.SERIES,
            bare_figures.SALES,
        )
        all_series.append(figure)
        tell(lines, "DSO and BPDSO, 24 months", figure, limit, GOAL)
        figure, limit = measure(
            ledger,
            lambda: indicator_document(SCOPE, tenant_slug="bench"),
            *bare_figures.DAY_INDICATORS,
        )
        days.append(figure)
        tell(lines, "every indicator of one day", figure, limit, GOAL)
    tell_growth("24 months", SIZES, all_series)
    tell_growth("one day", SIZES, days)


if __name__ == "__main__":
    run(make_ledger)
