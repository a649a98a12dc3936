"""Which scenario each customer follows: computed every night from the rules, and changed by people for a time."""

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import AssignmentRule, Scenario, ScenarioAssignment, ScenarioOverride
from dunning.queries.traits import traits_of_customers
from dunning.rules.assignment import Choice, choose
from dunning.services.locks import lock_plan
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Customer, TimelineKind
from ledger.services.history import note, note_each

LONGEST_OVERRIDE = timedelta(days=366)


class OverrideNotPossible(Refused):
    """A scenario chosen by hand without a reason, without an end, too long, or one that nobody may follow."""

    code: ClassVar[str] = "override_not_possible"


def assign_scenarios(*, today: date, actor: Actor, only: UUID | None = None) -> int:
    """Let every customer, or one, follow what the rules say today, and return how many moved.

    Only what differs from yesterday is written.

    A customer who moves follows his new scenario from today on: what it asked for before is past. A rule about
    something unknown would stop the night, so rules are checked when they are written.
    """
    default_id = Scenario.objects.values_list("pk", flat=True).get(is_default=True)
    rules = [row.as_rule() for row in AssignmentRule.objects.filter(is_active=True)]
    overrides = _overrides(today, only)
    rows = ScenarioAssignment.objects.all()
    known = {row.customer_id: row for row in (rows.filter(customer=only) if only else rows)}
    if not rules and not overrides and not known:
        return 0
    added: list[ScenarioAssignment] = []
    changed: list[ScenarioAssignment] = []
    moved: list[tuple[UUID, UUID, UUID]] = []
    for customer_id, traits in traits_of_customers(today=today, only=only).items():
        override = overrides.get(customer_id)
        choice = choose(
            rules,
            traits,
            default_id=default_id,
            override_id=override.scenario_id if override else None,
        )
        row = known.get(customer_id)
        before = row.scenario_id if row else default_id
        if row is None and choice == Choice(default_id) and override is None:
            continue
        if row is not None and _is_still(row, choice, override):
            continue
        fresh = row or ScenarioAssignment(customer_id=customer_id, since_date=today)
        _take(fresh, choice, override)
        if before != choice.scenario_id:
            fresh.since_date = today
        (changed if row else added).append(fresh)
        if before != choice.scenario_id:
            moved.append((customer_id, before, choice.scenario_id))
    ScenarioAssignment.objects.bulk_create(added, batch_size=2000)
    ScenarioAssignment.objects.bulk_update(
        changed, ["scenario", "rule", "override", "because", "since_date"], batch_size=1000
    )
    if moved:
        _record(moved, actor)
    return len(moved)


def _overrides(today: date, only: UUID | None) -> dict[UUID, ScenarioOverride]:
    """Return the override in force of each customer who has one: the latest given."""
    found = ScenarioOverride.objects.in_force(today).filter(scenario__is_archived=False)
    found = found.order_by("created_at")
    return {row.customer_id: row for row in (found.filter(customer=only) if only else found)}


def _is_still(row: ScenarioAssignment, choice: Choice, override: ScenarioOverride | None) -> bool:
    """Return whether a row says what holds today; what a rule saw may differ from day to day and is kept."""
    return (row.scenario_id, row.rule_id, row.override_id) == (
        choice.scenario_id,
        choice.rule_id,
        override.pk if override else None,
    )


def _take(row: ScenarioAssignment, choice: Choice, override: ScenarioOverride | None) -> None:
    row.scenario_id = choice.scenario_id
    row.rule_id = choice.rule_id
    row.override = override
    row.because = [[each.condition, each.value] for each in choice.because]


MOST_NAMED = 1000


def _record(moved: list[tuple[UUID, UUID, UUID]], actor: Actor) -> None:
    scenarios = Scenario.objects.in_bulk()
    audit.record(
        actor=actor,
        action="dunning.assign_scenarios",
        object_kind="scenario_assignment",
        count=len(moved),
        moved=[
            {
                "customer": str(customer),
                "before": scenarios[before].code,
                "after": scenarios[after].code,
            }
            for customer, before, after in moved[:MOST_NAMED]
        ],
    )
    note_each(
        {
            customer_id: {"before": scenarios[before].name, "after": scenarios[after].name}
            for customer_id, before, after in moved
        },
        kind=TimelineKind.CHANGE,
        text_code="dunning.scenario_changed",
        actor=actor,
    )


def override_scenario(
    *,
    customer: Customer,
    scenario: Scenario,
    reason: str,
    until: date,
    actor: Actor,
    today: date,
    now: datetime,
) -> ScenarioOverride:
    """Let a customer follow a scenario whatever the rules say, from today to `until`, included.

    Takes effect at once; what was planned under the former scenario is cancelled by the next plan. Raises
    OverrideNotPossible.
    """
    lock_plan()
    longest = today + LONGEST_OVERRIDE
    if not reason.strip():
        raise OverrideNotPossible(
            _("Say why %(customer)s follows another scenario.") % {"customer": customer.name}
        )
    if not today <= until <= longest:
        raise OverrideNotPossible(
            _(
                "The choice ends between %(first)s and %(last)s; %(until)s is outside. Choose a day in between."
            )
            % {"first": today, "last": longest, "until": until},
            first=str(today),
            last=str(longest),
        )
    if scenario.is_archived or not scenario.versions.filter(is_draft=False).exists():
        raise OverrideNotPossible(
            _("Nobody can follow %(scenario)s: it is archived or was never published.")
            % {"scenario": scenario.name}
        )
    override = ScenarioOverride.objects.create(
        customer=customer,
        scenario=scenario,
        reason=reason.strip(),
        from_date=today,
        until_date=until,
        opened_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        action="dunning.override_scenario",
        object_kind="customer",
        object_id=customer.pk,
        scenario=scenario.code,
        until=until.isoformat(),
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="dunning.scenario_chosen",
        actor=actor,
        words=override.reason,
        at=now,
        object_id=override.pk,
        facts={"scenario": scenario.name, "until": until.isoformat()},
    )
    assign_scenarios(today=today, actor=actor, only=customer.pk)
    return override


def end_override(*, override: ScenarioOverride, actor: Actor, today: date, now: datetime) -> None:
    """Leave the customer to the rules again from today."""
    lock_plan()
    override.ended_date = today
    override.save(update_fields=["ended_date"])
    audit.record(
        actor=actor,
        action="dunning.end_override",
        object_kind="customer",
        object_id=override.customer_id,
    )
    note(
        customer=override.customer_id,
        kind=TimelineKind.CHANGE,
        text_code="dunning.scenario_choice_ended",
        actor=actor,
        at=now,
        object_id=override.pk,
    )
    assign_scenarios(today=today, actor=actor, only=override.customer_id)
