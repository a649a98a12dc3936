"""A representative's late customers, with what can be said about each in one tap: called, promised, contested."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from disputes.models import Dispute, DisputeType
from disputes.permissions import OPEN_DISPUTE
from disputes.services import open_dispute
from dunning.agenda_presenting import language
from dunning.models import Ruling
from dunning.permissions import RECORD_PROMISE
from dunning.queries.late_customers import (
    customers_with,
    late_customers,
    late_lines,
    next_working_days,
)
from dunning.services.sales_calls import NothingLate, promise_all_late, report_call
from kernel import formats
from kernel.http import ASKING, TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.models import Customer, DueLine
from ledger.permissions import SEE_CUSTOMERS


@reads(SEE_CUSTOMERS)
def late(request: TenantRequest) -> HttpResponse:
    """Show the late customers this person sells to."""
    found = late_customers(request.actor, today=request.today)
    context = {
        "rows": found,
        "taps": next_working_days(request.today, country=request.tenant.country),
        "types": DisputeType.choices,
        "can_promise": request.actor.can(RECORD_PROMISE, *ASKING),
        "can_dispute": request.actor.can(OPEN_DISPUTE),
        "today": request.today,
    }
    return render(request, "dunning/late_customers.html", context)


def _asked_about(request: TenantRequest, customer_id: UUID, permission: str) -> Customer:
    """Return the customer: not found unless he may be seen, refused unless this may be done for him."""
    found = get_object_or_404(Customer.objects.visible_to(request.actor).distinct(), pk=customer_id)
    if not customers_with(request.actor, permission, *ASKING).filter(pk=found.pk).exists():
        raise PermissionDenied(permission)
    return found


@writes(RECORD_PROMISE, *ASKING)
def called(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Note a call."""
    found = _asked_about(request, customer_id, RECORD_PROMISE)
    report_call(
        customer=found, words=request.POST.get("words", ""), actor=request.actor, now=request.now
    )
    messages.success(request, _("Noted: whoever chases %(name)s sees it.") % {"name": found.name})
    return redirect("late_customers")


@writes(RECORD_PROMISE, *ASKING)
def promised(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Take down that everything late is paid by a day; what sales say, a collector agrees to."""
    found = _asked_about(request, customer_id, RECORD_PROMISE)
    may = customers_with(request.actor, RECORD_PROMISE, Verb.DO).filter(pk=found.pk).exists()
    made = promise_all_late(
        customer=found,
        lines=_promisable(found, request.today),
        promised_date=_day(request),
        actor=request.actor,
        today=request.today,
        now=request.now,
        words=request.POST.get("words", ""),
        is_proposal=not may,
    )
    if any(each.ruling == Ruling.PENDING for each in made):
        words = _("Promise noted: reminders rest while a colleague in finance agrees to it.")
    else:
        words = _("Promise noted: reminders rest until it is due.")
    messages.success(request, words)
    return redirect("late_customers")


def _day(request: TenantRequest) -> date:
    tapped = request.POST.get("tap", "")
    try:
        return date.fromisoformat(tapped)
    except ValueError:
        typed = request.POST.get("promised_date", "")
        return formats.parse_day(typed, language(), today=request.today)


def _promisable(found: Customer, today: date) -> list[DueLine]:
    """Return the late lines of which anything is not contested."""
    among = Customer.objects.filter(pk=found.pk)
    lines = list(late_lines(among, today=today))
    return [line for line in lines if _uncontested(line).amount > 0]


def _uncontested(line: DueLine) -> Money:
    standing = Dispute.objects.filter(due_line=line, closed_date=None)
    contested = sum(
        (each.amount for each in standing), Money(line.open_amount, line.currency).amount * 0
    )
    return Money(line.open_amount - contested, line.currency)


@writes(OPEN_DISPUTE)
def contested(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Contest what is not contested yet of one late invoice."""
    found = _asked_about(request, customer_id, OPEN_DISPUTE)
    among = late_lines(Customer.objects.filter(pk=found.pk), today=request.today)
    asked = _id(request.POST.get("line", ""))
    line = among.filter(pk=asked).first() if asked else None
    kind = request.POST.get("type", "")
    if line is None or kind not in set(DisputeType.values):
        raise NothingLate(
            _("Choose an invoice of %(name)s that is late, and what is wrong with it.")
            % {"name": found.name}
        )
    open_dispute(
        line=line,
        amount=_uncontested(line),
        type=DisputeType(kind),
        reason=request.POST.get("words", ""),
        actor=request.actor,
        today=request.today,
    )
    messages.success(request, _("Noted: what is contested is not reminded."))
    return redirect("late_customers")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
