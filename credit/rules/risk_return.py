"""Whether a risk is worth taking: what a sale earns, less what it is expected to lose and to cost to finance (R46).

Not zero risk but the right one. The card advises; it decides nothing (art. 22 GDPR, S12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from kernel.money import Money

BANKING_YEAR = Decimal(360)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the house assumes, all fractions a year: how many of each grade fail, what is then lost, what money costs.

    The values that come with the product are placeholders to be set by the house: they were measured on nobody.
    """

    failing: Mapping[str, Decimal]
    lost: Decimal = Decimal("0.6")
    financing: Decimal = Decimal("0.05")


READY = Assumptions(
    MappingProxyType(
        {
            "A": Decimal("0.002"),
            "B": Decimal("0.007"),
            "C": Decimal("0.02"),
            "D": Decimal("0.06"),
            "E": Decimal("0.2"),
        }
    )
)


@dataclass(frozen=True, slots=True)
class RiskReturn:
    """The three amounts of a year and what is left of them, in one currency, tax excluded as the margin is."""

    margin: Money
    expected_loss: Money
    financing: Money

    @property
    def net(self) -> Money:
        """Return what is left."""
        return self.margin - self.expected_loss - self.financing

    @property
    def is_worth_it(self) -> bool:
        """Return whether more is earned than lost and spent."""
        return self.net.amount > 0


def risk_return(
    *,
    sales: Money,
    margin_rate: Decimal,
    at_risk: Money,
    days: Decimal,
    grade: str,
    assumptions: Assumptions,
) -> RiskReturn:
    """Return margin, expected loss and financing of a year of `sales`, tax excluded, each rounded to the cent.

    `at_risk` is what stands out without cover, `days` for how long an invoice stays unpaid on average. Expected loss =
    share failing × share lost × at risk; financing = sales × rate × days ÷ 360. Nothing is negative but the margin.
    """
    exposed = max(at_risk, Money.zero(at_risk.currency))
    loss = exposed * assumptions.failing[grade] * assumptions.lost
    cost = sales * assumptions.financing * (max(days, NOTHING) / BANKING_YEAR)
    return RiskReturn((sales * margin_rate).rounded(), loss.rounded(), cost.rounded())


# How many months of purchases each grade is advised to have outstanding beyond its terms, and which part of the
# company's equity one supplier should stand for at most.
_GENEROSITY = MappingProxyType(
    {
        "A": Decimal("1.5"),
        "B": Decimal("1.2"),
        "C": Decimal("0.8"),
        "D": Decimal("0.4"),
        "E": NOTHING,
    }
)
_EQUITY_SHARES = MappingProxyType(
    {
        "A": Decimal("0.10"),
        "B": Decimal("0.07"),
        "C": Decimal("0.04"),
        "D": Decimal("0.01"),
        "E": NOTHING,
    }
)
_WAIT = Decimal(15)  # days: invoices of half a month wait for the end of it
_MONTH, _MONTHS = Decimal(30), 12


def advised_limit(
    grade: str, *, yearly_sales: Money, days: Decimal, equity: Money | None = None
) -> Money:
    """Return the limit a grade suggests: what purchases need × generosity of the grade, capped by a part of equity.

    `yearly_sales` tax included, `days` from invoice to payment as the customer pays. Rounded down to the thousand;
    equity in another currency is left out by the caller.
    """
    need = yearly_sales.amount / _MONTHS * (max(days, NOTHING) + _WAIT) / _MONTH
    amount = max(need, NOTHING) * _GENEROSITY[grade]
    if equity is not None:
        amount = min(amount, max(equity.amount, NOTHING) * _EQUITY_SHARES[grade])
    return Money(Decimal(int(amount // 1000) * 1000), yearly_sales.currency)
