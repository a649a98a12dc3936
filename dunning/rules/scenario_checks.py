"""What keeps a draft from being published, what is worth knowing about it, and what it changes.

Pure checks of one version: nothing here knows who follows it or who wrote it. Sources: DOMAIN 5.2 (anchor, levels,
contact gap, frequency cap, who confirms), 5.3, 4.4 (a formal notice follows a written reminder and is signed).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from dunning.rules.content import Register
from dunning.rules.policy import AMOUNTS, COUNTS, FLAGS, SHARES, Policy
from dunning.rules.steps import (
    STATEMENT_DAYS,
    Anchor,
    Channel,
    Mode,
    ScenarioRules,
    Stage,
    StepRule,
)

EARLIEST_DAY, LATEST_DAY = -90, 730
HIGHEST_LEVEL = 6
MOST_STEPS = 40
NOTICE_FOLLOWS_LEVEL = 3
PRE_LITIGATION_LEVEL = 4
LATEST_YEAR_DAY = 365 - STATEMENT_DAYS
"""A yearly statement leaves within the year."""

NEWEST_MONTHS, OLDEST_MONTHS = 1, 24
"""How long after his first invoice a customer may count as new."""
NOTHING = Decimal(0)

HAS_OWN_WORDS = frozenset({Channel.EMAIL, Channel.LETTER})
"""The tenant's texts, one per register and language, are what these channels say."""

PARAMETERS = (*COUNTS, *AMOUNTS, *SHARES, *FLAGS, "weekdays", "opens_at", "closes_at")
"""What a version may set for itself, in the order in which pages show it."""


class Fault(StrEnum):
    """What keeps a draft from being published."""

    NO_STEP = "no_step"
    TOO_MANY_STEPS = "too_many_steps"
    SAME_DAY = "same_day"
    ON_THE_DUE_DATE = "on_the_due_date"
    DAY_OUT_OF_BOUNDS = "day_out_of_bounds"
    LEVEL_OUT_OF_BOUNDS = "level_out_of_bounds"
    LEVEL_BEFORE_DUE = "level_before_due"
    LEVEL_MISSING = "level_missing"
    LEVEL_GOES_DOWN = "level_goes_down"
    CHANNEL_BEFORE_DUE = "channel_before_due"
    CLAIM_BEFORE_DUE = "claim_before_due"
    MINIMUM_AFTER_DUE = "minimum_after_due"
    TONE_MISSING = "tone_missing"
    TONE_BEFORE_DUE = "tone_before_due"
    TONE_AFTER_DUE = "tone_after_due"
    NOTICE_BY_MAIL = "notice_by_mail"
    NOTICE_BY_ITSELF = "notice_by_itself"
    NOTICE_TOO_EARLY = "notice_too_early"
    TASK_BY_ITSELF = "task_by_itself"
    MAIL_BY_A_PERSON = "mail_by_a_person"
    TEXT_MISSING = "text_missing"
    CHANNEL_OFF = "channel_off"
    ANCHOR_BEFORE_DUE = "anchor_before_due"
    ANCHOR_DAYS_OUT_OF_BOUNDS = "anchor_days_out_of_bounds"
    NOTHING_BEFORE = "nothing_before"
    MONTHS_OUT_OF_BOUNDS = "months_out_of_bounds"
    YEAR_DAY_OUT_OF_BOUNDS = "year_day_out_of_bounds"
    YEARLY_TWICE = "yearly_twice"
    YEARLY_UNWRITTEN = "yearly_unwritten"


class Advice(StrEnum):
    """What the author should know; it keeps nobody from publishing."""

    INSIDE_THE_GAP = "inside_the_gap"
    BEYOND_THE_CAP = "beyond_the_cap"
    SECOND_ANNOUNCEMENT = "second_announcement"
    CONFIRMED_ANYWAY = "confirmed_anyway"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a draft, at `step`, beside the earlier step `other`; both None for the draft as a whole.

    `languages` are those that customers read and in which the step has no text.
    """

    what: Fault | Advice
    step: StepRule | None = None
    other: StepRule | None = None
    languages: tuple[str, ...] = ()


def tidy(step: StepRule) -> StepRule:
    """Return a step as it is kept: its stage worked out, and without what means nothing in its channel.

    A call, a text message or a decision has no tone of its own and no attachment, a decision nobody to write to, and a
    registered letter is a formal notice; e-mails and plain letters speak in a tone. New customers are spared an amount,
    so without one they are not asked about; what is counted from the due date has its day already.
    """
    has_words = step.channel in HAS_OWN_WORDS
    register = step.register if has_words else None
    if step.channel.is_formal_notice:
        register = Register.FORMAL_NOTICE
    return replace(
        step,
        register=register,
        has_statement=step.has_statement
        and (has_words or step.channel is Channel.REGISTERED_LETTER),
        has_invoices=step.has_invoices and step.channel is Channel.EMAIL and not step.is_preventive,
        recipient=None if step.channel is Channel.DECISION else step.recipient,
        anchor_days=0 if step.anchor is Anchor.DUE else step.anchor_days,
        new_customer_months=step.new_customer_months
        if step.is_preventive and step.minimum_amount
        else None,
        stage=stage_of_step(step),
    )


def stage_of_step(step: StepRule) -> Stage:
    """Return how far a step takes the matter: from the formal notice on it is pre-litigation."""
    if step.is_preventive:
        return Stage.PREVENTIVE
    if step.channel.is_formal_notice or step.level >= PRE_LITIGATION_LEVEL:
        return Stage.PRE_LITIGATION
    return Stage.AMICABLE


def faults(
    steps: Sequence[StepRule],
    *,
    missing_texts: Mapping[Register, tuple[str, ...]] | None = None,
    carried: Collection[Channel] = frozenset(),
) -> tuple[Finding, ...]:
    """Return everything that keeps `steps`, in any order, from being published, in the order of the days.

    `missing_texts` are the languages that customers read and in which a register has no text. `carried` are the
    channels for which this deployment has a provider.
    """
    if not steps:
        return (Finding(Fault.NO_STEP),)
    in_order = sorted(steps, key=lambda step: (step.offset_days, step.number))
    found = [Finding(Fault.TOO_MANY_STEPS)] if len(steps) > MOST_STEPS else []
    for place, step in enumerate(in_order):
        found += [Finding(what, step) for what in _faults_of(step)]
        found += _faults_after(step, in_order[:place])
        found += _text_missing(step, missing_texts or {})
        if step.channel.needs_carrier and step.channel not in carried:
            found.append(Finding(Fault.CHANNEL_OFF, step))
    return tuple(found)


def _text_missing(
    step: StepRule, missing_texts: Mapping[Register, tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield what a message that leaves by itself could not say: it would reach some reader in another language."""
    languages = missing_texts.get(step.register, ()) if step.register else ()
    if languages and step.channel in HAS_OWN_WORDS and step.mode is Mode.AUTO:
        yield Finding(Fault.TEXT_MISSING, step, languages=languages)


def is_day_possible(day: int) -> bool:
    """Return whether a step may stand `day` days after the due date: within the bounds, and never on the day itself."""
    return EARLIEST_DAY <= day <= LATEST_DAY and day != 0


def _faults_of(step: StepRule) -> Iterator[Fault]:
    """Yield what is wrong with a step whatever the others are."""
    if step.offset_days == 0:
        yield Fault.ON_THE_DUE_DATE
    elif not is_day_possible(step.offset_days):
        yield Fault.DAY_OUT_OF_BOUNDS
    if not 0 <= step.level <= HIGHEST_LEVEL:
        yield Fault.LEVEL_OUT_OF_BOUNDS
    yield from _faults_before_due(step) if step.is_preventive else _faults_after_due(step)
    yield from _faults_of_mode(step)


def _faults_before_due(step: StepRule) -> Iterator[Fault]:
    if step.level != 0:
        yield Fault.LEVEL_BEFORE_DUE
    if step.channel is not Channel.EMAIL:
        yield Fault.CHANNEL_BEFORE_DUE
    elif step.register is not Register.BEFORE_DUE:
        yield Fault.TONE_BEFORE_DUE
    if step.only_from is not None:
        yield Fault.CLAIM_BEFORE_DUE
    if step.anchor is not Anchor.DUE:
        yield Fault.ANCHOR_BEFORE_DUE
    months = step.new_customer_months
    if months is not None and not NEWEST_MONTHS <= months <= OLDEST_MONTHS:
        yield Fault.MONTHS_OUT_OF_BOUNDS


def _faults_after_due(step: StepRule) -> Iterator[Fault]:
    if step.level == 0:
        yield Fault.LEVEL_MISSING
    if step.minimum_amount is not None:
        yield Fault.MINIMUM_AFTER_DUE
    yield from _faults_of_anchor(step)
    if step.channel not in HAS_OWN_WORDS:
        return
    if step.register is None:
        yield Fault.TONE_MISSING
    elif step.register is Register.BEFORE_DUE:
        yield Fault.TONE_AFTER_DUE
    elif step.register is Register.FORMAL_NOTICE:
        yield Fault.NOTICE_BY_MAIL


def _faults_of_anchor(step: StepRule) -> Iterator[Fault]:
    if step.is_yearly:
        if not 1 <= step.anchor_days <= LATEST_YEAR_DAY:
            yield Fault.YEAR_DAY_OUT_OF_BOUNDS
        if step.channel not in HAS_OWN_WORDS:
            yield Fault.YEARLY_UNWRITTEN
        return
    least = 1 if step.anchor is Anchor.PREVIOUS else 0
    if step.anchor is not Anchor.DUE and not least <= step.anchor_days <= LATEST_DAY:
        yield Fault.ANCHOR_DAYS_OUT_OF_BOUNDS


def _faults_of_mode(step: StepRule) -> Iterator[Fault]:
    """Yield a mode that the channel cannot have: a call is a person's, a message a machine's, a notice is signed."""
    if step.channel.is_formal_notice and step.mode is Mode.AUTO:
        yield Fault.NOTICE_BY_ITSELF
    if step.channel in {Channel.CALL, Channel.DECISION} and step.mode is not Mode.MANUAL:
        yield Fault.TASK_BY_ITSELF
    if step.channel.is_written and step.mode is Mode.MANUAL:
        yield Fault.MAIL_BY_A_PERSON


def _faults_after(step: StepRule, earlier: Sequence[StepRule]) -> Iterator[Finding]:
    """Yield what is wrong with a step after those of the days before it."""
    before = earlier[-1] if earlier else None
    if before is not None and before.offset_days == step.offset_days:
        yield Finding(Fault.SAME_DAY, step, before)
    if step.is_yearly:
        if any(one.is_yearly for one in earlier):
            yield Finding(Fault.YEARLY_TWICE, step)
        return
    earlier = [one for one in earlier if not one.is_yearly]
    highest = max((one for one in earlier), key=lambda one: one.level, default=None)
    if highest is not None and step.level < highest.level and not step.is_preventive:
        yield Finding(Fault.LEVEL_GOES_DOWN, step, highest)
    is_first = all(one.is_preventive for one in earlier)
    if step.anchor is Anchor.PREVIOUS and not step.is_preventive and is_first:
        yield Finding(Fault.NOTHING_BEFORE, step)
    is_notice = step.channel.is_formal_notice and not step.is_preventive
    if is_notice and not any(_announces_notice(one, step) for one in earlier):
        yield Finding(Fault.NOTICE_TOO_EARLY, step)


def _announces_notice(earlier: StepRule, notice: StepRule) -> bool:
    """Return whether everybody who gets the notice was asked at level 3 before, also those who owe little."""
    return (
        earlier.channel.is_contact
        and earlier.level >= NOTICE_FOLLOWS_LEVEL
        and earlier.offset_days < notice.offset_days
        and (earlier.only_from or NOTHING) <= (notice.only_from or NOTHING)
    )


def advice(steps: Sequence[StepRule], policy: Policy) -> tuple[Finding, ...]:
    """Return what the author should know of `steps` under `policy`, in the order of the days."""
    in_order = sorted(steps, key=lambda step: (step.offset_days, step.number))
    contacts = [step for step in in_order if step.channel.is_contact and not step.is_yearly]
    found = [
        Finding(Advice.SECOND_ANNOUNCEMENT, step, in_order[0])
        for step in in_order[1:]
        if step.is_preventive
    ]
    found += [
        Finding(Advice.INSIDE_THE_GAP, step, before)
        for before, step in pairwise(contacts)
        if 0 < step.offset_days - before.offset_days < policy.contact_gap_days
    ]
    found += _beyond_cap(contacts, policy)
    found += [
        Finding(Advice.CONFIRMED_ANYWAY, step)
        for step in in_order
        if step.channel in HAS_OWN_WORDS
        and step.mode is Mode.AUTO
        and step.level >= policy.confirm_from_level
    ]
    return tuple(found)


def _beyond_cap(contacts: Sequence[StepRule], policy: Policy) -> Iterator[Finding]:
    """Yield the first step that finds the cap of contacts already reached."""
    for step, first in zip(contacts[policy.contact_cap :], contacts, strict=False):
        if step.offset_days - first.offset_days < policy.contact_cap_days:
            yield Finding(Advice.BEYOND_THE_CAP, step, first)
            return


@dataclass(frozen=True, slots=True)
class StepChange:
    """One step that differs: `before` is None for a new one, `after` for one taken out; `parts` name what changed."""

    before: StepRule | None
    after: StepRule | None
    parts: tuple[str, ...] = ()

    @property
    def day(self) -> int:
        """The day it stands on now, or stood on."""
        step = self.after or self.before
        return step.offset_days if step else 0


def step_changes(before: ScenarioRules | None, after: ScenarioRules) -> tuple[StepChange, ...]:
    """Return what differs from `before` (None: never published), step by step, in the order of the days."""
    old = {step.number: step for step in before.steps} if before else {}
    new = {step.number: step for step in after.steps}
    found = [StepChange(step, None) for number, step in old.items() if number not in new]
    for number, step in new.items():
        known = old.get(number)
        parts = _parts(known, step) if known else ()
        if known is None or parts:
            found.append(StepChange(known, step, parts))
    return tuple(sorted(found, key=lambda change: change.day))


def _parts(before: StepRule, after: StepRule) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in fields(StepRule)
        if getattr(before, field.name) != getattr(after, field.name)
    )


def parameter_values(policy: Policy) -> Mapping[str, object]:
    """Return every parameter a version may set, with its value under `policy`."""
    window = policy.window
    values: dict[str, object] = {
        name: getattr(policy, name) for name in (*COUNTS, *AMOUNTS, *SHARES, *FLAGS)
    }
    return values | {
        "weekdays": window.weekdays,
        "opens_at": window.opens_at,
        "closes_at": window.closes_at,
    }


def parameter_changes(
    before: Policy, after: Policy, names: Iterable[str] = PARAMETERS
) -> tuple[tuple[str, object, object], ...]:
    """Return (name, value before, value after) of each parameter that differs."""
    old, new = parameter_values(before), parameter_values(after)
    return tuple((name, old[name], new[name]) for name in names if old[name] != new[name])


def free_day(steps: Iterable[StepRule], wanted: int) -> int:
    """Return the first day from `wanted` on that no step stands on; past the last possible day, a day before it."""
    taken = {step.offset_days for step in steps}
    later = (day for day in range(wanted, LATEST_DAY + 1) if is_day_possible(day))
    earlier = (day for day in range(LATEST_DAY, EARLIEST_DAY - 1, -1) if is_day_possible(day))
    return next(day for day in (*later, *earlier) if day not in taken)
