"""Which step of a scenario a due line stands at, and which one is due for it.

The clock runs per due line: a line is `days_late` days past its agreed due date (0 on the day itself,
negative before). What a line has been through is one number, the offset of the highest step taken for
it, so that a new version of a scenario still knows where the line stands. Source: DOMAIN 5.2, 5.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dunning.rules.content import Register
from kernel.periods import days_in_month

NOTHING = Decimal(0)


class Channel(StrEnum):
    """By which way a step reaches the customer, or asks a person to."""

    EMAIL = "email"
    CALL = "call"
    SMS = "sms"
    LETTER = "letter"
    REGISTERED_ELETTER = "registered_eletter"
    REGISTERED_LETTER = "registered_letter"
    DECISION = "decision"

    @property
    def is_sent_by_machine(self) -> bool:
        """Whether a worker carries it out; the other channels are tasks for a person."""
        return self is Channel.EMAIL or self.needs_carrier

    @property
    def is_written(self) -> bool:
        """Whether we write the words and somebody lets them go; people post letters, machines send the rest."""
        return self is Channel.LETTER or self.is_sent_by_machine

    @property
    def is_posted(self) -> bool:
        """Whether it goes by post, on any working day and whatever the hour."""
        return self in {Channel.LETTER, Channel.REGISTERED_LETTER}

    @property
    def needs_carrier(self) -> bool:
        """Whether it leaves through a provider that a deployment may not have; without one it is a person's task."""
        return self in {Channel.SMS, Channel.REGISTERED_ELETTER}

    @property
    def is_formal_notice(self) -> bool:
        """Whether it is a summons, which somebody always signs (DOMAIN 4.4)."""
        return self in {Channel.REGISTERED_LETTER, Channel.REGISTERED_ELETTER}

    @property
    def is_contact(self) -> bool:
        """Whether the customer hears of it; a decision stays in the house."""
        return self is not Channel.DECISION


class Stage(StrEnum):
    """How far the matter has gone; DOMAIN R22."""

    PREVENTIVE = "preventive"
    AMICABLE = "amicable"
    PRE_LITIGATION = "pre_litigation"
    LITIGATION = "litigation"


class Mode(StrEnum):
    """Who lets a step happen."""

    AUTO = "auto"
    CONFIRM = "confirm"
    MANUAL = "manual"


class CatchUp(StrEnum):
    """What follows days on which nothing ran.

    CURRENT takes the step that matches today's lateness and logs the ones it skipped. ONE_BY_ONE climbs
    one step at a time whatever the lateness, so that an imported backlog starts softly.
    """

    CURRENT = "current"
    ONE_BY_ONE = "one_by_one"


class Recipient(StrEnum):
    """Whom at the customer a step is addressed to (DOMAIN 5.2, contact roles)."""

    ACCOUNTS_PAYABLE = "ap"
    ACCOUNTS_PAYABLE_MANAGER = "ap_manager"
    BUYER = "buyer"
    EXECUTIVE = "executive"


class Anchor(StrEnum):
    """From which day a step after the due date is counted (DOMAIN 5.2, offset trigger)."""

    DUE = "due"
    ISSUE = "issue"
    MONTH_END = "month_end"
    PREVIOUS = "previous"
    PROMISE_BROKEN = "promise_broken"
    DISPUTE_CLOSED = "dispute_closed"
    LETTER_RETURNED = "letter_returned"
    YEARLY = "yearly"

    @property
    def moves_with_the_line(self) -> bool:
        """Whether it lies on another day for each line, and has to be read with it."""
        return self not in {Anchor.DUE, Anchor.YEARLY}


@dataclass(frozen=True, slots=True)
class AnchorDays:
    """When a line's anchors lie, in days after its due date, negative before it; None: it has not happened.

    `previous` is the day of the last step taken for it under its present due date, `month_end` the last day of the
    month it falls due in; of several broken promises, closed disputes and returned letters the last one counts.
    """

    issue: int | None = None
    month_end: int | None = None
    previous: int | None = None
    promise_broken: int | None = None
    dispute_closed: int | None = None
    letter_returned: int | None = None

    @property
    def order(self) -> tuple[tuple[bool, int], ...]:
        """A place among lines that are as old and as far: what happened earlier first, what never did last."""
        return tuple((day is None, day or 0) for day in self.in_order)

    @property
    def in_order(self) -> tuple[int | None, ...]:
        """What tells lines that fall due on one day apart, in the order in which SQL compares it."""
        return (
            self.issue,
            self.previous,
            self.promise_broken,
            self.dispute_closed,
            self.letter_returned,
        )


def anchors_after(due_date: date, days: Sequence[int | None]) -> AnchorDays:
    """Return a line's anchors from `AnchorDays.in_order`; the end of its month follows from its due date."""
    issue, previous, broken, closed, returned = days
    month_end = days_in_month(due_date) - due_date.day
    return AnchorDays(issue, month_end, previous, broken, closed, returned)


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step: `offset_days` after the due date, negative before it.

    A step counted from another `anchor` is due `anchor_days` after that, never before the line is late; `offset_days`
    is then its place on the track: the order of steps and the memory of lines. `minimum_amount` is what one line must
    still owe, undisputed, in euros, to be announced before it falls due, unless its customer had his first invoice
    within the last `new_customer_months`; steps after the due date have neither. `only_from` is what a message must
    claim, in euros, for the step to be taken at all; below it the step is passed over. `recipient` says who is written
    to, None who fits the level. `written_days` is the day as written where the scenario's pace moved it.
    """

    number: int
    offset_days: int
    channel: Channel
    level: int
    stage: Stage
    mode: Mode
    register: Register | None = None
    has_statement: bool = False
    has_invoices: bool = False
    minimum_amount: Decimal | None = None
    only_from: Decimal | None = None
    recipient: Recipient | None = None
    label: str = ""
    anchor: Anchor = Anchor.DUE
    anchor_days: int = 0
    new_customer_months: int | None = None
    written_days: int | None = None

    @property
    def written(self) -> int:
        """The day its author wrote, before the pace of the scenario moved it."""
        return self.offset_days if self.written_days is None else self.written_days

    def lateness(self, anchors: AnchorDays | None) -> int | None:
        """Return how many days late a line is when the step is due for it, None while its anchor has not happened."""
        if self.anchor is Anchor.DUE:
            return self.offset_days
        # A yearly statement is no step of a line: nothing leads to it, and nothing is past it.
        day: int | None = getattr(anchors, self.anchor.value, None)
        return None if day is None else max(1, day + self.anchor_days)

    @property
    def is_preventive(self) -> bool:
        """Whether it comes before the due date."""
        return self.offset_days < 0

    @property
    def is_yearly(self) -> bool:
        """Whether it states once a year what is below the least amounts, instead of being a step of the track."""
        return self.anchor is Anchor.YEARLY

    @property
    def chooses_lines(self) -> bool:
        """Whether it names other lines than those that are late and asked for."""
        return self.is_preventive or self.is_yearly

    def numbered(self, number: int) -> "StepRule":
        """Return the step under another number."""
        return replace(self, number=number)


@dataclass(frozen=True, slots=True)
class ScenarioRules:
    """One published version of a scenario; `steps` ascend by offset.

    `published_date` is set on later versions only: their steps are never taken for days before it.
    """

    name: str
    version: int
    steps: tuple[StepRule, ...]
    catch_up: CatchUp = CatchUp.CURRENT
    published_date: date | None = None

    def claiming(self, amount: Decimal) -> "ScenarioRules":
        """Return the scenario for a message that claims so many euros: without the steps meant for more."""
        if all(step.only_from is None for step in self.steps):
            return self
        kept = tuple(step for step in self.steps if (step.only_from or NOTHING) <= amount)
        return replace(self, steps=kept)

    @property
    def is_anchored(self) -> bool:
        """Whether a step of it is counted from anything but the due date."""
        return any(step.anchor.moves_with_the_line for step in self.steps)

    @property
    def asks_newcomers(self) -> bool:
        """Whether it announces lines of new customers that owe less than others."""
        return any(step.new_customer_months is not None for step in self.steps)

    @property
    def preventive_steps(self) -> tuple[StepRule, ...]:
        """The steps before the due date."""
        return tuple(step for step in self.steps if step.is_preventive)

    @property
    def yearly_step(self) -> StepRule | None:
        """The statement, once a year, of what is below the least amounts; None where the scenario has none."""
        return next((step for step in self.steps if step.anchor is Anchor.YEARLY), None)

    @property
    def overdue_steps(self) -> tuple[StepRule, ...]:
        """The steps after the due date, in order."""
        return tuple(
            step
            for step in self.steps
            if not step.is_preventive and step.anchor is not Anchor.YEARLY
        )


@dataclass(frozen=True, slots=True)
class StepDue:
    """A step that is due, and the numbers of the steps passed over to reach it."""

    step: StepRule
    skipped: tuple[int, ...] = ()


def step_reached(
    scenario: ScenarioRules,
    *,
    days_late: int,
    is_small: bool = False,
    anchors: AnchorDays | None = None,
) -> StepRule | None:
    """Return the last overdue step that a line so late has reached, None before the first one.

    A small line never gets beyond the scenario's first overdue step: it may be asked for, it does not
    raise the tone. `anchors` are those of the line, needed where the scenario counts from anything but the due date.
    """
    if days_late <= 0:
        return None
    reached = _steps_reached(scenario, days_late, anchors, is_small=is_small)
    return reached[-1] if reached else None


def _steps_reached(
    scenario: ScenarioRules, days_late: int, anchors: AnchorDays | None, *, is_small: bool
) -> list[StepRule]:
    steps = scenario.overdue_steps[:1] if is_small else scenario.overdue_steps
    return [
        step
        for step in steps
        if (lateness := step.lateness(anchors)) is not None and lateness <= days_late
    ]


def step_due(
    scenario: ScenarioRules,
    *,
    due_date: date,
    today: date,
    last_offset_days: int | None,
    is_small: bool = False,
    anchors: AnchorDays | None = None,
) -> StepDue | None:
    """Return the overdue step to take today for a line, None when none is new for it.

    `last_offset_days` is the offset of the highest step already taken, None for a line never chased. The
    answer depends on states and never on whether yesterday's run took place; it names at most one step.
    """
    days_late = (today - due_date).days
    if days_late <= 0:
        return None
    reached = _steps_reached(scenario, days_late, anchors, is_small=is_small)
    if not reached or not _is_new(reached[-1], last_offset_days):
        return None
    pending = [step for step in reached if _is_new(step, last_offset_days)]
    if last_offset_days is not None and scenario.published_date is not None:
        since = (scenario.published_date - due_date).days
        pending = [step for step in pending if (step.lateness(anchors) or 0) >= since]
    if not pending:
        return None
    if scenario.catch_up is CatchUp.ONE_BY_ONE:
        return StepDue(pending[0])
    return StepDue(pending[-1], tuple(step.number for step in pending[:-1]))


def _is_new(step: StepRule, last_offset_days: int | None) -> bool:
    return last_offset_days is None or step.offset_days > last_offset_days


def preventive_step_due(scenario: ScenarioRules, *, due_date: date, today: date) -> StepRule | None:
    """Return the step to take before `due_date` for lines never named; None from that day on."""
    days_late = (today - due_date).days
    if days_late >= 0:
        return None
    reached = [step for step in scenario.preventive_steps if step.offset_days <= days_late]
    return reached[-1] if reached else None


def follow_up_step(scenario: ScenarioRules, *, up_to_offset_days: int) -> StepRule | None:
    """Return the e-mail step a younger line travels with when the oldest line's own step was taken.

    The highest e-mail up to `up_to_offset_days`; None when the scenario has none there. Letters,
    calls and decisions are never repeated for a younger line.
    """
    mails = [
        step
        for step in scenario.overdue_steps
        if step.channel is Channel.EMAIL and step.offset_days <= up_to_offset_days
    ]
    return mails[-1] if mails else None


def next_step_date(
    scenario: ScenarioRules,
    *,
    due_date: date,
    today: date,
    last_offset_days: int | None,
    is_small: bool = False,
    anchors: AnchorDays | None = None,
) -> date | None:
    """Return the day of the next overdue step of a line, today at the earliest; None when none is left.

    A step counted from something that has not happened yet has no day.
    """
    steps = scenario.overdue_steps[:1] if is_small else scenario.overdue_steps
    days = [
        due_date + timedelta(days=lateness)
        for step in steps
        if _is_new(step, last_offset_days) and (lateness := step.lateness(anchors)) is not None
    ]
    return max(today, min(days)) if days else None


STATED = -999
"""What a line remembers of a yearly statement: that there was one, and no step of the track."""

STATEMENT_DAYS = 28
"""For so many days of a year its statement may leave; then it is left to the next year."""


def statement_date(step: StepRule, year: int) -> date:
    """Return from which day of a year the yearly statement may leave."""
    return date(year, 1, 1) + timedelta(days=step.anchor_days - 1)


def next_statement_date(step: StepRule, *, today: date, stated_date: date | None) -> date:
    """Return the next day of the yearly statement, today at the earliest; `stated_date` is that of the last one."""
    this_year = statement_date(step, today.year)
    is_over = today >= this_year + timedelta(days=STATEMENT_DAYS)
    if is_over or (stated_date is not None and stated_date >= this_year):
        return statement_date(step, today.year + 1)
    return max(today, this_year)


FORMAL_NOTICE_DAYS = 45
"""How late a line is when, unanswered, it is summoned: pre-litigation begins. Source: DOMAIN R22, 5.2."""
