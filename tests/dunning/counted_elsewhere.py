"""A scenario whose steps are counted from everything but the due date, and which announces to new customers."""

from decimal import Decimal
from typing import Any

from dunning.models import Scenario, ScenarioVersion, Step
from dunning.rules.content import Register
from dunning.rules.steps import Anchor, Channel, Mode, Recipient, ScenarioRules, Stage, StepRule
from dunning.services.scenarios import step_row

CODE = "counted-elsewhere"


def step(number: int, place: int, anchor: Anchor, days: int, **facts: Any) -> StepRule:
    """Return an e-mail at a place of the track, counted from an anchor."""
    given: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "level": 1,
        "stage": Stage.AMICABLE,
        "mode": Mode.AUTO,
        "register": Register.COURTEOUS,
    }
    return StepRule(
        number=number, offset_days=place, anchor=anchor, anchor_days=days, **(given | facts)
    )


ELSEWHERE = ScenarioRules(
    "Counted from elsewhere",
    1,
    (
        step(
            1,
            -10,
            Anchor.DUE,
            0,
            level=0,
            stage=Stage.PREVENTIVE,
            register=Register.BEFORE_DUE,
            minimum_amount=Decimal(2000),
            new_customer_months=2,
        ),
        step(2, 2, Anchor.ISSUE, 40),
        step(3, 12, Anchor.MONTH_END, 5, level=2, register=Register.FIRM),
        step(
            4,
            20,
            Anchor.PREVIOUS,
            6,
            level=2,
            channel=Channel.CALL,
            mode=Mode.MANUAL,
            register=None,
        ),
        step(
            5,
            25,
            Anchor.PROMISE_BROKEN,
            1,
            level=2,
            channel=Channel.DECISION,
            mode=Mode.MANUAL,
            register=None,
        ),
        step(6, 30, Anchor.DISPUTE_CLOSED, 4, level=2, register=Register.FIRM),
        step(
            7,
            35,
            Anchor.LETTER_RETURNED,
            2,
            level=2,
            register=Register.FIRM,
            recipient=Recipient.EXECUTIVE,
        ),
        step(8, 40, Anchor.PREVIOUS, 9, level=3, mode=Mode.CONFIRM, register=Register.FORMAL),
    ),
)


def install() -> Scenario:
    """Publish the scenario in the house of the open scope."""
    scenario = Scenario.objects.create(code=CODE, name=ELSEWHERE.name)
    version = ScenarioVersion.objects.create(scenario=scenario)
    Step.objects.bulk_create(step_row(version, rule) for rule in ELSEWHERE.steps)
    return scenario
