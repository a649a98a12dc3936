"""The agenda: whom to call, what to confirm, what leaves by itself."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dunning import permissions
from dunning.models import Reminder, Run
from dunning.queries.worklist import Agenda, agenda, reminders_of, work_on
from dunning.rules.outbox import State
from dunning.rules.steps import Channel
from dunning.scripts import call_script, outcomes
from dunning.services import barriers, people
from dunning.services.previews import preview
from kernel.components import ScriptStep
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb

SHOWN_PER_GROUP = 12  # a day's work at a glance; the rest is one click away


@reads(permissions.SEND_REMINDER)
def day(request: TenantRequest) -> HttpResponse:
    """Show the agenda with the first reminder that waits."""
    found = _agenda(request)
    waiting = [*found.tasks, *found.to_confirm, *found.problems]
    return _page(request, found, waiting[0] if waiting else None)


@reads(permissions.SEND_REMINDER)
def reminder(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Show the agenda with one reminder in hand."""
    return _page(request, _agenda(request), _mine(request, reminder_id))


def _agenda(request: TenantRequest) -> Agenda:
    return agenda(request.actor, today=request.today, zone=request.tenant.time_zone)


def _mine(request: TenantRequest, reminder_id: UUID) -> Reminder:
    return get_object_or_404(reminders_of(request.actor), pk=reminder_id)


def _page(request: TenantRequest, found: Agenda, chosen: Reminder | None) -> HttpResponse:
    shows_all = bool(request.GET.get("all"))
    context = {
        "agenda": found,
        "groups": _groups(found, at_most=None if shows_all else SHOWN_PER_GROUP),
        "chosen": chosen,
        "today": request.today,
    }
    if chosen is not None:
        context |= _work(request, chosen)
    return render(request, "dunning/agenda.html", context)


def _groups(found: Agenda, *, at_most: int | None) -> list[dict[str, object]]:
    """Return the groups of the list in the order of the day, each cut after `at_most`; `more` counts the rest."""
    groups = [
        ("tasks", _("To do"), found.tasks),
        ("to_confirm", _("To confirm"), found.to_confirm),
        ("problems", _("Needs a decision"), found.problems),
        ("held", _("Held"), found.held),
        ("leaving", _("Leaves by itself"), found.leaving),
        ("done", _("Done today"), found.done),
    ]
    return [
        {
            "name": name,
            "label": label,
            "reminders": rows[:at_most],
            "count": len(rows),
            "more": max(0, len(rows) - at_most) if at_most else 0,
        }
        for name, label, rows in groups
        if rows
    ]


def _work(request: TenantRequest, chosen: Reminder) -> dict[str, object]:
    work = work_on(chosen)
    is_message = chosen.channel == Channel.EMAIL
    script: list[ScriptStep] = [] if is_message else call_script(chosen, caller=request.actor.name)
    return {
        "work": work,
        "amount": Money(chosen.amount, chosen.currency),
        "preview": preview(reminder=chosen, now=request.now)
        if is_message and work.sent is None
        else None,
        "script": script,
        "outcomes": outcomes(),
        "can_confirm": is_message and chosen.state == State.PLANNED,
        "can_hold": chosen.state in {State.PLANNED, State.READY},
        "can_close": not is_message and chosen.state == State.PLANNED,
    }


@writes(permissions.SEND_REMINDER)
def confirm(request: TenantRequest) -> HttpResponse:
    """Let the ticked reminders go, or all that wait."""
    waiting = reminders_of(request.actor).filter(state=State.PLANNED)
    if not request.POST.get("every"):
        waiting = waiting.filter(
            pk__in=[one for one in request.POST.getlist("reminder") if _is_id(one)]
        )
    confirmed = people.confirm_reminders(
        reminders=waiting,
        actor=request.actor,
        now=request.now,
        opens_now=bool(request.POST.get("now")),
    )
    count = len(confirmed)
    messages.success(
        request,
        ngettext("%(count)s reminder confirmed.", "%(count)s reminders confirmed.", count)
        % {"count": count},
    )
    return redirect("agenda")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _on_one(
    act: Callable[[TenantRequest, Reminder], str],
) -> Callable[..., HttpResponse]:
    """Return the view that does one thing to one reminder and goes on to the next."""

    def view(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
        chosen = _mine(request, reminder_id)
        following = _agenda(request).after(chosen)
        messages.success(request, act(request, chosen))
        return redirect("reminder", following.pk) if following else redirect("agenda")

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
    people.record_outcome(
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
    messages.success(request, _("Reminders leave again."))
    return redirect("agenda")
