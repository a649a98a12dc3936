"""The two halves of a customer's page: what sales have with him, and what finance watches (R5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credit.queries.exposure import Exposure
from credit.queries.relations import Commerce, Security, commerce, security
from disputes.models import Dispute
from dunning.queries.promises import promises_of_customer
from dunning.rules.promises import PromiseState
from kernel.money import Money
from kernel.periods import MONTHS_IN_YEAR
from kernel.permissions import Actor
from kpis.rules.dso import MonthSales
from ledger.models import Customer


@dataclass(frozen=True, slots=True)
class Sold:
    """Net sales of twelve months and of the twelve before, tax included; None where a currency has no rate.

    `before` is None too where the ledger does not reach back so far; `margin` is what they left, by the rate known.
    """

    year: Money | None
    before: Money | None
    margin: Money | None

    @property
    def change(self) -> Decimal | None:
        """Return by which part sales grew, below zero where they fell."""
        if self.year is None or self.before is None or not self.before:
            return None
        return (self.year - self.before).share_of(self.before)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises were kept of those whose day has come, and how many are still open."""

    kept: int
    judged: int
    pending: int


@dataclass(frozen=True, slots=True)
class Halves:
    """What both sides see at once; amounts tax included, in the tenant's currency unless said."""

    commerce: Commerce
    sold: Sold
    security: Security
    promises: Kept
    disputed: tuple[Money, ...]


def customer_halves(
    customer: Customer,
    *,
    sales: Sequence[MonthSales],
    home: str,
    exposure: Exposure,
    actor: Actor,
    today: date,
) -> Halves:
    """Return the halves of a customer's page; `sales` are his months, newest first, `home` the tenant's currency."""
    sides = commerce(customer, actor=actor, today=today)
    rate = None
    if sides.margin is not None:
        rate = sides.margin.actual if sides.margin.actual is not None else sides.margin.expected
    return Halves(
        commerce=sides,
        sold=_sold(sales, home, rate),
        security=security(customer, exposure),
        promises=_kept(customer, today),
        disputed=_disputed(customer),
    )


def _sold(sales: Sequence[MonthSales], home: str, rate: Decimal | None) -> Sold:
    year = _together(sales[:MONTHS_IN_YEAR], home)
    is_whole = len(sales) >= 2 * MONTHS_IN_YEAR
    before = _together(sales[MONTHS_IN_YEAR : 2 * MONTHS_IN_YEAR], home) if is_whole else None
    margin = None if year is None or rate is None else (year * rate).rounded()
    return Sold(year, before, margin)


def _together(months: Sequence[MonthSales], home: str) -> Money | None:
    total = Decimal(0)
    for month in months:
        if month.amount is None:
            return None
        total += month.amount
    return Money(total, home).rounded()


def _kept(customer: Customer, today: date) -> Kept:
    states = [one.state for one in promises_of_customer(customer, today=today)]
    kept, broken = states.count(PromiseState.KEPT), states.count(PromiseState.BROKEN)
    return Kept(kept, kept + broken, states.count(PromiseState.PENDING))


def _disputed(customer: Customer) -> tuple[Money, ...]:
    sums: dict[str, Money] = {}
    for dispute in Dispute.objects.filter(customer=customer, closed_date=None):
        known = sums.get(dispute.currency, Money.zero(dispute.currency))
        sums[dispute.currency] = known + Money(dispute.amount, dispute.currency)
    return tuple(sums[currency] for currency in sorted(sums))
