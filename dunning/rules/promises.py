"""What was promised, what became of it, and how far promises may go. Source: DOMAIN 5.2, exclusion by promise and plan.

Amounts are in one currency, tax included. A promise holds its lines out of the chase until two working days after
the promised date, which covers the bank's delay; it is judged on the day after that.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from dunning.rules.calendar import is_working_day
from kernel.periods import add_months

NOTHING = Decimal(0)
ONE_DAY = timedelta(days=1)

LONGEST = timedelta(days=30)
"""A promise reaches no further than this from the day it is made."""
FREE_PROMISES = 2
"""So many promises about one line hold by themselves; the next one needs a credit manager."""
BANK_WORKING_DAYS = 2
"""Working days after the promised date within which the money may still arrive."""
MISSED_INSTALMENT_DAYS = 5
"""Calendar days after which a missed instalment voids its plan."""
LONGEST_PLAN = timedelta(days=366)


class PromiseSource(StrEnum):
    """By which way a promise came."""

    CALL = "call"
    REPLY = "reply"
    PORTAL = "portal"
    SALES = "sales"
    LETTER = "letter"


class PromiseState(StrEnum):
    """What became of a promise."""

    TO_APPROVE = "to_approve"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    PENDING = "pending"
    KEPT = "kept"
    BROKEN = "broken"


def deadline_of(promised_date: date, *, country: str) -> date:
    """Return the last day on which the money of a promise may arrive: two working days of `country` later."""
    day, left = promised_date, BANK_WORKING_DAYS
    while left:
        day += ONE_DAY
        left -= is_working_day(day, country=country)
    return day


def promise_state(
    *, promised: Decimal, paid_in_time: Decimal, deadline: date, today: date
) -> PromiseState:
    """Return what became of a promise that holds; `paid_in_time` counts what arrived up to `deadline`, included."""
    if paid_in_time >= promised:
        return PromiseState.KEPT
    return PromiseState.BROKEN if today > deadline else PromiseState.PENDING


@dataclass(frozen=True, slots=True)
class Promisable:
    """A due line somebody promises to pay: what it owes, what of it is contested, how often it was promised before."""

    document_number: str
    open_amount: Decimal
    disputed_amount: Decimal = NOTHING
    promises_before: int = 0

    @property
    def amount(self) -> Decimal:
        """What of it can be promised."""
        return max(self.open_amount - self.disputed_amount, NOTHING)


def needs_approval(lines: Collection[Promisable]) -> bool:
    """Say whether one of the lines was promised so often that a credit manager has to agree."""
    return any(line.promises_before >= FREE_PROMISES for line in lines)


def shared_out(amount: Decimal, lines: Sequence[Promisable]) -> tuple[Decimal, ...]:
    """Return what of `amount` falls to each line, in their order: the first are paid first. Sums to `amount`.

    Raises ValueError when the lines owe less.
    """
    parts = []
    left = amount
    for line in lines:
        part = min(left, line.amount)
        parts.append(part)
        left -= part
    if left:
        message = f"{left} more is promised than the lines owe"
        raise ValueError(message)
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class InstalmentRule:
    """One instalment of a plan."""

    due_date: date
    amount: Decimal


class Rhythm(StrEnum):
    """How far the instalments of a plan lie apart."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


def equal_instalments(
    total: Decimal, *, number: int, first_date: date, rhythm: Rhythm
) -> tuple[InstalmentRule, ...]:
    """Return `number` instalments that sum to `total`, in whole cents; the last one takes what rounding leaves.

    Monthly ones keep the day of the first, or the month's last day where it has no such day.
    """
    part = (total / number).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    amounts = [part] * (number - 1) + [total - part * (number - 1)]
    return tuple(
        InstalmentRule(_instalment_date(first_date, place, rhythm), amount)
        for place, amount in enumerate(amounts)
    )


def _instalment_date(first_date: date, place: int, rhythm: Rhythm) -> date:
    if rhythm is Rhythm.MONTH:
        return add_months(first_date, place)
    return first_date + timedelta(days=place * (7 if rhythm is Rhythm.WEEK else 14))


class PlanState(StrEnum):
    """What became of a payment plan."""

    TO_APPROVE = "to_approve"
    REFUSED = "refused"
    RUNNING = "running"
    LATE = "late"
    KEPT = "kept"
    VOID = "void"


def plan_state(instalments: Sequence[InstalmentRule], *, paid: Decimal, today: date) -> PlanState:
    """Return where a plan stands with `paid` received since it was agreed; instalments ascend by date.

    Money counts for the oldest instalment first. LATE: one is due and not covered. VOID: that lasts longer than the
    days of grace. KEPT: everything is covered.
    """
    covered = NOTHING
    for instalment in instalments:
        covered += instalment.amount
        if paid >= covered:
            continue
        if today <= instalment.due_date:
            return PlanState.RUNNING
        is_void = (today - instalment.due_date).days > MISSED_INSTALMENT_DAYS
        return PlanState.VOID if is_void else PlanState.LATE
    return PlanState.KEPT
