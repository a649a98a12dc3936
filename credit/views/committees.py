"""Committees: what waits for the reader, the sessions, who sits, and customers flagged by hand."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from credit import committee_words as words
from credit.forms.committee import CommitteeForm, FlagForm, SessionForm
from credit.models import (
    AgendaFile,
    Committee,
    CommitteeSession,
    CommitteeTask,
    CommitteeVersion,
    FileState,
    SessionState,
)
from credit.permissions import PUBLISH_CIRCUITS, WRITE_CIRCUITS
from credit.queries import committee as queries
from credit.services import committee_files, committee_sessions, committee_settings
from credit.services.committee_effects import finish_task
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS

UNPROCESSABLE = 422
SHOWN = 50
proposes = edits(WRITE_CIRCUITS, Verb.PROPOSE)


@reads(SEE_CUSTOMERS)
def committees(request: TenantRequest) -> HttpResponse:
    """Show what committees want of the reader, their sessions, and who sits."""
    actor, now, today = request.actor, request.now, request.today
    seen = list(queries.seen_committees(actor).select_related("scope"))
    sessions = (
        queries.seen_sessions(actor, today)
        .exclude(state=SessionState.CANCELLED)
        .select_related("committee")
        .prefetch_related("files", "minutes")[:SHOWN]
    )
    context = {
        "to_vote": [
            {"file": one, "amount": _amount(one)}
            for one in queries.files_to_vote(actor, now=now, today=today)
        ],
        "to_arbitrate": list(queries.files_to_arbitrate(actor)),
        "tasks": [
            {"task": one, "words": words.task_words(one), "is_late": one.due_date < today}
            for one in queries.open_tasks(actor)
        ],
        "sessions": [_session_row(one) for one in sessions],
        "rows": [_committee_row(one, request) for one in seen],
        "can_write": actor.can(WRITE_CIRCUITS, Verb.PROPOSE),
    }
    return render(request, "credit/committees.html", context)


def _amount(file: AgendaFile) -> Money | None:
    return None if file.amount is None else Money(file.amount, file.currency)


def _session_row(session: CommitteeSession) -> dict[str, Any]:
    files = [
        one
        for one in session.files.all()
        if one.state not in {FileState.DROPPED, FileState.POSTPONED}
    ]
    return {
        "session": session,
        "count": len(files),
        "arbitrated": sum(one.state == FileState.ARBITRATION for one in files),
        "minutes": next(iter(session.minutes.all()), None),
    }


def _committee_row(committee: Committee, request: TenantRequest) -> dict[str, Any]:
    return {
        "committee": committee,
        "version": queries.in_force(committee),
        "draft": committee.versions.filter(is_draft=True).first(),
        "waiting": committee.files.filter(state=FileState.WAITING, session=None).count(),
        "prepares": queries.prepares(request.actor, committee),
    }


@proposes
def new(request: TenantRequest) -> HttpResponse:
    """Propose a committee."""
    form = CommitteeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                version = committee_settings.new_committee(
                    name=form.cleaned_data["name"],
                    scope=form.cleaned_data["scope"],
                    wanted=form.wanted(),
                    actor=request.actor,
                    now=request.now,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Proposed: another person puts it in force."))
            return redirect("committee", version.committee_id)
    return _settings_page(request, None, form)


def _seen(request: TenantRequest, committee_id: UUID) -> Committee:
    found: Committee = get_object_or_404(
        queries.seen_committees(request.actor).select_related("scope"), pk=committee_id
    )
    return found


@edits(SEE_CUSTOMERS, Verb.READ)
def committee(request: TenantRequest, committee_id: UUID) -> HttpResponse:
    """Show who sits in a committee; whoever may writes a proposal here."""
    found = _seen(request, committee_id)
    draft = found.versions.filter(is_draft=True).first()
    form = None
    if queries.prepares(request.actor, found):
        form = CommitteeForm(
            request.POST or None, version=draft or queries.in_force(found), is_new=False
        )
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            with transaction.atomic():
                committee_settings.propose(
                    committee=found, wanted=form.wanted(), actor=request.actor, now=request.now
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Proposed: another person puts it in force."))
            return redirect("committee", found.pk)
    return _settings_page(request, found, form)


def _settings_page(
    request: TenantRequest, found: Committee | None, form: CommitteeForm | None
) -> HttpResponse:
    versions = (
        list(
            found.versions.select_related(
                "arbiter", "deputy_arbiter", "written_by", "published_by"
            ).prefetch_related("seats__member", "seats__substitute")
        )
        if found
        else []
    )
    draft = next((one for one in versions if one.is_draft), None)
    context = {
        "committee": found,
        "current": next((one for one in versions if not one.is_draft), None),
        "draft": draft,
        "versions": [one for one in versions if not one.is_draft],
        "committee_form": form,
        "form": form if form is not None and form.is_bound else None,
        "can_agree": draft is not None
        and draft.written_by_id != request.actor.membership_id
        and request.actor.can(PUBLISH_CIRCUITS, Verb.APPROVE),
    }
    status = UNPROCESSABLE if form is not None and form.errors else 200
    return render(request, "credit/committee.html", context, status=status)


@writes(PUBLISH_CIRCUITS, Verb.APPROVE)
def agree(request: TenantRequest, committee_id: UUID) -> HttpResponse:
    """Put a proposal in force, as somebody who did not write it."""
    found = _seen(request, committee_id)
    version: CommitteeVersion = get_object_or_404(found.versions, is_draft=True)
    committee_settings.put_in_force(version=version, actor=request.actor, now=request.now)
    messages.success(request, _("%(name)s sits from now on.") % {"name": found.name})
    return redirect("committee", found.pk)


@proposes
def new_session(request: TenantRequest, committee_id: UUID) -> HttpResponse:
    """Prepare a session."""
    found = _seen(request, committee_id)
    form = SessionForm(request.POST or None, now=request.now)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                session = committee_sessions.new_session(
                    committee=found, **form.cleaned_data, actor=request.actor, now=request.now
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("committee_session", session.pk)
    return _form_page(request, form, title=_("Prepare a session"), submit=_("Prepare the session"))


def _form_page(
    request: TenantRequest, form: forms.Form, *, title: str, submit: str
) -> HttpResponse:
    context = {"form": form, "title": title, "submit": submit}
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "credit/committee_form.html", context, status=status)


@proposes
def flag(request: TenantRequest) -> HttpResponse:
    """Put a customer before the committee, with a reason."""
    form = (
        FlagForm(request.POST)
        if request.method == "POST"
        else FlagForm(initial={"customer": request.GET.get("customer", ""), "measure": "discuss"})
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        customer = (
            Customer.objects.visible_to(request.actor, SEE_CUSTOMERS)
            .filter(code=typed["customer"])
            .select_related("portfolio")
            .first()
        )
        if customer is None:
            form.add_error("customer", _("No account has this code."))
        else:
            try:
                with transaction.atomic():
                    committee_files.flag_customer(
                        customer=customer,
                        measure=typed["measure"],
                        amount=typed["amount"],
                        reason=typed["reason"],
                        actor=request.actor,
                        now=request.now,
                        today=request.today,
                    )
            except Refused as refused:
                form.add_error(None, refused.message)
            else:
                messages.success(
                    request,
                    _("%(name)s waits for the next session.") % {"name": customer.name},
                )
                return redirect("committees")
    return _form_page(
        request,
        form,
        title=_("Put a customer before the committee"),
        submit=_("Flag for the committee"),
    )


@writes(SEE_CUSTOMERS, Verb.READ)
def task_done(request: TenantRequest, committee_task_id: UUID) -> HttpResponse:
    """Say that what a decision asked for is done, as whom it was given to."""
    task: CommitteeTask = get_object_or_404(
        CommitteeTask, pk=committee_task_id, assignee=request.actor.membership_id
    )
    finish_task(task=task, actor=request.actor, now=request.now)
    messages.success(request, _("Noted as done."))
    return redirect("committees")
