"""Publish the draft of a scenario, by another person than everybody who wrote in it (S10)."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from dunning import scenario_words as words
from dunning.channels import carried_channels
from dunning.models import ScenarioVersion
from dunning.queries.templates import missing_texts
from dunning.rules.scenario_checks import faults, parameter_changes, step_changes
from dunning.services.drafts import locked_draft, record
from kernel.errors import Refused
from kernel.permissions import Actor


class NotPublishable(Refused):
    """The checks found what keeps the draft from being published."""

    code: ClassVar[str] = "scenario_not_publishable"


class NothingChanged(Refused):
    """The draft says what is published already."""

    code: ClassVar[str] = "scenario_unchanged"


class SamePerson(Refused):
    """Who wrote in the draft asks to publish it (S10)."""

    code: ClassVar[str] = "scenario_s10_two_people"


class PublishedByAPerson(Refused):
    """A machine asked to publish (S12)."""

    code: ClassVar[str] = "publishing_needs_a_person"


def publish(*, draft: ScenarioVersion, actor: Actor, today: date, seen: str) -> ScenarioVersion:
    """Publish the draft: from `today` on it is what is followed. Steps for days before are never taken.

    Raises PublishedByAPerson, DraftChanged, NotADraft, SamePerson (S10), NotPublishable, NothingChanged.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise PublishedByAPerson(
            _(
                "A scenario is published by a named person who signs in; a program cannot answer for it."
            )
        )
    locked = locked_draft(draft, seen)
    _refuse_author(locked, actor)
    rules = locked.as_rules()
    if found := faults(rules.steps, missing_texts=missing_texts(), carried=carried_channels()):
        raise NotPublishable(
            words.findings_as_text(found), faults=[finding.what.value for finding in found]
        )
    before = newest_published(locked.scenario_id)
    if before is not None and _says_the_same(before, locked):
        raise NothingChanged(
            _(
                "Version %(number)s says what version %(known)s says. Change something, or discard it."
            )
            % {"number": locked.number, "known": before.number}
        )
    locked.is_draft = False
    locked.published_date = today
    locked.published_by_id = actor.membership_id
    locked.save()
    record(
        actor,
        "dunning.publish_scenario",
        locked,
        authors=locked.authors,
        steps=len(rules.steps),
        published=today.isoformat(),
    )
    return locked


def newest_published(scenario_id: UUID) -> ScenarioVersion | None:
    """Return the newest published version of a scenario, with its steps; None before the first."""
    return (
        ScenarioVersion.objects.filter(scenario=scenario_id, is_draft=False)
        .select_related("scenario")
        .prefetch_related("steps")
        .order_by("-number")
        .first()
    )


def _says_the_same(before: ScenarioVersion, after: ScenarioVersion) -> bool:
    return (
        not step_changes(before.as_rules(), after.as_rules())
        and not parameter_changes(before.as_policy(), after.as_policy())
        and before.catch_up == after.catch_up
    )


def _refuse_author(draft: ScenarioVersion, actor: Actor) -> None:
    authors = {*draft.authors, str(draft.written_by_id or "")}
    if str(actor.membership_id) not in authors:
        return
    names = Membership.objects.filter(pk__in=[one for one in authors if one])
    raise SamePerson(
        _(
            "Version %(number)s of “%(name)s” was written by %(authors)s. Rule S10: whoever wrote in a draft does not "
            "publish it. Ask another credit manager to publish it."
        )
        % {
            "number": draft.number,
            "name": draft.scenario.name,
            "authors": ", ".join(names.order_by("name").values_list("name", flat=True)),
        },
        rule="S10",
        authors=sorted(one for one in authors if one),
    ).by_another()
