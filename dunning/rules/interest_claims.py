"""The life of a penalty claim: what one invoice owes on top of itself, and what becomes of it.

Interest of an invoice is summed over its instalments and rounded once. The state of a claim follows from its
amounts, so that a payment, a waiver or a new day never leaves it stale. Source: C. com. L441-10 II, D441-5;
DOMAIN 2.1 no 4, 4.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kernel.money import Money
from ledger.rules.penalties import DAYS_IN_YEAR, InterestPeriod, LateCharge

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

    The last instalment's share takes the cent that rounding share by share would lose or win.
    """
    periods = tuple(period for charge in charges for period in charge.periods)
    weight = sum((period.weight for period in periods), NOTHING)
    interest = Money(weight / DAYS_IN_YEAR, currency).rounded()
    fixed = max((charge.fixed_charge.amount for charge in charges), default=NOTHING)
    shares = [charge.interest.amount for charge in charges]
    if shares:
        shares[-1] += interest.amount - sum(shares, NOTHING)
    return DocumentCharge(interest, Money(fixed, currency), tuple(shares), periods)


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
