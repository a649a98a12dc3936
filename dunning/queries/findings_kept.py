"""Findings of simulations as JSON: how they are kept in rows, and read again equal to what they were."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from dunning.rules.findings import CustomerFindings, FoundChange, FoundStep, Side
from dunning.rules.simulated import SimulatedDay, Sums
from dunning.rules.simulation_changes import ChangeKind
from dunning.rules.steps import Channel


def kept_side(side: Side) -> dict[str, Any]:
    """Return a side as JSON; days on which nothing is done keep their date alone."""
    return {
        "days": [[each.day.isoformat(), *_kept_sums(each.sums)] for each in side.days],
        "customers": side.customer_count,
        "touched": side.touched,
        "twice": side.twice,
        "changes": {kind.value: number for kind, number in side.changes.items()},
    }


def _kept_sums(sums: Sums) -> list[Any]:
    if not (sums.messages or sums.calls or sums.decisions or sums.amounts):
        return []
    messages = {channel.value: number for channel, number in sums.messages.items()}
    amounts = {currency: str(amount) for currency, amount in sums.amounts.items()}
    return [messages, sums.calls, sums.decisions, amounts]


def side_kept(kept: Mapping[str, Any]) -> Side:
    """Return the side that was kept."""
    return Side(
        days=[
            SimulatedDay(date.fromisoformat(day), _sums_kept(sums), {})
            for day, *sums in kept["days"]
        ],
        customer_count=kept["customers"],
        touched=kept["touched"],
        twice=kept["twice"],
        changes={ChangeKind(kind): number for kind, number in kept["changes"].items()},
    )


def _sums_kept(kept: Sequence[Any]) -> Sums:
    if not kept:
        return Sums({}, 0, 0, {})
    messages, calls, decisions, amounts = kept
    return Sums(
        {Channel(channel): number for channel, number in messages.items()},
        calls,
        decisions,
        {currency: Decimal(amount) for currency, amount in amounts.items()},
    )


def kept_customer(found: CustomerFindings) -> dict[str, Any]:
    """Return what the row of a customer holds besides simulation and customer."""
    return {
        "sides": [[_kept_step(step) for step in side] for side in found.sides],
        "changes": [
            [each.kind.value, _kept_or_none(each.before), _kept_or_none(each.after)]
            for each in found.changes
        ],
        "changed_from": found.changed_from,
        "collisions": [
            [[earlier.isoformat(), later.isoformat()] for earlier, later in side]
            for side in found.collisions
        ],
        "collides_from": found.collides_from,
    }


def customer_kept(customer_id: UUID, row: Mapping[str, Any]) -> CustomerFindings:
    """Return what was kept of a customer."""
    return CustomerFindings(
        customer_id=customer_id,
        sides=tuple(tuple(_step_kept(step) for step in side) for side in row["sides"]),
        changes=tuple(
            FoundChange(ChangeKind(kind), _step_or_none(before), _step_or_none(after))
            for kind, before, after in row["changes"]
        ),
        collisions=tuple(
            tuple(
                (date.fromisoformat(earlier), date.fromisoformat(later)) for earlier, later in side
            )
            for side in row["collisions"]
        ),
    )


def _kept_step(step: FoundStep) -> list[Any]:
    return [
        step.day.isoformat(),
        step.planned_date.isoformat(),
        str(step.entity_id),
        step.currency,
        step.channel.value,
        step.level,
        str(step.amount),
    ]


def _step_kept(kept: Sequence[Any]) -> FoundStep:
    day, planned, entity, currency, channel, level, amount = kept
    return FoundStep(
        date.fromisoformat(day),
        date.fromisoformat(planned),
        UUID(entity),
        currency,
        Channel(channel),
        level,
        Decimal(amount),
    )


def _kept_or_none(step: FoundStep | None) -> list[Any] | None:
    return None if step is None else _kept_step(step)


def _step_or_none(kept: Sequence[Any] | None) -> FoundStep | None:
    return None if kept is None else _step_kept(kept)
