"""The demo entity of DOMAIN 3.0 as documents: a ledger that must give every one of its worked numbers."""

from datetime import date
from decimal import Decimal

from ledger.rules.allocation import effective_date
from tests.kpis import slow_ledger as slow

# Name, issue date, due date, amount; what is settled, by what and when, stands in SETTLED.
INVOICES = (
    *(
        (f"{month:%Y-%m}", month, month, 352_500)
        for month in (date(2025, 11, 5), date(2025, 12, 5))
    ),
    *(
        (f"{month:%Y-%m}", month, month, 352_500)
        for month in (date(2026, number, 5) for number in range(1, 5))
    ),
    ("2026-05", date(2026, 5, 5), date(2026, 6, 5), 302_500),
    ("140 days late", date(2026, 5, 14), date(2026, 6, 13), 50_000),
    ("2026-06", date(2026, 6, 5), date(2026, 7, 5), 352_500),
    ("2026-07", date(2026, 7, 5), date(2026, 8, 5), 110_000),
    ("75 days late", date(2026, 7, 3), date(2026, 8, 17), 30_000),
    ("paid in October", date(2026, 7, 20), date(2026, 10, 10), 240_000),
    ("2026-08", date(2026, 8, 5), date(2026, 9, 5), 35_000),
    ("45 days late", date(2026, 8, 2), date(2026, 9, 16), 70_000),
    ("paid late in October", date(2026, 8, 5), date(2026, 9, 20), 130_000),
    ("due in December", date(2026, 8, 31), date(2026, 12, 5), 5_000),
    ("15 days late", date(2026, 9, 1), date(2026, 10, 16), 150_000),
    ("due today", date(2026, 9, 1), date(2026, 10, 31), 10_000),
    ("due in November", date(2026, 9, 21), date(2026, 11, 20), 200_000),
    ("2026-10", date(2026, 10, 5), date(2026, 12, 4), 420_000),
)
SETTLED = (
    *(
        (f"{month:%Y-%m}", "payment", month, 352_500)
        for month in (date(2025, 11, 5), date(2025, 12, 5))
    ),
    *(
        (f"{month:%Y-%m}", "payment", month, 352_500)
        for month in (date(2026, number, 5) for number in range(1, 5))
    ),
    ("2026-05", "payment", date(2026, 6, 5), 302_500),
    ("2026-06", "payment", date(2026, 7, 5), 352_500),
    ("2026-07", "payment", date(2026, 8, 5), 110_000),
    ("2026-08", "payment", date(2026, 9, 5), 35_000),
    ("paid late in October", "payment", date(2026, 10, 10), 115_000),
    ("paid late in October", "credit_note", date(2026, 10, 12), 15_000),
    ("paid in October", "payment", date(2026, 10, 28), 200_000),
    ("paid in October", "payment", date(2026, 10, 30), 40_000),
    ("2026-10", "credit_note", date(2026, 10, 20), 5_000),
)
UNALLOCATED = ((date(2026, 9, 15), 5_000), (date(2026, 10, 15), 25_000))
CONTESTS = (
    ("15 days late", 60_000, date(2026, 9, 20), None),
    ("due in November", 12_000, date(2026, 10, 20), None),
    ("2026-10", 12_000, date(2026, 10, 7), date(2026, 10, 20)),
)


def demo_ledger() -> slow.SlowLedger:
    """Sales and aged balance of DOMAIN 3.0, and an October in which 355,000 of 665,000 were collected."""
    ledger = slow.SlowLedger(debtors=[slow.Debtor("C1")])
    for name, issued, due, amount in INVOICES:
        ledger.documents.append(_document(name, "invoice", issued, due, amount))
    for number, (name, kind, day, amount) in enumerate(SETTLED):
        # Credit notes stay unlinked: they count in October, as the worked example has it.
        ledger.documents.append(_document(f"S{number}", kind, day, day, -amount))
        issued = ledger.documents[
            [document.name for document in ledger.documents].index(name)
        ].issue_date
        ledger.allocations.append(
            slow.Allocation(
                (name, 0), (f"S{number}", 0), Decimal(amount), effective_date(issued, day)
            )
        )
    for number, (day, amount) in enumerate(UNALLOCATED):
        ledger.documents.append(_document(f"U{number}", "payment", day, day, -amount))
    ledger.contests += [
        slow.Contest((name, 0), Decimal(amount), opened, closed)
        for name, amount, opened, closed in CONTESTS
    ]
    return ledger


def _document(name: str, kind: str, issued: date, due: date, amount: int) -> slow.Document:
    return slow.Document(name, kind, "C1", "", issued, (slow.Line(due, Decimal(amount)),))
