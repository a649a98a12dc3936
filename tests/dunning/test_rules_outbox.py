"""The states of a reminder, the waits between attempts, the evidence and the volume breaker."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest

from dunning.rules.breaker import RunVolume, judge_volume
from dunning.rules.outbox import (
    EVIDENCE_WAIT,
    LEAVING_STATES,
    OPEN_STATES,
    TAKEN_STATES,
    TRANSITIONS,
    Evidence,
    State,
    may_follow,
    next_attempt_at,
    settled_state,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.SENT, State.READY),
        (State.DELIVERED, State.READY),
        (State.CANCELLED, State.READY),
        (State.HANDING, State.CANCELLED),
        (State.PLANNED, State.CLAIMED),
        (State.HELD, State.CLAIMED),
        (State.READY, State.SENT),
    ],
)
def test_what_must_never_happen(before: State, after: State) -> None:
    assert not may_follow(before, after)


def test_nothing_sent_can_become_ready_again() -> None:
    reachable = {State.SENT}
    while True:
        further = reachable | {after for state in reachable for after in TRANSITIONS[state]}
        if further == reachable:
            break
        reachable = further
    assert reachable == {State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED}


def test_the_trigger_of_the_database_holds_the_same_table() -> None:
    frozen = import_module("dunning.migrations.0002_reminder_transitions_guarded").TRANSITIONS
    assert {state: sorted(after) for state, after in TRANSITIONS.items()} == frozen


def test_the_sets_of_states_do_not_overlap() -> None:
    assert not OPEN_STATES & TAKEN_STATES
    assert LEAVING_STATES < TAKEN_STATES


def test_waits_double_up_to_half_an_hour() -> None:
    waits = [
        (next_attempt_at(deferrals=n, now=NOW) - NOW).total_seconds() for n in (0, 1, 2, 3, 7, 500)
    ]
    assert waits == [30, 30, 60, 120, 1800, 1800]


@pytest.mark.parametrize(
    ("evidence", "seconds", "state"),
    [
        (Evidence.ACCEPTED, 0, State.SENT),
        (Evidence.NOT_ACCEPTED, 1, None),
        (Evidence.NOT_ACCEPTED, EVIDENCE_WAIT.total_seconds(), State.READY),
        (Evidence.NONE, 10**6, None),
    ],
)
def test_an_unknown_outcome_is_settled_by_evidence_only(
    evidence: Evidence, seconds: float, state: State | None
) -> None:
    assert settled_state(evidence, handed_at=NOW - timedelta(seconds=seconds), now=NOW) is state


@pytest.mark.parametrize(
    ("messages", "automatic", "earlier", "customers", "basis"),
    [
        (1000, 0, [], 1000, ""),  # the first run of a tenant: each is confirmed by a person
        (20, 20, [], 30, ""),
        (21, 21, [], 30, "customers"),
        (201, 201, [], 1000, "customers"),
        (200, 200, [100], 1000, ""),
        (301, 0, [100, 90, 110], 10000, "median"),
        (300, 0, [100, 90, 110], 10000, ""),
        (21, 0, [2, 3, 1], 10000, "median"),
        (20, 0, [2, 3, 1], 10000, ""),
    ],
)
def test_a_run_beyond_the_usual_volume_is_held(
    messages: int, automatic: int, earlier: list[int], customers: int, basis: str
) -> None:
    verdict = judge_volume(
        RunVolume(messages),
        automatic=automatic,
        earlier=[RunVolume(each) for each in earlier],
        customers=customers,
    )
    assert (verdict.is_held, verdict.basis) == (bool(basis), basis)


@pytest.mark.parametrize(("tasks", "is_held"), [(20, False), (21, True)])
def test_a_flood_of_letters_and_decisions_is_held_like_one_of_mails(
    tasks: int, is_held: bool
) -> None:
    """What is suddenly a year late gets no mail at all: it is past every mail of its scenario."""
    earlier = [RunVolume(messages=40, tasks=3), RunVolume(messages=50), RunVolume(30, 4)]
    verdict = judge_volume(RunVolume(0, tasks), automatic=0, earlier=earlier, customers=1000)
    assert (verdict.is_held, verdict.basis) == (is_held, "tasks" if is_held else "")
