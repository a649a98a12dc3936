"""What the chase would do from one day to another, for all customers together. Sources: DOMAIN R62, 5.2, 5.3."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from dunning.rules.coverage import Tally
from dunning.rules.history import CustomerHistory
from dunning.rules.simulated import (
    NO_TALLY,
    CustomerWalk,
    SimulatedDay,
    SimulatedStep,
    Simulation,
    sums_of,
)
from dunning.rules.walk import Followed, Frame, walk


def simulation_of(
    customers: Iterable[tuple[CustomerHistory, Followed]],
    frame: Frame,
    *,
    told_from: date | None = None,
) -> Simulation:
    """Walk over every customer and return what was found from `told_from` on, the first day when it is None."""
    first_day = told_from or frame.first_day
    walks, steps, before = [], [], {}
    for customer, followed in customers:
        walked = walk(customer, followed, frame)
        walks.append(walked)
        steps += [*customer.let_go, *walked.steps]
        before[customer.id] = tuple(day for day in customer.contact_dates if day < first_day)
    told = sorted(
        (step for step in steps if first_day <= step.day <= frame.last_day),
        key=lambda step: (step.day, str(step.customer_id), str(step.entity_id), step.currency),
    )
    by_day: dict[date, list[SimulatedStep]] = {}
    for step in told:
        by_day.setdefault(step.day, []).append(step)
    covered = covered_by_day(walks, _days(frame.first_day, frame.last_day))
    return Simulation(
        first_day=first_day,
        last_day=frame.last_day,
        steps=told,
        days=[
            SimulatedDay(day, sums_of(by_day.get(day, ())), covered[day])
            for day in _days(first_day, frame.last_day)
        ],
        customer_count=len(walks),
        contacts_before={step.customer_id: before[step.customer_id] for step in told},
    )


def _days(first_day: date, last_day: date) -> list[date]:
    return [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]


def covered_by_day(
    walks: Iterable[CustomerWalk], days: Iterable[date]
) -> Mapping[date, Mapping[str, Tally]]:
    """Return the coverage of all customers together on each of `days`, which ascend, per currency."""
    changes: dict[date, list[tuple[str, Tally, Tally]]] = {}
    for each in walks:
        before: dict[tuple[UUID, str, UUID | None], Tally] = {}
        for change in each.coverage:
            former = before.get(change.group, NO_TALLY)
            changes.setdefault(change.day, []).append((change.group[1], former, change.tally))
            before[change.group] = change.tally
    sums: dict[str, Tally] = {}
    found: dict[date, Mapping[str, Tally]] = {}
    for day in days:
        for currency, former, after in changes.get(day, ()):
            sums[currency] = _replaced(sums.get(currency, NO_TALLY), former, after)
        found[day] = {
            currency: each for currency, each in sorted(sums.items()) if each.overdue or each.chased
        }
    return found


def _replaced(total: Tally, former: Tally, after: Tally) -> Tally:
    left_out = dict(total.left_out)
    for sign, part in ((-1, former), (1, after)):
        for reason, amount in part.left_out.items():
            left_out[reason] = left_out.get(reason, Decimal(0)) + sign * amount
    return Tally(
        overdue=total.overdue - former.overdue + after.overdue,
        chased=total.chased - former.chased + after.chased,
        left_out={reason: amount for reason, amount in left_out.items() if amount},
    )
