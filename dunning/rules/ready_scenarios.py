"""The scenarios that every tenant begins with, each to be edited at will. Source: DOMAIN 5.3; amounts in euros."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dunning.rules.content import Register
from dunning.rules.steps import (
    FORMAL_NOTICE_DAYS,
    Anchor,
    Channel,
    Mode,
    Recipient,
    ScenarioRules,
    Stage,
    StepRule,
)

PREVENTIVE_MINIMUM = Decimal(5000)  # euros a line must owe to be announced before it falls due
NEW_CUSTOMER_MONTHS = (
    3  # after his first invoice a customer's lines are announced whatever they owe
)
FIRST_OF_DECEMBER = 335  # the day of the year
LATEST_PLACE = 730  # the last on the track, where nothing else stands
MONTHLY = range(75, 706, 30)  # after day 45 of small amounts, for two years
SMALL = Decimal(300)  # euros below which a customer's whole debt is chased softly


@dataclass(frozen=True, slots=True)
class ReadyScenario:
    """A scenario with the code under which it is kept, and what it sets for itself."""

    code: str
    rules: ScenarioRules
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _mail(
    days: int,
    level: int,
    register: Register,
    *,
    mode: Mode = Mode.AUTO,
    has_statement: bool = False,
    recipient: Recipient | None = None,
    label: str = "",
) -> StepRule:
    """Return an e-mail so many days after the due date; its number is given by its place in the scenario."""
    return StepRule(
        number=0,
        offset_days=days,
        channel=Channel.EMAIL,
        level=level,
        stage=Stage.AMICABLE,
        mode=mode,
        register=register,
        has_statement=has_statement,
        has_invoices=True,
        recipient=recipient,
        label=label,
    )


def _announcement(
    days: int, *, minimum: Decimal | None = None, months: int | None = None, label: str = ""
) -> StepRule:
    """Return an e-mail so many days before the due date, about lines of at least `minimum` or of new customers."""
    return StepRule(
        number=0,
        offset_days=-days,
        channel=Channel.EMAIL,
        level=0,
        stage=Stage.PREVENTIVE,
        mode=Mode.AUTO,
        register=Register.BEFORE_DUE,
        minimum_amount=minimum,
        new_customer_months=months,
        label=label,
    )


def _call(days: int, *, recipient: Recipient | None = None) -> StepRule:
    return StepRule(
        number=0,
        offset_days=days,
        channel=Channel.CALL,
        level=2,
        stage=Stage.AMICABLE,
        mode=Mode.MANUAL,
        recipient=recipient,
    )


def _formal_notice(days: int) -> StepRule:
    return StepRule(
        number=0,
        offset_days=days,
        channel=Channel.REGISTERED_LETTER,
        level=4,
        stage=Stage.PRE_LITIGATION,
        mode=Mode.CONFIRM,
        register=Register.FORMAL_NOTICE,
        has_statement=True,
    )


def _task(
    days: int, *, level: int = 5, stage: Stage = Stage.PRE_LITIGATION, label: str = ""
) -> StepRule:
    """Return something for a person in the house to decide or do: the customer hears nothing of it."""
    return StepRule(
        number=0,
        offset_days=days,
        channel=Channel.DECISION,
        level=level,
        stage=stage,
        mode=Mode.MANUAL,
        label=label,
    )


def _yearly_statement() -> StepRule:
    """Return the statement of what is too small to be asked for, from the first of December on."""
    return StepRule(
        number=0,
        offset_days=LATEST_PLACE,
        channel=Channel.EMAIL,
        level=1,
        stage=Stage.AMICABLE,
        mode=Mode.AUTO,
        register=Register.COURTEOUS,
        has_statement=True,
        label="Yearly statement of small amounts",
        anchor=Anchor.YEARLY,
        anchor_days=FIRST_OF_DECEMBER,
    )


def _scenario(name: str, *steps: StepRule) -> ScenarioRules:
    numbered = tuple(step.numbered(number) for number, step in enumerate(steps, start=1))
    return ScenarioRules(name=name, version=1, steps=numbered)


STANDARD_B2B = _scenario(
    "Standard B2B",
    _announcement(7, minimum=PREVENTIVE_MINIMUM, months=NEW_CUSTOMER_MONTHS),
    _mail(3, 1, Register.COURTEOUS),
    _mail(10, 2, Register.FIRM, has_statement=True),
    _call(20),
    _mail(30, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
    _formal_notice(FORMAL_NOTICE_DAYS),
    _task(60),
)
"""The default of every tenant."""

KEY_ACCOUNT = _scenario(
    "Key account",
    _announcement(10, label="Any blocker?"),
    _mail(5, 1, Register.COURTEOUS),
    _call(12, recipient=Recipient.ACCOUNTS_PAYABLE_MANAGER),
    _task(20, level=2, stage=Stage.AMICABLE, label="Ask the sales rep"),
    _mail(
        35,
        3,
        Register.FORMAL,
        mode=Mode.CONFIRM,
        has_statement=True,
        recipient=Recipient.EXECUTIVE,
        label="From director to director",
    ),
)
"""The largest customers, whose runs have fixed days."""

PUBLIC = _scenario(
    "Public buyer",
    _announcement(5, label="Is it on its way?"),
    _mail(5, 1, Register.COURTEOUS),
    _mail(15, 2, Register.FIRM, has_statement=True, label="Statutory interest"),
    _mail(30, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
)
"""Administrations, which pay through Chorus Pro."""

RISKY = _scenario(
    "Risky or uninsured",
    _announcement(7),
    _mail(1, 1, Register.COURTEOUS),
    _call(5),
    _mail(10, 2, Register.FIRM, mode=Mode.CONFIRM, has_statement=True, label="Deliveries may stop"),
    _mail(15, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
    _formal_notice(25),
    _task(30, label="Insurer, agency or court"),
)
"""Classes C and D, and whoever is over his limit."""

SMALL_AMOUNTS = _scenario(
    "Small amounts",
    _mail(7, 1, Register.COURTEOUS),
    _mail(21, 2, Register.FIRM),
    _mail(45, 2, Register.FIRM, has_statement=True),
    *(
        _mail(days, 2, Register.FIRM, has_statement=True, label="Monthly statement")
        for days in MONTHLY
    ),
    _yearly_statement(),
)
"""Customers who owe less than `SMALL` in all."""

EXCELLENT_PAYERS = _scenario(
    "Excellent payers",
    _mail(7, 1, Register.COURTEOUS),
    _mail(15, 2, Register.FIRM, has_statement=True),
    _call(20),
    _mail(30, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
    _formal_notice(FORMAL_NOTICE_DAYS),
    _task(60),
)
"""Whoever pays on time: nothing is announced and the first week is left to him. Good payers follow the default."""

LATE_PAYERS = _scenario(
    "Late payers",
    _announcement(5),
    _mail(1, 1, Register.COURTEOUS),
    _mail(5, 2, Register.FIRM, has_statement=True),
    _call(10),
    _mail(30, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
    _formal_notice(FORMAL_NOTICE_DAYS),
    _task(60),
)
"""Whoever pays late as a habit: asked early, with four days between two contacts."""

VERY_LATE_PAYERS = _scenario(
    "Very late payers",
    _announcement(7),
    _mail(1, 1, Register.COURTEOUS),
    _call(3),
    _mail(
        10, 2, Register.FIRM, mode=Mode.CONFIRM, has_statement=True, label="Orders may be blocked"
    ),
    _mail(30, 3, Register.FORMAL, mode=Mode.CONFIRM, has_statement=True),
    _formal_notice(FORMAL_NOTICE_DAYS),
    _task(60),
)
"""Whoever pays very late: called on the third day, so two days between two contacts are enough."""

SILENT = _scenario(
    "Silent",
    *(
        _task(days, level=2, stage=Stage.AMICABLE, label="Followed by hand: look at it")
        for days in range(30, 361, 30)
    ),
)
"""Followed by hand: nothing leaves, and every thirty days somebody is asked to look."""

READY_SCENARIOS = (
    ReadyScenario("standard-b2b", STANDARD_B2B),
    ReadyScenario("key-account", KEY_ACCOUNT),
    ReadyScenario("public", PUBLIC),
    ReadyScenario("risky", RISKY, {"manager_confirms": True}),
    ReadyScenario("small-amounts", SMALL_AMOUNTS),
    ReadyScenario("silent", SILENT),
    ReadyScenario("excellent-payers", EXCELLENT_PAYERS),
    ReadyScenario("late-payers", LATE_PAYERS, {"contact_gap_days": 4}),
    ReadyScenario("very-late-payers", VERY_LATE_PAYERS, {"contact_gap_days": 2}),
)
DEFAULT_CODE = "standard-b2b"
