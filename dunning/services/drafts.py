"""Write in the draft of a scenario.

Every change names the state it was made on (`seen`, the draft's `stamp`): a draft that changed meanwhile refuses it,
and nothing is lost. What was published is never changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from dunning import scenario_words as words
from dunning.models import Scenario, ScenarioVersion, Step
from dunning.rules.pace import paced
from dunning.rules.policy import DEFAULT_POLICY, SHARES, ParameterWrongError, policy_of
from dunning.rules.scenario_checks import (
    EARLIEST_DAY,
    LATEST_DAY,
    MOST_STEPS,
    PARAMETERS,
    Fault,
    Finding,
    free_day,
    is_day_possible,
    parameter_changes,
    parameter_values,
    tidy,
)
from dunning.rules.steps import CatchUp, StepRule
from dunning.services.scenarios import step_row
from kernel import formats
from kernel.errors import Refused
from kernel.permissions import Actor


class DraftChanged(Refused):
    """Somebody changed the draft since it was shown."""

    code: ClassVar[str] = "draft_changed"


class NotADraft(Refused):
    """The version was published or discarded meanwhile: it cannot be changed any more."""

    code: ClassVar[str] = "not_a_draft"


class ScenarioArchived(Refused):
    """An archived scenario is not written in."""

    code: ClassVar[str] = "scenario_archived"


class StepUnknown(Refused):
    """The step is not in the draft any more."""

    code: ClassVar[str] = "step_unknown"


class DayTaken(Refused):
    """Another step stands on that day already."""

    code: ClassVar[str] = "step_day_taken"


class DayNotPossible(Refused):
    """No step can stand on that day."""

    code: ClassVar[str] = "step_day_not_possible"


class TooManySteps(Refused):
    """Nobody reads a scenario of so many steps."""

    code: ClassVar[str] = "too_many_steps"


class ParameterNotPossible(Refused):
    """A parameter is out of its bounds; `details` name it."""

    code: ClassVar[str] = "parameter_not_possible"


def stamp(version: ScenarioVersion) -> str:
    """Return the word that names the state of a draft; every change gives it another."""
    return version.changed_at.isoformat()


def open_draft(*, scenario: Scenario, actor: Actor) -> ScenarioVersion:
    """Return the scenario's draft, made from what is published when there is none. Raises ScenarioArchived."""
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    if locked.is_archived:
        raise ScenarioArchived(
            _("“%(name)s” is archived. Bring it back before you change it.") % {"name": locked.name}
        )
    known = ScenarioVersion.objects.filter(scenario=locked, is_draft=True).first()
    if known is not None:
        return known
    published = ScenarioVersion.objects.filter(scenario=locked).order_by("-number")[0]
    draft = new_draft(
        scenario=locked,
        number=published.number + 1,
        steps=published.as_rules().steps,
        parameters=published.parameters,
        catch_up=published.catch_up,
        actor=actor,
    )
    record(actor, "dunning.open_draft", draft)
    return draft


def new_draft(
    *,
    scenario: Scenario,
    number: int,
    steps: Iterable[StepRule],
    parameters: Mapping[str, Any],
    catch_up: str,
    actor: Actor,
) -> ScenarioVersion:
    """Store a draft with these steps; its author is the actor. The caller holds the scenario and records it."""
    draft = ScenarioVersion.objects.create(
        scenario=scenario,
        number=number,
        is_draft=True,
        catch_up=catch_up,
        parameters=dict(parameters),
        written_by_id=actor.membership_id,
        authors=_with_author([], actor),
    )
    Step.objects.bulk_create(step_row(draft, step) for step in steps)
    return draft


def write_step(
    *, draft: ScenarioVersion, step: StepRule, actor: Actor, seen: str, number: int | None = None
) -> Step:
    """Add a step, or put it in the place of step `number`. What means nothing in its channel is left out.

    Raises DraftChanged, NotADraft, StepUnknown, TooManySteps, DayNotPossible, DayTaken.
    """
    locked = locked_draft(draft, seen)
    steps = _steps(locked)
    if number is not None and number not in steps:
        raise _unknown()
    if number is None and len(steps) >= MOST_STEPS:
        raise TooManySteps(words.finding_sentence(Finding(Fault.TOO_MANY_STEPS)))
    others = [one for one in steps.values() if one.number != number]
    kept = tidy(step.numbered(number or _next_number(locked)))
    _refuse_day(kept, others)
    row = _keep_steps(locked, [*others, kept])[kept.number]
    _touch(locked, actor)
    record(
        actor,
        "dunning.write_step",
        locked,
        step=kept.number,
        day=kept.offset_days,
        channel=kept.channel.value,
        level=kept.level,
        mode=kept.mode.value,
        was_day=steps[number].offset_days if number is not None else None,
    )
    return row


def duplicate_step(*, draft: ScenarioVersion, number: int, actor: Actor, seen: str) -> Step:
    """Add a copy of a step on the next free day. Raises DraftChanged, NotADraft, StepUnknown, TooManySteps."""
    steps = _steps(locked_draft(draft, seen))
    if number not in steps:
        raise _unknown()
    day = free_day(steps.values(), steps[number].offset_days + 1)
    return write_step(
        draft=draft, step=replace(steps[number], offset_days=day), actor=actor, seen=seen
    )


def remove_step(*, draft: ScenarioVersion, number: int, actor: Actor, seen: str) -> None:
    """Take a step out of the draft. Raises DraftChanged, NotADraft, StepUnknown."""
    locked = locked_draft(draft, seen)
    steps = _steps(locked)
    if number not in steps:
        raise _unknown()
    _keep_steps(locked, [one for one in steps.values() if one.number != number])
    _touch(locked, actor)
    record(actor, "dunning.remove_step", locked, step=number, day=steps[number].offset_days)


def write_parameters(
    *,
    draft: ScenarioVersion,
    values: Mapping[str, Any],
    catch_up: CatchUp,
    actor: Actor,
    seen: str,
) -> None:
    """Set the parameters of the draft; what equals the default is not kept, so that it follows the default.

    `values` are stored values: numbers, weekdays from Monday 0, hours as "09:00". Raises DraftChanged, NotADraft,
    ParameterNotPossible.
    """
    locked = locked_draft(draft, seen)
    try:
        policy = policy_of(values)
    except ParameterWrongError as fault:
        raise _not_possible(fault) from fault
    changed = {name for name, _before, _after in parameter_changes(DEFAULT_POLICY, policy)}
    kept = parameter_values(policy)
    locked.parameters = {name: _stored(kept[name]) for name in PARAMETERS if name in changed}
    locked.catch_up = catch_up.value
    _keep_steps(locked, _steps(locked).values())
    _touch(locked, actor)
    record(
        actor,
        "dunning.write_parameters",
        locked,
        parameters=locked.parameters,
        catch_up=locked.catch_up,
    )


def discard_draft(*, draft: ScenarioVersion, actor: Actor, seen: str) -> None:
    """Throw a draft away, and with it a scenario that was never published. Raises DraftChanged, NotADraft."""
    locked = locked_draft(draft, seen)
    record(actor, "dunning.discard_draft", locked)
    Step.objects.filter(version=locked).delete()
    locked.delete()
    if not ScenarioVersion.objects.filter(scenario=locked.scenario_id).exists():
        Scenario.objects.filter(pk=locked.scenario_id).delete()


def locked_draft(draft: ScenarioVersion, seen: str) -> ScenarioVersion:
    """Return the draft locked, as it is now, when it is what `seen` saw. Raises DraftChanged, NotADraft."""
    locked = (
        ScenarioVersion.objects.select_related("scenario")
        .select_for_update(of=("self",))
        .filter(pk=draft.pk)
        .first()
    )
    if locked is None or not locked.is_draft:
        raise NotADraft(
            _(
                "Version %(number)s is no draft any more: it was published or discarded meanwhile. "
                "Open the scenario again and change its new draft."
            )
            % {"number": draft.number}
        )
    if stamp(locked) != seen:
        raise DraftChanged(
            _(
                "%(name)s changed this draft at %(hour)s, after your page was shown. Nothing of yours is saved yet: "
                "look at what stands there now, then save again."
            )
            % {
                "name": _last_author(locked),
                "hour": formats.clock(timezone.localtime(locked.changed_at), words.language()),
            }
        )
    return locked


def _last_author(draft: ScenarioVersion) -> str:
    last = Membership.objects.filter(pk__in=draft.authors[-1:]).first()
    return last.name if last else _("Somebody")


def _touch(draft: ScenarioVersion, actor: Actor) -> None:
    """Note that the actor wrote in the draft: the last author stands last."""
    draft.authors = _with_author(draft.authors, actor)
    draft.save()


def _with_author(authors: list[str], actor: Actor) -> list[str]:
    if actor.membership_id is None:
        return authors
    me = str(actor.membership_id)
    return [*(one for one in authors if one != me), me]


def _steps(draft: ScenarioVersion) -> dict[int, StepRule]:
    """Return the steps of a draft by number, on the days their authors wrote."""
    rules = (row.as_rule() for row in Step.objects.filter(version=draft))
    return {
        rule.number: replace(rule, offset_days=rule.written, written_days=None) for rule in rules
    }


def _keep_steps(draft: ScenarioVersion, written: Iterable[StepRule]) -> dict[int, Step]:
    """Store the steps of a draft on the days to which its pace moves them; return them by number."""
    rules = list(written)
    pace = draft.as_policy().pace
    moved = paced([rule.offset_days for rule in rules if is_day_possible(rule.offset_days)], pace)
    Step.objects.filter(version=draft).delete()
    rows = [step_row(draft, _moved(rule, moved)) for rule in rules]
    return {row.number: row for row in Step.objects.bulk_create(rows)}


def _moved(rule: StepRule, days: Mapping[int, int]) -> StepRule:
    day = days.get(rule.offset_days, rule.offset_days)
    written = rule.offset_days if day != rule.offset_days else None
    return replace(rule, offset_days=day, written_days=written)


def _next_number(draft: ScenarioVersion) -> int:
    """Return a number no version of the scenario used: a number means one step in all of them."""
    used = Step.objects.filter(version__scenario=draft.scenario_id).aggregate(last=Max("number"))
    return (used["last"] or 0) + 1


def _refuse_day(step: StepRule, others: list[StepRule]) -> None:
    if not is_day_possible(step.offset_days):
        raise DayNotPossible(
            _(
                "A step stands between %(earliest)s and %(latest)s, and not on the due date itself, when nothing is "
                "late yet; %(day)s is not possible. Choose another day."
            )
            % {
                "earliest": formats.day_offset(EARLIEST_DAY, words.language()),
                "latest": formats.day_offset(LATEST_DAY, words.language()),
                "day": words.day_of(step),
            },
            day=step.offset_days,
        )
    other = next((one for one in others if one.offset_days == step.offset_days), None)
    if other is not None:
        free = formats.day_offset(free_day([*others], step.offset_days), words.language())
        raise DayTaken(
            _(
                "“%(other)s” already stands on %(day)s, and one line gets one step a day. "
                "The next free day is %(free)s; or move “%(other)s” first."
            )
            % {"other": words.title_of(other), "day": words.day_of(step), "free": free},
            day=step.offset_days,
        )


def _unknown() -> StepUnknown:
    return StepUnknown(
        _(
            "This step is not in the draft any more. Open the scenario again; add it if you still want it."
        )
    )


def _not_possible(fault: ParameterWrongError) -> ParameterNotPossible:
    name = str(words.PARAMETERS.get(fault.name, fault.name))
    if fault.name == "weekdays":
        sentence = _("Choose at least one day on which messages may leave.")
    elif fault.name == "closes_at":
        sentence = _(
            "Messages leave until %(value)s, but only from %(lowest)s. Choose a later hour."
        ) % {
            "value": _bound(fault.value),
            "lowest": _bound(fault.lowest),
        }
    else:
        sentence = _("“%(name)s” is between %(lowest)s and %(highest)s; %(value)s is outside.") % {
            "name": name,
            "lowest": _bound(fault.lowest, fault.name),
            "highest": _bound(fault.highest, fault.name),
            "value": _bound(fault.value, fault.name),
        }
    return ParameterNotPossible(sentence, parameter=fault.name)


def _bound(value: object, name: str = "") -> str:
    """Return a bound as people read it."""
    if name in SHARES:
        return words.parameter_in_words(name, value)
    if isinstance(value, Decimal):
        return words.euros(value)
    return words.hour(value) if isinstance(value, time) else str(value)


def _stored(value: object) -> object:
    """Return a value of the policy as JSON keeps it."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, time):
        return words.hour(value)
    return str(value) if isinstance(value, Decimal) else value


def record(actor: Actor, action: str, version: ScenarioVersion, **details: Any) -> None:
    """Write down what somebody did to a version of a scenario."""
    audit.record(
        actor=actor,
        action=action,
        object_kind="scenario",
        object_id=version.scenario_id,
        version=version.number,
        **details,
    )
