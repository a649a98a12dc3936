"""What changes for customers from one simulation to another: steps added, removed, moved or made another."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from dunning.rules.simulated import SimulatedStep, Simulation, differences


class ChangeKind(StrEnum):
    """What becomes of a step."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Change:
    """A step that is not the same any more: `before` is None for one that is added, `after` for one removed.

    A moved step keeps channel, level, entity and currency, and comes on another day. An altered one stays on its day
    and changes its channel, its level or its amount.
    """

    kind: ChangeKind
    customer_id: UUID
    before: SimulatedStep | None
    after: SimulatedStep | None

    @property
    def step(self) -> SimulatedStep:
        """The step as it will be, as it was where it falls away."""
        found = self.after or self.before
        if found is None:
            message = "a change has a step"
            raise ValueError(message)
        return found

    @property
    def day(self) -> date:
        """The day on which something is different for the first time."""
        return min(each.day for each in (self.before, self.after) if each is not None)

    @property
    def amount(self) -> Decimal:
        """What is asked for more, in the currency of the step, tax included; negative for less."""
        after = self.after.amount if self.after else Decimal(0)
        return after - (self.before.amount if self.before else Decimal(0))


def changes(before: Simulation, after: Simulation) -> Sequence[Change]:
    """Return what changes from one simulation to another, the earliest day first.

    A step that falls away and one that is new are one change where they belong to one customer, entity and currency
    and either are of one channel and level or come on the same day.
    """
    found = []
    for each in differences(before, after):
        gone, new = list(each.only_before), list(each.only_after)
        pairs = _paired(gone, new, _same_message) + _paired(gone, new, _same_day)
        found += [_of_pair(each.customer_id, first, second) for first, second in pairs]
        found += [Change(ChangeKind.REMOVED, each.customer_id, step, None) for step in gone]
        found += [Change(ChangeKind.ADDED, each.customer_id, None, step) for step in new]
    return sorted(found, key=lambda one: (one.day, str(one.customer_id), one.kind))


def _same_message(step: SimulatedStep) -> Hashable:
    return step.entity_id, step.currency, step.step.channel, step.step.level


def _same_day(step: SimulatedStep) -> Hashable:
    return step.entity_id, step.currency, step.day


def _paired(
    gone: list[SimulatedStep],
    new: list[SimulatedStep],
    key: Callable[[SimulatedStep], Hashable],
) -> list[tuple[SimulatedStep, SimulatedStep]]:
    """Take out of both lists what has the same key, first with first, and return it in pairs."""
    waiting: dict[Hashable, list[SimulatedStep]] = {}
    for step in new:
        waiting.setdefault(key(step), []).append(step)
    pairs = []
    for step in list(gone):
        partners = waiting.get(key(step))
        if partners:
            partner = partners.pop(0)
            pairs.append((step, partner))
            gone.remove(step)
            new.remove(partner)
    return pairs


def _of_pair(customer_id: UUID, before: SimulatedStep, after: SimulatedStep) -> Change:
    kind = ChangeKind.ALTERED if before.day == after.day else ChangeKind.MOVED
    return Change(kind, customer_id, before, after)
