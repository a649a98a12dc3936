"""Which step is due for a line: our scenario, the bugs of peers as regressions, and their own cases."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.rules.steps import (
    CatchUp,
    Channel,
    Mode,
    ScenarioRules,
    Stage,
    StepRule,
    anchors_after,
    follow_up_step,
    next_step_date,
    preventive_step_due,
    step_due,
    step_reached,
)
from tests.dunning.counted_elsewhere import ELSEWHERE

DUE = date(2026, 9, 1)


def on(days_late: int) -> date:
    return DUE + timedelta(days=days_late)


def ladder(
    *offsets: int, catch_up: CatchUp = CatchUp.CURRENT, published: date | None = None
) -> ScenarioRules:
    steps = tuple(
        StepRule(
            number=number,
            offset_days=offset,
            channel=Channel.EMAIL,
            level=number,
            stage=Stage.AMICABLE,
            mode=Mode.AUTO,
        )
        for number, offset in enumerate(offsets, start=1)
    )
    return ScenarioRules("ladder", 1, steps, catch_up, published)


@pytest.mark.parametrize(
    ("days_late", "level", "channel"),
    [
        (0, None, None),
        (2, None, None),
        (3, 1, Channel.EMAIL),
        (9, 1, Channel.EMAIL),
        (10, 2, Channel.EMAIL),
        (20, 2, Channel.CALL),
        (30, 3, Channel.EMAIL),
        (45, 4, Channel.REGISTERED_LETTER),
        (60, 5, Channel.DECISION),
        (4000, 5, Channel.DECISION),
    ],
)
def test_the_standard_scenario_climbs_with_lateness(
    days_late: int, level: int | None, channel: Channel | None
) -> None:
    step = step_reached(STANDARD_B2B, days_late=days_late)
    assert (step.level if step else None) == level
    assert (step.channel if step else None) == channel


def test_the_formal_notice_is_always_to_confirm() -> None:
    notices = [step for step in STANDARD_B2B.steps if step.channel is Channel.REGISTERED_LETTER]
    assert [step.mode for step in notices] == [Mode.CONFIRM]


def test_missed_runs_take_one_step_and_log_the_others() -> None:
    due = step_due(STANDARD_B2B, due_date=DUE, today=on(31), last_offset_days=3)
    assert due is not None
    assert (due.step.offset_days, due.skipped) == (30, (3, 4))


def test_a_step_taken_is_not_due_again() -> None:
    for days_late in range(10, 20):
        assert (
            step_due(STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=10) is None
        )


def test_a_step_does_not_depend_on_the_very_day() -> None:
    """An exact same-day test skips the level when one run is missed (Invoice Ninja 637, Dolibarr 25197)."""
    for days_late in range(3, 10):
        due = step_due(STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=None)
        assert due is not None
        assert due.step.offset_days == 3


def test_the_clock_runs_from_the_due_date_and_not_from_the_oldest_unpaid_invoice() -> None:
    """Settling the oldest must not make the next one jump (Kill Bill 2297): each line has its own clock."""
    younger = step_due(STANDARD_B2B, due_date=on(20), today=on(31), last_offset_days=3)
    assert younger is not None
    assert younger.step.offset_days == 10


def test_a_small_line_stays_at_the_first_overdue_step() -> None:
    step = step_reached(STANDARD_B2B, days_late=40, is_small=True)
    assert step is not None
    assert step.offset_days == 3
    assert (
        step_due(STANDARD_B2B, due_date=DUE, today=on(40), last_offset_days=3, is_small=True)
        is None
    )


def test_an_imported_backlog_may_start_softly() -> None:
    """One step at a time is Tryton's way: a line 40 days late begins at the first level."""
    soft = ScenarioRules("soft", 1, STANDARD_B2B.steps, CatchUp.ONE_BY_ONE)
    first = step_due(soft, due_date=DUE, today=on(40), last_offset_days=None)
    second = step_due(soft, due_date=DUE, today=on(45), last_offset_days=3)
    assert first is not None
    assert second is not None
    assert (first.step.offset_days, second.step.offset_days) == (3, 10)


def test_a_new_version_never_sends_old_steps() -> None:
    version = ladder(5, 20, 40, published=on(30))
    assert step_due(version, due_date=DUE, today=on(35), last_offset_days=5) is None
    due = step_due(version, due_date=DUE, today=on(40), last_offset_days=5)
    assert due is not None
    assert due.step.offset_days == 40


def test_a_new_version_still_takes_up_a_line_never_chased() -> None:
    due = step_due(
        ladder(5, 20, 40, published=on(30)), due_date=DUE, today=on(35), last_offset_days=None
    )
    assert due is not None
    assert due.step.offset_days == 20


def test_a_line_is_announced_before_its_due_date_and_not_on_it() -> None:
    days = [
        n for n in range(-10, 3) if preventive_step_due(STANDARD_B2B, due_date=DUE, today=on(n))
    ]
    assert days == [-7, -6, -5, -4, -3, -2, -1]


@pytest.mark.parametrize(
    ("offset", "expected"), [(3, 3), (10, 10), (20, 10), (30, 30), (45, 30), (60, 30)]
)
def test_a_younger_line_travels_with_an_email(offset: int, expected: int) -> None:
    step = follow_up_step(STANDARD_B2B, up_to_offset_days=offset)
    assert step is not None
    assert step.offset_days == expected


def test_the_next_step_has_a_date() -> None:
    def following(last: int | None, days_late: int) -> date | None:
        return next_step_date(
            STANDARD_B2B, due_date=DUE, today=on(days_late), last_offset_days=last
        )

    assert following(None, 1) == on(3)
    assert following(3, 5) == on(10)
    assert following(3, 12) == on(12)
    assert following(60, 70) is None


@given(
    days_late=st.integers(1, 90),
    memory=st.integers(-10, 60),
    published=st.integers(-5, 95),
    offsets=st.sets(st.integers(1, 80), min_size=1, max_size=6),
    catch_up=st.sampled_from(CatchUp),
)
def test_a_version_never_says_to_a_chased_line_what_was_due_before_it_was_published(
    days_late: int, memory: int, published: int, offsets: set[int], catch_up: CatchUp
) -> None:
    """DOMAIN 5.5 no 8; days are counted from the due date."""
    due_date = date(2026, 1, 1)
    rules = ScenarioRules(
        name="later",
        version=2,
        steps=tuple(
            StepRule(number, offset, Channel.EMAIL, number, Stage.AMICABLE, Mode.AUTO)
            for number, offset in enumerate(sorted(offsets), start=1)
        ),
        catch_up=catch_up,
        published_date=due_date + timedelta(days=published),
    )
    due = step_due(
        rules,
        due_date=due_date,
        today=due_date + timedelta(days=days_late),
        last_offset_days=memory,
    )
    if due is not None:
        assert published <= due.step.offset_days <= days_late
        assert due.step.offset_days > memory


def test_steps_are_counted_from_what_their_anchor_says() -> None:
    """Due on 10 November, invoiced 30 days before, told last on day 5, disputes closed on day 8: which step is due."""
    due_date = date(2026, 11, 10)
    anchors = anchors_after(due_date, [-30, 5, None, 8, None])
    assert anchors.month_end == 20
    days = {step.number: step.lateness(anchors) for step in ELSEWHERE.steps}
    assert days == {1: -10, 2: 10, 3: 25, 4: 11, 5: None, 6: 12, 7: None, 8: 14}

    def due(days_late: int, last: int | None) -> tuple[int, tuple[int, ...]] | None:
        found = step_due(
            ELSEWHERE,
            due_date=due_date,
            today=due_date + timedelta(days=days_late),
            last_offset_days=last,
            anchors=anchors,
        )
        return (found.step.number, found.skipped) if found else None

    assert [due(day, 2) for day in (10, 11, 12, 13)] == [None, (4, ()), (6, (4,)), (6, (4,))]
    assert due(60, 30) == (8, ())  # places before the memory are past, whenever their day comes
    assert due(9, None) is None
    assert next_step_date(
        ELSEWHERE, due_date=due_date, today=due_date + timedelta(days=9), last_offset_days=30, anchors=anchors
    ) == date(2026, 11, 24)  # fmt: skip
    # Nothing is late before the due date, whatever a step is counted from.
    early = anchors_after(due_date, [-90, None, None, None, None])
    assert ELSEWHERE.steps[1].lateness(early) == 1
