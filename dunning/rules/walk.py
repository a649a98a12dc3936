"""One customer's chase from one day to another: the clock is walked over his own history.

The rules are those of the nightly plan, asked with the memory and the contacts that the walk itself builds up. A
reminder is taken as let go: nothing waits for a person. Quiet days cost nothing, since a customer is looked at again
only when something of his changed or when a verdict named the day. Sources: DOMAIN R62, 5.2, 5.3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from heapq import heappop, heappush
from uuid import UUID

from dunning.rules.calendar import next_opening, zone_of
from dunning.rules.coverage import Tally, line_coverage, tally
from dunning.rules.decision import (
    Circumstances,
    CustomerFacts,
    HoldReason,
    Verdict,
    VerdictKind,
    announcement_of,
    decide,
)
from dunning.rules.grouping import (
    Announcement,
    GroupFacts,
    LineStanding,
    OpenLine,
    group_facts,
    line_standing,
    named_lines,
)
from dunning.rules.history import CustomerHistory, Moment, Rates, TrackedLine
from dunning.rules.policy import Policy, SendWindow, as_often_as
from dunning.rules.sales import Care, objection_deadline
from dunning.rules.simulated import CoverageChange, CustomerWalk, SimulatedStep
from dunning.rules.steps import Channel, Mode, ScenarioRules, Stage, StepDue

ONE_DAY = timedelta(days=1)
PLAN_HOUR = time(4, 10)  # when the plan of a day is made, in the tenant's time
_WAITS_FOR_A_DAY = frozenset(
    {HoldReason.NO_CONTACT, HoldReason.CONTACT_GAP, HoldReason.FREQUENCY_CAP}
)


@dataclass(frozen=True, slots=True)
class Followed:
    """What a customer is supposed to follow throughout.

    `courses` are the scenarios by id that lines of his may follow instead; the one he follows, `scenario_id`, is the
    same course for all his lines. How often he hears is said by `policy`, whatever his lines follow.
    """

    rules: ScenarioRules
    policy: Policy
    scenario_id: UUID | None = None
    courses: Mapping[UUID, "Followed"] = field(default_factory=dict)

    @property
    def announcement(self) -> Announcement | None:
        """Which lines it announces before they fall due."""
        return announcement_of(self.rules)

    def course_of(self, follows: UUID | None) -> UUID | None:
        """Return the course of a line for which somebody chose `follows`; None: with the rest of the customer's."""
        return None if follows == self.scenario_id or follows not in self.courses else follows

    def on(self, course: UUID | None) -> "Followed":
        """Return what the lines of a course follow."""
        if course is None:
            return self
        chosen = self.courses[course]
        return replace(chosen, policy=as_often_as(self.policy, chosen.policy))


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for every customer of a simulation; `first_day` and `last_day` are included.

    `opens_daily` lets everything leave on the day it is planned, whatever the calendar says. `now` is the hour from
    which the first day may still be used, None when it counts whole. `zone` and `country` are the tenant's,
    `closures` its own days off.
    """

    first_day: date
    last_day: date
    zone: tzinfo
    rates: Rates
    confirm_everything_until: date | None = None
    opens_daily: bool = False
    now: datetime | None = None
    country: str = "FR"
    closures: frozenset[date] = frozenset()
    _openings: dict[tuple[date, str, SendWindow, bool, date | None], datetime] = field(
        default_factory=dict
    )

    def planned_at(self, day: date) -> datetime:
        """Return when the plan of `day` is made."""
        planned_at = datetime.combine(day, PLAN_HOUR, tzinfo=self.zone)
        return max(planned_at, self.now) if self.now and day == self.first_day else planned_at

    def contact_date(
        self,
        day: date,
        *,
        country: str,
        window: SendWindow,
        channel: Channel,
        told_date: date | None = None,
    ) -> date | None:
        """Return when the customer hears of what is planned on `day`; None when the next plan comes before that.

        E-mails wait for the window; people call and post on any working day of the customer's country. A decision
        stays in the house: its step counts as taken from the day on which it is asked for. What sales are told of on
        `told_date` waits besides until they could object.
        """
        if self.opens_daily or not channel.is_contact:
            return day
        is_told = told_date is not None and channel.is_sent_by_machine
        key = (day, country, window, not channel.is_sent_by_machine, told_date if is_told else None)
        if key not in self._openings:
            self._openings[key] = next_opening(
                self._earliest(day, key[4]),
                country=country,
                window=window,
                closures=self.closures,
                is_formal=key[3],
            )
        leaves_at = self._openings[key]
        if leaves_at >= self.planned_at(day + ONE_DAY):
            return None
        return leaves_at.astimezone(zone_of(country)).date()

    def _earliest(self, day: date, told_date: date | None) -> datetime:
        planned_at = self.planned_at(day)
        if told_date is None:
            return planned_at
        told_at = self.planned_at(max(told_date, self.first_day))
        return max(planned_at, objection_deadline(told_at, zone=self.zone, country=self.country))


def walk(customer: CustomerHistory, followed: Followed, frame: Frame) -> CustomerWalk:
    """Return what one customer would hear, day by day, and how his overdue lines would be covered.

    Amounts are in the currency of each step, tax included, less credit notes and unapplied cash.
    """
    return _Walker(customer, followed, frame).walk()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A step decided and not let go yet: what it asks for, and the offset each line it names will remember."""

    planned_date: date
    due: StepDue
    amount: Decimal
    mode: Mode
    stage: Stage | None
    late_lines: int
    named: tuple[tuple[UUID, int], ...]

    def stands(self, due: StepDue, verdict: Verdict, late_lines: int) -> bool:
        """Whether the plan of another day leaves it as it is: the same step and stage, and nothing owed has changed."""
        is_same_count = due.step.chooses_lines or late_lines == self.late_lines
        is_same_claim = (verdict.amount, verdict.stage) == (self.amount, self.stage)
        return self.is_of(due) and is_same_claim and is_same_count

    def is_of(self, due: StepDue) -> bool:
        """Whether it is for this very step."""
        mine, other = self.due.step, due.step
        return (mine.number, mine.channel) == (other.number, other.channel)


def _mode(former: _Pending | None, verdict: Verdict) -> Mode:
    """Return who lets a step happen: as it was decided, unless its matter went on to another stage."""
    asked = verdict.mode or Mode.CONFIRM
    if former is None or (former.mode is Mode.AUTO and former.stage is not verdict.stage):
        return asked
    return former.mode


class _Group:
    """The lines of one entity, currency and course that count by now, with what was last found about them."""

    def __init__(
        self, customer_id: UUID, key: tuple[UUID, str, UUID | None], followed: Followed
    ) -> None:
        self.key = key
        self.entity_id, self.currency, self.course = key
        self.followed = followed
        self.announcement = followed.announcement
        self.order = str((customer_id, *key))
        self.lines: list[TrackedLine] = []
        self.is_changed = True
        self.is_waiting = False  # decided on an earlier day, and not let go by the calendar yet
        self.pending: _Pending | None = None
        self.rate = Decimal(1)
        self.facts: GroupFacts | None = None
        self.late: list[LineStanding] = []
        self.covered: tuple[tuple[VerdictKind, HoldReason | None], Tally] | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    group: _Group
    facts: GroupFacts
    verdict: Verdict

    @property
    def is_contact(self) -> bool:
        due = self.verdict.due
        return due is not None and due.step.channel.is_contact

    @property
    def precedence(self) -> tuple[bool, int, Decimal, str]:
        """Return the place in the queue of one customer's groups: what waits, the higher step, the larger claim."""
        offset = self.verdict.due.step.offset_days if self.verdict.due else -1000
        amount = -self.verdict.amount * self.group.rate
        return (not self.group.is_waiting, -offset, amount, self.group.order)


class _Walker:
    def __init__(self, customer: CustomerHistory, followed: Followed, frame: Frame) -> None:
        self.customer = customer
        self.followed = followed
        self.frame = frame
        self.contact_dates = list(customer.contact_dates)
        self.call_dates = list(customer.call_dates)
        self.is_known = customer.is_known
        self.steps: list[SimulatedStep] = []
        self.coverage: list[CoverageChange] = []
        self.groups: dict[tuple[UUID, str, UUID | None], _Group] = {}
        self.days: list[date] = [frame.first_day]
        self.moments = customer.moments(
            followed.rules,
            frame.rates,
            until=frame.last_day,
            courses=[each.rules for each in followed.courses.values()],
        )
        self.place = 0

    def walk(self) -> CustomerWalk:
        while (day := self._next_day()) <= self.frame.last_day:
            is_named = self._advance(day)
            if is_named or any(group.is_changed for group in self.groups.values()):
                self._look(day)
        return CustomerWalk(self.customer.id, tuple(self.steps), tuple(self.coverage))

    def _next_day(self) -> date:
        """Return the next day on which something happens or may be decided, one after the last when there is none."""
        days = [self.frame.last_day + ONE_DAY, *self.days[:1]]
        if self.place < len(self.moments):
            days.append(self.moments[self.place].day)
        return max(min(days), self.frame.first_day)

    def _advance(self, day: date) -> bool:
        """Take in what happened up to `day`, and say whether a verdict named the day."""
        while self.place < len(self.moments) and self.moments[self.place].day <= day:
            self._apply(self.moments[self.place])
            self.place += 1
        is_named = False
        while self.days and self.days[0] <= day:
            heappop(self.days)
            is_named = True
        return is_named

    def _apply(self, moment: Moment) -> None:
        """Take one change into the group it concerns; a line that does not count yet changes silently."""
        for line in moment.lines:
            before = self._group_of(line) if moment.moves and line.is_live else None
            changed = line.apply(moment)
            if moment.enters and not line.is_live:
                line.is_live = True
                if line.stays:
                    self._group_of(line).lines.append(line)
            if changed and line.is_live:
                self._group_of(line).is_changed = True
            if before is not None:
                self._move(line, before)

    def _move(self, line: TrackedLine, before: _Group) -> None:
        """Take a line from the group it was in to that of its scenario, and look at both."""
        before.is_changed = True
        if line in before.lines:
            before.lines.remove(line)
            after = self._group_of(line)
            after.lines.append(line)
            after.is_changed = True

    def _group_of(self, line: TrackedLine) -> _Group:
        course = self.followed.course_of(line.follows)
        key = (line.history.entity_id, line.history.currency, course)
        if key not in self.groups:
            group = self.groups[key] = _Group(self.customer.id, key, self.followed.on(course))
            group.is_waiting = key in self.customer.waiting
        return self.groups[key]

    def _siblings(self, group: _Group) -> list[_Group]:
        """Return the other groups of the same entity and currency: they share credit notes and payments."""
        return [
            each
            for each in self.groups.values()
            if each is not group and (each.entity_id, each.currency) == group.key[:2]
        ]

    def _look(self, day: date) -> None:
        """Decide about every group of the customer, as the plan of `day` does, and take what leaves."""
        for group in [each for each in self.groups.values() if each.is_changed]:
            for sibling in self._siblings(group):
                sibling.is_changed = True
        circumstances = Circumstances(day, self.frame.confirm_everything_until)
        answers = list(self._answers(day, circumstances))
        for answer in answers:
            self._cover(day, answer)
        for answer in answers:
            self._take(day, answer)
        for answer in answers:
            self._look_again(day, answer)

    def _answers(self, day: date, circumstances: Circumstances) -> Iterable[_Answer]:
        """Yield the verdict on each group; of several contacts on one day only one is taken, as in the plan."""
        facts = self._customer_facts(day)
        answers = [
            self._ask(group, self._facts_of(group, day), facts, circumstances)
            for group in self.groups.values()
        ]
        if len(answers) == 1:
            yield answers[0]
            return
        for answer in sorted(answers, key=lambda each: each.precedence):
            final = answer
            if final.is_contact:
                final = self._ask(answer.group, answer.facts, facts, circumstances)
            due = final.verdict.due
            if due is not None and final.is_contact:
                facts = facts.heard_on(day, due.step.channel)
            yield final

    def _customer_facts(self, day: date) -> CustomerFacts:
        oldest = day - timedelta(days=self.followed.policy.contact_cap_days)
        self.contact_dates = [each for each in self.contact_dates if each > oldest]
        return CustomerFacts(
            is_reachable=self.customer.is_reachable,
            is_protected=self.customer.is_protected,
            is_delicate=self.customer.asks_care(Care.DELICATE, day),
            has_nobody_to_tell=self.customer.has_nobody_to_tell
            and self.customer.asks_care(Care.PROTECTED, day),
            untranslated=self.customer.untranslated,
            is_first_contact=not self.is_known,
            contact_dates=tuple(self.contact_dates),
            call_dates=tuple(self.call_dates),
        )

    def _facts_of(self, group: _Group, day: date) -> GroupFacts:
        if group.facts is None or group.is_changed:
            group.lines = [line for line in group.lines if line.stays]
            group.rate = self.frame.rates.in_euros(group.currency, day)
            policy = group.followed.policy
            lines = [line.as_open_line() for line in group.lines if line.open_amount]
            group.facts = group_facts(
                [*lines, *self._shared(group)],
                today=day,
                euro_rate=group.rate,
                policy=policy,
                announcement=group.announcement,
            )
            standings = (
                line_standing(line, euro_rate=group.rate, policy=policy)
                for line in lines
                if line.due_date < day
            )
            group.late = [each for each in standings if each.claimed or each.left_out]
            group.is_changed = False
            group.covered = None
        return group.facts

    def _shared(self, group: _Group) -> list[OpenLine]:
        """Return the credit notes and payments that came into the other groups of the same account."""
        return [
            found
            for sibling in self._siblings(group)
            for line in sibling.lines
            if line.open_amount and (found := line.as_open_line()).is_credit
        ]

    def _ask(
        self,
        group: _Group,
        facts: GroupFacts,
        customer: CustomerFacts,
        circumstances: Circumstances,
    ) -> _Answer:
        verdict = decide(
            facts,
            customer=customer,
            scenario=group.followed.rules,
            euro_rate=group.rate,
            policy=group.followed.policy,
            circumstances=circumstances,
        )
        return _Answer(group, facts, verdict)

    def _cover(self, day: date, answer: _Answer) -> None:
        """Note how the group's overdue lines are covered from this day on, if that changed."""
        group, verdict = answer.group, answer.verdict
        state = (verdict.kind, verdict.reason)
        if group.covered is not None and group.covered[0] == state:
            return
        sums = tally(line_coverage(each, verdict) for each in group.late)
        group.covered = (state, sums)
        self.coverage.append(CoverageChange(day, group.key, sums))

    def _take(self, day: date, answer: _Answer) -> None:
        """Let the step leave if the calendar allows it before the next plan; else it waits, to be decided anew."""
        due, group = answer.verdict.due, answer.group
        group.is_waiting = due is not None
        if due is None:
            group.pending = None
            return
        pending = group.pending = self._pending(day, answer, due)
        contact_date = self.frame.contact_date(
            day,
            country=self.customer.country,
            window=group.followed.policy.window,
            channel=due.step.channel,
            told_date=pending.planned_date if self._tells_sales(pending) else None,
        )
        if contact_date is None:
            return
        group.is_waiting, group.pending = False, None
        group.is_changed = self.is_known = True
        if due.step.channel.is_contact:
            self.contact_dates.append(contact_date)
        if due.step.channel is Channel.CALL:
            self.call_dates.append(contact_date)
            self._talk(contact_date)
        offsets = dict(pending.named)
        for line in group.lines:
            if line.history.id in offsets:
                line.remember(offsets[line.history.id], contact_date)
        self.steps.append(
            SimulatedStep(
                day=contact_date,
                planned_date=pending.planned_date,
                customer_id=self.customer.id,
                entity_id=group.entity_id,
                currency=group.currency,
                step=due.step,
                amount=pending.amount,
                mode=pending.mode,
                skipped=pending.due.skipped,
                lines=tuple(offsets),
            )
        )

    def _tells_sales(self, pending: _Pending) -> bool:
        is_protected = self.customer.asks_care(Care.PROTECTED, pending.planned_date)
        return is_protected and not self.customer.has_nobody_to_tell

    def _talk(self, day: date) -> None:
        """Take it that the call reached somebody: words not kept are answered, in all groups of the customer."""
        for group in self.groups.values():
            for line in group.lines:
                group.is_changed |= line.talked_about(day)

    def _pending(self, day: date, answer: _Answer, due: StepDue) -> _Pending:
        """Return what waits for this step, brought up to what is owed on `day` as the plan does it, or is new."""
        former, group, facts = answer.group.pending, answer.group, answer.facts
        verdict = answer.verdict
        if former is not None and former.stands(due, verdict, facts.late_lines):
            return former
        is_same = former is not None and former.is_of(due)
        return _Pending(
            planned_date=former.planned_date if former and is_same else day,
            due=former.due if former and is_same else due,
            amount=verdict.amount,
            mode=_mode(former if is_same else None, verdict),
            stage=verdict.stage,
            late_lines=facts.late_lines,
            named=self._named(group, due, day),
        )

    def _named(self, group: _Group, due: StepDue, day: date) -> tuple[tuple[UUID, int], ...]:
        """Return the lines a step names on `day`, and what each will remember of it."""
        named = named_lines(
            [line.as_open_line() for line in group.lines if line.open_amount],
            scenario=group.followed.rules,
            step=due.step,
            today=day,
            euro_rate=group.rate,
            policy=group.followed.policy,
            announcement=group.announcement,
        )
        return tuple((each.standing.line.id, each.offset_days) for each in named)

    def _look_again(self, day: date, answer: _Answer) -> None:
        """Note the next days on which this group's verdict may change without anything happening to its lines."""
        verdict, tomorrow = answer.verdict, day + ONE_DAY
        if verdict.kind is VerdictKind.REMIND:
            self._add_day(tomorrow)
            return
        if verdict.next_date is not None:
            self._add_day(max(verdict.next_date, tomorrow))
        if verdict.reason in _WAITS_FOR_A_DAY:
            self._add_day(self._next_step_day(answer.group, day))
            gap = timedelta(days=self.followed.policy.contact_gap_days)
            self._add_day(max(max(self.contact_dates, default=day) + gap, tomorrow))

    def _next_step_day(self, group: _Group, day: date) -> date:
        """Return when a line of the group next reaches a step: a decision, say, needs no contact."""
        days = (
            each.line.due_date + timedelta(days=lateness)
            for each in group.late
            for step in group.followed.rules.overdue_steps
            if (lateness := step.lateness(each.line.anchors)) is not None
        )
        return min((each for each in days if each > day), default=self.frame.last_day + ONE_DAY)

    def _add_day(self, day: date) -> None:
        if day <= self.frame.last_day:
            heappush(self.days, day)
