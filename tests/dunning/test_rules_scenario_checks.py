"""What keeps a draft from being published, and what it changes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.content import Register
from dunning.rules.pace import paced
from dunning.rules.policy import DEFAULT_POLICY, policy_of
from dunning.rules.ready_scenarios import READY_SCENARIOS, RISKY, STANDARD_B2B
from dunning.rules.scenario_checks import (
    LATEST_DAY,
    Advice,
    Fault,
    advice,
    faults,
    free_day,
    parameter_changes,
    step_changes,
    tidy,
)
from dunning.rules.steps import Anchor, Channel, Mode, ScenarioRules, Stage, StepRule

STEPS = {step.offset_days: step for step in STANDARD_B2B.steps}


def mail(day: int, level: int, **fields: object) -> StepRule:
    step = replace(STEPS[3], number=90 + day, offset_days=day, level=level)
    return replace(step, **fields)  # type: ignore[arg-type]


def what(steps: tuple[StepRule, ...]) -> set[Fault | Advice]:
    return {finding.what for finding in faults(steps)}


def changed(day: int, **fields: object) -> tuple[StepRule, ...]:
    """Return the standard scenario with the step of a day changed."""
    return tuple(
        replace(step, **fields) if step.offset_days == day else step  # type: ignore[arg-type]
        for step in STANDARD_B2B.steps
    )


@pytest.mark.parametrize("ready", READY_SCENARIOS, ids=lambda ready: ready.code)
def test_a_ready_scenario_may_be_published_as_it_is(ready: object) -> None:
    assert faults(ready.rules.steps) == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("ready", READY_SCENARIOS, ids=lambda ready: ready.code)
def test_keeping_a_ready_step_changes_nothing_in_it(ready: object) -> None:
    assert [tidy(step) for step in ready.rules.steps] == list(ready.rules.steps)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ((), Fault.NO_STEP),
        (tuple(mail(day, 1) for day in range(1, 42)), Fault.TOO_MANY_STEPS),
        ((mail(3, 1), mail(3, 1, number=2)), Fault.SAME_DAY),
        ((mail(0, 1),), Fault.ON_THE_DUE_DATE),
        ((mail(LATEST_DAY + 1, 1),), Fault.DAY_OUT_OF_BOUNDS),
        ((mail(3, 7),), Fault.LEVEL_OUT_OF_BOUNDS),
        (changed(-7, level=1), Fault.LEVEL_BEFORE_DUE),
        ((mail(3, 0),), Fault.LEVEL_MISSING),
        ((mail(3, 2), mail(10, 1)), Fault.LEVEL_GOES_DOWN),
        (changed(-7, channel=Channel.CALL, mode=Mode.MANUAL), Fault.CHANNEL_BEFORE_DUE),
        (changed(-7, only_from=Decimal(100)), Fault.CLAIM_BEFORE_DUE),
        (changed(3, minimum_amount=Decimal(100)), Fault.MINIMUM_AFTER_DUE),
        (changed(3, register=None), Fault.TONE_MISSING),
        (changed(-7, register=Register.FIRM), Fault.TONE_BEFORE_DUE),
        (changed(3, register=Register.BEFORE_DUE), Fault.TONE_AFTER_DUE),
        (changed(30, register=Register.FORMAL_NOTICE), Fault.NOTICE_BY_MAIL),
        (changed(45, mode=Mode.AUTO), Fault.NOTICE_BY_ITSELF),
        (
            changed(45, channel=Channel.REGISTERED_ELETTER, mode=Mode.AUTO),
            Fault.NOTICE_BY_ITSELF,
        ),
        (changed(10, channel=Channel.SMS), Fault.CHANNEL_OFF),
        (changed(-7, anchor=Anchor.ISSUE), Fault.ANCHOR_BEFORE_DUE),
        (changed(-7, new_customer_months=25), Fault.MONTHS_OUT_OF_BOUNDS),
        (changed(10, anchor=Anchor.PREVIOUS), Fault.ANCHOR_DAYS_OUT_OF_BOUNDS),
        (changed(10, anchor=Anchor.ISSUE, anchor_days=-1), Fault.ANCHOR_DAYS_OUT_OF_BOUNDS),
        (changed(3, anchor=Anchor.PREVIOUS, anchor_days=5), Fault.NOTHING_BEFORE),
        (changed(45, channel=Channel.REGISTERED_ELETTER), Fault.CHANNEL_OFF),
        (changed(10, channel=Channel.SMS, mode=Mode.MANUAL), Fault.MAIL_BY_A_PERSON),
        (changed(45, offset_days=25), Fault.NOTICE_TOO_EARLY),
        (changed(30, only_from=Decimal(1000)), Fault.NOTICE_TOO_EARLY),
        (changed(20, mode=Mode.AUTO), Fault.TASK_BY_ITSELF),
        (changed(3, mode=Mode.MANUAL), Fault.MAIL_BY_A_PERSON),
    ],
)
def test_a_fault_keeps_the_draft_back(steps: tuple[StepRule, ...], fault: Fault) -> None:
    assert fault in what(steps)


def test_a_level_that_goes_down_names_both_steps() -> None:
    (finding,) = [one for one in faults((mail(3, 2), mail(10, 1))) if one.step]
    assert (finding.step, finding.other) == (mail(10, 1), mail(3, 2))


def test_a_call_of_level_three_announces_the_notice_as_well() -> None:
    steps = changed(30, channel=Channel.CALL, mode=Mode.MANUAL, register=None)
    assert Fault.NOTICE_TOO_EARLY not in what(steps)


def test_a_decision_in_the_house_announces_nothing() -> None:
    steps = changed(30, channel=Channel.DECISION, mode=Mode.MANUAL, register=None)
    assert Fault.NOTICE_TOO_EARLY in what(steps)


def test_steps_inside_the_gap_are_told_and_not_refused() -> None:
    told = advice(RISKY.steps, DEFAULT_POLICY)
    assert [(one.step.offset_days, one.other.offset_days) for one in told if one.step and one.other
            and one.what is Advice.INSIDE_THE_GAP] == [(5, 1)]  # fmt: skip
    assert Advice.INSIDE_THE_GAP not in {
        one.what for one in advice(RISKY.steps, policy_of({"contact_gap_days": 4}))
    }


def test_a_second_announcement_is_told() -> None:
    steps = (*STANDARD_B2B.steps, replace(STEPS[-7], number=20, offset_days=-2))
    assert Advice.SECOND_ANNOUNCEMENT in {one.what for one in advice(steps, DEFAULT_POLICY)}


def test_the_first_step_beyond_the_cap_is_told_once() -> None:
    told = advice(RISKY.steps, policy_of({"contact_cap": 2}))
    assert [
        one.step.offset_days for one in told if one.what is Advice.BEYOND_THE_CAP and one.step
    ] == [5]


def test_what_is_confirmed_anyway_is_told() -> None:
    told = advice(STANDARD_B2B.steps, policy_of({"confirm_from_level": 2}))
    assert [
        one.step.offset_days for one in told if one.what is Advice.CONFIRMED_ANYWAY and one.step
    ] == [10]


def test_what_means_nothing_in_a_channel_is_left_out() -> None:
    call = tidy(replace(STEPS[10], channel=Channel.CALL))
    assert (call.register, call.has_statement, call.stage) == (None, False, Stage.AMICABLE)
    letter = tidy(replace(STEPS[10], channel=Channel.REGISTERED_LETTER, register=None))
    assert (letter.register, letter.stage) == (Register.FORMAL_NOTICE, Stage.PRE_LITIGATION)


def test_changes_are_told_step_by_step_in_the_order_of_the_days() -> None:
    kept = [step for step in STANDARD_B2B.steps if step.offset_days != 60]
    after = [replace(step, offset_days=12) if step.offset_days == 10 else step for step in kept]
    found = step_changes(STANDARD_B2B, ScenarioRules("x", 2, (*after, mail(5, 1))))
    assert [(one.day, one.before is None, one.after is None, one.parts) for one in found] == [
        (5, True, False, ()),
        (12, False, False, ("offset_days",)),
        (60, False, True, ()),
    ]


def test_a_scenario_that_was_never_published_is_all_new() -> None:
    found = step_changes(None, STANDARD_B2B)
    assert len(found) == len(STANDARD_B2B.steps)
    assert all(one.before is None for one in found)


def test_a_changed_parameter_is_told_with_both_values() -> None:
    assert parameter_changes(DEFAULT_POLICY, policy_of({"contact_gap_days": 9})) == (
        ("contact_gap_days", 5, 9),
    )


@pytest.mark.parametrize(
    ("wanted", "free"), [(3, 4), (4, 4), (0, 1), (-7, -6), (LATEST_DAY, LATEST_DAY - 1)]
)
def test_the_next_free_day_passes_over_steps_and_the_due_date(wanted: int, free: int) -> None:
    assert free_day((*STANDARD_B2B.steps, mail(LATEST_DAY, 5)), wanted) == free


@pytest.mark.parametrize(("day", "channel"), [(10, Channel.SMS), (45, Channel.REGISTERED_ELETTER)])
def test_a_channel_with_a_provider_may_be_chosen(day: int, channel: Channel) -> None:
    assert faults(changed(day, channel=channel), carried={channel}) == ()


def test_an_e_letter_is_a_formal_notice_and_a_text_message_has_no_tone() -> None:
    letter = tidy(replace(STEPS[3], channel=Channel.REGISTERED_ELETTER))
    assert (letter.register, letter.stage) == (Register.FORMAL_NOTICE, Stage.PRE_LITIGATION)
    text = tidy(replace(STEPS[10], channel=Channel.SMS))
    assert (text.register, text.has_statement) == (None, False)


@given(
    days=st.sets(st.integers(-90, 730).filter(bool), max_size=40),
    pace=st.decimals("0.25", "1", places=2),
)
def test_another_pace_keeps_the_order_and_never_puts_two_steps_on_one_day(
    days: set[int], pace: Decimal
) -> None:
    moved = paced(days, pace)
    ordered = [moved[day] for day in sorted(days)]
    assert ordered == sorted(set(ordered))
    assert 0 not in ordered
    assert all((day > 0) == (moved[day] > 0) for day in days)
    assert paced(days, Decimal(1)) == {day: day for day in days}


def test_at_half_the_pace_the_standard_scenario_is_over_in_thirty_days() -> None:
    days = [step.offset_days for step in STANDARD_B2B.steps if not step.is_yearly]
    assert list(paced(days, Decimal("0.5")).values()) == [2, 5, 10, 15, 23, 30, -4]


def test_the_ready_scenarios_of_payers_begin_as_asked_for() -> None:
    """DOMAIN 5.2, payer-profile variation: the first days of each and how they are met."""
    begin = {
        ready.code: [(step.offset_days, step.channel.value) for step in ready.rules.steps][:4]
        for ready in READY_SCENARIOS
    }
    assert begin["excellent-payers"][0] == (7, "email")
    assert begin["late-payers"] == [(-5, "email"), (1, "email"), (5, "email"), (10, "call")]
    assert begin["very-late-payers"] == [(-7, "email"), (1, "email"), (3, "call"), (10, "email")]
    for ready in READY_SCENARIOS[6:]:
        found = advice(ready.rules.steps, policy_of(ready.parameters))
        assert not {one.what for one in found} & {Advice.INSIDE_THE_GAP, Advice.BEYOND_THE_CAP}
