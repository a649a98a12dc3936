"""The aged balance against the same answer in bare SQL without a wall.

Both sides answer with the totals of every column, then with the customers by what they owe: id, code, name, oldest
lateness and the columns, in the tenant's currency. Ours asks behind the wall, in a transaction with its signed
context, and makes its rows; the limit is one statement written by hand (`bench._bare_figures`), executed and fetched.
They are compared amount by amount before they are timed.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from bench import _bare_figures as bare_figures
from bench._measuring import medians, tell, tell_growth
from bench.data import DAY, SIZES, BenchLedger, bare_cursor, make_ledger
from kernel.tenancy import tenant_scope
from kpis.queries import AgedBalance, FigureScope, aged_balance

PAST = DAY - timedelta(days=45)
GOAL = 2.0
# Case: the day, how many rows, how the bare statement reads open lines.
CASES: dict[str, tuple[date, int | None, str]] = {
    "first page": (DAY, 50, bare_figures.OPEN_NOW),
    "whole list": (DAY, None, bare_figures.OPEN_NOW),
    "past day, first page": (PAST, 50, bare_figures.OPEN_THEN),
}


def measure(ledger: BenchLedger, case: str) -> tuple[float, float]:
    """Return (ours, limit) in seconds, after checking that both say the same."""
    day, size, source = CASES[case]
    statement = bare_figures.aged_balance(source, "" if size is None else f"LIMIT {size}")
    facts = bare_figures.facts(ledger, day)

    def ours() -> AgedBalance:
        with tenant_scope(ledger.tenant_id):
            return aged_balance(FigureScope(as_of=day), page_size=size)

    with bare_cursor() as cursor:

        def bare() -> list[tuple[Any, ...]]:
            cursor.execute(statement, facts)
            return cursor.fetchall()

        assert flat(ours()) == [list(row) for row in bare()]
        figure, limit = medians(ours, bare)
    return figure, limit


def flat(balance: AgedBalance) -> list[Sequence[object]]:
    """Return our answer in the rows of the bare one."""
    rows = [
        [row.customer_id, row.code, row.name, row.oldest_days_late, *row.columns.values()]
        for row in balance.rows
    ]
    return [[None, None, None, balance.customers, *balance.totals.values()], *rows]


def run(ledgers: Callable[[int], BenchLedger]) -> None:
    """Measure every case at every size and print ratios and growth."""
    figures: dict[str, list[float]] = {case: [] for case in CASES}
    for lines in SIZES:
        ledger = ledgers(lines)
        for case, taken in figures.items():
            figure, limit = measure(ledger, case)
            tell(lines, f"aged balance, {case}", figure, limit, GOAL)
            taken.append(figure)
    for case, taken in figures.items():
        tell_growth(case, SIZES, taken)


if __name__ == "__main__":
    run(make_ledger)
