"""The scorecard that comes with the product: installed as a draft, read, edited, published by another person.

Its weights and points are a starting point written by hand, not measured on anybody's losses; each house sets its own.
"""

from decimal import Decimal
from types import MappingProxyType

from credit.rules.scorecard import Band, Card, Criterion, Weighed


def _up(*steps: tuple[str | None, int]) -> tuple[Band, ...]:
    return tuple(Band(points, None if bound is None else Decimal(bound)) for bound, points in steps)


def _codes(**points: int) -> tuple[Band, ...]:
    return tuple(Band(each, code=code) for code, each in points.items())


READY_CARD = Card(
    criteria=(
        Weighed(
            Criterion.DAYS_LATE,
            25,
            _up(("0", 100), ("7", 85), ("20", 55), ("45", 20), (None, 0)),
            50,
        ),
        Weighed(
            Criterion.SHARE_OVERDUE,
            15,
            _up(("0.02", 100), ("0.10", 80), ("0.25", 50), ("0.50", 20), (None, 0)),
            60,
        ),
        Weighed(Criterion.BROKEN_PROMISES, 5, _up(("0", 100), ("1", 50), (None, 0)), 100),
        Weighed(
            Criterion.EQUITY_RATIO,
            10,
            _up(("0", 0), ("0.10", 25), ("0.20", 55), ("0.35", 80), (None, 100)),
            45,
        ),
        Weighed(
            Criterion.CURRENT_RATIO, 5, _up(("0.8", 0), ("1.0", 30), ("1.5", 70), (None, 100)), 45
        ),
        Weighed(
            Criterion.EBITDA_TO_DEBT, 5, _up(("0", 0), ("0.10", 30), ("0.25", 65), (None, 100)), 45
        ),
        Weighed(Criterion.ALTMAN, 10, _up(("1.1", 0), ("2.6", 50), (None, 100)), 45),
        Weighed(Criterion.COMPANY_AGE, 5, _up(("2", 10), ("5", 50), ("10", 80), (None, 100)), 50),
        Weighed(
            Criterion.LEGAL_EVENT,
            12,
            _codes(none=100, safeguard=15, receivership=5, liquidation=0),
            60,
        ),
        Weighed(Criterion.INSURER, 8, _codes(covered=100, reduced=35, refused=0), 50),
    ),
    thresholds=MappingProxyType({"A": 80, "B": 65, "C": 50, "D": 30}),
    classes=MappingProxyType({"A": "A", "B": "B", "C": "C", "D": "D", "E": "D"}),
)
