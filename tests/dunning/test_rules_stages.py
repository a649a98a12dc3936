"""How far the matter has gone for a receivable: entry and exit as tables of claims (DOMAIN R22, 5.2)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning.rules.decision import (
    Circumstances,
    ConfirmReason,
    CustomerFacts,
    VerdictKind,
    decide,
)
from dunning.rules.grouping import Exclusion, GroupFacts, Leader
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.ready_scenarios import RISKY, SMALL_AMOUNTS, STANDARD_B2B
from dunning.rules.stages import (
    ANSWERS,
    IN_LITIGATION,
    StageFacts,
    further,
    stage_of,
    stage_of_claim,
)
from dunning.rules.steps import Mode, ScenarioRules, Stage
from tests.dunning.conftest import TODAY

OWED = Decimal(900)


def stage(days_late: int, open_amount: Decimal = OWED, **facts: object) -> Stage | None:
    return stage_of(StageFacts(days_late, open_amount, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days_late", "expected"),
    [
        (-30, Stage.PREVENTIVE),
        (0, Stage.PREVENTIVE),
        (1, Stage.AMICABLE),
        (44, Stage.AMICABLE),
        (45, Stage.PRE_LITIGATION),
        (400, Stage.PRE_LITIGATION),
    ],
)
def test_days_lead_from_one_stage_to_the_next(days_late: int, expected: Stage) -> None:
    assert stage(days_late) is expected


@pytest.mark.parametrize(
    ("days_late", "facts", "expected"),
    [
        (25, {"has_notice": True}, Stage.PRE_LITIGATION),  # a risky customer is summoned sooner
        (0, {"has_notice": True}, Stage.PREVENTIVE),
        (50, {"excluded": Exclusion.PAUSED}, Stage.PRE_LITIGATION),  # silence of ours is no answer
        (50, {"excluded": Exclusion.DIRECT_DEBIT}, Stage.PRE_LITIGATION),
        (50, {"excluded": Exclusion.PROMISED}, Stage.AMICABLE),
        (50, {"excluded": Exclusion.PAYMENT_PLAN, "has_notice": True}, Stage.AMICABLE),
        (50, {"excluded": Exclusion.BILL_IN_HAND}, Stage.AMICABLE),
        (50, {"excluded": Exclusion.INVOICE_NOT_RECEIVED}, Stage.AMICABLE),
        (50, {"disputed_amount": OWED}, Stage.AMICABLE),
        (50, {"disputed_amount": OWED - 1}, Stage.PRE_LITIGATION),  # the rest is owed all the same
        (50, {"open_amount": Decimal(0), "has_notice": True}, None),
        (50, {"open_amount": Decimal(0), "excluded": Exclusion.LEGAL}, None),
        (-9, {"excluded": Exclusion.INSOLVENCY}, Stage.LITIGATION),  # by hand, whatever the days
        (3, {"excluded": Exclusion.LEGAL}, Stage.LITIGATION),
        (50, {"excluded": Exclusion.ENTRUSTED, "disputed_amount": OWED}, Stage.LITIGATION),
    ],
)
def test_facts_lead_in_and_out(
    days_late: int, facts: dict[str, object], expected: Stage | None
) -> None:
    assert stage(days_late, **facts) is expected  # type: ignore[arg-type]


@given(days_late=st.integers(-60, 400), has_notice=st.booleans())
def test_a_line_taken_back_is_where_its_days_and_notices_put_it(
    days_late: int, *, has_notice: bool
) -> None:
    before = stage(days_late, has_notice=has_notice)
    for excluded in Exclusion:
        held = stage(days_late, has_notice=has_notice, excluded=excluded)
        if excluded in IN_LITIGATION:
            assert held is Stage.LITIGATION
        elif excluded in ANSWERS and before is Stage.PRE_LITIGATION:
            assert held is Stage.AMICABLE
        else:
            assert held is before


@pytest.mark.parametrize(
    ("days_late", "told", "scenario", "expected"),
    [
        (44, 30, STANDARD_B2B, Stage.AMICABLE),
        (45, 30, STANDARD_B2B, Stage.PRE_LITIGATION),
        (45, None, SMALL_AMOUNTS, Stage.PRE_LITIGATION),  # nothing was ever said: still 45 days
        (24, 15, RISKY, Stage.AMICABLE),
        (27, 25, RISKY, Stage.PRE_LITIGATION),  # its formal notice lies behind it
        (27, 25, STANDARD_B2B, Stage.AMICABLE),
    ],
)
def test_a_message_is_as_far_as_its_oldest_line(
    days_late: int, told: int | None, scenario: ScenarioRules, expected: Stage
) -> None:
    leader = Leader(TODAY - timedelta(days=days_late), told)
    assert stage_of_claim(leader, scenario, today=TODAY) is expected


def test_small_lines_alone_never_raise_the_stage() -> None:
    assert stage_of_claim(None, STANDARD_B2B, today=TODAY) is Stage.AMICABLE


def test_the_further_of_two_stages_is_kept() -> None:
    for place, one in enumerate(Stage):
        assert [further(one, other) for other in Stage][: place + 1] == [one] * (place + 1)


@pytest.mark.parametrize(
    ("days_late", "expected", "mode"),
    [(44, Stage.AMICABLE, Mode.AUTO), (45, Stage.PRE_LITIGATION, Mode.CONFIRM)],
)
def test_from_day_45_on_nothing_leaves_by_itself(
    days_late: int, expected: Stage, mode: Mode
) -> None:
    """The scenario of small amounts writes on day 45 by itself; a line never told of gets its first message late."""
    facts = GroupFacts(
        claimed=OWED,
        late_lines=1,
        credits=Decimal(0),
        cash=Decimal(0),
        leader=Leader(TODAY - timedelta(days=days_late), None),
        small_leader=None,
        unnamed=None,
        upcoming=None,
        has_estimated_line=False,
    )
    verdict = decide(
        facts,
        customer=CustomerFacts(is_reachable=True),
        scenario=SMALL_AMOUNTS,
        euro_rate=Decimal(1),
        policy=DEFAULT_POLICY,
        circumstances=Circumstances(TODAY),
    )
    assert (verdict.kind, verdict.stage, verdict.mode) == (VerdictKind.REMIND, expected, mode)
    assert (ConfirmReason.PRE_LITIGATION in verdict.confirm_reasons) is (mode is Mode.CONFIRM)
