"""How much credit a customer's purchases need, and what is lost at worst. Source: docs/glossary.md, credit need."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kernel.money import Money
from ledger.rules.terms import TermKind, Terms

MONTHS_OF_A_YEAR = 12
DAYS_OF_A_MONTH = Decimal(30)
# An invoice waits half a month on average for the end of its month, five days for that of its ten days.
_WAIT_FOR_THE_END = {
    TermKind.THEN_END_OF_MONTH: 15,
    TermKind.END_OF_MONTH_THEN: 15,
    TermKind.END_OF_TEN_DAYS: 5,
}


def months_of_credit(terms: Terms) -> Decimal:
    """Return for how many months an invoice under `terms` stays open on average: 2 for 45 days end of month."""
    days = terms.days + _WAIT_FOR_THE_END.get(terms.kind, 0)
    return days / DAYS_OF_A_MONTH


@dataclass(frozen=True, slots=True)
class Need:
    """What purchases need, tax included, and the figures it was worked out from."""

    amount: Money
    yearly_sales: Money
    months: Decimal
    vat_rate: Decimal
    peak_factor: Decimal


def credit_need(
    yearly_sales: Money, terms: Terms, *, vat_rate: Decimal, peak_factor: Decimal = Decimal(1)
) -> Need:
    """Return the credit that `yearly_sales`, tax excluded, need under `terms`: sales ÷ 12 × months × (1 + VAT) × peak.

    Rounded once, to the cent.
    """
    months = months_of_credit(terms)
    amount = yearly_sales.amount / MONTHS_OF_A_YEAR * months * (1 + vat_rate) * peak_factor
    rounded = Money(amount, yearly_sales.currency).rounded()
    return Need(rounded, yearly_sales, months, vat_rate, peak_factor)


def maximum_loss(granted: Money, insured: Money | None, quota: Decimal | None) -> Money:
    """Return what is lost of `granted` when nothing is paid; the insurer pays `quota` of what it covers of it.

    `quota` is a fraction; without one, nothing of the cover is counted: its worth is not known.
    """
    if insured is None or quota is None:
        return granted
    return (granted - min(granted, insured) * quota).rounded()


def orders_left(left: Money, usual_order: Money | None) -> int | None:
    """Return how many usual orders fit in what is left; None without a usual order, 0 when nothing is left."""
    if usual_order is None or usual_order.amount <= 0:
        return None
    return max(0, int(left.amount // usual_order.amount))
