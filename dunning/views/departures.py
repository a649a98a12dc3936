"""What is about to leave to a representative's protected customers: fine, or an objection; and finance's decision."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dunning.agenda_presenting import language
from dunning.bells import ring_for
from dunning.models import DepartureNotice, ObjectionRuling
from dunning.permissions import SEND_REMINDER
from dunning.queries.agenda import reminders_of
from dunning.queries.sales import notices_answered, notices_for, notices_seen_by
from dunning.services.objections import (
    DecisionNotPossible,
    agree_to_departure,
    decide_objection,
    object_to_departure,
)
from dunning.services.previews import Preview, preview
from kernel import formats
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from ledger.permissions import SEE_CUSTOMERS, SEEING

SHOWN = 30
ANSWERED_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for a word of sales: what would leave now, and for how much."""

    notice: DepartureNotice
    preview: Preview
    amount: Money
    is_confirmed: bool
    is_past_deadline: bool


@reads(SEE_CUSTOMERS)
def departures(request: TenantRequest) -> HttpResponse:
    """Show a representative what is about to leave to his protected customers, and what became of the rest."""
    return _page(request)


def _page(request: TenantRequest) -> HttpResponse:
    waiting = [
        Waiting(
            notice,
            preview(reminder=notice.reminder, now=request.now),
            Money(notice.reminder.amount, notice.reminder.currency),
            notice.reminder.state == "ready"
            or notice.reminder.mode == "auto"
            or notice.reminder.confirmed_at is not None,
            notice.deadline < request.now,
        )
        for notice in notices_for(request.actor)[:SHOWN]
    ]
    context = {
        "waiting": waiting,
        "answered": list(notices_answered(request.actor)[:ANSWERED_SHOWN]),
    }
    return render(request, "dunning/departures.html", context)


@writes(SEE_CUSTOMERS, *SEEING)
def fine(request: TenantRequest, departure_id: UUID) -> HttpResponse:
    """Take down that sales are fine with a message."""
    notice = _mine(request, departure_id)
    agree_to_departure(notice=notice, actor=request.actor, now=request.now)
    ring_for(request.actor)
    messages.success(request, _("Noted: it no longer waits for you."))
    return redirect("departures")


@writes(SEE_CUSTOMERS, *SEEING)
def objection(request: TenantRequest, departure_id: UUID) -> HttpResponse:
    """Hold a message because sales object."""
    notice = _mine(request, departure_id)
    object_to_departure(
        notice=notice, words=request.POST.get("words", ""), actor=request.actor, now=request.now
    )
    messages.success(request, _("It is held. Finance decides, and you read here what and why."))
    return redirect("departures")


def _mine(request: TenantRequest, departure_id: UUID) -> DepartureNotice:
    return get_object_or_404(notices_seen_by(request.actor), pk=departure_id)


@writes(SEND_REMINDER)
def decide(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Let finance decide about an objection."""
    mine = get_object_or_404(reminders_of(request.actor), pk=reminder_id)
    notice = get_object_or_404(DepartureNotice, reminder=mine)
    asked = request.POST.get("ruling", "")
    if asked not in {each.value for each in ObjectionRuling if each.value}:
        raise DecisionNotPossible(_("Choose what you decide: let it go, drop it, or pause."))
    until = None
    if asked == ObjectionRuling.PAUSED:
        until = formats.parse_day(request.POST.get("until", ""), language(), today=request.today)
    decide_objection(
        notice=notice,
        ruling=ObjectionRuling(asked),
        words=request.POST.get("words", ""),
        actor=request.actor,
        today=request.today,
        now=request.now,
        until=until,
    )
    ring_for(request.actor)
    messages.success(request, _("Decided: sales read it, with your reason."))
    return redirect("agenda")
