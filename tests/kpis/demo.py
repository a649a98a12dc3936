"""The demo entity of DOMAIN 3.0, as sums."""

from datetime import date
from decimal import Decimal

from kernel.periods import months_to_date
from kpis.rules.ageing import Ageing
from kpis.rules.collection import Collectable
from kpis.rules.concentration import Debtors
from kpis.rules.delays import Paid
from kpis.rules.dso import MonthSales
from kpis.rules.indicators import IndicatorInputs

AS_OF = date(2026, 10, 31)
RECENT = (400_000, 360_000, 240_000, 380_000)
OLDER = (352_500,) * 8


def thousand(amount: float) -> Decimal:
    return Decimal(str(amount)) * 1000


def months_of_sales(as_of: date, *amounts: int) -> list[MonthSales]:
    periods = months_to_date(as_of, len(amounts))
    return [
        MonthSales(period, Decimal(amount)) for period, amount in zip(periods, amounts, strict=True)
    ]


AGEING = Ageing(
    thousand(630), thousand(150), thousand(70), thousand(30), thousand(50), thousand(-30)
)
# Ages of what is overdue, per column, that the worked example of AOD takes.
OVERDUE_TIMES_DAYS = thousand(150 * 15 + 70 * 45 + 30 * 75 + 50 * 140)

INPUTS = IndicatorInputs(
    as_of=AS_OF,
    ageing=AGEING,
    open_lines=93,
    overdue_lines=30,
    overdue_times_days=OVERDUE_TIMES_DAYS,
    sales=months_of_sales(AS_OF, *RECENT, *OLDER),
    invoiced_in_month=thousand(420),
    newly_disputed_in_month=thousand(24),
    disputed=thousand(72),
    disputed_overdue=thousand(60),
    opening_receivables=thousand(880),
    collectable=Collectable(thousand(680), thousand(15), thousand(355)),
    paid=Paid.of([(thousand(10), 5), (thousand(2), 45), (thousand(8), -3)]),
    debtors=Debtors.of([Decimal(25), Decimal(15), Decimal(10), *[Decimal(1)] * 50]),
)

DOCUMENT = {
    "receivables": "900000.00",
    "open_items": "930000.00",
    "not_due": "630000.00",
    "overdue": "300000.00",
    "unallocated": "-30000.00",
    "ageing": {
        "not_due": "630000.00",
        "1_30": "150000.00",
        "31_60": "70000.00",
        "61_90": "30000.00",
        "91_plus": "50000.00",
        "unallocated": "-30000.00",
    },
    "sales": {"month": "400000.00", "last_3_months": "1000000.00", "last_12_months": "4200000.00"},
    "dso_count_back_days": 79.1,
    "dso_balance_3m_days": 82.8,
    "dso_balance_12m_days": 78.2,
    "bpdso_count_back_days": 50.2,
    "overdue_dso_days": 28.9,
    "overdue_rate": 0.3226,
    "overdue_rate_net": 0.3,
    "overdue_rate_recoverable": 0.2581,
    "overdue_over_60_rate": 0.086,
    "average_days_late_6m": 5.8,
    "average_age_of_overdue_days": 48.8,
    "cei_month": 0.5846,
    "recovery_rate_month": 0.5338,
    "disputed": "72000.00",
    "dispute_rate": 0.0774,
    "concentration": {"top_10_share": 0.57, "hhi": 0.1},
    "flags": [],
}
