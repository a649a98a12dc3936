"""What a simulation found: the steps with their days, and the sums a credit manager looks at before he publishes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from uuid import UUID

from dunning.rules.coverage import Tally
from dunning.rules.steps import Channel, Mode, StepRule

COLLISION_DAYS = 5  # contacts closer than this are told, whatever gap the scenario sets itself
NO_TALLY = Tally(Decimal(0), Decimal(0), {})


@dataclass(frozen=True, slots=True)
class SimulatedStep:
    """One step taken. `day` is when the customer hears of it, in his calendar, `planned_date` when it was decided.

    `amount` is what it asks for in `currency`, tax included. `lines` are the due lines it names. `is_let_go` marks
    what was confirmed or sent before the simulation was asked for.
    """

    day: date
    planned_date: date
    customer_id: UUID
    entity_id: UUID
    currency: str
    step: StepRule
    amount: Decimal
    mode: Mode
    skipped: tuple[int, ...] = ()
    lines: tuple[UUID, ...] = ()
    is_let_go: bool = False

    @property
    def is_message(self) -> bool:
        """Whether something is written to the customer; calls and decisions are tasks of people."""
        return self.step.channel.is_contact and self.step.channel is not Channel.CALL


@dataclass(frozen=True, slots=True)
class CoverageChange:
    """From `day` on the overdue lines of one entity, currency and course are covered as `tally` says."""

    day: date
    group: tuple[UUID, str, UUID | None]
    tally: Tally


@dataclass(frozen=True, slots=True)
class CustomerWalk:
    """What the walk over one customer came to."""

    customer_id: UUID
    steps: tuple[SimulatedStep, ...]
    coverage: tuple[CoverageChange, ...]


@dataclass(frozen=True, slots=True)
class Collision:
    """A customer who hears twice within `COLLISION_DAYS` days, by whatever channel and from whatever entity."""

    customer_id: UUID
    earlier: date
    later: date

    @property
    def days_apart(self) -> int:
        """Return the days between the two contacts."""
        return (self.later - self.earlier).days


@dataclass(frozen=True, slots=True)
class Sums:
    """What is done in some time: messages by channel, tasks of people, and what customers are asked for by currency.

    `amounts` add up what each message and call asks for, tax included; decisions ask for nothing.
    """

    messages: Mapping[Channel, int]
    calls: int
    decisions: int
    amounts: Mapping[str, Decimal]

    @property
    def message_count(self) -> int:
        """Return the messages of all channels."""
        return sum(self.messages.values())


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One day: what is done, and how every overdue line is covered once its plan is made, per currency."""

    day: date
    sums: Sums
    coverage: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class LevelShare:
    """How many messages and calls are of one level, and their share of all, a fraction."""

    level: int
    count: int
    share: Decimal


@dataclass(frozen=True)
class Simulation:
    """What would be done from `first_day` to `last_day`, both included; `steps` ascend by day.

    `customer_count` is how many customers were walked over, touched or not. `contacts_before` are the contacts known
    from before, by which a first simulated one may collide.
    """

    first_day: date
    last_day: date
    steps: Sequence[SimulatedStep]
    days: Sequence[SimulatedDay]
    customer_count: int
    contacts_before: Mapping[UUID, Sequence[date]] = field(default_factory=dict)

    @cached_property
    def by_customer(self) -> Mapping[UUID, Sequence[SimulatedStep]]:
        """Return the steps of each customer who has one, in order of days."""
        found: dict[UUID, list[SimulatedStep]] = {}
        for step in self.steps:
            found.setdefault(step.customer_id, []).append(step)
        return found

    @cached_property
    def totals(self) -> Sums:
        """Return the sums of the whole time."""
        return sums_of(self.steps)

    @cached_property
    def by_level(self) -> Sequence[LevelShare]:
        """Return the messages and calls by level, the gentlest first; shares are rounded to four decimals."""
        counts = Counter(step.step.level for step in self.steps if step.step.channel.is_contact)
        total = counts.total()
        return [
            LevelShare(level, count, round(Decimal(count) / total, 4))
            for level, count in sorted(counts.items())
        ]

    @cached_property
    def peak_day(self) -> SimulatedDay | None:
        """Return the day with most messages and calls, the first of equals; None when nothing is done."""
        busiest = max(self.days, key=_contacts, default=None)
        return busiest if busiest is not None and _contacts(busiest) else None

    @cached_property
    def collisions(self) -> Sequence[Collision]:
        """Return every pair of contacts with one customer that lie fewer than `COLLISION_DAYS` days apart."""
        found = []
        for customer_id, steps in self.by_customer.items():
            days = [(step.day, True) for step in steps if step.step.channel.is_contact]
            days += [(day, False) for day in self.contacts_before.get(customer_id, ())]
            found += [
                Collision(customer_id, first[0], second[0])
                for first, second in pairwise(sorted(days))
                if second[1] and (second[0] - first[0]).days < COLLISION_DAYS
            ]
        return sorted(found, key=lambda each: (each.later, str(each.customer_id)))

    def days_over(self, calls_a_day: int) -> Sequence[SimulatedDay]:
        """Return the days that ask for more calls than a team can make."""
        return [each for each in self.days if each.sums.calls > calls_a_day]


def _contacts(day: SimulatedDay) -> int:
    return day.sums.message_count + day.sums.calls


def sums_of(steps: Iterable[SimulatedStep]) -> Sums:
    """Add up some steps."""
    messages: Counter[Channel] = Counter()
    calls = decisions = 0
    amounts: dict[str, Decimal] = {}
    for each in steps:
        if each.step.channel.is_contact:
            amounts[each.currency] = amounts.get(each.currency, Decimal(0)) + each.amount
        if each.is_message:
            messages[each.step.channel] += 1
        elif each.step.channel is Channel.CALL:
            calls += 1
        else:
            decisions += 1
    return Sums(dict(sorted(messages.items())), calls, decisions, dict(sorted(amounts.items())))


@dataclass(frozen=True, slots=True)
class Difference:
    """What one customer hears under one of two simulations and not under the other."""

    customer_id: UUID
    only_before: Sequence[SimulatedStep]
    only_after: Sequence[SimulatedStep]


def differences(before: Simulation, after: Simulation) -> Sequence[Difference]:
    """Return the customers who would hear something else, with what falls away and what is new.

    Two steps are the same when day, entity, currency, channel, level and amount are.
    """
    found = []
    for customer_id in sorted({*before.by_customer, *after.by_customer}, key=str):
        former = before.by_customer.get(customer_id, ())
        current = after.by_customer.get(customer_id, ())
        gone = _without(former, current)
        new = _without(current, former)
        if gone or new:
            found.append(Difference(customer_id, gone, new))
    return found


def _without(
    steps: Sequence[SimulatedStep], others: Sequence[SimulatedStep]
) -> list[SimulatedStep]:
    known = Counter(_said(step) for step in others)
    found = []
    for step in steps:
        if known[_said(step)]:
            known[_said(step)] -= 1
        else:
            found.append(step)
    return found


def _said(step: SimulatedStep) -> tuple[date, UUID, str, Channel, int, Decimal]:
    return (
        step.day,
        step.entity_id,
        step.currency,
        step.step.channel,
        step.step.level,
        step.amount,
    )
