"""The rules that say which customers follow which scenario, in their order. They take effect with the next night."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning import scenario_words as words
from dunning.models import AssignmentRule, Scenario
from dunning.rules.assignment import (
    Conditions,
    ConditionUnknownError,
    as_stored,
    conditions_of,
)
from dunning.services.locks import lock_scenarios
from kernel.errors import Refused
from kernel.permissions import Actor


class RuleNotPossible(Refused):
    """A rule without a name, without conditions, or with one that asks for nothing known."""

    code: ClassVar[str] = "rule_not_possible"


class RuleChanged(Refused):
    """Somebody changed or deleted the rule since it was shown."""

    code: ClassVar[str] = "rule_changed"


class ScenarioNotReady(Refused):
    """A rule cannot lead to a scenario that is archived or was never published."""

    code: ClassVar[str] = "scenario_not_ready"


def stamp(rule: AssignmentRule) -> str:
    """Return the word that names the state of a rule; every change gives it another."""
    return rule.changed_at.isoformat()


def add_rule(
    *,
    name: str,
    scenario: Scenario,
    conditions: Conditions,
    actor: Actor,
    is_active: bool = True,
) -> AssignmentRule:
    """Add a rule after all others. Raises RuleNotPossible, ScenarioNotReady."""
    lock_scenarios()
    last = AssignmentRule.objects.aggregate(last=Max("position"))["last"]
    rule = AssignmentRule(position=(last or 0) + 1, is_active=is_active)
    _fill(rule, name=name, scenario=scenario, conditions=conditions, actor=actor)
    rule.save(force_insert=True)
    _record(actor, "dunning.add_rule", rule, conditions=rule.conditions, is_active=is_active)
    return rule


def change_rule(
    *,
    rule: AssignmentRule,
    name: str,
    scenario: Scenario,
    conditions: Conditions,
    actor: Actor,
    seen: str,
) -> None:
    """Change what a rule asks and where it leads. Raises RuleChanged, RuleNotPossible, ScenarioNotReady."""
    lock_scenarios()
    locked = _locked(rule)
    if stamp(locked) != seen:
        raise RuleChanged(
            _(
                "Somebody changed the rule “%(name)s” after your page was shown. Nothing of yours is saved yet: "
                "compare it with the list, then save again."
            )
            % {"name": locked.name}
        )
    before = locked.conditions
    _fill(locked, name=name, scenario=scenario, conditions=conditions, actor=actor)
    locked.save()
    _record(actor, "dunning.change_rule", locked, conditions=locked.conditions, before=before)


def move_rule(*, rule: AssignmentRule, is_up: bool, actor: Actor) -> None:
    """Let a rule be asked one place earlier or later; at the end of the list nothing happens. Raises RuleChanged."""
    lock_scenarios()
    moved = _locked(rule)
    others = AssignmentRule.objects.filter(
        **{"position__lt" if is_up else "position__gt": moved.position}
    ).order_by("-position" if is_up else "position")
    neighbour = others.first()
    if neighbour is None:
        return
    moved.position, neighbour.position = neighbour.position, moved.position
    moved.changed_by_id = actor.membership_id
    moved.save()
    neighbour.save()
    _record(actor, "dunning.move_rule", moved, position=moved.position)


def switch_rule(*, rule: AssignmentRule, is_active: bool, actor: Actor) -> None:
    """Let a rule decide, or leave it aside. Raises RuleChanged, ScenarioNotReady."""
    lock_scenarios()
    locked = _locked(rule)
    if is_active:
        refuse_unready(locked.scenario)
    locked.is_active = is_active
    locked.changed_by_id = actor.membership_id
    locked.save()
    _record(actor, "dunning.switch_rule", locked, is_active=is_active)


def delete_rule(*, rule: AssignmentRule, actor: Actor) -> None:
    """Take a rule away; whoever followed it is looked at again tonight. Raises RuleChanged."""
    lock_scenarios()
    locked = _locked(rule)
    _record(actor, "dunning.delete_rule", locked, conditions=locked.conditions)
    locked.delete()


def refuse_unready(scenario: Scenario) -> None:
    """Raise ScenarioNotReady when nobody could follow the scenario."""
    name = {"name": scenario.name}
    if scenario.is_archived:
        raise ScenarioNotReady(
            _("“%(name)s” is archived. Bring it back, or lead the rule to another scenario.") % name
        )
    if not scenario.versions.filter(is_draft=False).exists():
        raise ScenarioNotReady(
            _("“%(name)s” was never published, so nobody can follow it. Publish it first.") % name
        )


def conditions_from(stored: Mapping[str, Any]) -> Conditions:
    """Return what a form or a suggestion asks as conditions. Raises RuleNotPossible."""
    try:
        return conditions_of(stored)
    except ConditionUnknownError as fault:
        raise RuleNotPossible(
            _("A rule cannot ask for “%(condition)s”. Choose among the conditions of the page.")
            % {"condition": fault}
        ) from fault


def _fill(
    rule: AssignmentRule, *, name: str, scenario: Scenario, conditions: Conditions, actor: Actor
) -> None:
    wanted = " ".join(name.split())
    if not wanted:
        raise RuleNotPossible(
            _("Give the rule a name; the page of each customer it decides for shows it.")
        )
    if conditions.is_empty:
        raise RuleNotPossible(
            _(
                "The rule “%(name)s” asks nothing, so it would take every customer from the rules after it. "
                "Choose at least one condition; whoever no rule meets follows the default scenario."
            )
            % {"name": wanted}
        )
    if (
        conditions.open_from is not None
        and conditions.open_below is not None
        and conditions.open_from >= conditions.open_below
    ):
        raise RuleNotPossible(
            _(
                "Nobody owes at least %(least)s and less than %(most)s. Correct one of the two amounts."
            )
            % {
                "least": words.euros(conditions.open_from),
                "most": words.euros(conditions.open_below),
            }
        )
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    refuse_unready(locked)
    rule.name = wanted[:120]
    rule.scenario = locked
    rule.conditions = as_stored(conditions)
    rule.changed_by_id = actor.membership_id


def _locked(rule: AssignmentRule) -> AssignmentRule:
    locked = (
        AssignmentRule.objects.select_related("scenario")
        .select_for_update(of=("self",))
        .filter(pk=rule.pk)
        .first()
    )
    if locked is None:
        raise RuleChanged(
            _("The rule “%(name)s” was deleted meanwhile. Look at the list again.")
            % {"name": rule.name}
        )
    return locked


def _record(actor: Actor, action: str, rule: AssignmentRule, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="assignment_rule",
        object_id=rule.pk,
        scenario=str(rule.scenario_id),
        **details,
    )
