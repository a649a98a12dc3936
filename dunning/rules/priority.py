"""Whom to turn to first: the score of DOMAIN 5.4, and the reasons that made it.

`score = net chased × w_late × (1 − p_pay_30d) × w_risk × w_margin`. Every factor can be shown. The chance that a
customer pays by himself within thirty days comes from his own past lines, drawn to those of his segment the more so
the fewer he has (3.9): three lines tell little, thirty tell enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

ONE = Decimal(1)
EVEN = Decimal("0.5")
"""The chance of a house that has no history at all: it moves no customer before another."""
SHRINKAGE = 8
"""So many lines of the segment stand beside a customer's own (k of DOMAIN 3.9)."""
OUTLOOK_DAYS = 30
WINDOW_DAYS = 365
"""How far back the lines fell due from which the chances are learnt."""


class Lateness(StrEnum):
    """How late the oldest line of a claim is."""

    BEFORE_DUE = "before_due"
    FRESH = "fresh"
    MIDDLE = "middle"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Band:
    """A band of lateness: from its first day late to its last, both included, None without end; and its weight."""

    lateness: Lateness
    first_day: int | None
    last_day: int | None
    weight: Decimal

    @property
    def starts_at(self) -> int:
        """Return the days late from which the outlook of thirty days is counted: 0, the due date, before it."""
        return self.first_day if self.first_day is not None else 0


BANDS = (
    Band(Lateness.BEFORE_DUE, None, 0, Decimal("0.5")),
    Band(Lateness.FRESH, 1, 15, Decimal(1)),
    Band(Lateness.MIDDLE, 16, 45, Decimal("1.3")),
    Band(Lateness.OLD, 46, None, Decimal("1.6")),
)

RISK_WEIGHTS: Mapping[str, Decimal] = MappingProxyType(
    {"A": ONE, "B": ONE, "C": Decimal("1.3"), "D": Decimal("1.6")}
)
"""By risk class; a customer nobody has classified weighs 1."""

HIGHEST_MARGIN, LOWEST_MARGIN = Decimal("0.40"), Decimal("0.00")
"""Between them the weight falls from 1.2 to 0.8: what is lost at a thin margin takes longest to earn again."""


def band_of(days_late: int) -> Band:
    """Return the band of a lateness in days; negative or 0 is not late yet."""
    return next(band for band in BANDS if band.last_day is None or days_late <= band.last_day)


def risk_weight(risk_class: str) -> Decimal:
    """Return 1, 1.3 or 1.6 by risk class; 1 when there is none."""
    return RISK_WEIGHTS.get(risk_class, ONE)


def margin_weight(margin: Decimal | None) -> Decimal:
    """Return 0.8 to 1.2 by margin, a fraction of sales: the thinner the margin, the more; 1 when it is not known."""
    if margin is None:
        return ONE
    bounded = min(max(margin, LOWEST_MARGIN), HIGHEST_MARGIN)
    share = (bounded - LOWEST_MARGIN) / (HIGHEST_MARGIN - LOWEST_MARGIN)
    return Decimal("1.2") - share * Decimal("0.4")


@dataclass(frozen=True, slots=True)
class PaidInTime:
    """Of `lines` still open at some lateness, `paid` were paid within thirty days from then."""

    lines: int = 0
    paid: int = 0

    def __add__(self, other: "PaidInTime") -> "PaidInTime":
        """Put two observations together."""
        return PaidInTime(self.lines + other.lines, self.paid + other.paid)


def shrunk_chance(own: PaidInTime, wider: Decimal, weight: int = SHRINKAGE) -> Decimal:
    """Return `(paid + k × wider) / (lines + k)`: what was seen, drawn to the chance of the wider group."""
    return (own.paid + weight * wider) / (own.lines + weight)


def segment_chance(segment: PaidInTime, house: PaidInTime) -> Decimal:
    """Return a segment's chance: drawn to the whole house's, which itself is drawn to even odds."""
    return shrunk_chance(segment, shrunk_chance(house, EVEN))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the score looks at: `amount` is net, tax included, in the tenant's currency."""

    amount: Decimal
    days_late: int
    chance: Decimal
    risk_class: str = ""
    margin: Decimal | None = None


class Factor(StrEnum):
    """A factor of the score."""

    AMOUNT = "amount"
    LATENESS = "lateness"
    CHANCE = "chance"
    RISK = "risk"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Priority:
    """A score with the weight of each factor; `reasons` are the two that moved it most, the strongest first."""

    amount: Decimal
    score: Decimal
    weights: Mapping[Factor, Decimal]
    reasons: tuple[Factor, Factor]


def priority(standing: Standing, *, usual_amount: Decimal) -> Priority:
    """Return the priority of a claim; `usual_amount`, of the list it stands in, says whether its own is remarkable."""
    weights = {
        Factor.LATENESS: band_of(standing.days_late).weight,
        Factor.CHANCE: ONE - standing.chance,
        Factor.RISK: risk_weight(standing.risk_class),
        Factor.MARGIN: margin_weight(standing.margin),
    }
    score = standing.amount
    for weight in weights.values():
        score *= weight
    return Priority(standing.amount, score, weights, _reasons(standing, weights, usual_amount))


def _reasons(
    standing: Standing, weights: Mapping[Factor, Decimal], usual_amount: Decimal
) -> tuple[Factor, Factor]:
    """Return the two factors furthest from making no difference; the amount last, which every row shows anyway."""
    strengths = {
        Factor.LATENESS: _strength(weights[Factor.LATENESS]),
        Factor.CHANCE: _strength(weights[Factor.CHANCE] / (ONE - EVEN)),
        Factor.RISK: _strength(weights[Factor.RISK]),
        Factor.MARGIN: _strength(weights[Factor.MARGIN]),
        Factor.AMOUNT: _strength(standing.amount / usual_amount if usual_amount > 0 else ONE),
    }
    first, second, *_others = sorted(strengths, key=lambda factor: -strengths[factor])
    return first, second


_STRONGEST = Decimal(2)


def _strength(ratio: Decimal) -> Decimal:
    """Return how many times up or down, at most twice: a huge amount hides no other reason."""
    if ratio <= 0:
        return _STRONGEST
    return min(ratio if ratio >= 1 else 1 / ratio, _STRONGEST)
