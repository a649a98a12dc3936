"""The votes of a committee become one word: quorum, consensus, and the conditions of all together (R4)."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from credit.rules.committee import (
    GRANTING,
    Ballot,
    BallotFault,
    Conditions,
    Position,
    Result,
    ballot_fault,
    tally,
)

YES, NO, ABSTAIN = Ballot(Position.YES), Ballot(Position.NO), Ballot(Position.ABSTAIN)
DEPOSIT = Conditions(deposit=Decimal("0.3"), review_months=12, words=("Parent letter",))
NINETY = Ballot(Position.CONDITIONS, Decimal(90), Conditions(needs_guarantee=True, review_months=6))
EIGHTY = Ballot(Position.CONDITIONS, Decimal(80), DEPOSIT)

ballots = st.lists(st.sampled_from([YES, NO, ABSTAIN, NINETY, EIGHTY]), max_size=9)


def test_votes_become_one_word() -> None:
    cases = [
        ([YES, YES, YES], 2, Result.YES, None),
        ([YES, YES, NO], 2, Result.NO_CONSENSUS, None),  # the example of R4
        ([NO, NO], 2, Result.NO, None),
        ([YES], 2, Result.NO_CONSENSUS, None),  # no quorum
        ([YES, ABSTAIN], 2, Result.NO_CONSENSUS, None),  # an abstention makes no quorum
        ([YES, YES, ABSTAIN], 2, Result.YES, None),
        ([YES, NINETY, EIGHTY], 3, Result.CONDITIONS, Decimal(80)),
        ([NINETY, NO], 2, Result.NO_CONSENSUS, None),
        ([], 2, Result.NO_CONSENSUS, None),
    ]
    for cast, quorum, result, amount in cases:
        found = tally(cast, seats=4, quorum=quorum)
        assert (found.result, found.amount) == (result, amount), cast
        assert found.waiting == 4 - len(cast)


def test_conditions_are_taken_together() -> None:
    found = tally([YES, NINETY, EIGHTY], seats=3, quorum=3)
    assert found.conditions == Conditions(
        deposit=Decimal("0.3"), needs_guarantee=True, review_months=6, words=("Parent letter",)
    )


@given(ballots, st.integers(2, 9), st.randoms())
def test_consensus_needs_everybody_and_no_order(
    cast: list[Ballot], quorum: int, dice: Random
) -> None:
    found = tally(cast, seats=9, quorum=quorum)
    shuffled = list(cast)
    dice.shuffle(shuffled)
    other = tally(shuffled, seats=9, quorum=quorum)
    assert (found.result, found.amount) == (other.result, other.amount)
    positions = {one.position for one in cast} - {Position.ABSTAIN}
    if found.result is not Result.NO_CONSENSUS:
        assert found.has_quorum
        assert positions <= GRANTING or positions == {Position.NO}
    if found.amount is not None:
        assert all(one.amount is None or one.amount >= found.amount for one in cast)
    # One vote against more never turns a refusal or a disagreement into a grant.
    worse = tally([*cast, NO], seats=9, quorum=quorum)
    assert worse.result in {Result.NO, Result.NO_CONSENSUS}


def test_a_ballot_says_why_and_what() -> None:
    asked = Decimal(100)
    plain = Ballot(Position.CONDITIONS)
    for ballot, reason, fault in [
        (YES, "", None),
        (NO, " ", BallotFault.NO_REASON),
        (ABSTAIN, "", BallotFault.NO_REASON),
        (plain, "Less", BallotFault.NOTHING_CHANGED),
        (Ballot(Position.CONDITIONS, Decimal(100)), "x", BallotFault.NOTHING_CHANGED),
        (Ballot(Position.CONDITIONS, Decimal(101)), "x", BallotFault.ABOVE_ASKED),
        (Ballot(Position.CONDITIONS, Decimal(0)), "x", BallotFault.NOT_ABOVE_ZERO),
        (
            Ballot(Position.CONDITIONS, None, Conditions(deposit=Decimal("1.1"))),
            "x",
            BallotFault.DEPOSIT,
        ),
        (Ballot(Position.CONDITIONS, None, Conditions(review_months=0)), "x", BallotFault.REVIEW),
        (EIGHTY, "Less", None),
    ]:
        assert ballot_fault(ballot, reason=reason, asked=asked) is fault, ballot
