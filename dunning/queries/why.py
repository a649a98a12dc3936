"""Why a customer follows his scenario."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunning.models import Scenario, ScenarioAssignment, ScenarioOverride
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


def override_of(customer_id: UUID, *, today: date) -> ScenarioOverride | None:
    """Return the choice of a person that holds for a customer today; None when the rules decide."""
    found = ScenarioOverride.objects.in_force(today).filter(customer=customer_id)
    return found.select_related("scenario", "opened_by").order_by("-created_at").first()
