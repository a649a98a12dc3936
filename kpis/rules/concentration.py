"""How much depends on few debtors. Source: docs/glossary.md, concentration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from kpis.rules.figures import ZERO, Figure, Flag, Unit, one_step, ratio

TOP = 10
ALERT_SHARE = Decimal("0.20")


@dataclass(frozen=True, slots=True)
class Debtors:
    """What groups of customers owe, summed three ways; only groups that owe something count.

    A group is a SIREN, or one customer where no group is known.
    """

    total: Decimal = ZERO
    top: Decimal = ZERO
    squares: Decimal = ZERO

    @classmethod
    def of(cls, amounts: Iterable[Decimal], top: int = TOP) -> Debtors:
        """Return the sums over what each group owes; amounts not above zero are left out."""
        owed = sorted((amount for amount in amounts if amount > 0), reverse=True)
        return cls(
            sum(owed, ZERO), sum(owed[:top], ZERO), sum((amount * amount for amount in owed), ZERO)
        )


@dataclass(frozen=True, slots=True)
class Concentration:
    """The share of the ten largest, the Herfindahl-Hirschman index (0 to 1) and its inverse."""

    top_share: Figure
    index: Figure
    effective_debtors: Figure


def concentration(debtors: Debtors) -> Concentration:
    """Return the concentration of open items; missing when nobody owes anything."""
    if debtors.total <= 0:
        missing = Figure.missing(Unit.RATE, Flag.NO_OPEN_ITEMS)
        return Concentration(missing, missing, Figure.missing(Unit.COUNT, Flag.NO_OPEN_ITEMS))
    squared = debtors.total * debtors.total
    sums = {"squares": debtors.squares, "total": debtors.total}
    return Concentration(
        top_share=ratio(
            "top_10_share",
            part=debtors.top,
            whole=debtors.total,
            empty=Flag.NO_OPEN_ITEMS,
            formula="top / total",
            top=debtors.top,
            total=debtors.total,
        ),
        index=one_step("hhi", Unit.RATE, "squares / total²", debtors.squares / squared, **sums),
        effective_debtors=one_step(
            "effective_debtors", Unit.COUNT, "total² / squares", squared / debtors.squares, **sums
        ),
    )


def is_too_large(owed: Decimal, total: Decimal, insured_cover: Decimal | None = None) -> bool:
    """Say whether one group owes more than a fifth of everything, or more than its insured cover if it has one."""
    if insured_cover is not None and owed > insured_cover:
        return True
    return total > 0 and owed > total * ALERT_SHARE
