"""Credit insurance: the clocks of an invoice, what is covered of an exposure, when cover stops (DOMAIN 4.9).

Every figure is a parameter of a policy. Own risk and insured part are told apart, never added up (DOMAIN 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from kernel.money import Money

ALERT_DAYS = (30, 15, 5)


class StopRule(StrEnum):
    """What ends the cover of later deliveries to a buyer."""

    NEVER = "never"
    MAXIMUM_PERIOD = "maximum_period"
    DECLARATION = "declaration"


@dataclass(frozen=True, slots=True)
class Clauses:
    """The days and amounts of a policy that the clocks count by; `threshold` is tax included."""

    domestic_days: int = 120
    export_days: int = 180
    extension_days: int = 60
    declaration_days: int = 30
    intervention_days: int = 60
    threshold: Decimal = Decimal(300)
    stop_rule: StopRule = StopRule.MAXIMUM_PERIOD


@dataclass(frozen=True, slots=True)
class Clock:
    """The days of one invoice: the last of its credit period, to declare it, and to ask for intervention; included."""

    maximum_date: date
    declare_by: date
    intervene_by: date


def clock(
    invoice_date: date, clauses: Clauses, *, is_export: bool = False, extended_days: int = 0
) -> Clock:
    """Return the days of an invoice; an extension the insurer was asked for moves all three.

    1 July 2026 → 29 October → 28 November with 120 and 30 days. Never beyond the longest extension of the policy.
    """
    longest = clauses.export_days if is_export else clauses.domestic_days
    extended = min(extended_days, clauses.extension_days)
    maximum = invoice_date + timedelta(days=longest + extended)
    declare = maximum + timedelta(days=clauses.declaration_days)
    return Clock(maximum, declare, declare + timedelta(days=clauses.intervention_days))


def stops_on(times: Clock, rule: StopRule, *, is_declared: bool = False) -> date | None:
    """Return the first day on which deliveries are no longer covered because of one unpaid invoice; None: never.

    Under the rule of the declaration an invoice declared in time stops nothing by itself.
    """
    if rule is StopRule.MAXIMUM_PERIOD:
        return times.maximum_date + timedelta(days=1)
    if rule is StopRule.DECLARATION and not is_declared:
        return times.declare_by + timedelta(days=1)
    return None


@dataclass(frozen=True, slots=True)
class Split:
    """An exposure in two parts that add up to it: what the insurer would pay, and what we would lose ourselves."""

    insured: Money
    uninsured: Money


def split(
    exposure: Money, cover: Money, share: Decimal, *, deductible: Decimal, coverable: Money
) -> Split:
    """Return the insured and the uninsured part of an exposure, in its currency, to the cent.

    `cover` is the insurer's limit, `coverable` what of the exposure was delivered before the cover stopped, `share`
    the fraction he pays; the `deductible` is borne first. An exposure of nothing or below has no insured part.
    """
    base = min(exposure.amount, cover.amount, coverable.amount)
    insured = max(base * share - deductible, Decimal(0)) if base > 0 else Decimal(0)
    part = Money(insured, exposure.currency).rounded()
    return Split(part, exposure - part)
