"""The circuits a tenant starts with, until it publishes its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from credit.rules.circuits import StepRule

COMMITTEE_ABOVE = Decimal(100_000)  # as the mock of the page shows it


@dataclass(frozen=True, slots=True)
class ReadyCircuit:
    """A shipped circuit: its code, the kinds of request it is for, its steps."""

    code: str
    kinds: tuple[str, ...]
    steps: tuple[StepRule, ...]


def _step(
    position: int, number: int, kind: str, role: str = "", above: Decimal | None = None
) -> StepRule:
    return StepRule(position=position, number=number, kind=kind, role=role, above=above)


READY_CIRCUITS = (
    ReadyCircuit(
        "openings",
        ("opening",),
        (
            _step(1, 1, "completeness", "credit_analyst"),
            _step(2, 2, "analysis", "credit_analyst"),
            _step(3, 3, "decision", "credit_manager"),
            _step(4, 3, "committee", "credit_manager", COMMITTEE_ABOVE),
            _step(5, 4, "export"),
        ),
    ),
    ReadyCircuit(
        "limits",
        ("limit", "review"),
        (
            _step(1, 1, "analysis", "credit_analyst"),
            _step(2, 2, "decision", "credit_manager"),
            _step(3, 2, "committee", "credit_manager", COMMITTEE_ABOVE),
            _step(4, 3, "export"),
        ),
    ),
    ReadyCircuit("short", ("advice", "temporary"), (_step(1, 1, "decision", "credit_manager"),)),
)
