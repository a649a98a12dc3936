"""How the votes of a committee become one word: quorum, consensus, conditions taken together (R4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Position(StrEnum):
    """What a seat says about a file."""

    YES = "yes"
    CONDITIONS = "conditions"
    NO = "no"
    ABSTAIN = "abstain"


class Result(StrEnum):
    """What the votes say together."""

    YES = "yes"
    CONDITIONS = "conditions"
    NO = "no"
    NO_CONSENSUS = "no_consensus"


GRANTING = frozenset({Position.YES, Position.CONDITIONS})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a yes hangs on; `deposit` is a fraction of the order, `review_months` counts from the decision."""

    deposit: Decimal | None = None
    needs_guarantee: bool = False
    review_months: int | None = None
    words: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked for."""
        return self == Conditions()


@dataclass(frozen=True, slots=True)
class Ballot:
    """One seat's vote; `amount` is None for the amount asked for, in the currency of the request."""

    position: Position
    amount: Decimal | None = None
    conditions: Conditions = Conditions()


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes counted; `amount` is None where what was asked for is granted, or nothing is."""

    yes: int
    with_conditions: int
    no: int
    abstained: int
    waiting: int
    quorum: int
    result: Result
    amount: Decimal | None = None
    conditions: Conditions = Conditions()

    @property
    def counted(self) -> int:
        """Return how many took a position: an abstention does not make a quorum."""
        return self.yes + self.with_conditions + self.no

    @property
    def has_quorum(self) -> bool:
        """Say whether enough seats took a position."""
        return self.counted >= self.quorum


def tally(ballots: Iterable[Ballot], *, seats: int, quorum: int) -> Tally:
    """Return what the votes say together.

    Consensus is everybody granting or everybody refusing, with a quorum of positions. Those who grant grant the
    smallest amount any of them gave, under all conditions: who takes more takes less. Anything else, also too few
    positions, is no consensus.
    """
    cast = list(ballots)
    granting = [one for one in cast if one.position in GRANTING]
    refusing = [one for one in cast if one.position is Position.NO]
    result, amount, conditions = Result.NO_CONSENSUS, None, Conditions()
    if len(granting) + len(refusing) >= max(quorum, 1):
        if not refusing:
            amount = min((one.amount for one in granting if one.amount is not None), default=None)
            conditions = together([one.conditions for one in granting])
            is_plain = amount is None and conditions.is_empty
            result = Result.YES if is_plain else Result.CONDITIONS
        elif not granting:
            result = Result.NO
    counts = {position: sum(one.position is position for one in cast) for position in Position}
    return Tally(
        yes=counts[Position.YES],
        with_conditions=counts[Position.CONDITIONS],
        no=counts[Position.NO],
        abstained=counts[Position.ABSTAIN],
        waiting=max(seats - len(cast), 0),
        quorum=quorum,
        result=result,
        amount=amount,
        conditions=conditions,
    )


def together(each: Sequence[Conditions]) -> Conditions:
    """Return conditions that keep all of them: the highest deposit, the earliest review, every sentence once."""
    return Conditions(
        deposit=max((one.deposit for one in each if one.deposit is not None), default=None),
        needs_guarantee=any(one.needs_guarantee for one in each),
        review_months=min(
            (one.review_months for one in each if one.review_months is not None), default=None
        ),
        words=tuple(dict.fromkeys(sentence for one in each for sentence in one.words if sentence)),
    )


class BallotFault(StrEnum):
    """What keeps a ballot from being taken."""

    NO_REASON = "no_reason"
    NOTHING_CHANGED = "nothing_changed"
    ABOVE_ASKED = "above_asked"
    NOT_ABOVE_ZERO = "not_above_zero"
    DEPOSIT = "deposit"
    REVIEW = "review"


LONGEST_REVIEW = 36  # months


def ballot_fault(ballot: Ballot, *, reason: str, asked: Decimal | None) -> BallotFault | None:
    """Return what is wrong with a ballot; `asked` is None where nothing is granted in money.

    Every vote but a plain yes says why, and a yes with conditions names at least one or a smaller amount.
    """
    if ballot.position is not Position.YES and not reason.strip():
        return BallotFault.NO_REASON
    return _condition_fault(ballot, asked) if ballot.position is Position.CONDITIONS else None


def _condition_fault(ballot: Ballot, asked: Decimal | None) -> BallotFault | None:
    conditions, amount, months = (
        ballot.conditions,
        ballot.amount,
        ballot.conditions.review_months,
    )
    faults = {
        BallotFault.DEPOSIT: conditions.deposit is not None and not 0 < conditions.deposit <= 1,
        BallotFault.REVIEW: months is not None and not 1 <= months <= LONGEST_REVIEW,
        BallotFault.NOT_ABOVE_ZERO: amount is not None and amount <= 0,
        BallotFault.ABOVE_ASKED: amount is not None and asked is not None and amount > asked,
        BallotFault.NOTHING_CHANGED: conditions.is_empty and (amount is None or amount == asked),
    }
    return next((fault for fault, is_so in faults.items() if is_so), None)
