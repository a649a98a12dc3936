"""Lessons told by events, how many have learnt theirs, the training calendar and the hours."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from credit.forms.holds import problems_of
from credit.forms.training import (
    LessonTextForm,
    TargetForm,
    TimeForm,
    TrainingForm,
    usual_time,
)
from credit.models import Hold, LessonCode, TimeEntry, TimeKind, TrainingSession
from credit.permissions import WRITE_CIRCUITS
from credit.queries import hours as hour_queries
from credit.queries import lessons as queries
from credit.services import hours as hour_services
from credit.services import lessons as services
from credit.views.holds import reason_of
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, edits, reads, writes
from kernel.permissions import ANY_MEMBER

UNPROCESSABLE = 422
OUTSIDE = "agency"


def _refuse_outsider(request: TenantRequest) -> None:
    if not set(request.actor.roles) - {OUTSIDE}:
        raise PermissionDenied(ANY_MEMBER)


def _language() -> str:
    return (get_language() or "en")[:2]


@reads(ANY_MEMBER)
def training(request: TenantRequest) -> HttpResponse:
    """List the lessons that were told to a person."""
    _refuse_outsider(request)
    read = queries.read_lessons(_language())
    own = [(one, read[one.code]) for one in queries.own_lessons(request.actor)]
    context = {
        "to_learn": [pair for pair in own if pair[0].learnt_at is None],
        "learnt": [pair for pair in own if pair[0].learnt_at is not None],
        "follows": request.actor.can(WRITE_CIRCUITS),
    }
    return render(request, "credit/training.html", context)


@edits(ANY_MEMBER)
def lesson(request: TenantRequest, lesson_id: UUID) -> HttpResponse:
    """Show a lesson with the event that told it, and take the answer to its question."""
    found = get_object_or_404(queries.own_lessons(request.actor), pk=lesson_id)
    problem = ""
    if request.method == "POST":
        typed = request.POST.get("choice", "")
        try:
            found = services.answer_lesson(
                lesson=found,
                choice=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else -1,  # noqa: PLR2004
                actor=request.actor,
                now=request.now,
            )
        except Refused as refused:
            problem = refused.message
        else:
            if found.learnt_at is not None:
                messages.success(request, _("Right: this lesson is learnt."))
                return redirect("lesson", found.pk)
            problem = _("Not quite. Read it again: the answer is in the text.")
    hold = None
    if found.code in {LessonCode.ORDER_HELD, LessonCode.OVER_LIMIT}:
        hold = Hold.objects.filter(pk=found.object_id).first()
    context = {
        "lesson": found,
        "read": queries.read_lessons(_language())[found.code],
        "hold": hold,
        "reason": reason_of(hold) if hold else "",
        "problem": problem,
    }
    return render(request, "credit/lesson.html", context, status=UNPROCESSABLE if problem else 200)


@reads(WRITE_CIRCUITS)
def progress(request: TenantRequest) -> HttpResponse:
    """Show how many colleagues in sales have learnt what events told them."""
    return render(
        request,
        "credit/training_progress.html",
        {
            "progress": queries.progress(),
            "read": queries.read_lessons(_language()),
            "month": hour_queries.month_of_hours(request.today),
        },
    )


@reads(WRITE_CIRCUITS)
def lesson_texts(request: TenantRequest) -> HttpResponse:
    """List the lessons with their words, in both languages."""
    texts = {language: queries.read_lessons(language) for language in services.LANGUAGES}
    context = {"rows": [(code, texts["fr"][code], texts["en"][code]) for code in LessonCode.values]}
    return render(request, "credit/lesson_texts.html", context)


@edits(WRITE_CIRCUITS, *ASKING)
def lesson_text(request: TenantRequest, code: str, language: str) -> HttpResponse:
    """Change the words of a lesson in one language, or tell the shipped ones again."""
    if code not in LessonCode.values or language not in services.LANGUAGES:
        raise Http404
    read = queries.read_lessons(language)[code]
    form = LessonTextForm(
        request.POST if request.method == "POST" else None,
        initial={"title": read.title, "body": read.body},
    )
    if request.method == "POST" and request.POST.get("then") == "ship":
        services.take_back_text(code=LessonCode(code), language=language, actor=request.actor)
        messages.success(request, _("The lesson is told in the shipped words again."))
        return redirect("lesson_texts")
    if request.method == "POST" and form.is_valid():
        services.write_text(
            code=LessonCode(code),
            language=language,
            title=form.cleaned_data["title"],
            body=form.cleaned_data["body"],
            actor=request.actor,
            now=request.now,
        )
        messages.success(request, _("The lesson is told in these words from now on."))
        return redirect("lesson_texts")
    status = UNPROCESSABLE if form.errors else 200
    context = {"form": form, "read": read, "language": language}
    return render(request, "credit/lesson_text.html", context, status=status)


@reads(WRITE_CIRCUITS)
def hours(request: TenantRequest) -> HttpResponse:
    """Show where the month's hours went, and the training calendar."""
    return _hours_page(request)


def _hours_page(
    request: TenantRequest, refused: dict[str, forms.Form] | None = None
) -> HttpResponse:
    given = refused or {}
    month = hour_queries.month_of_hours(request.today)
    context: dict[str, Any] = {
        "month": month,
        "entries": hour_queries.own_entries(request.actor.membership_id),
        "calendar": hour_queries.calendar(request.today),
        "me": request.actor.membership_id,
        "today": request.today,
        "time_form": given.get("time")
        or TimeForm(auto_id="time_%s", initial=usual_time(request.today)),
        "training_form": given.get("training")
        or TrainingForm(auto_id="training_%s", initial={"day": request.today}),
        "target_form": given.get("target")
        or TargetForm(auto_id="target_%s", initial={"share": month.target}),
        "form": next(iter(given.values()), None),
    }
    status = UNPROCESSABLE if given else 200
    return render(request, "credit/hours.html", context, status=status)


def _tried(request: TenantRequest, name: str, form: forms.Form, done: Any) -> HttpResponse:  # noqa: ANN401
    """Do what a valid form asks; show it again with what was wrong otherwise."""
    if form.is_valid():
        try:
            with transaction.atomic():
                done(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("credit_hours")
    return _hours_page(request, {name: form})


@writes(WRITE_CIRCUITS, *ASKING)
def log_time(request: TenantRequest) -> HttpResponse:
    """Log time of one's own."""
    form = TimeForm(request.POST, auto_id="time_%s")
    return _tried(
        request,
        "time",
        form,
        lambda typed: hour_services.log_time(
            **{**typed, "kind": TimeKind(typed["kind"])},
            actor=request.actor,
            now=request.now,
            today=request.today,
        ),
    )


@writes(WRITE_CIRCUITS, *ASKING)
def remove_time(request: TenantRequest, entry_id: UUID) -> HttpResponse:
    """Take back an entry of one's own."""
    hour_services.remove_time(entry=get_object_or_404(TimeEntry, pk=entry_id), actor=request.actor)
    return redirect("credit_hours")


@writes(WRITE_CIRCUITS, *ASKING)
def plan_training(request: TenantRequest) -> HttpResponse:
    """Put a training into the calendar."""
    form = TrainingForm(request.POST, auto_id="training_%s")
    return _tried(
        request,
        "training",
        form,
        lambda typed: hour_services.plan_training(**typed, actor=request.actor, now=request.now),
    )


@writes(WRITE_CIRCUITS, *ASKING)
def end_training(request: TenantRequest, session_id: UUID) -> HttpResponse:
    """Note that a training was held and who came, or cancel it."""
    session = get_object_or_404(TrainingSession, pk=session_id)
    if request.POST.get("outcome") == "cancel":
        hour_services.cancel_training(session=session, actor=request.actor, now=request.now)
        messages.info(request, _("The training is out of the calendar."))
    else:
        named = {str(one) for one in request.POST.getlist("came")}
        came = [
            seat.member for seat in session.seats.select_related("member") if str(seat.pk) in named
        ]
        hour_services.hold_training(
            session=session, came=came, actor=request.actor, now=request.now, today=request.today
        )
        messages.success(request, pgettext("training", "Noted: its hours are in the log."))
    return redirect("credit_hours")


@writes(WRITE_CIRCUITS, *ASKING)
def set_target(request: TenantRequest) -> HttpResponse:
    """Say which part of the hours is to be training."""
    form = TargetForm(request.POST, auto_id="target_%s")
    if not form.is_valid():
        raise hour_services.HoursRefused(problems_of(form))
    hour_services.set_target(share=form.cleaned_data["share"], actor=request.actor, now=request.now)
    return redirect("credit_hours")
