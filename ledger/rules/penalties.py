"""Late-payment interest and the fixed recovery charge. Source: C. com. L441-10 II, D441-5; docs/glossary.md.

Interest is simple, on the amount tax included, actual days over 365, piecewise by calendar half-year and by
part payment, rounded once at the end. It runs from the day after the due date to the value date included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kernel.money import Money
from kernel.periods import ONE_DAY, Period, half_year_of
from ledger.rules.reference import (
    ECB,
    FIXED_CHARGE,
    FLOOR_TIMES,
    LEGAL_INTEREST,
    POINTS_OVER_ECB,
    HalfYearRate,
    LatePaymentReference,
)

DAYS_IN_YEAR = 365


class RateMissing(LookupError):  # noqa: N818  the answer to a question nobody published yet
    """No rate is known for a half-year, so nothing can be claimed for it."""

    def __init__(
        self, kind: str, half_year: Period, country: str, last_known: HalfYearRate | None = None
    ) -> None:
        self.kind = kind
        self.half_year = half_year
        self.country = country
        self.last_known = last_known
        super().__init__(
            f"{kind} of {country} is not known for the half-year from {half_year.start}"
        )

    @property
    def name(self) -> str:
        """The half-year as people write it: `2026 H2`."""
        return half_year_name(self.half_year)


def half_year_name(half_year: Period) -> str:
    """Return a half-year as people write it: `2026 H2`."""
    return f"{half_year.start.year} H{1 if half_year.start.month == 1 else 2}"


@dataclass(frozen=True, slots=True)
class PartPayment:
    """An amount received on a value date; it stops bearing interest after that day."""

    value_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InterestPeriod:
    """A stretch over which principal and rate stay the same; both days included, `rate` a yearly fraction."""

    first_day: date
    last_day: date
    principal: Decimal
    rate: Decimal

    @property
    def days(self) -> int:
        """Days that bear interest."""
        return (self.last_day - self.first_day).days + 1

    @property
    def half_year(self) -> Period:
        """The half-year whose rate counts."""
        return half_year_of(self.first_day)

    @property
    def weight(self) -> Decimal:
        """Principal * rate * days, still to be divided by the days of a year."""
        return self.principal * self.rate * self.days


@dataclass(frozen=True, slots=True)
class LateCharge:
    """What is claimed for one invoice paid late: interest rounded to the cent, the fixed charge, the sheet."""

    interest: Money
    fixed_charge: Money
    periods: tuple[InterestPeriod, ...]

    @property
    def total(self) -> Money:
        """Interest and fixed charge together; neither bears tax."""
        return self.interest + self.fixed_charge


def rate_of(
    half_year: Period,
    *,
    reference: LatePaymentReference,
    contract_rate: Decimal | None = None,
    country: str = "FR",
) -> Decimal:
    """Return the yearly rate of a half-year, as a fraction.

    A contract's own rate counts, but never under the legal floor (three times the legal interest rate in
    France). Without one it is the ECB rate on the first day plus the points of the law, floor or not: in the
    second half of 2024 the floor was above it. Raises RateMissing when the half-year has no rate.
    """
    if contract_rate is None:
        return _default_rate(half_year, reference, country)
    times = reference.rule(FLOOR_TIMES, half_year.start, country)
    if times is None:
        return contract_rate
    return max(contract_rate, times * _known(LEGAL_INTEREST, half_year, reference, country))


def _default_rate(half_year: Period, reference: LatePaymentReference, country: str) -> Decimal:
    points = reference.rule(POINTS_OVER_ECB, half_year.start, country)
    if points is None:
        raise RateMissing(POINTS_OVER_ECB, half_year, country)
    return points + _known(ECB, half_year, reference, country)


def _known(kind: str, half_year: Period, reference: LatePaymentReference, country: str) -> Decimal:
    rate = reference.rate(kind, half_year, country)
    if rate is None:
        last_known = reference.last_known(kind, half_year, country)
        raise RateMissing(kind, half_year, country, last_known)
    return rate


def late_charge(
    principal: Money,
    due_date: date,
    until: date,
    *,
    reference: LatePaymentReference,
    payments: Sequence[PartPayment] = (),
    contract_rate: Decimal | None = None,
    country: str = "FR",
) -> LateCharge:
    """Return what one invoice owes on top of itself when it is paid, or claimed, on `until`.

    `principal` is what was open on the due date, tax included. `payments` after `until` are left out; one up
    to the due date only lowers the principal. The fixed charge is due once per invoice, as soon as a part is
    late, even after part payment. Raises RateMissing when a half-year that bears interest has no rate.
    """
    periods = tuple(
        InterestPeriod(
            first,
            last,
            owed,
            rate_of(
                half_year_of(first),
                reference=reference,
                contract_rate=contract_rate,
                country=country,
            ),
        )
        for first, last, owed in _stretches(principal.amount, due_date, until, payments)
    )
    weight = sum((period.weight for period in periods), Decimal(0))
    interest = Money(weight / DAYS_IN_YEAR, principal.currency).rounded()
    charge = _fixed_charge(due_date, reference, country) if periods else Decimal(0)
    return LateCharge(interest, Money(charge, principal.currency), periods)


def _fixed_charge(due_date: date, reference: LatePaymentReference, country: str) -> Decimal:
    charge = reference.rule(FIXED_CHARGE, due_date + ONE_DAY, country)
    return Decimal("0.00") if charge is None else charge


def _stretches(
    principal: Decimal, due_date: date, until: date, payments: Sequence[PartPayment]
) -> list[tuple[date, date, Decimal]]:
    """Return (first day, last day, amount owed) wherever something is owed, cut by payments and half-years."""
    counted = sorted(
        (payment for payment in payments if payment.value_date <= until), key=_value_date
    )
    cuts = {payment.value_date for payment in counted if payment.value_date > due_date} | {until}
    stretches, first = list[tuple[date, date, Decimal]](), due_date + ONE_DAY
    for last in sorted(day for day in cuts if day > due_date):
        paid = sum(
            (payment.amount for payment in counted if payment.value_date < first), Decimal(0)
        )
        if principal > paid:
            stretches += [(*days, principal - paid) for days in _by_half_year(first, last)]
        first = last + ONE_DAY
    return stretches


def _value_date(payment: PartPayment) -> date:
    return payment.value_date


def _by_half_year(first: date, last: date) -> list[tuple[date, date]]:
    parts = []
    while first <= last:
        end = min(last, half_year_of(first).last_day)
        parts.append((first, end))
        first = end + ONE_DAY
    return parts


def rates_used(periods: Iterable[InterestPeriod]) -> tuple[tuple[date, Decimal], ...]:
    """Return each rate that `periods` of any number of invoices use, with the first day of its half-year.

    A half-year in which the rate stayed as before is not named again.
    """
    by_half_year = sorted({(period.half_year.start, period.rate) for period in periods})
    used = list[tuple[date, Decimal]]()
    for day, rate in by_half_year:
        if not used or used[-1][1] != rate:
            used.append((day, rate))
    return tuple(used)


def simple_interest(principal: Decimal, rate: Decimal, days: int) -> Decimal:
    """Return principal * rate * days / 365, half away from zero to the cent; `rate` a yearly fraction."""
    exact = principal * rate * days / DAYS_IN_YEAR
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
