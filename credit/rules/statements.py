"""A company's yearly accounts and what is read from them: equity, liquidity, debt service and Altman's Z scores.

Amounts are in one currency, whole year, as filed; None is a figure nobody gave. A ratio over nothing is None.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """The figures of one year; `debt` is what is owed to banks and lenders, `liabilities` all that is owed."""

    year_end: date
    total_assets: Decimal | None = None
    current_assets: Decimal | None = None
    inventories: Decimal | None = None
    receivables: Decimal | None = None
    equity: Decimal | None = None
    retained_earnings: Decimal | None = None
    liabilities: Decimal | None = None
    short_term_liabilities: Decimal | None = None
    debt: Decimal | None = None
    cash: Decimal | None = None
    sales: Decimal | None = None
    ebit: Decimal | None = None
    depreciation: Decimal | None = None
    financial_expenses: Decimal | None = None
    net_profit: Decimal | None = None

    @property
    def working_capital(self) -> Decimal | None:
        """Return current assets less what is owed within the year."""
        return minus(self.current_assets, self.short_term_liabilities)

    @property
    def equity_ratio(self) -> Decimal | None:
        """Return equity by total assets."""
        return over(self.equity, self.total_assets)

    @property
    def current_ratio(self) -> Decimal | None:
        """Return current assets by what is owed within the year."""
        return over(self.current_assets, self.short_term_liabilities)

    @property
    def ebitda(self) -> Decimal | None:
        """Return the operating profit before depreciation."""
        return plus(self.ebit, self.depreciation)

    @property
    def ebitda_to_debt(self) -> Decimal | None:
        """Return EBITDA by financial debt; a company without debt serves it ten times over."""
        if self.debt == 0 and self.ebitda is not None and self.ebitda > 0:
            return Decimal(10)
        return over(self.ebitda, self.debt)

    @property
    def altman(self) -> Decimal | None:
        """Return Altman's Z'' (1995, private and service firms): above 2.6 is called safe, below 1.1 distressed."""
        return weighed(
            ("6.56", over(self.working_capital, self.total_assets)),
            ("3.26", over(self.retained_earnings, self.total_assets)),
            ("6.72", over(self.ebit, self.total_assets)),
            ("1.05", over(self.equity, self.liabilities)),
        )


FIGURES = tuple(one.name for one in fields(Statement) if one.name != "year_end")


def over(amount: Decimal | None, by: Decimal | None) -> Decimal | None:
    """Return a ratio to six decimals; None where a part is unknown or the lower one nothing."""
    return None if amount is None or not by else (amount / by).quantize(Decimal("0.000001"))


def plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Return a sum; None where a part is unknown."""
    return None if one is None or other is None else one + other


def minus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Return a difference; None where a part is unknown."""
    return None if one is None or other is None else one - other


def weighed(*terms: tuple[str, Decimal | None]) -> Decimal | None:
    """Return the weighed sum of ratios to three decimals; None where one is unknown."""
    total = Decimal(0)
    for weight, ratio in terms:
        if ratio is None:
            return None
        total += Decimal(weight) * ratio
    return total.quantize(Decimal("0.001"))


def contradictions(statement: Statement) -> list[tuple[str, str]]:
    """Return pairs of figures where the first cannot exceed the second and does: signs of a slip of the pen."""
    pairs = (
        ("current_assets", "total_assets"), ("inventories", "current_assets"), ("receivables", "current_assets"),
        ("cash", "current_assets"), ("short_term_liabilities", "liabilities"), ("equity", "total_assets"),
    )  # fmt: skip
    found = []
    for small, large in pairs:
        one, other = getattr(statement, small), getattr(statement, large)
        if one is not None and other is not None and one > other:
            found.append((small, large))
    return found
