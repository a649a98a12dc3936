"""What to do today about one group: remind, wait, or hold back with a reason.

Gates come before steps, and one group takes one step a day at most. The same decision is taken by the
nightly plan and again by the worker that is about to send. Source: DOMAIN 5.2 and 5.5.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dunning.rules.content import Register
from dunning.rules.grouping import Announcement, GroupFacts, Leader
from dunning.rules.policy import Policy
from dunning.rules.stages import further, stage_of_claim
from dunning.rules.steps import (
    Channel,
    Mode,
    ScenarioRules,
    Stage,
    StepDue,
    StepRule,
    follow_up_step,
    next_statement_date,
    next_step_date,
    preventive_step_due,
    step_due,
    step_reached,
)


class HoldReason(StrEnum):
    """Why a whole group is held back although something of it is late."""

    CREDITS_COVER = "credits_cover"
    BELOW_MINIMUM = "below_minimum"
    UNAPPLIED_CASH = "unapplied_cash"
    NO_SCENARIO = "no_scenario"
    NO_CONTACT = "no_contact"
    CONTACT_GAP = "contact_gap"
    FREQUENCY_CAP = "frequency_cap"
    SCENARIO_ENDED = "scenario_ended"
    VOLUME = "volume"


class ConfirmReason(StrEnum):
    """Why a person must look before a message leaves."""

    STEP = "step"
    FORMAL_NOTICE = "formal_notice"
    NEW_TENANT = "new_tenant"
    FIRST_CONTACT = "first_contact"
    PRE_LITIGATION = "pre_litigation"
    LEVEL = "level"
    LARGE_AMOUNT = "large_amount"
    PROTECTED_CUSTOMER = "protected_customer"
    DELICATE = "delicate"
    NOBODY_TOLD = "nobody_told"
    NO_TRANSLATION = "no_translation"
    ESTIMATED_DUE_DATE = "estimated_due_date"
    STALE_LEDGER = "stale_ledger"
    BROKEN_WORD = "broken_word"
    CREDIT_MANAGER = "credit_manager"


class VerdictKind(StrEnum):
    """The three answers, and NOTHING for a group with nothing late and nothing to announce."""

    REMIND = "remind"
    WAIT = "wait"
    HOLD = "hold"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What the decision needs of the customer.

    `contact_dates` are the days of messages and calls that left, or were confirmed to leave, whatever
    the entity and currency; `call_dates` are those of the calls among them. `is_reachable` says that a contact with a
    usable address exists. `untranslated` are the registers without a text in his language. `has_nobody_to_tell`: sales
    want to know before he is written to, and none of them is there to be told.
    """

    is_reachable: bool
    is_protected: bool = False
    is_delicate: bool = False
    has_nobody_to_tell: bool = False
    untranslated: frozenset[Register] = frozenset()
    is_first_contact: bool = False
    contact_dates: Collection[date] = ()
    call_dates: Collection[date] = ()

    def heard_on(self, day: date, channel: Channel) -> "CustomerFacts":
        """Return the facts after one more contact."""
        calls = [*self.call_dates, day] if channel is Channel.CALL else self.call_dates
        return replace(self, contact_dates=[*self.contact_dates, day], call_dates=calls)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is the same for every group of a run. `confirm_everything_until` is excluded."""

    today: date
    confirm_everything_until: date | None = None
    is_ledger_stale: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a group. `next_date` is when to look again, None when a person must act first.

    `amount` is what the message asks for, in the group's currency. `stage` is how far the matter has gone with it, None
    where nothing is due.
    """

    kind: VerdictKind
    reason: HoldReason | None = None
    due: StepDue | None = None
    amount: Decimal = Decimal(0)
    mode: Mode | None = None
    stage: Stage | None = None
    confirm_reasons: tuple[ConfirmReason, ...] = ()
    next_date: date | None = None


_NOTHING = Verdict(VerdictKind.NOTHING)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A step that is due, and what would be asked for."""

    due: StepDue
    amount: Decimal


def announcement_of(scenario: ScenarioRules | None) -> Announcement | None:
    """Return which lines a scenario announces before they fall due, None when it announces none."""
    if scenario is None or not scenario.preventive_steps:
        return None
    first = scenario.preventive_steps[0]
    return Announcement(
        horizon_days=-first.offset_days,
        minimum=first.minimum_amount or Decimal(0),
        new_customer_months=first.new_customer_months,
    )


def decide(
    group: GroupFacts,
    *,
    customer: CustomerFacts,
    scenario: ScenarioRules | None,
    euro_rate: Decimal,
    policy: Policy,
    circumstances: Circumstances,
) -> Verdict:
    """Return what to do today about one group; `euro_rate` is the worth of one unit in euros."""
    today = circumstances.today
    found = _candidate(group, scenario, euro_rate, policy, today)
    if scenario is None or isinstance(found, Verdict):
        return found if isinstance(found, Verdict) else _NOTHING
    candidate = found
    barred = _held_by_contact(candidate, customer, policy, today)
    if barred is not None:
        return barred
    stage = candidate.due.step.stage
    if group.late_lines:
        claimed = scenario.claiming(group.net * euro_rate)
        stage = further(stage, stage_of_claim(group.leader, claimed, today=today))
    mode, reasons = mode_of(
        candidate.due,
        stage=stage,
        amount=candidate.amount * euro_rate,
        customer=customer,
        has_estimated_line=group.has_estimated_line,
        policy=policy,
        circumstances=circumstances,
    )
    if group.broken_date is not None and candidate.due.step.channel is Channel.CALL:
        reasons = (ConfirmReason.BROKEN_WORD, *reasons)
    return Verdict(
        VerdictKind.REMIND,
        due=candidate.due,
        amount=candidate.amount,
        mode=mode,
        stage=stage,
        confirm_reasons=reasons,
        next_date=today,
    )


def _candidate(
    group: GroupFacts,
    scenario: ScenarioRules | None,
    euro_rate: Decimal,
    policy: Policy,
    today: date,
) -> _Candidate | Verdict:
    """Return the step that is due for the group, or the verdict that leaves it alone today."""
    held = _held_by_amounts(group, euro_rate, policy)
    if held is None and scenario is None and group.late_lines:
        held = HoldReason.NO_SCENARIO
    if scenario is None:
        return Verdict(VerdictKind.HOLD, reason=held) if held else _NOTHING
    if held is None and group.late_lines:
        scenario = scenario.claiming(group.net * euro_rate)
        return _overdue_candidate(group, scenario, today) or _waiting(group, scenario, today)
    if held is not None and held is not HoldReason.BELOW_MINIMUM:
        return Verdict(VerdictKind.HOLD, reason=held)
    candidate = None if held else _preventive_candidate(group, scenario, today)
    return (
        candidate
        or _statement_candidate(group, scenario, today)
        or Verdict(
            VerdictKind.HOLD if held else VerdictKind.NOTHING,
            reason=held,
            next_date=_next_statement(group, scenario, today),
        )
    )


def _held_by_amounts(group: GroupFacts, euro_rate: Decimal, policy: Policy) -> HoldReason | None:
    if not group.late_lines:
        return None
    if group.before_cash <= 0:
        return HoldReason.CREDITS_COVER
    if group.before_cash * euro_rate < policy.group_minimum:
        return HoldReason.BELOW_MINIMUM
    if group.cash < 0 and -group.cash >= group.before_cash * policy.unapplied_cash_share:
        return HoldReason.UNAPPLIED_CASH
    if group.net * euro_rate < policy.group_minimum:
        return HoldReason.BELOW_MINIMUM
    return None


def _overdue_candidate(
    group: GroupFacts, scenario: ScenarioRules, today: date
) -> _Candidate | None:
    """Return the step of the oldest line, else the one a younger, never named line travels with.

    Whoever did not keep his word is called, whatever the scenario says next.
    """
    leader, is_small = _leader(group)
    if group.broken_date is not None:
        return _call_after(group, leader, scenario, today, is_small=is_small)
    due = step_due(
        scenario,
        due_date=leader.due_date,
        today=today,
        last_offset_days=leader.last_offset_days,
        is_small=is_small,
        anchors=leader.anchors,
    )
    if due is not None:
        return _Candidate(due, group.net)
    unnamed = group.unnamed
    if unnamed is None:
        return None
    first = _reached(scenario, unnamed, today, is_small=True)
    reached = _reached(scenario, leader, today, is_small=is_small)
    if first is None or reached is None:
        return None
    step = follow_up_step(scenario, up_to_offset_days=reached.offset_days)
    return _Candidate(StepDue(step), group.net) if step else None


def _call_after(
    group: GroupFacts, leader: Leader, scenario: ScenarioRules, today: date, *, is_small: bool
) -> _Candidate | None:
    """Return the step the oldest line has reached, as a call; None for a scenario that asks for nothing."""
    reached = _reached(scenario, leader, today, is_small=is_small)
    step = reached or next(iter(scenario.overdue_steps), None)
    if step is None:
        return None
    call = replace(step, channel=Channel.CALL, mode=Mode.MANUAL, register=None, recipient=None)
    return _Candidate(StepDue(call), group.net)


def _reached(
    scenario: ScenarioRules, line: Leader, today: date, *, is_small: bool
) -> StepRule | None:
    days_late = (today - line.due_date).days
    return step_reached(scenario, days_late=days_late, is_small=is_small, anchors=line.anchors)


def _leader(group: GroupFacts) -> tuple[Leader, bool]:
    """Return the line that sets the level and whether it is a small one; the group has a late line."""
    if group.leader is not None:
        return group.leader, False
    if group.small_leader is None:
        message = "a group with late lines has a leader"
        raise ValueError(message)
    return group.small_leader, True


def _preventive_candidate(
    group: GroupFacts, scenario: ScenarioRules, today: date
) -> _Candidate | None:
    if group.upcoming is None:
        return None
    amount = group.upcoming.amount + group.credits + group.cash
    step = preventive_step_due(scenario, due_date=group.upcoming.due_date, today=today)
    if step is None or amount <= 0:
        return None
    return _Candidate(StepDue(step), amount)


def _statement_candidate(
    group: GroupFacts, scenario: ScenarioRules, today: date
) -> _Candidate | None:
    """Return the yearly statement of what is below the least amounts, on its days and once (DOMAIN 5.2)."""
    step = scenario.yearly_step
    if step is None or _next_statement(group, scenario, today) != today:
        return None
    return _Candidate(StepDue(step), group.net + group.below)


def _next_statement(group: GroupFacts, scenario: ScenarioRules, today: date) -> date | None:
    """Return when the yearly statement of a group may leave next, None when there is nothing to state."""
    step = scenario.yearly_step
    late = group.claimed + group.below
    if step is None or late <= 0 or group.net + group.below <= 0:
        return None
    return next_statement_date(step, today=today, stated_date=group.stated_date)


def _waiting(group: GroupFacts, scenario: ScenarioRules, today: date) -> Verdict:
    leader, is_small = _leader(group)
    dates = [
        next_step_date(
            scenario,
            due_date=leader.due_date,
            today=today,
            last_offset_days=leader.last_offset_days,
            is_small=is_small,
            anchors=leader.anchors,
        )
    ]
    if group.unnamed is not None:
        dates.append(
            next_step_date(
                scenario,
                due_date=group.unnamed.due_date,
                today=today,
                last_offset_days=None,
                is_small=True,
                anchors=group.unnamed.anchors,
            )
        )
    known = [day for day in dates if day is not None]
    if not known:
        return Verdict(VerdictKind.HOLD, reason=HoldReason.SCENARIO_ENDED)
    return Verdict(VerdictKind.WAIT, next_date=min(known))


def _held_by_contact(
    candidate: _Candidate, customer: CustomerFacts, policy: Policy, today: date
) -> Verdict | None:
    channel = candidate.due.step.channel
    is_to_address = channel in {Channel.EMAIL, Channel.REGISTERED_ELETTER}
    if is_to_address and not customer.is_reachable:
        return Verdict(VerdictKind.HOLD, reason=HoldReason.NO_CONTACT, amount=candidate.amount)
    if not channel.is_contact:
        return None
    calls = customer.call_dates if channel is Channel.CALL else None
    free_date = next_free_date(customer.contact_dates, today=today, policy=policy, calls=calls)
    if free_date <= today:
        return None
    is_gap = any(
        abs((today - day).days) < policy.contact_gap_days for day in customer.contact_dates
    )
    reason = HoldReason.CONTACT_GAP if is_gap else HoldReason.FREQUENCY_CAP
    return Verdict(VerdictKind.HOLD, reason=reason, amount=candidate.amount, next_date=free_date)


def next_free_date(
    contact_dates: Collection[date],
    *,
    today: date,
    policy: Policy,
    calls: Collection[date] | None = None,
) -> date:
    """Return the first day from `today` on which the customer may be contacted again.

    At least `contact_gap_days` lie between two contacts, before and after, and no window of
    `contact_cap_days` holds more than `contact_cap` of them. For a call, `calls` are the days of his calls: no
    `call_cap_days` up to it hold more than `call_cap`.
    """
    day = today
    while not (_is_free(contact_dates, day, policy) and _may_call(calls, day, policy)):
        day += timedelta(days=1)
    return day


def _is_free(contact_dates: Collection[date], day: date, policy: Policy) -> bool:
    if any(abs((day - contact).days) < policy.contact_gap_days for contact in contact_dates):
        return False
    recent = [
        contact for contact in contact_dates if 0 <= (day - contact).days < policy.contact_cap_days
    ]
    return len(recent) < policy.contact_cap


def _may_call(calls: Collection[date] | None, day: date, policy: Policy) -> bool:
    if calls is None:
        return True
    recent = [call for call in calls if 0 <= (day - call).days < policy.call_cap_days]
    return len(recent) < policy.call_cap


@dataclass(slots=True)
class _Reasons:
    found: list[ConfirmReason] = field(default_factory=list)

    def add(self, reason: ConfirmReason, *, when: bool) -> None:
        if when:
            self.found.append(reason)


def mode_of(
    due: StepDue,
    *,
    stage: Stage,
    amount: Decimal,
    customer: CustomerFacts,
    has_estimated_line: bool,
    policy: Policy,
    circumstances: Circumstances,
) -> tuple[Mode, tuple[ConfirmReason, ...]]:
    """Return who lets the step happen and every reason for a confirmation; `amount` is in euros.

    A formal notice, and what is said in pre-litigation, is always confirmed, whatever the scenario says. Calls and
    decisions are a person's.
    """
    step = due.step
    if step.mode is Mode.MANUAL:
        return Mode.MANUAL, ()
    until = circumstances.confirm_everything_until
    reasons = _Reasons()
    reasons.add(ConfirmReason.FORMAL_NOTICE, when=step.channel.is_formal_notice)
    reasons.add(
        ConfirmReason.PRE_LITIGATION,
        when=stage is Stage.PRE_LITIGATION and not step.channel.is_formal_notice,
    )
    reasons.add(ConfirmReason.STEP, when=step.mode is Mode.CONFIRM)
    reasons.add(ConfirmReason.CREDIT_MANAGER, when=policy.manager_confirms)
    reasons.add(ConfirmReason.NEW_TENANT, when=until is not None and circumstances.today < until)
    reasons.add(ConfirmReason.LEVEL, when=step.level >= policy.confirm_from_level)
    reasons.add(ConfirmReason.FIRST_CONTACT, when=customer.is_first_contact)
    reasons.add(ConfirmReason.LARGE_AMOUNT, when=amount > policy.confirm_above)
    reasons.add(ConfirmReason.PROTECTED_CUSTOMER, when=customer.is_protected)
    reasons.add(ConfirmReason.DELICATE, when=customer.is_delicate)
    reasons.add(ConfirmReason.NOBODY_TOLD, when=customer.has_nobody_to_tell)
    reasons.add(ConfirmReason.NO_TRANSLATION, when=step.register in customer.untranslated)
    reasons.add(ConfirmReason.ESTIMATED_DUE_DATE, when=has_estimated_line)
    reasons.add(ConfirmReason.STALE_LEDGER, when=circumstances.is_ledger_stale)
    found = tuple(reasons.found)
    return (Mode.CONFIRM if found else Mode.AUTO), found
