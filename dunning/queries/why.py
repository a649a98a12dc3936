"""Why a customer, or one item of his, follows its scenario."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunning.models import LineOverride, Scenario, ScenarioAssignment, ScenarioOverride
from dunning.rules.assignment import Matched


@dataclass(frozen=True, slots=True)
class Why:
    """The scenario a customer follows: by a person's choice, by a rule, or since no rule says otherwise.

    `since` is None for a customer who was never moved. `because` holds what the rule saw on the day it took hold.
    """

    scenario: Scenario
    since: date | None
    rule: str
    because: tuple[Matched, ...]
    override: ScenarioOverride | None


def why_scenario(customer_id: UUID, *, today: date) -> Why | None:
    """Return why a customer follows his scenario; None before the tenant has any."""
    row = (
        ScenarioAssignment.objects.filter(customer=customer_id)
        .select_related("scenario", "rule")
        .first()
    )
    if row is not None:
        return Why(
            scenario=row.scenario,
            since=row.since_date,
            rule=row.rule.name if row.rule else "",
            because=tuple(Matched(*pair) for pair in row.because),
            override=override_of(customer_id, today=today),
        )
    default = Scenario.objects.filter(is_default=True).first()
    return Why(default, None, "", (), None) if default else None


@dataclass(frozen=True, slots=True)
class LineWhy:
    """Why one item follows a scenario of its own: who chose it until when, and for what reason.

    `is_own`: its customer follows that very scenario by now, so it goes with the rest. `is_settled`: nothing is left
    to ask for; should a payment be taken back, the choice counts again.
    """

    override: LineOverride
    is_own: bool
    is_settled: bool

    @property
    def number(self) -> str:
        """The number of its document, with the instalment where there are several."""
        line = self.override.due_line
        return f"{line.document.number}/{line.number}" if line.number > 1 else line.document.number


def why_lines(customer_id: UUID, *, today: date) -> list[LineWhy]:
    """Return what somebody chose for single items of a customer and holds today, the oldest due first."""
    own = why_scenario(customer_id, today=today)
    found = LineOverride.objects.in_force(today).filter(customer=customer_id)
    rows = found.select_related("scenario", "opened_by", "due_line__document")
    return [
        LineWhy(
            override=row,
            is_own=own is not None and own.scenario == row.scenario,
            is_settled=not row.due_line.is_open,
        )
        for row in rows.order_by("due_line__due_date", "due_line__document__number")
    ]


def override_of(customer_id: UUID, *, today: date) -> ScenarioOverride | None:
    """Return the choice of a person that holds for a customer today; None when the rules decide."""
    found = ScenarioOverride.objects.in_force(today).filter(customer=customer_id)
    return found.select_related("scenario", "opened_by").order_by("-created_at").first()
