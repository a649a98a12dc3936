"""What changes for customers from one simulation to another: steps added, removed, moved or made another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from dunning.rules.simulated import COLLISION_DAYS, SimulatedStep, Simulation, differences


class ChangeKind(StrEnum):
    """What becomes of a step."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Change:
    """A step that is not the same any more: `before` is None for one that is added, `after` for one removed.

    A moved step keeps channel, level, entity and currency, and comes on another day. An altered one changes its
    channel, its level or its amount, and comes on its day or fewer than `COLLISION_DAYS` from it.
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
    and either are of one channel and level or stand so near that one takes the place of the other.
    """
    found = []
    for each in differences(before, after):
        gone, new = list(each.only_before), list(each.only_after)
        pairs = _paired(gone, new, _is_same_message) + _paired(gone, new, _is_near)
        found += [_of_pair(each.customer_id, first, second) for first, second in pairs]
        found += [Change(ChangeKind.REMOVED, each.customer_id, step, None) for step in gone]
        found += [Change(ChangeKind.ADDED, each.customer_id, None, step) for step in new]
    return sorted(found, key=lambda one: (one.day, str(one.customer_id), one.kind))


def _is_same_message(one: SimulatedStep, other: SimulatedStep) -> bool:
    return (one.step.channel, one.step.level) == (other.step.channel, other.step.level)


def _is_near(one: SimulatedStep, other: SimulatedStep) -> bool:
    return abs((one.day - other.day).days) < COLLISION_DAYS


def _paired(
    gone: list[SimulatedStep],
    new: list[SimulatedStep],
    belong: Callable[[SimulatedStep, SimulatedStep], bool],
) -> list[tuple[SimulatedStep, SimulatedStep]]:
    """Take out of both lists what belongs together, each with the nearest, and return it in pairs."""
    pairs = []
    for step in list(gone):
        partners = [
            each
            for each in new
            if (each.entity_id, each.currency) == (step.entity_id, step.currency)
            and belong(step, each)
        ]
        if partners:
            partner = min(partners, key=lambda each: abs((each.day - step.day).days))
            pairs.append((step, partner))
            gone.remove(step)
            new.remove(partner)
    return pairs


def _of_pair(customer_id: UUID, before: SimulatedStep, after: SimulatedStep) -> Change:
    is_moved = before.day != after.day and _is_same_message(before, after)
    kind = ChangeKind.MOVED if is_moved else ChangeKind.ALTERED
    return Change(kind, customer_id, before, after)
