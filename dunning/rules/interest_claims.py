"""The life of a penalty claim: what one invoice owes on top of itself, and what becomes of it.

Interest of an invoice is summed over its instalments and rounded once. The state of a claim follows from its
amounts, so that a payment, a waiver or a new day never leaves it stale. Source: C. com. L441-10 II, D441-5;
DOMAIN 2.1 no 4, 4.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from kernel.money import Money
from kernel.periods import Period
from ledger.rules.penalties import DAYS_IN_YEAR, InterestPeriod, LateCharge, rate_of
from ledger.rules.reference import (
    ECB,
    FLOOR_TIMES,
    LEGAL_INTEREST,
    POINTS_OVER_ECB,
    LatePaymentReference,
)

NOTHING = Decimal(0)
CENT = Decimal("0.01")


class ClaimState(StrEnum):
    """Where a penalty claim is in its life."""

    COMPUTED = "computed"
    CLAIMED = "claimed"
    PAID = "paid"
    WAIVED = "waived"
    BARRED = "barred"


class MovementKind(StrEnum):
    """What may happen to a penalty claim."""

    COMPUTED = "computed"
    CLAIMED = "claimed"
    PAID = "paid"
    WAIVED = "waived"
    BARRED = "barred"
    FREED = "freed"


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of a claim, split into interest and fixed charge; neither bears tax."""

    interest: Decimal = NOTHING
    fixed_charge: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.interest + self.fixed_charge

    def __add__(self, other: "Parts") -> "Parts":
        """Add part by part."""
        return Parts(self.interest + other.interest, self.fixed_charge + other.fixed_charge)

    def less(self, other: "Parts") -> "Parts":
        """Return what is left of each part, never below zero."""
        return Parts(
            max(self.interest - other.interest, NOTHING),
            max(self.fixed_charge - other.fixed_charge, NOTHING),
        )

    def within(self, other: "Parts") -> bool:
        """Say whether neither part is larger than the other's."""
        return self.interest <= other.interest and self.fixed_charge <= other.fixed_charge


def outstanding(due: Parts, *, paid: Parts, waived: Parts) -> Parts:
    """Return what a claim still asks: due less paid less waived, each part never below zero."""
    return due.less(paid + waived)


def claim_state(
    due: Parts, *, paid: Parts, waived: Parts, is_claimed: bool, is_barred: bool
) -> ClaimState:
    """Return the state of a claim. What nothing is left of was paid if anything was, else waived.

    A claim that was paid and grows again, because its principal is still open, is claimed again.
    """
    left = outstanding(due, paid=paid, waived=waived).total
    if not left and paid.total:
        return ClaimState.PAID
    if not left and waived.total:
        return ClaimState.WAIVED
    if is_barred:
        return ClaimState.BARRED
    return ClaimState.CLAIMED if is_claimed else ClaimState.COMPUTED


@dataclass(frozen=True, slots=True)
class DocumentCharge:
    """What one invoice owes on top of itself; `by_line` are shares of `interest` in the order of its instalments."""

    interest: Money
    fixed_charge: Money
    by_line: tuple[Decimal, ...]
    periods: tuple[InterestPeriod, ...]

    @property
    def parts(self) -> Parts:
        """The two amounts without their currency."""
        return Parts(self.interest.amount, self.fixed_charge.amount)


def document_charge(charges: Sequence[LateCharge], *, currency: str) -> DocumentCharge:
    """Return the charge of an invoice from those of its instalments: rounded once, one fixed charge.

    The shares of the instalments sum to the rounded whole: the cents left over go to the largest fractions.
    """
    periods = tuple(period for charge in charges for period in charge.periods)
    exact = [
        sum((period.weight for period in charge.periods), NOTHING) / DAYS_IN_YEAR
        for charge in charges
    ]
    # The sum of the weights is divided once: adding quotients could lose the last digit.
    weight = sum((period.weight for period in periods), NOTHING)
    interest = Money(weight / DAYS_IN_YEAR, currency).rounded()
    fixed = max((charge.fixed_charge.amount for charge in charges), default=NOTHING)
    return DocumentCharge(
        interest, Money(fixed, currency), tuple(_shares(interest.amount, exact)), periods
    )


def _shares(whole: Decimal, exact: Sequence[Decimal]) -> list[Decimal]:
    """Return `exact` in whole cents that sum to `whole`, none below zero."""
    shares = [part.quantize(CENT, rounding=ROUND_DOWN) for part in exact]
    missing = int((whole - sum(shares, NOTHING)) / CENT)
    by_fraction = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_fraction[:missing]:
        shares[place] += CENT
    return shares


class Part(StrEnum):
    """What a payment may be imputed on."""

    COSTS = "costs"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class ImputationRule:
    """In which order a country's law imputes a payment that does not cover all, from a day on, and who says so."""

    country: str
    valid_from: date
    valid_to: date | None
    order: tuple[Part, ...]
    source: str


def imputation_order(
    rules: Iterable[ImputationRule], *, country: str, day: date
) -> ImputationRule | None:
    """Return the rule of a country on a day, None where none is known: then nothing is imputed by itself."""
    for rule in rules:
        is_in_force = rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)
        if rule.country == country and is_in_force:
            return rule
    return None


@dataclass(frozen=True, slots=True)
class Owed:
    """What a payment meets: recovery costs, interest and principal of one debt, each zero or above."""

    costs: Decimal = NOTHING
    interest: Decimal = NOTHING
    principal: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """All three together."""
        return self.costs + self.interest + self.principal


def impute(amount: Decimal, owed: Owed, order: Sequence[Part]) -> tuple[Owed, Decimal]:
    """Return what a payment settles of each part, in the order of the law, and what is left of it.

    Nothing is settled beyond what is owed; the parts and the rest sum to the payment.
    """
    settled = dict.fromkeys(Part, NOTHING)
    for part in order:
        settled[part] = min(amount, getattr(owed, part.value))
        amount -= settled[part]
    taken = Owed(settled[Part.COSTS], settled[Part.INTEREST], settled[Part.PRINCIPAL])
    return taken, amount


def in_number_gaps(sequences: Iterable[int]) -> list[int]:
    """Return the numbers missing between 1 and the highest one used; empty when there is no gap."""
    used = set(sequences)
    return [number for number in range(1, max(used, default=0) + 1) if number not in used]


class RateKind(StrEnum):
    """On what a rate rests."""

    LAW = "law"
    CONTRACT = "contract"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class RateBasis:
    """On what the rate of a half-year rests, and the sources that say so."""

    kind: RateKind
    source: str


def rate_basis(
    half_year: Period,
    *,
    reference: LatePaymentReference,
    contract_rate: Decimal | None,
    contract_source: str,
    country: str,
) -> RateBasis:
    """Return on what the rate of `rate_of` rests for a half-year: the law's default, the contract, or its floor."""
    if contract_rate is None:
        sources = (
            _rate_source(ECB, half_year, reference, country),
            _rule_source(POINTS_OVER_ECB, half_year, reference, country),
        )
        return RateBasis(RateKind.LAW, "; ".join(source for source in sources if source))
    rate = rate_of(half_year, reference=reference, contract_rate=contract_rate, country=country)
    if rate == contract_rate:
        return RateBasis(RateKind.CONTRACT, contract_source)
    sources = (
        _rate_source(LEGAL_INTEREST, half_year, reference, country),
        _rule_source(FLOOR_TIMES, half_year, reference, country),
    )
    return RateBasis(RateKind.FLOOR, "; ".join(source for source in sources if source))


def _rate_source(
    kind: str, half_year: Period, reference: LatePaymentReference, country: str
) -> str:
    countries = (country, "EU") if kind == ECB else (country,)
    return next(
        (
            row.source
            for row in reference.rates
            if row.kind == kind and row.half_year == half_year and row.country in countries
        ),
        "",
    )


def _rule_source(
    name: str, half_year: Period, reference: LatePaymentReference, country: str
) -> str:
    day = half_year.start
    for where in (country, "EU"):
        for row in reference.rules:
            is_in_force = row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
            if row.rule == name and row.country == where and is_in_force:
                return row.source
    return ""
