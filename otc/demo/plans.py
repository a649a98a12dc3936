"""How one instalment of an invoice goes: paid when, in how many parts, credited, contested."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from otc.demo.customers import weighted
from otc.demo.papers import Contest, Line, Paper, cents, working_day
from otc.demo.shape import HABITS
from otc.demo.writer import Writer

_CREDITED, _DISPUTED, _PAID_IN_PARTS = 0.040, 0.042, 0.045
_MISLAID_DAYS = (50, 190)
_LINGERS, _LINGERING_DAYS = 0.28, (50, 190)  # disputes that nobody decides
_IMPROVEMENT = 0.18  # three years ago people paid that much later than now

FAMILIES = (("price", 34), ("delivery", 31), ("administrative", 22), ("quality", 13))
OUTCOMES = (("credit_note", 46), ("unjustified", 38), ("withdrawn", 16))


@dataclass(frozen=True, slots=True)
class Plan:
    """How one instalment will go, drawn at once so that every history draws the same."""

    paper: Paper
    instalment: int
    pays_after: int  # days after the due date
    first_part: Decimal | None  # share of the first of two payments
    second_after: int
    credited: Decimal | None  # share taken back by a linked credit note
    credited_after: int
    contested: Decimal | None  # share
    contested_after: int
    decided_after: int
    family: str
    outcome: str
    pays_decided_after: int

    def apply(self, writer: Writer) -> None:
        """Write what of it has happened by today, and what is still meant to be paid."""
        line = self.paper.lines[self.instalment]
        owed = line.rest
        owed -= self._credit(writer, owed)
        owed -= self._contest(writer, line, owed)
        pay_day = max(line.due + timedelta(days=self.pays_after), self.paper.day)
        if self.first_part is None:
            writer.intend(self.paper, self.instalment, owed, pay_day)
            return
        first = cents(owed * self.first_part)
        writer.intend(self.paper, self.instalment, first, pay_day)
        later = pay_day + timedelta(days=self.second_after)
        writer.intend(self.paper, self.instalment, owed - first, later)

    def _credit(self, writer: Writer, owed: Decimal) -> Decimal:
        """Write a linked credit note; one of the last weeks may not be allocated yet."""
        day = working_day(self.paper.day + timedelta(days=self.credited_after))
        if self.credited is None or day > writer.today:
            return Decimal(0)
        note = self._linked_note(writer, day, cents(owed * self.credited))
        worth = -note.amount
        if (writer.today - day).days > self.credited_after or self.instalment:
            writer.settle(self.paper, self.instalment, note, worth)
        return worth

    def _linked_note(self, writer: Writer, day: date, gross: Decimal) -> Paper:
        rate = self.paper.tax[0][0]
        excl_tax = cents(gross / (1 + rate))
        return writer.credit_note(
            day,
            excl_tax,
            ((rate, excl_tax, gross - excl_tax),),
            firm=self.paper.firm,
            linked=self.paper,
        )

    def _contest(self, writer: Writer, line: Line, owed: Decimal) -> Decimal:
        """Write a dispute and, once it is decided, how it ended; return what stays out of the normal payment."""
        opened = working_day(line.due + timedelta(days=self.contested_after))
        opened = max(opened, self.paper.day + timedelta(days=2))
        if self.contested is None or opened > writer.today or owed <= 0:
            return Decimal(0)
        amount = cents(owed * self.contested)
        closed = working_day(opened + timedelta(days=self.decided_after))
        is_closed = closed <= writer.today
        writer.book.contests.append(
            Contest(
                self.paper,
                self.instalment,
                amount,
                self.family,
                opened,
                closed if is_closed else None,
                self.outcome if is_closed else "",
            )
        )
        if is_closed:
            self._settle_decision(writer, amount, closed)
        return amount

    def _settle_decision(self, writer: Writer, amount: Decimal, closed: date) -> None:
        after = closed + timedelta(days=self.pays_decided_after)
        if self.outcome != "credit_note":
            writer.intend(self.paper, self.instalment, amount, after)
        elif working_day(after) <= writer.today:
            note = self._linked_note(writer, working_day(after), amount)
            writer.settle(self.paper, self.instalment, note, amount)


def draw_plan(paper: Paper, instalment: int, month: int, dice: Random) -> Plan:
    """Draw how one instalment will go; a fixed number of draws, so that no part of it depends on today."""
    habit = HABITS[paper.client.habit]
    draws = Draws(dice)
    is_on_time = draws.chance(habit.on_time)
    lateness = max(
        1, round(draws.normal(habit.typical, habit.spread) * (1 - _IMPROVEMENT * month / 36))
    )
    early = draws.between(habit.earliest, 0)
    mislaid = draws.between(*_MISLAID_DAYS) if draws.chance(habit.mislaid) else 0
    lingers = draws.between(*_LINGERING_DAYS) if draws.chance(_LINGERS) else 0
    return Plan(
        paper=paper,
        instalment=instalment,
        pays_after=early if is_on_time else lateness + mislaid,
        first_part=draws.share(0.35, 0.75, chance=_PAID_IN_PARTS),
        second_after=draws.between(15, 45),
        credited=draws.share(0.04, 0.28, chance=_CREDITED),
        credited_after=draws.between(6, 26),
        contested=draws.share(0.06, 0.75, chance=_DISPUTED),
        contested_after=draws.between(-18, 12),
        decided_after=max(4, round(draws.normal(17, 8))) + lingers,
        family=weighted(dice, FAMILIES),
        outcome=weighted(dice, OUTCOMES),
        pays_decided_after=draws.between(3, 24),
    )


class Draws:
    """Draws of one kind each."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice

    def chance(self, probability: float) -> bool:
        """Return true with that probability."""
        return self.dice.random() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number between two, both included."""
        return self.dice.randint(low, high)

    def normal(self, mean: float, spread: float) -> float:
        """Return a number around a mean."""
        return self.dice.gauss(mean, spread)

    def share(self, low: float, high: float, *, chance: float) -> Decimal | None:
        """Return a share of something with that probability, else None; draws twice either way."""
        share = Decimal(self.dice.uniform(low, high))
        return share if self.dice.random() < chance else None
