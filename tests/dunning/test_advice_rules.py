"""The next best action: what worked best with such customers, else the scenario's step; always with two reasons."""

from decimal import Decimal

import pytest

from dunning.rules.advice import Experience, Ground, next_best_action
from dunning.rules.priority import PaidInTime
from dunning.rules.steps import Channel

BOTH = frozenset({Channel.CALL, Channel.EMAIL})


def known(
    call: tuple[int, int] = (0, 0),
    email: tuple[int, int] = (0, 0),
    without: tuple[int, int] = (100, 30),
    own: dict[Channel, PaidInTime] | None = None,
) -> Experience:
    after = {Channel.CALL: PaidInTime(*call), Channel.EMAIL: PaidInTime(*email)}
    return Experience(after, PaidInTime(*without), own or {})


def test_the_channel_with_the_greatest_uplift_is_advised_with_its_figures() -> None:
    advice = next_best_action(
        step=Channel.EMAIL, experience=known(call=(50, 35), email=(80, 40)), reachable=BOTH
    )
    assert advice.channel is Channel.CALL
    assert advice.response is not None
    assert advice.response.rate == Decimal("0.7")
    assert advice.response.uplift == Decimal("0.4")
    assert advice.grounds[0] is Ground.UPLIFT


@pytest.mark.parametrize(
    ("experience", "ground"),
    [
        (known(), Ground.TOO_LITTLE_KNOWN),
        (known(call=(19, 19), email=(19, 0)), Ground.TOO_LITTLE_KNOWN),
        (known(call=(50, 40), without=(19, 2)), Ground.TOO_LITTLE_KNOWN),
        (known(call=(50, 15), email=(50, 15)), Ground.NO_DIFFERENCE),
        (known(call=(50, 5), email=(50, 5)), Ground.NO_DIFFERENCE),
    ],
)
def test_without_enough_experience_the_step_is_advised(
    experience: Experience, ground: Ground
) -> None:
    advice = next_best_action(step=Channel.EMAIL, experience=experience, reachable=BOTH)
    assert (advice.channel, advice.grounds) == (Channel.EMAIL, (Ground.STEP, ground))
    assert not advice.is_learnt


def test_a_customer_who_never_answers_calls_is_not_advised_to_be_called_for_long() -> None:
    ignores = {Channel.CALL: PaidInTime(40, 0), Channel.EMAIL: PaidInTime(10, 9)}
    advice = next_best_action(
        step=Channel.CALL,
        experience=known(call=(50, 35), email=(50, 30), own=ignores),
        reachable=BOTH,
    )
    assert advice.channel is Channel.EMAIL
    assert advice.grounds == (Ground.UPLIFT, Ground.OWN_HABIT)
    assert advice.own == PaidInTime(10, 9)


def test_nobody_is_advised_to_call_without_a_number() -> None:
    experience = known(call=(50, 40), email=(50, 30))
    advice = next_best_action(
        step=Channel.EMAIL, experience=experience, reachable=frozenset({Channel.EMAIL})
    )
    assert advice.channel is Channel.EMAIL
    assert Ground.STEP in advice.grounds


def test_a_step_that_cannot_be_taken_gives_way_and_says_why() -> None:
    advice = next_best_action(
        step=Channel.CALL, experience=known(), reachable=frozenset({Channel.EMAIL})
    )
    assert advice.channel is Channel.EMAIL
    assert advice.grounds[0] is Ground.NO_PHONE


@pytest.mark.parametrize("step", [Channel.REGISTERED_LETTER, Channel.DECISION])
def test_a_letter_or_a_decision_is_never_advised_away(step: Channel) -> None:
    advice = next_best_action(
        step=step, experience=known(call=(500, 500), email=(500, 1)), reachable=BOTH
    )
    assert advice.channel is step
    assert advice.grounds == (Ground.STEP, Ground.NEVER_REPLACED)
