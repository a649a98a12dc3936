"""Pausing the chase of a customer or of one of his items, and taking it up again."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from dunning.bells import ring_for
from dunning.models import Exclusion, Pause
from dunning.permissions import PAUSE
from dunning.services.pauses import LONGEST_REASON, PauseNotPossible, end_pause, pause_reminders
from kernel.http import TenantRequest, writes
from kpis.views.customer import page_url
from kpis.views.customer_changes import changed_customer
from ledger.models import Customer, DueLine


@writes(PAUSE)
def pause(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Pause the chase of the customer, or of the item named."""
    found = changed_customer(request, customer_id, PAUSE)
    line = _line(request, found)
    until = _until(request)
    pause_reminders(
        customer=found,
        actor=request.actor,
        reason=request.POST.get("reason", "")[:LONGEST_REASON],
        today=request.today,
        until=until,
        now=request.now,
        due_line=line,
    )
    words = _("Paused: nothing is sent about it.") if line else _("Paused: nothing is sent to him.")
    messages.success(request, words)
    return HttpResponseRedirect(f"{page_url(found)}?tab=items")


def _line(request: TenantRequest, found: Customer) -> DueLine | None:
    asked = request.POST.get("line", "")
    if not asked:
        return None
    try:
        line_id = UUID(asked)
    except ValueError as fault:
        raise Http404 from fault
    return get_object_or_404(DueLine, pk=line_id, customer=found, is_open=True)


def _until(request: TenantRequest) -> date:
    """Return the day typed. Raises PauseNotPossible."""
    typed = request.POST.get("until", "")
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        raise PauseNotPossible(
            _("“%(typed)s” is no day, so nothing is paused. Choose until which day it lasts.")
            % {"typed": typed[:20]}
        ) from fault


@writes(PAUSE)
def end(request: TenantRequest, customer_id: UUID, pause_id: UUID) -> HttpResponse:
    """Take the chase up again."""
    found = changed_customer(request, customer_id, PAUSE)
    in_force = Pause.objects.in_force(request.today).filter(
        customer=found, exclusion=Exclusion.PAUSED
    )
    ended = get_object_or_404(in_force, pk=pause_id)
    end_pause(pause=ended, actor=request.actor, today=request.today, now=request.now)
    ring_for(request.actor)
    messages.success(request, _("Reminders are taken up again."))
    return HttpResponseRedirect(f"{page_url(found)}?tab=items")
