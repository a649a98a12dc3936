"""The legal clock: when a right is lost, how long is left, and who must hear of it.

Every length is a dated row with its source (`dunning/reference/legal_deadlines.csv`), never code. A length in
months ends on the day with the same number, or the last of the month where it has none (CPC 641). No deadline is
rolled to a working day: where the law would allow a day more, the earlier one is the safe one.
Source: DOMAIN 4.4, 4.9.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from dunning.rules.interest_claims import ImputationRule, Part
from kernel.periods import MONTHS_IN_YEAR, add_months

_FOLDER = resources.files("dunning") / "reference"
ALERT_DAYS = (30, 15, 5)
"""Days before the end at which somebody is told: the owner, then the credit managers, then everybody's list."""


class DeadlineKind(StrEnum):
    """What is lost when nobody acts in time."""

    FORMAL_NOTICE = "formal_notice"
    PRESCRIPTION = "prescription"
    INJUNCTION_SERVICE = "injunction_service"
    OPPOSITION = "opposition"
    CLAIM_FILING = "claim_filing"
    RELIEF = "relief"
    INSURER_MAXIMUM = "insurer_maximum"
    INSURER_DECLARATION = "insurer_declaration"


class Unit(StrEnum):
    """What a length is counted in."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A length of the law or of a policy, for starts from `valid_from` to the day before `valid_to`.

    `variant` tells cases of one kind apart: consumer or transport for prescription, abroad for a claim filing,
    export for an insurer; empty is the ordinary one.
    """

    kind: DeadlineKind
    country: str
    variant: str
    valid_from: date
    valid_to: date | None
    amount: int
    unit: Unit
    source: str

    def end(self, start: date) -> date:
        """Return the last day on which one may still act."""
        if self.unit is Unit.DAYS:
            return start + timedelta(days=self.amount)
        months = self.amount * (MONTHS_IN_YEAR if self.unit is Unit.YEARS else 1)
        return add_months(start, months)


class DeadlineUnknown(LookupError):  # noqa: N818  the answer to a question the tables do not know
    """No row says how long a right lasts there and then."""

    def __init__(self, kind: DeadlineKind, country: str, variant: str, start: date) -> None:
        self.kind, self.country, self.variant, self.start = kind, country, variant, start
        super().__init__(f"{kind} of {country} {variant} is not known for {start}")


def deadline_rule(
    kind: DeadlineKind,
    start: date,
    *,
    country: str = "FR",
    variant: str = "",
    rules: Iterable[DeadlineRule] | None = None,
) -> DeadlineRule:
    """Return the row that counts for something that began on `start`. Raises DeadlineUnknown, never guesses."""
    for rule in legal_deadlines() if rules is None else rules:
        is_in_force = rule.valid_from <= start and (rule.valid_to is None or start < rule.valid_to)
        if (rule.kind, rule.country, rule.variant) == (kind, country, variant) and is_in_force:
            return rule
    raise DeadlineUnknown(kind, country, variant, start)


def deadline(kind: DeadlineKind, start: date, *, country: str = "FR", variant: str = "") -> date:
    """Return the last day to act for what began on `start`. Raises DeadlineUnknown."""
    return deadline_rule(kind, start, country=country, variant=variant).end(start)


def insurer_declaration(invoice_date: date, *, maximum_days: int, declaration_days: int) -> date:
    """Return the last day to declare an unpaid invoice to the insurer, by the parameters of the policy.

    The maximum credit period runs from the invoice's date; the declaration follows within its own days.
    """
    return invoice_date + timedelta(days=maximum_days + declaration_days)


class Urgency(StrEnum):
    """How near a deadline is, the most urgent first."""

    MISSED = "missed"
    CRITICAL = "critical"
    URGENT = "urgent"
    NEAR = "near"
    FAR = "far"


_URGENCIES = (Urgency.NEAR, Urgency.URGENT, Urgency.CRITICAL)


def urgency(due_date: date, *, today: date) -> Urgency:
    """Return how near a deadline is; on its last day one may still act."""
    left = (due_date - today).days
    if left < 0:
        return Urgency.MISSED
    reached = [level for days, level in zip(ALERT_DAYS, _URGENCIES, strict=True) if left <= days]
    return reached[-1] if reached else Urgency.FAR


def alert_due(due_date: date, *, today: date, alerted: int | None) -> int | None:
    """Return the alert to give today, in days before the end, None when it was given or none is due yet.

    Days that nobody looked are made up for by the latest alert alone, never by two at once.
    """
    left = (due_date - today).days
    reached = min((days for days in ALERT_DAYS if left <= days), default=None)
    if reached is None or (alerted is not None and alerted <= reached):
        return None
    return reached


def is_escalated(due_date: date, *, today: date) -> bool:
    """Say whether the credit managers are to see a deadline that is somebody else's: from 15 days before."""
    return (due_date - today).days <= ALERT_DAYS[1]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def legal_deadlines() -> tuple[DeadlineRule, ...]:
    """Return the dated lengths that come with the product."""
    return tuple(
        DeadlineRule(
            kind=DeadlineKind(row["kind"]),
            country=row["country"],
            variant=row["variant"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            amount=int(row["amount"]),
            unit=Unit(row["unit"]),
            source=row["source"],
        )
        for row in _rows("legal_deadlines.csv")
    )


@cache
def imputation_rules() -> tuple[ImputationRule, ...]:
    """Return the dated orders of imputation that come with the product."""
    return tuple(
        ImputationRule(
            country=row["country"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            order=tuple(Part(part) for part in row["order"].split(">")),
            source=row["source"],
        )
        for row in _rows("imputation_orders.csv")
    )
