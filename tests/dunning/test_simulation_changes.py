"""What changes from one simulation to another: each step once, in pairs where two belong together."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from dunning.rules.content import Register
from dunning.rules.simulated import SimulatedStep, Simulation
from dunning.rules.simulation_changes import Change, ChangeKind, changes
from dunning.rules.steps import Channel, Mode, Stage, StepRule

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)
FAR = date(2026, 11, 7)  # five days later
ANNA, BERT = UUID(int=1), UUID(int=2)
MAIL = StepRule(2, 3, Channel.EMAIL, 1, Stage.AMICABLE, Mode.AUTO, Register.COURTEOUS)
FIRM = replace(MAIL, number=3, level=2)
CALL = replace(MAIL, number=4, channel=Channel.CALL, mode=Mode.MANUAL, register=None)


def taken(
    day: date, rule: StepRule = MAIL, amount: int = 900, *, by: UUID = ANNA, currency: str = "EUR"
) -> SimulatedStep:
    return SimulatedStep(day, day, by, UUID(int=9), currency, rule, Decimal(amount), rule.mode)


def found(before: list[SimulatedStep], after: list[SimulatedStep]) -> list[Change]:
    simulations = [Simulation(MONDAY, WEDNESDAY, steps, [], 2) for steps in (before, after)]
    return list(changes(*simulations))


def kinds(before: list[SimulatedStep], after: list[SimulatedStep]) -> list[tuple[ChangeKind, int]]:
    return [(each.kind, int(each.amount)) for each in found(before, after)]


def test_what_stays_is_no_change() -> None:
    assert kinds([taken(MONDAY), taken(TUESDAY, CALL)], [taken(MONDAY), taken(TUESDAY, CALL)]) == []


def test_a_step_that_falls_away_and_one_that_is_new_stand_alone_for_two_customers() -> None:
    assert kinds([taken(MONDAY)], [taken(TUESDAY, by=BERT)]) == [
        (ChangeKind.REMOVED, -900),
        (ChangeKind.ADDED, 900),
    ]


def test_the_same_message_on_another_day_is_moved() -> None:
    (change,) = found([taken(TUESDAY)], [taken(MONDAY, amount=950)])
    assert (change.kind, change.day, change.amount) == (ChangeKind.MOVED, MONDAY, 50)
    assert change.step == taken(MONDAY, amount=950)


def test_another_level_or_channel_on_the_same_day_is_altered() -> None:
    assert kinds([taken(MONDAY)], [taken(MONDAY, FIRM)]) == [(ChangeKind.ALTERED, 0)]
    assert kinds([taken(MONDAY)], [taken(MONDAY, CALL)]) == [(ChangeKind.ALTERED, 0)]
    assert kinds([taken(MONDAY)], [taken(MONDAY, amount=400)]) == [(ChangeKind.ALTERED, -500)]


def test_one_that_takes_the_place_of_another_is_altered_and_one_far_away_is_not() -> None:
    """A call instead of a mail comes a day earlier, for calls wait for no Tuesday."""
    assert kinds([taken(TUESDAY)], [taken(MONDAY, CALL)]) == [(ChangeKind.ALTERED, 0)]
    assert kinds([taken(MONDAY)], [taken(FAR, CALL)]) == [
        (ChangeKind.REMOVED, -900),
        (ChangeKind.ADDED, 900),
    ]


def test_the_same_message_is_paired_before_the_same_day() -> None:
    before = [taken(MONDAY), taken(WEDNESDAY, FIRM)]
    after = [taken(MONDAY, FIRM)]
    assert kinds(before, after) == [(ChangeKind.MOVED, 0), (ChangeKind.REMOVED, -900)]


def test_two_currencies_are_never_one_change() -> None:
    assert kinds([taken(MONDAY)], [taken(MONDAY, currency="USD")]) == [
        (ChangeKind.ADDED, 900),
        (ChangeKind.REMOVED, -900),
    ]


def test_equal_steps_are_paired_one_by_one() -> None:
    assert kinds([taken(MONDAY)], [taken(TUESDAY), taken(WEDNESDAY)]) == [
        (ChangeKind.MOVED, 0),
        (ChangeKind.ADDED, 900),
    ]
