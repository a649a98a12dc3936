"""Write the next scorecard, criterion by criterion, and have another person publish it (S10).

Every change names the state it was made on (`seen`, the draft's `stamp`): a draft that changed meanwhile refuses it.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.services import audit
from credit import score_words as words
from credit.models import ScorecardVersion
from credit.queries.scores import author_names, newest_scorecard
from credit.rules.ready_scorecard import READY_CARD
from credit.rules.scorecard import Card, Criterion, Weighed, as_stored, problems
from credit.services.rescoring import Rescored, rescore
from kernel.errors import Refused
from kernel.permissions import Actor
from kernel.tenancy import current_tenant_id


class ScorecardChanged(Refused):
    """Somebody changed, published or discarded the draft since it was shown."""

    code: ClassVar[str] = "scorecard_draft_changed"


class ScorecardNotPossible(Refused):
    """The card contradicts itself, or says what the published one says."""

    code: ClassVar[str] = "scorecard_not_possible"


class ScorecardSamePerson(Refused):
    """Who wrote in the draft asks to publish it (S10), or a machine does (S12)."""

    code: ClassVar[str] = "scorecard_s10_two_people"


def stamp(version: ScorecardVersion) -> str:
    """Return the word that names the state of a draft; every change gives it another."""
    return version.changed_at.isoformat()


def open_draft(*, actor: Actor) -> ScorecardVersion:
    """Return the draft, made from the published card, or from the ready one before the first."""
    _lock()
    known = ScorecardVersion.objects.filter(is_draft=True).first()
    if known is not None:
        return known
    published = newest_scorecard()
    highest = ScorecardVersion.objects.aggregate(highest=Max("number"))["highest"] or 0
    draft = ScorecardVersion.objects.create(
        number=highest + 1,
        content=published.content if published else as_stored(READY_CARD),
        written_by_id=actor.membership_id,
        authors=[str(actor.membership_id)] if actor.membership_id else [],
    )
    _record(actor, "credit.open_scorecard_draft", draft)
    return draft


def write_criterion(*, weighed: Weighed, seen: str, actor: Actor) -> ScorecardVersion:
    """Put a criterion into the draft, in place of its former self. Raises ScorecardChanged, ScorecardNotPossible."""
    draft = _locked(seen)
    card = draft.as_card()
    others = [one for one in card.criteria if one.criterion is not weighed.criterion]
    order = list(Criterion)
    criteria = sorted([*others, weighed], key=lambda one: order.index(one.criterion))
    return _store(draft, replace(card, criteria=tuple(criteria)), weighed.criterion, actor)


def remove_criterion(*, criterion: Criterion, seen: str, actor: Actor) -> ScorecardVersion:
    """Take a criterion out of the draft. Raises ScorecardChanged, ScorecardNotPossible for the last one."""
    draft = _locked(seen)
    card = draft.as_card()
    left = tuple(one for one in card.criteria if one.criterion is not criterion)
    return _store(draft, replace(card, criteria=left), criterion, actor)


def write_grades(
    *, thresholds: dict[str, int], classes: dict[str, str], seen: str, actor: Actor
) -> ScorecardVersion:
    """Set from how many points on each grade is given, and which risk class it stands for."""
    draft = _locked(seen)
    card = replace(draft.as_card(), thresholds=thresholds, classes=classes)
    return _store(draft, card, None, actor)


def discard_draft(*, seen: str, actor: Actor) -> None:
    """Throw the draft away; what is published goes on scoring."""
    draft = _locked(seen)
    _record(actor, "credit.discard_scorecard_draft", draft)
    draft.delete()


def publish(
    *, seen: str, actor: Actor, today: date, now: datetime
) -> tuple[ScorecardVersion, Rescored | None]:
    """Publish the draft and score every customer on it at once; return both.

    Raises ScorecardChanged, ScorecardSamePerson (S10, S12), ScorecardNotPossible.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise ScorecardSamePerson(
            _("A scorecard is published by a person who signs in; a program cannot answer for it.")
        )
    draft = _locked(seen)
    if str(actor.membership_id) in {*draft.authors, str(draft.written_by_id or "")}:
        raise ScorecardSamePerson(
            _(
                "Scorecard %(number)s was written by %(authors)s. Rule S10: whoever wrote in a draft does not publish "
                "it. Ask another credit manager."
            )
            % {"number": draft.number, "authors": ", ".join(author_names(draft))},
            rule="S10",
        )
    _refuse_problems(draft.as_card())
    before = newest_scorecard()
    if before is not None and before.as_card() == draft.as_card():
        raise ScorecardNotPossible(
            _(
                "Scorecard %(number)s says what version %(known)s says. Change something, or discard it."
            )
            % {"number": draft.number, "known": before.number}
        )
    draft.is_draft = False
    draft.published_by_id = actor.membership_id
    draft.published_at, draft.published_date = now, today
    draft.save()
    _record(actor, "credit.publish_scorecard", draft)
    return draft, rescore(today=today, now=now, actor=actor)


def _store(
    draft: ScorecardVersion, card: Card, criterion: Criterion | None, actor: Actor
) -> ScorecardVersion:
    _refuse_problems(card)
    draft.content = as_stored(card)
    if actor.membership_id is not None and str(actor.membership_id) not in draft.authors:
        draft.authors = [*draft.authors, str(actor.membership_id)]
    draft.save()
    _record(actor, "credit.write_scorecard", draft, criterion=criterion.value if criterion else "")
    return draft


def _refuse_problems(card: Card) -> None:
    for problem in problems(card):
        raise ScorecardNotPossible(words.problem_words(problem), problem=problem.code)


def _locked(seen: str) -> ScorecardVersion:
    _lock()
    draft = ScorecardVersion.objects.select_for_update().filter(is_draft=True).first()
    if draft is None or stamp(draft) != seen:
        raise ScorecardChanged(
            _(
                "The draft was changed, published or discarded since you opened it. Look at it again."
            )
        )
    return draft


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"credit.scorecard:{current_tenant_id()}"],
        )


def _record(actor: Actor, action: str, draft: ScorecardVersion, **details: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="scorecard",
        object_id=draft.pk,
        version=draft.number,
        **details,
    )
