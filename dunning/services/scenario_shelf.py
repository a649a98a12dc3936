"""The scenarios a tenant has: begun from a ready one or from another, renamed, archived, brought back."""

from datetime import date, datetime
from typing import ClassVar

from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import (
    AssignmentRule,
    FormerName,
    LineOverride,
    Scenario,
    ScenarioOverride,
    ScenarioVersion,
)
from dunning.rules.ready_scenarios import READY_SCENARIOS
from dunning.services.drafts import new_draft
from dunning.services.locks import lock_plan, lock_scenarios
from dunning.services.scenarios import ensure_ready_scenarios, in_own_words
from kernel.errors import Refused
from kernel.permissions import Actor

RESERVED_CODES = frozenset({"rules", "new", "install"})  # addresses of pages
LONGEST_CODE = 40
LONGEST_NAME = 120
SHOWN_NAMES = 5


class NameNotPossible(Refused):
    """A scenario without a name, or with another's."""

    code: ClassVar[str] = "scenario_name_not_possible"


class ArchiveNotPossible(Refused):
    """The default, or a scenario that a rule or an override leads to."""

    code: ClassVar[str] = "scenario_in_use"


class SourceUnknown(Refused):
    """There is no such ready scenario."""

    code: ClassVar[str] = "scenario_source_unknown"


def install_ready_scenarios(*, actor: Actor) -> None:
    """Install the ready scenarios before the first plan would."""
    lock_plan()
    ensure_ready_scenarios()
    audit.record(actor=actor, action="dunning.install_scenarios", object_kind="scenario")


def start_scenario(*, name: str, ready_code: str, actor: Actor) -> ScenarioVersion:
    """Begin a scenario of one's own as a draft, with the steps of a ready one.

    Raises NameNotPossible, SourceUnknown.
    """
    ready = next((one for one in READY_SCENARIOS if one.code == ready_code), None)
    if ready is None:
        raise SourceUnknown(
            _("There is no ready scenario “%(code)s”. Choose one of the list.")
            % {"code": ready_code}
        )
    scenario = _new_scenario(name)
    draft = new_draft(
        scenario=scenario,
        number=1,
        steps=in_own_words(ready.rules).steps,
        parameters=ready.parameters,
        catch_up=ready.rules.catch_up.value,
        actor=actor,
    )
    _record(actor, "dunning.start_scenario", scenario, source=ready.code)
    return draft


def duplicate_scenario(*, scenario: Scenario, name: str, actor: Actor) -> ScenarioVersion:
    """Begin a scenario as a draft with what another says: its newest published version, else its draft.

    Raises NameNotPossible.
    """
    source = scenario.versions.prefetch_related("steps").order_by("is_draft", "-number")[0]
    copy = _new_scenario(name)
    draft = new_draft(
        scenario=copy,
        number=1,
        steps=[step.as_rule() for step in source.steps.all()],
        parameters=source.parameters,
        catch_up=source.catch_up,
        actor=actor,
    )
    _record(actor, "dunning.duplicate_scenario", copy, source=scenario.code)
    return draft


def archive_scenario(*, scenario: Scenario, actor: Actor, today: date) -> None:
    """Put a scenario away: nobody can choose it any more. Raises ArchiveNotPossible, naming what leads to it."""
    lock_scenarios()
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    name = locked.name
    if locked.is_default:
        raise ArchiveNotPossible(
            _(
                "“%(name)s” is the default: whoever no rule sends elsewhere follows it, so it stays. "
                "Change its steps instead."
            )
            % {"name": name}
        )
    if rules := list(AssignmentRule.objects.filter(scenario=locked).values_list("name", flat=True)):
        raise ArchiveNotPossible(
            _(
                "“%(name)s” cannot be archived, these rules lead to it: %(rules)s. Delete them or lead them elsewhere."
            )
            % {"name": name, "rules": _listed(rules)},
            rules=rules,
        )
    if customers := _overridden(locked, today):
        raise ArchiveNotPossible(
            _(
                "“%(name)s” cannot be archived, somebody chose it for these customers: %(customers)s. "
                "End that choice on their pages first."
            )
            % {"name": name, "customers": _listed(customers)},
            customers=len(customers),
        )
    if lines := _lines_following(locked, today):
        raise ArchiveNotPossible(
            _(
                "“%(name)s” cannot be archived, somebody chose it for these items: %(items)s. "
                "End that choice on their customers' pages first."
            )
            % {"name": name, "items": _listed(lines)},
            items=len(lines),
        )
    locked.is_archived = True
    locked.save(update_fields=["is_archived"])
    _record(actor, "dunning.archive_scenario", locked)


def restore_scenario(*, scenario: Scenario, actor: Actor) -> None:
    """Bring an archived scenario back: rules may lead to it again."""
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    locked.is_archived = False
    locked.save(update_fields=["is_archived"])
    _record(actor, "dunning.restore_scenario", locked)


def _overridden(scenario: Scenario, today: date) -> list[str]:
    running = ScenarioOverride.objects.not_over(today).filter(scenario=scenario)
    return list(running.order_by("customer__sort_name").values_list("customer__name", flat=True))


def _lines_following(scenario: Scenario, today: date) -> list[str]:
    """Return the numbers of the items that follow it by a choice; settled ones are asked for nothing any more."""
    running = LineOverride.objects.not_over(today).filter(scenario=scenario, due_line__is_open=True)
    numbers = running.order_by("due_line__document__number", "due_line__number")
    return list(numbers.values_list("due_line__document__number", flat=True))


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    return _("%(names)s and %(more)s more") % {"names": shown, "more": more} if more > 0 else shown


def rename_scenario(*, scenario: Scenario, name: str, actor: Actor, now: datetime) -> Scenario:
    """Give a scenario another name; its code, and with it its addresses, stay, and the former name is kept.

    The name is the company's own word for it, one for all languages: no customer reads it. Raises NameNotPossible.
    """
    lock_scenarios()
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    wanted = _free_name(name, except_for=locked)
    if wanted == locked.name:
        return locked
    FormerName.objects.create(
        scenario=locked, name=locked.name, changed_by_id=actor.membership_id, changed_at=now
    )
    locked.name = wanted
    locked.save(update_fields=["name"])
    _record(actor, "dunning.rename_scenario", locked)
    return locked


def _new_scenario(name: str) -> Scenario:
    """Store a scenario under a name and a code that no other has."""
    lock_scenarios()
    wanted = _free_name(name)
    return Scenario.objects.create(name=wanted, code=_free_code(wanted))


def _free_name(name: str, *, except_for: Scenario | None = None) -> str:
    """Return a name as it is kept. Raises NameNotPossible when it is empty, too long or another's."""
    wanted = " ".join(name.split())
    if not wanted:
        raise NameNotPossible(_("Give the scenario a name; rules and customers are shown with it."))
    if len(wanted) > LONGEST_NAME:
        raise NameNotPossible(
            _("A name has %(most)s characters at most; this one has %(length)s. Shorten it.")
            % {"most": LONGEST_NAME, "length": len(wanted)}
        )
    for known in Scenario.objects.all():
        if except_for is not None and known.pk == except_for.pk:
            continue
        if wanted.casefold() == known.name.casefold():
            raise NameNotPossible(
                _("There is already a scenario “%(name)s”. Choose another name.") % {"name": wanted}
            )
    return wanted


def _free_code(name: str) -> str:
    stem = slugify(name)[: LONGEST_CODE - 4] or "scenario"
    taken = set(Scenario.objects.values_list("code", flat=True)) | RESERVED_CODES
    if stem not in taken:
        return stem
    return next(code for n in range(2, 1000) if (code := f"{stem}-{n}") not in taken)


def _record(actor: Actor, action: str, scenario: Scenario, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="scenario",
        object_id=scenario.pk,
        code=scenario.code,
        **details,
    )
