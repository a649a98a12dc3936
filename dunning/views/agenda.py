"""The agenda: whom to call and why first, what to confirm, what leaves by itself, what is done."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypedDict
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dunning import agenda_presenting as presenting
from dunning import permissions
from dunning.bells import ring_for
from dunning.forms.agenda import OverrideForm
from dunning.models import FollowUp, Reminder, Run
from dunning.queries import agenda as queries
from dunning.queries.advice import advised
from dunning.queries.agenda import reminders_of
from dunning.queries.priority import by_priority
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.services import barriers, people
from dunning.services.advice import override_advice
from dunning.services.confirming import Confirmation, confirm_as_seen, confirm_whole
from dunning.services.previews import letter_pdf
from dunning.views.agenda_list import Agenda, agenda_of
from dunning.views.agenda_page import Refilled, agenda_page, following
from dunning.views.call_panel import Task
from kernel import formats
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Actor, Verb

CHANGED_NAMED = 5
NOTICES = tuple(channel for channel in Channel if channel.is_formal_notice)


@reads(permissions.SEND_REMINDER)
def day(request: TenantRequest) -> HttpResponse:
    """Show the agenda with the first piece of work in hand."""
    found = agenda_of(request)
    return agenda_page(request, found, _first(request, found))


def _first(request: TenantRequest, found: Agenda) -> Task | None:
    row = next((row for row in found.waiting if row.is_work), None)
    if row is None:
        return None
    if row.reminder_id is not None:
        mine = by_priority(_all_of(request), rates=found.rates)  # as the panel weighs it
        chosen = get_object_or_404(mine, pk=row.reminder_id)
        return Task(chosen.customer, reminder=chosen)
    calls = FollowUp.objects.select_related("customer__sales_rep")
    asked = get_object_or_404(calls, pk=row.follow_up_id)
    return Task(asked.customer, follow_up=asked)


@reads(permissions.SEND_REMINDER)
def reminder(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Show the agenda with one reminder in hand."""
    chosen = _mine(request, reminder_id)
    return agenda_page(request, agenda_of(request), Task(chosen.customer, reminder=chosen))


def _all_of(request: TenantRequest) -> QuerySet[Reminder]:
    return reminders_of(request.actor).select_related("customer__sales_rep")


def _mine(request: TenantRequest, reminder_id: UUID) -> Reminder:
    return get_object_or_404(_all_of(request), pk=reminder_id)


@reads(permissions.SEND_REMINDER)
def print_letter(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Give the letter that waits to be posted as a PDF, as of now."""
    waiting = reminders_of(request.actor).filter(channel__in=NOTICES, state=State.PLANNED)
    name, content = letter_pdf(reminder=get_object_or_404(waiting, pk=reminder_id), now=request.now)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@writes(permissions.SEND_REMINDER)
def confirm(request: TenantRequest) -> HttpResponse:
    """Let go the ticked reminders, those of one step, or all; nothing that changed since it was shown."""
    done = _confirmed(request)
    if done.confirmed:
        ring_for(request.actor)
    count = len(done.confirmed)
    amounts = ", ".join(formats.money(each, presenting.language()) for each in done.totals)
    words = ngettext("%(count)s reminder confirmed.", "%(count)s reminders confirmed.", count)
    said = words % {"count": count}
    messages.success(request, f"{said} {amounts}".strip())
    if done.changed:
        messages.warning(
            request, presenting.changed_words(done.changed[:CHANGED_NAMED], len(done.changed))
        )
    return redirect("agenda")


class _Given(TypedDict):
    """Who confirms, and when it may leave."""

    actor: Actor
    now: datetime
    opens_now: bool


def _confirmed(request: TenantRequest) -> Confirmation:
    mine = reminders_of(request.actor)
    waiting = queries.to_confirm(request.actor)
    given: _Given = {
        "actor": request.actor,
        "now": request.now,
        "opens_now": bool(request.POST.get("now")),
    }
    if step := request.POST.get("step"):
        step_id, _mark, seen = step.partition(":")
        of_step = waiting.filter(step=UUID(step_id)) if _is_id(step_id) else waiting.none()
        return confirm_whole(reminders=of_step, seen=seen, **given)
    if every := request.POST.get("every"):
        return confirm_whole(reminders=waiting, seen=every, **given)
    return confirm_as_seen(reminders=mine, seen=_ticked(request), **given)


def _ticked(request: TenantRequest) -> dict[UUID, Decimal | None]:
    """Return the ticked reminders with what they asked for when they were shown."""
    found: dict[UUID, Decimal | None] = {}
    for value in request.POST.getlist("reminder"):
        text, _mark, amount = value.partition(":")
        if _is_id(text):
            found[UUID(text)] = _amount(amount)
    return found


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return Decimal(-1)  # no reminder asks for that: it counts as changed


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@writes(permissions.SEND_REMINDER)
def override(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Take down that somebody does otherwise than advised, and why."""
    chosen = _mine(request, reminder_id)
    given = advised(chosen, today=request.today).advice
    form = OverrideForm(request.POST, advised=given.channel)
    if form.is_valid():
        try:
            with transaction.atomic():
                override_advice(
                    reminder=chosen,
                    advised=given.channel,
                    grounds=given.grounds,
                    actor=request.actor,
                    now=request.now,
                    **form.cleaned_data,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Noted: the advice can learn from it."))
            return redirect("reminder", chosen.pk)
    task = Task(chosen.customer, reminder=chosen)
    return agenda_page(request, agenda_of(request), task, Refilled(override=form, status=422))


def _on_one(
    act: Callable[[TenantRequest, Reminder], str],
) -> Callable[..., HttpResponse]:
    """Return the view that does one thing to one reminder and goes on to the next."""

    def view(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
        chosen = _mine(request, reminder_id)
        messages.success(request, act(request, chosen))
        task = Task(chosen.customer, reminder=chosen)
        return redirect(following(agenda_of(request), but=task.url))

    return writes(permissions.SEND_REMINDER)(view)


def _hold(request: TenantRequest, chosen: Reminder) -> str:
    people.hold_reminder(
        reminder=chosen, actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    return _("Held.")


def _release(request: TenantRequest, chosen: Reminder) -> str:
    people.release_reminder(reminder=chosen, actor=request.actor, now=request.now)
    return _("Released: it waits for your yes.")


def _cancel(request: TenantRequest, chosen: Reminder) -> str:
    people.cancel_reminder(
        reminder=chosen, actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    return _("Dropped. The step counts as taken.")


def _retry(request: TenantRequest, chosen: Reminder) -> str:
    people.retry_reminder(reminder=chosen, actor=request.actor, now=request.now)
    ring_for(request.actor)
    return _("It will be sent again.")


def _settle(request: TenantRequest, chosen: Reminder) -> str:
    people.settle_by_person(
        reminder=chosen,
        actor=request.actor,
        was_sent=request.POST.get("was_sent") == "yes",
        now=request.now,
    )
    return _("Settled.")


def _close(request: TenantRequest, chosen: Reminder) -> str:
    """Close a letter or a decision; a call is closed by its own form, which asks why nothing was paid."""
    people.close_task(
        reminder=chosen,
        actor=request.actor,
        outcome=request.POST.get("outcome", ""),
        words=request.POST.get("words", ""),
        now=request.now,
    )
    return _("Saved.")


hold, release, cancel, retry, settle, close = map(
    _on_one, (_hold, _release, _cancel, _retry, _settle, _close)
)


@writes(permissions.RELEASE_RUN, Verb.APPROVE)
def release_run(request: TenantRequest, run_id: UUID) -> HttpResponse:
    """Let a named person answer for a run far larger than usual."""
    run = get_object_or_404(Run, pk=run_id)
    count = people.release_run(run=run, actor=request.actor, now=request.now)
    ring_for(request.actor)
    messages.success(
        request,
        ngettext("%(count)s reminder is free.", "%(count)s reminders are free.", count)
        % {"count": count},
    )
    return redirect("agenda")


@writes(permissions.PAUSE)
def stop(request: TenantRequest) -> HttpResponse:
    """Press the red button: nothing leaves from now on."""
    barriers.stop_sending(
        actor=request.actor, reason=request.POST.get("reason", ""), now=request.now
    )
    messages.warning(request, _("Nothing leaves any more until you resume."))
    return redirect("agenda")


@writes(permissions.PAUSE)
def resume(request: TenantRequest) -> HttpResponse:
    """Let go what the red button stopped."""
    barriers.resume_sending(actor=request.actor, now=request.now)
    ring_for(request.actor)
    messages.success(request, _("Reminders leave again."))
    return redirect("agenda")
