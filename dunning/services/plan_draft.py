"""Draft a day's plan: ask the rule about each group and note what follows, writing nothing yet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from dunning.models import Reminder
from dunning.queries.facts import CustomerRow, Group, GroupKey
from dunning.queries.scenarios import Following, Followings
from dunning.rules.calendar import next_opening, zone_of
from dunning.rules.coverage import NEXT_ACTION, REMINDER
from dunning.rules.decision import (
    Circumstances,
    CustomerFacts,
    HoldReason,
    Verdict,
    VerdictKind,
    decide,
)
from dunning.rules.grouping import Leader
from dunning.rules.outbox import CancelReason
from dunning.rules.policy import SendWindow
from dunning.rules.steps import Anchor, Channel, Mode, StepDue, StepRule
from kernel.identifiers import uuid7


@dataclass(slots=True)
class Draft:
    """What a run has come to so far."""

    new: list[dict[str, Any]] = field(default_factory=list)
    refreshed: list[dict[str, Any]] = field(default_factory=list)
    kept: int = 0
    cancelled: list[tuple[UUID, CancelReason]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    held_back: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lines_by_state: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    chased: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    left_out: dict[str, dict[str, Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Decimal))
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reminder that is planned or held and may still be changed."""

    id: UUID
    step_id: UUID
    channel: str
    offset_days: int
    amount: Decimal
    line_count: int
    stage: str
    anchor: str = Anchor.DUE
    anchor_days: int = 0

    def is_about(self, leader: Leader, today: date) -> bool:
        """Say whether a decision that waits is about the oldest line: it is as late, or has the step behind it."""
        days_late, told = (today - leader.due_date).days, leader.last_offset_days
        if self.anchor == Anchor.DUE:
            return days_late >= self.offset_days
        if told is not None and told >= self.offset_days:
            return True
        day: int | None = getattr(leader.anchors, self.anchor, None)
        return day is not None and days_late >= max(1, day + self.anchor_days)


@dataclass(frozen=True, slots=True)
class Day:
    """What holds for the whole run. `opens_now`: plan as if the send window had opened."""

    run_id: UUID
    now: datetime
    opens_now: bool
    followings: Followings
    circumstances: Circumstances
    objection_deadline: datetime  # of sales who are told today
    closures: frozenset[date] = frozenset()  # the company's own days off
    openings: dict[tuple[str, bool, SendWindow, bool], datetime] = field(default_factory=dict)

    @property
    def business_date(self) -> date | None:
        """The planned day, when it is another than the one on which the run takes place."""
        is_other = self.opens_now and self.now.date() != self.today
        return self.today if is_other else None

    @property
    def today(self) -> date:
        """The day that is planned."""
        return self.circumstances.today

    def leaves_at(
        self, country: str, window: SendWindow, *, is_formal: bool, is_told: bool
    ) -> datetime:
        """Return when a message to `country` may leave; computed once per country and window.

        What sales are told of (`is_told`) waits until they could object.
        """
        if self.opens_now:
            return self.now
        key = (country, is_formal, window, is_told)
        if key not in self.openings:
            earliest = self.objection_deadline if is_told else self.now
            self.openings[key] = next_opening(
                earliest,
                country=country,
                window=window,
                closures=self.closures,
                is_formal=is_formal,
            )
        return self.openings[key]

    def contact_date(self, leaves_at: datetime, country: str) -> date:
        """Return the day on which the customer hears of it, in his own calendar."""
        return self.today if self.opens_now else leaves_at.astimezone(zone_of(country)).date()


def waiting_rows() -> dict[GroupKey, list[Waiting]]:
    """Return the reminders that are planned or held, by group."""
    rows = Reminder.objects.not_let_go().values_list(
        "id",
        "customer_id",
        "entity_id",
        "currency",
        "line_scenario_id",
        "step_id",
        "channel",
        "step__offset_days",
        "amount",
        "line_count",
        "stage",
        "step__anchor",
        "step__anchor_days",
    )
    found: dict[GroupKey, list[Waiting]] = defaultdict(list)
    for row in rows.iterator(chunk_size=5000):
        found[row[1], row[2], row[3], row[4]].append(Waiting(row[0], *row[5:]))
    return found


class Drafter:
    """Takes the groups of a ledger one customer at a time: his groups share one contact gap."""

    def __init__(
        self,
        day: Day,
        *,
        customers: Mapping[UUID, CustomerRow],
        waiting: dict[GroupKey, list[Waiting]],
    ) -> None:
        self.day = day
        self.customers = customers
        self.waiting = waiting
        self.draft = Draft()

    def take(self, groups: Iterable[Group]) -> Draft:
        """Draft every group, which come ordered by customer; what waits for a group no longer there is cancelled."""
        for customer_id, theirs in groupby(groups, key=lambda group: group.key[0]):
            customer = self.customers[customer_id]
            for group, verdict in self._verdicts(list(theirs), customer):
                self._note(group, verdict, customer)
        for rows in self.waiting.values():
            self.draft.cancelled.extend((row.id, CancelReason.NOT_DUE) for row in rows)
        return self.draft

    def _verdicts(
        self, groups: list[Group], customer: CustomerRow
    ) -> Iterator[tuple[Group, Verdict]]:
        """Yield the verdict on each group of one customer; of several contacts on one day only one is taken.

        A group whose reminder waits already comes first, then the higher step, then the larger claim; so it is between
        entities and currencies as between lines that follow different scenarios.
        """
        answered = [(group, self._ask(group, customer.facts)) for group in groups]
        if len(answered) == 1:
            yield answered[0]
            return
        answered.sort(key=lambda pair: self._precedence(*pair))
        facts = customer.facts
        for group, first_answer in answered:
            verdict = first_answer
            if _is_contact(verdict):
                verdict = self._ask(group, facts)
            if verdict.due is not None and _is_contact(verdict):
                facts = facts.heard_on(self.day.today, verdict.due.step.channel)
            yield group, verdict

    def _following(self, group: Group) -> Following:
        return self.day.followings.of_lines(group.key[0], group.key[3])

    def _precedence(self, group: Group, verdict: Verdict) -> tuple[bool, int, Decimal, str]:
        offset = verdict.due.step.offset_days if verdict.due else -1000
        amount = -verdict.amount * group.euro_rate
        return (group.key not in self.waiting, -offset, amount, str(group.key))

    def _ask(self, group: Group, customer: CustomerFacts) -> Verdict:
        following = self._following(group)
        return decide(
            group.facts,
            customer=customer,
            scenario=following.rules,
            euro_rate=group.euro_rate,
            policy=following.policy,
            circumstances=self.day.circumstances,
        )

    def _note(self, group: Group, verdict: Verdict, customer: CustomerRow) -> None:
        """Note a new or kept reminder, or the reason to hold, and how the group's lines are covered."""
        rows = self.waiting.pop(group.key, [])
        messages = [row for row in rows if row.channel != Channel.DECISION]
        decisions = self._keep_decisions(group, [row for row in rows if row not in messages])
        if verdict.due is not None and not self._is_kept(group, verdict.due, decisions):
            self._remind(group, verdict, verdict.due, customer, messages)
        elif verdict.due is not None:
            self.draft.cancelled.extend((row.id, CancelReason.SUPERSEDED) for row in messages)
        else:
            is_quiet = verdict.kind in {VerdictKind.NOTHING, VerdictKind.WAIT}
            reason = CancelReason.NOT_DUE if is_quiet else CancelReason.HELD_BACK
            self.draft.cancelled.extend((row.id, reason) for row in messages)
        self._cover(group, verdict, is_decided=bool(decisions))

    def _keep_decisions(self, group: Group, rows: list[Waiting]) -> list[Waiting]:
        """Return the decisions that wait while their line is still as late; cancel those whose line is settled."""
        leader = group.facts.leader or group.facts.small_leader
        kept = [row for row in rows if leader and row.is_about(leader, self.day.today)]
        self.draft.kept += len(kept)
        self.draft.cancelled.extend(
            (row.id, CancelReason.NOT_DUE) for row in rows if row not in kept
        )
        return kept

    def _is_kept(self, group: Group, due: StepDue, decisions: list[Waiting]) -> bool:
        """Say whether the step that is due is a decision somebody was asked for already today."""
        step_id = self._following(group).step_ids[due.step.number]
        return any(row.step_id == step_id for row in decisions)

    def _remind(
        self,
        group: Group,
        verdict: Verdict,
        due: StepDue,
        customer: CustomerRow,
        rows: list[Waiting],
    ) -> None:
        """Keep the reminder that waits for this very step, cancel those for another, add one if none waits."""
        is_kept = False
        for row in rows:
            is_same_step = row.step_id == self._following(group).step_ids[due.step.number]
            if is_same_step and row.channel == due.step.channel and not is_kept:
                is_kept = True
                self.draft.kept += 1
                self._refresh(group, verdict, due.step, row)
            else:
                self.draft.cancelled.append((row.id, CancelReason.SUPERSEDED))
        if not is_kept:
            self.draft.new.append(self._new_row(group, verdict, due, customer))

    def _refresh(self, group: Group, verdict: Verdict, step: StepRule, row: Waiting) -> None:
        """Bring a waiting reminder up to what is owed now and how far the matter went, if that changed."""
        is_same_count = step.chooses_lines or row.line_count == group.facts.late_lines
        stage = verdict.stage or step.stage
        if row.amount == verdict.amount and is_same_count and row.stage == stage:
            return
        self.draft.refreshed.append(
            self._target(row.id, group, step)
            | {
                "amount": verdict.amount,
                "line_count": group.facts.late_lines,
                "days_late": self._days_late(group),
                "stage": stage.value,
                "mode": (verdict.mode or Mode.CONFIRM).value,
                "confirm_reasons": [reason.value for reason in verdict.confirm_reasons],
            }
        )

    def _days_late(self, group: Group) -> int:
        leader = group.facts.leader or group.facts.small_leader or group.facts.upcoming
        return (self.day.today - leader.due_date).days if leader else 0

    def _target(self, reminder_id: UUID, group: Group, step: StepRule) -> dict[str, Any]:
        following = self._following(group)
        return {
            "id": reminder_id,
            "customer": group.key[0],
            "entity": group.key[1],
            "currency": group.key[2],
            "course": group.key[3],
            "version": following.version_id,
            "step": following.step_ids[step.number],
            "offset_days": step.offset_days,
            "anchor": step.anchor.value,
            "anchor_days": step.anchor_days,
            "level": step.level,
            "is_preventive": step.is_preventive,
            "is_yearly": step.is_yearly,
            "is_contact": step.channel.is_contact,
        }

    def _new_row(
        self, group: Group, verdict: Verdict, due: StepDue, customer: CustomerRow
    ) -> dict[str, Any]:
        step = due.step
        contact_id = customer.addressee(step)
        leaves_at = self.day.leaves_at(
            customer.country,
            self._following(group).policy.window,
            is_formal=step.channel.is_posted,
            is_told=step.channel.is_sent_by_machine
            and customer.tells_sales(contact_id)
            and not customer.facts.has_nobody_to_tell,
        )
        return self._target(uuid7(), group, step) | {
            "contact": contact_id,
            "channel": step.channel.value,
            "stage": (verdict.stage or step.stage).value,
            "mode": (verdict.mode or Mode.CONFIRM).value,
            "confirm_reasons": [reason.value for reason in verdict.confirm_reasons],
            "skipped_steps": list(due.skipped),
            "amount": verdict.amount,
            "line_count": group.facts.late_lines,
            "days_late": self._days_late(group),
            "contact_date": self.day.contact_date(leaves_at, customer.country),
            "leaves_at": leaves_at,
            "leaves_any_hour": self.day.opens_now,
            "business_date": self.day.business_date,
        }

    def _cover(self, group: Group, verdict: Verdict, *, is_decided: bool) -> None:
        """Count the group's overdue lines and amounts under their one state each."""
        draft, facts, currency = self.draft, group.facts, group.key[2]
        for part in group.left_out:
            draft.lines_by_state[part.reason] += part.lines
            draft.left_out[part.reason][currency] += part.amount
        if not facts.late_lines:
            return
        is_waiting = is_decided and verdict.reason is HoldReason.SCENARIO_ENDED
        if verdict.kind in {VerdictKind.REMIND, VerdictKind.WAIT} or is_waiting:
            state = NEXT_ACTION if verdict.kind is VerdictKind.WAIT else REMINDER
            draft.lines_by_state[state] += facts.late_lines
            draft.chased[currency] += facts.claimed
            return
        reason = verdict.reason or HoldReason.NO_SCENARIO
        draft.lines_by_state[reason] += facts.late_lines
        draft.left_out[reason][currency] += facts.claimed
        draft.held_back[reason] += 1
        draft.held.append(_held_row(group, reason, verdict.next_date))


def _is_contact(verdict: Verdict) -> bool:
    return verdict.due is not None and verdict.due.step.channel.is_contact


def _held_row(group: Group, reason: HoldReason, next_date: date | None) -> dict[str, Any]:
    return {
        "customer": group.key[0],
        "entity": group.key[1],
        "currency": group.key[2],
        "course": group.key[3],
        "reason": reason.value,
        "amount": group.facts.claimed,
        "line_count": group.facts.late_lines,
        "next_date": next_date,
    }
