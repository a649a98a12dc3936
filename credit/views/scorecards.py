"""The scorecard: what scores today, the draft criterion by criterion, what it changes, its publication."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from credit import score_words as words
from credit.forms.scores import (
    CriterionForm,
    GradesForm,
    ScoreSettingsForm,
    criterion_initial,
    grades_initial,
)
from credit.models import ScorecardVersion, ScoringRun
from credit.permissions import PUBLISH_CHARTER, WRITE_CHARTER
from credit.queries.scores import author_names, newest_scorecard, score_settings, scorecard_draft
from credit.rules.scorecard import GRADES, Card, Criterion, Weighed, changes
from credit.services import scorecards as services
from credit.services.score_inputs import change_score_settings
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from kernel.permissions import Verb

UNPROCESSABLE = 422
proposes = writes(WRITE_CHARTER, Verb.PROPOSE, Verb.APPROVE)


def shown_criterion(weighed: Weighed, whole: int) -> dict[str, Any]:
    """Return a criterion as its table shows it."""
    return {
        "code": weighed.criterion.value,
        "name": words.CRITERIA[weighed.criterion],
        "weight": weighed.weight,
        "share": weighed.weight / whole,
        "unknown": weighed.unknown,
        "bands": [(words.band_words(weighed, band), band.points) for band in weighed.bands],
    }


def shown_card(card: Card) -> dict[str, Any]:
    """Return a card as its page shows it."""
    return {
        "criteria": [shown_criterion(one, card.weight) for one in card.criteria],
        "grades": [(name, card.thresholds.get(name, 0), card.classes[name]) for name in GRADES],
    }


@reads(WRITE_CHARTER)
def scorecards(request: TenantRequest) -> HttpResponse:
    """Show the card that scores today, the versions before it and whether one is being written."""
    newest = newest_scorecard()
    context = {
        "newest": newest,
        "card": shown_card(newest.as_card()) if newest else None,
        "draft": scorecard_draft(),
        "versions": ScorecardVersion.objects.filter(is_draft=False).select_related(
            "published_by", "written_by"
        ),
        "last_run": ScoringRun.objects.first(),
        "can_publish": request.actor.can(PUBLISH_CHARTER, Verb.APPROVE),
    }
    return render(request, "credit/scorecards.html", context)


@proposes
def open_draft(request: TenantRequest) -> HttpResponse:
    """Begin the next version."""
    services.open_draft(actor=request.actor)
    return redirect("scorecard_draft")


@reads(WRITE_CHARTER)
def draft(request: TenantRequest) -> HttpResponse:
    """Show the draft; `?criterion=` opens the form of one."""
    return _draft_page(request)


def _draft_page(
    request: TenantRequest,
    *,
    form: CriterionForm | None = None,
    grades: GradesForm | None = None,
) -> HttpResponse:
    version = scorecard_draft()
    if version is None:
        return redirect("scorecards")
    card = version.as_card()
    weighed = {one.criterion: one for one in card.criteria}
    asked = request.GET.get("criterion", "")
    if form is None and asked in set(Criterion):
        known = weighed.get(Criterion(asked))
        form = CriterionForm(Criterion(asked), initial=criterion_initial(known) if known else None)
    newest = newest_scorecard()
    context = {
        "draft": version,
        "seen": services.stamp(version),
        "authors": author_names(version),
        "card": shown_card(card),
        "form": form,
        "criterion": words.CRITERIA[form.criterion] if form else "",
        "missing": [(one.value, words.CRITERIA[one]) for one in Criterion if one not in weighed],
        "grades_form": grades or GradesForm(initial=grades_initial(card)),
        "changes": _changes(newest, card),
        "newest": newest,
        "can_publish": request.actor.can(PUBLISH_CHARTER, Verb.APPROVE)
        and str(request.actor.membership_id) not in version.authors,
    }
    is_refused = any(one is not None and one.is_bound for one in (form, grades))
    status = UNPROCESSABLE if is_refused else 200
    return render(request, "credit/scorecard_draft.html", context, status=status)


def _changes(newest: ScorecardVersion | None, card: Card) -> list[dict[str, Any]]:
    if newest is None:
        return []
    before = newest.as_card()
    return [
        {
            "name": words.CRITERIA[one.criterion],
            "before": shown_criterion(one.before, before.weight) if one.before else None,
            "after": shown_criterion(one.after, card.weight) if one.after else None,
        }
        for one in changes(before, card)
    ]


@proposes
def write(request: TenantRequest, criterion: str) -> HttpResponse:
    """Put a criterion into the draft, or take it out (`remove`)."""
    if criterion not in set(Criterion):
        return redirect("scorecard_draft")
    name, seen = Criterion(criterion), request.POST.get("seen", "")
    if "remove" in request.POST:
        services.remove_criterion(criterion=name, seen=seen, actor=request.actor)
        return redirect("scorecard_draft")
    form = CriterionForm(name, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                services.write_criterion(weighed=form.weighed(), seen=seen, actor=request.actor)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request, _("“%(name)s” is in the draft.") % {"name": words.CRITERIA[name]}
            )
            return redirect("scorecard_draft")
    return _draft_page(request, form=form)


@proposes
def write_grades(request: TenantRequest) -> HttpResponse:
    """Set the grades of the draft."""
    form = GradesForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                services.write_grades(
                    thresholds=form.thresholds(),
                    classes=form.classes(),
                    seen=request.POST.get("seen", ""),
                    actor=request.actor,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("scorecard_draft")
    return _draft_page(request, grades=form)


@proposes
def discard(request: TenantRequest) -> HttpResponse:
    """Throw the draft away."""
    services.discard_draft(seen=request.POST.get("seen", ""), actor=request.actor)
    return redirect("scorecards")


@writes(PUBLISH_CHARTER)
def publish(request: TenantRequest) -> HttpResponse:
    """Publish the draft, by who wrote nothing in it, and score everybody on it."""
    version, done = services.publish(
        seen=request.POST.get("seen", ""), actor=request.actor, today=request.today, now=request.now
    )
    messages.success(
        request,
        _("Scorecard %(number)s is published; %(count)s customers were scored.")
        % {"number": version.number, "count": done.customers if done else 0},
    )
    return redirect("scorecards")


@edits(PUBLISH_CHARTER)
def settings(request: TenantRequest) -> HttpResponse:
    """Set what the house assumes about losses and money, and when it is told."""
    row = score_settings()
    form = ScoreSettingsForm(row, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                change_score_settings(
                    failing=form.failing(),
                    values=form.values(),
                    actor=request.actor,
                    now=request.now,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The parameters are set."))
            return redirect("scorecards")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "credit/score_settings.html", {"form": form}, status=status)
