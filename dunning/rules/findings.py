"""What a page tells of simulations: the sums of each side, and customer by customer steps, changes and collisions.

The walk of some customers is found and forgotten before the next begins: sums are put together, customers stored one
by one, so that what is kept in memory does not grow with the ledger. Sources: DOMAIN 5.3; docs/decisions/simulation.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from dunning.rules.simulated import SimulatedDay, SimulatedStep, Simulation, Sums
from dunning.rules.simulation_changes import Change, ChangeKind, changes
from dunning.rules.steps import Channel


@dataclass(frozen=True, slots=True)
class FoundStep:
    """A step on its day, as a page tells it; `amount` is what it asks for in `currency`, tax included."""

    day: date
    planned_date: date
    entity_id: UUID
    currency: str
    channel: Channel
    level: int
    amount: Decimal

    @property
    def is_message(self) -> bool:
        """Whether something is written to the customer; calls and decisions are tasks of people."""
        return self.channel.is_contact and self.channel is not Channel.CALL


@dataclass(frozen=True, slots=True)
class FoundChange:
    """One step that is not the same on both sides; `before` is the side that stands beside."""

    kind: ChangeKind
    before: FoundStep | None
    after: FoundStep | None

    @property
    def day(self) -> date:
        """The day on which something is different for the first time."""
        return min(each.day for each in (self.before, self.after) if each is not None)

    @property
    def step(self) -> FoundStep:
        """The step as it will be, as it was where it falls away."""
        found = self.after or self.before
        if found is None:
            message = "a change has a step"
            raise ValueError(message)
        return found


Collided = tuple[date, date]


@dataclass(frozen=True, slots=True)
class CustomerFindings:
    """What one customer hears: the steps and collisions of each side, and what differs between two."""

    customer_id: UUID
    sides: tuple[tuple[FoundStep, ...], ...]
    changes: tuple[FoundChange, ...] = ()
    collisions: tuple[tuple[Collided, ...], ...] = ()

    @property
    def changed_from(self) -> date | None:
        """The first day on which something differs; None when nothing does."""
        return min((each.day for each in self.changes), default=None)

    @property
    def collides_from(self) -> date | None:
        """The first day on which he hears a second time within five days; None when he never does."""
        return min((later for side in self.collisions for _earlier, later in side), default=None)


@dataclass(frozen=True)
class Side:
    """The sums of one version: day by day, and how many customers were walked over, touched, touched twice.

    `changes` counts by kind the steps that differ from the version beside it; the first side has them.
    """

    days: Sequence[SimulatedDay]
    customer_count: int
    touched: int
    twice: int
    changes: Mapping[ChangeKind, int] = field(default_factory=dict)

    @cached_property
    def totals(self) -> Sums:
        """Return the sums of the whole time."""
        return added(each.sums for each in self.days)

    @property
    def last_day(self) -> date:
        """Return the last day told."""
        return self.days[-1].day

    def days_over(self, calls_a_day: int) -> Sequence[SimulatedDay]:
        """Return the days that ask for more calls than a team can make."""
        return [each for each in self.days if each.sums.calls > calls_a_day]


def added(several: Iterable[Sums]) -> Sums:
    """Add sums up."""
    messages: Counter[Channel] = Counter()
    amounts: dict[str, Decimal] = {}
    calls = decisions = 0
    for sums in several:
        messages.update(sums.messages)
        calls += sums.calls
        decisions += sums.decisions
        for currency, amount in sums.amounts.items():
            amounts[currency] = amounts.get(currency, Decimal(0)) + amount
    return Sums(dict(sorted(messages.items())), calls, decisions, dict(sorted(amounts.items())))


def sides_of(simulations: Sequence[Simulation], found: Sequence[CustomerFindings]) -> list[Side]:
    """Return the sums of simulations; `found` are their findings."""
    counted = Counter(change.kind for each in found for change in each.changes)
    return [
        Side(
            days=[SimulatedDay(each.day, each.sums, {}) for each in simulation.days],
            customer_count=simulation.customer_count,
            touched=len(simulation.by_customer),
            twice=len({each.customer_id for each in simulation.collisions}),
            changes={} if place else counted,
        )
        for place, simulation in enumerate(simulations)
    ]


def together(one: Side, other: Side) -> Side:
    """Return the sums of two walks over different customers and the same days."""
    return Side(
        days=[
            SimulatedDay(first.day, added((first.sums, second.sums)), {})
            for first, second in zip(one.days, other.days, strict=True)
        ],
        customer_count=one.customer_count + other.customer_count,
        touched=one.touched + other.touched,
        twice=one.twice + other.twice,
        changes=Counter(one.changes) + Counter(other.changes),
    )


def findings(simulations: Sequence[Simulation]) -> list[CustomerFindings]:
    """Return what each customer hears who hears anything on any side, in the order of their ids.

    Of two simulations the first is what would be, the second what stands beside it.
    """
    differing: dict[UUID, list[FoundChange]] = {}
    if len(simulations) > 1:
        for each in changes(simulations[1], simulations[0]):
            differing.setdefault(each.customer_id, []).append(found_change(each))
    collided = [_collided(each) for each in simulations]
    touched = {key for each in simulations for key in each.by_customer}
    return [
        CustomerFindings(
            customer_id=key,
            sides=tuple(
                tuple(found_step(step) for step in each.by_customer.get(key, ()))
                for each in simulations
            ),
            changes=tuple(differing.get(key, ())),
            collisions=tuple(tuple(each.get(key, ())) for each in collided),
        )
        for key in sorted(touched, key=str)
    ]


def _collided(simulation: Simulation) -> dict[UUID, list[Collided]]:
    found: dict[UUID, list[Collided]] = {}
    for each in simulation.collisions:
        found.setdefault(each.customer_id, []).append((each.earlier, each.later))
    return found


def found_step(step: SimulatedStep) -> FoundStep:
    """Return of a step what a page tells."""
    return FoundStep(
        day=step.day,
        planned_date=step.planned_date,
        entity_id=step.entity_id,
        currency=step.currency,
        channel=step.step.channel,
        level=step.step.level,
        amount=step.amount,
    )


def found_change(change: Change) -> FoundChange:
    """Return of a change what a page tells."""
    return FoundChange(
        change.kind,
        found_step(change.before) if change.before else None,
        found_step(change.after) if change.after else None,
    )
