"""A scorecard: criteria, each with bands of points, weighed to 0–100 and read as a grade. Values in, lines out.

Nothing is hidden: every criterion gives one line with the fact, where and when it was seen, and its points. A fact
that nobody knows gets the points that the card gives to the unknown, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

GRADES = "ABCDE"  # the best first
RISK_CLASSES = "ABCD"
FULL = Decimal(100)
MOST_BANDS = 12
_CENT = Decimal("0.01")


class Criterion(StrEnum):
    """What a card may look at."""

    DAYS_LATE = "days_late"
    SHARE_OVERDUE = "share_overdue"
    BROKEN_PROMISES = "broken_promises"
    EQUITY_RATIO = "equity_ratio"
    CURRENT_RATIO = "current_ratio"
    EBITDA_TO_DEBT = "ebitda_to_debt"
    ALTMAN = "altman"
    COMPANY_AGE = "company_age"
    LEGAL_EVENT = "legal_event"
    INSURER = "insurer"
    SECTOR = "sector"


class Unit(StrEnum):
    """What a fact is counted in; a CODE is one of a few words."""

    DAYS = "days"
    SHARE = "share"
    COUNT = "count"
    RATIO = "ratio"
    YEARS = "years"
    CODE = "code"


UNITS: Mapping[Criterion, Unit] = MappingProxyType(
    {
        Criterion.DAYS_LATE: Unit.DAYS,
        Criterion.SHARE_OVERDUE: Unit.SHARE,
        Criterion.BROKEN_PROMISES: Unit.COUNT,
        Criterion.EQUITY_RATIO: Unit.SHARE,
        Criterion.CURRENT_RATIO: Unit.RATIO,
        Criterion.EBITDA_TO_DEBT: Unit.SHARE,
        Criterion.ALTMAN: Unit.RATIO,
        Criterion.COMPANY_AGE: Unit.YEARS,
        Criterion.LEGAL_EVENT: Unit.CODE,
        Criterion.INSURER: Unit.CODE,
        Criterion.SECTOR: Unit.CODE,
    }
)
LEGAL_EVENTS = ("none", "safeguard", "receivership", "liquidation")
OPINIONS = ("covered", "reduced", "refused")


@dataclass(frozen=True, slots=True)
class Band:
    """Points for figures up to `up_to`, included; None is open ended. A band of a code names it instead."""

    points: int
    up_to: Decimal | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A criterion on a card: its weight, its bands in order and the points of a fact that nobody knows.

    Points go from 0, the worst, to 100. Codes that no band names are unknown.
    """

    criterion: Criterion
    weight: int
    bands: tuple[Band, ...]
    unknown: int

    @property
    def unit(self) -> Unit:
        """Return what its facts are counted in."""
        return UNITS[self.criterion]

    def band_of(self, value: Decimal | str | None) -> Band | None:
        """Return the band a fact falls in; None for a fact that is unknown or that no band names."""
        if value is None:
            return None
        if isinstance(value, str):
            return next((band for band in self.bands if band.code == value), None)
        return next(
            (band for band in self.bands if band.up_to is None or value <= band.up_to), None
        )


@dataclass(frozen=True, slots=True)
class Card:
    """A whole scorecard: its criteria, the least points of grades A to D, and the risk class each grade stands for."""

    criteria: tuple[Weighed, ...]
    thresholds: Mapping[str, int]
    classes: Mapping[str, str]

    @property
    def weight(self) -> int:
        """Return the sum of the weights, which counts as a hundred."""
        return sum(one.weight for one in self.criteria)

    def grade(self, points: Decimal) -> str:
        """Return the grade of so many points of a hundred; a threshold reached is passed."""
        return next((name for name in GRADES[:-1] if points >= self.thresholds[name]), GRADES[-1])


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a customer for one criterion: the figure or code, who says so, and of which day."""

    value: Decimal | str | None
    source: str = ""
    day: date | None = None


UNKNOWN = Fact(None)


@dataclass(frozen=True, slots=True)
class Line:
    """What one criterion gave: `points` of at most `most`, both of the hundred of the whole card."""

    criterion: Criterion
    fact: Fact
    points: Decimal
    most: Decimal

    @property
    def is_unknown(self) -> bool:
        """Return whether nobody knew the fact."""
        return self.fact.value is None


@dataclass(frozen=True, slots=True)
class Scored:
    """A score: points from 0 to 100, the sum of its lines, and the grade they stand for."""

    points: Decimal
    grade: str
    lines: tuple[Line, ...]

    @property
    def known(self) -> Decimal:
        """Return which part of the weight rests on known facts, from 0 to 1."""
        whole = sum((line.most for line in self.lines), Decimal(0))
        seen = sum((line.most for line in self.lines if not line.is_unknown), Decimal(0))
        return seen / whole if whole else Decimal(0)


def score(card: Card, facts: Mapping[Criterion, Fact]) -> Scored:
    """Return what `card` makes of `facts`; a criterion without one counts as unknown.

    Each line is rounded to the hundredth of a point, so that the lines shown add up to the score shown.
    """
    whole = card.weight
    lines = tuple(_line(one, facts.get(one.criterion, UNKNOWN), whole) for one in card.criteria)
    points = sum((line.points for line in lines), Decimal(0))
    return Scored(points, card.grade(points), lines)


def _line(weighed: Weighed, fact: Fact, whole: int) -> Line:
    band = weighed.band_of(fact.value)
    given = weighed.unknown if band is None else band.points
    seen = fact if band is not None else Fact(None, fact.source, fact.day)
    return Line(
        weighed.criterion,
        seen,
        _points(weighed.weight, whole, given),
        _points(weighed.weight, whole, int(FULL)),
    )


@lru_cache(maxsize=4096)
def _points(weight: int, whole: int, given: int) -> Decimal:
    """Return what a band gives of the hundred; a card has few bands, and customers are many."""
    return (Decimal(weight) / whole * given).quantize(_CENT)


def falls(before: str, after: str) -> int:
    """Return by how many grades a customer fell; below 0 for a rise."""
    return GRADES.index(after) - GRADES.index(before)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a card cannot be published: a code, the criterion it is about, and figures for the sentence."""

    code: str
    criterion: Criterion | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


def problems(card: Card) -> list[Problem]:
    """Return everything that keeps a card from being used, an empty list when nothing does."""
    found = []
    if not card.criteria:
        found.append(Problem("empty"))
    for one in card.criteria:
        found += _problems_of(one)
    steps = [card.thresholds.get(name) for name in GRADES[:-1]]
    if any(step is None or not 0 < step <= FULL for step in steps) or sorted(
        {step for step in steps if step is not None}, reverse=True
    ) != list(steps):
        found.append(Problem("thresholds"))
    classes = [card.classes.get(name, "") for name in GRADES]
    if any(one not in RISK_CLASSES or not one for one in classes) or classes != sorted(classes):
        found.append(Problem("classes"))
    return found


def _problems_of(one: Weighed) -> list[Problem]:
    found = []
    if not 0 < one.weight <= FULL:
        found.append(Problem("weight", one.criterion, {"weight": one.weight}))
    points = [one.unknown, *(band.points for band in one.bands)]
    if any(not 0 <= each <= FULL for each in points):
        found.append(Problem("points", one.criterion))
    if not one.bands or len(one.bands) > MOST_BANDS:
        found.append(Problem("bands", one.criterion, {"most": MOST_BANDS}))
    elif one.unit is Unit.CODE:
        codes = [band.code for band in one.bands]
        if "" in codes or len(set(codes)) < len(codes):
            found.append(Problem("codes", one.criterion))
    else:
        bounds = [band.up_to for band in one.bands]
        inner = [bound for bound in bounds[:-1] if bound is not None]
        if bounds[-1] is not None or len(inner) < len(bounds) - 1 or inner != sorted(set(inner)):
            found.append(Problem("order", one.criterion))
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A criterion as it was and as it is; None where it was not there."""

    criterion: Criterion
    before: Weighed | None
    after: Weighed | None


def changes(before: Card, after: Card) -> list[Change]:
    """Return the criteria that differ between two cards, in the order of their names."""
    old = {one.criterion: one for one in before.criteria}
    new = {one.criterion: one for one in after.criteria}
    return [
        Change(name, old.get(name), new.get(name))
        for name in Criterion
        if old.get(name) != new.get(name)
    ]


def as_stored(card: Card) -> dict[str, Any]:
    """Return a card as plain JSON values."""
    return {
        "criteria": [
            {
                "criterion": one.criterion.value,
                "weight": one.weight,
                "unknown": one.unknown,
                "bands": [
                    {"points": band.points, "code": band.code}
                    if one.unit is Unit.CODE
                    else {
                        "points": band.points,
                        "up_to": None if band.up_to is None else str(band.up_to),
                    }
                    for band in one.bands
                ],
            }
            for one in card.criteria
        ],
        "thresholds": dict(card.thresholds),
        "classes": dict(card.classes),
    }


class CardUnreadableError(ValueError):
    """What was stored or typed is no scorecard."""


def card_of(stored: Mapping[str, Any]) -> Card:
    """Return the card that `as_stored` wrote. Raises CardUnreadableError for anything else."""
    try:
        return Card(
            tuple(_weighed(one) for one in stored["criteria"]),
            {name: int(stored["thresholds"][name]) for name in GRADES[:-1]},
            {name: str(stored["classes"][name]) for name in GRADES},
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as fault:
        raise CardUnreadableError(str(fault)) from fault


def _weighed(one: Mapping[str, Any]) -> Weighed:
    bands = tuple(
        Band(
            int(band["points"]),
            None if band.get("up_to") is None else Decimal(band["up_to"]),
            str(band.get("code", "")),
        )
        for band in one["bands"]
    )
    return Weighed(Criterion(one["criterion"]), int(one["weight"]), bands, int(one["unknown"]))
