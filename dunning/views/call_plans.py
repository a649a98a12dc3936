"""Propose a payment plan while the customer is on the telephone; another person agrees to it (row 20, S1)."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from dunning.forms.plans import PlanOfferForm
from dunning.models import FollowUp
from dunning.permissions import AGREE_PLAN, SEND_REMINDER
from dunning.queries.agenda import reminders_of
from dunning.rules.promises import Rhythm, equal_instalments
from dunning.services.payment_plans import propose_plan
from dunning.views.agenda_list import agenda_of
from dunning.views.agenda_page import Refilled, agenda_page
from dunning.views.call_panel import Task, call_form, items_for
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, writes
from ledger.models import Customer, DueLine


@writes(AGREE_PLAN, *ASKING)
def propose(request: TenantRequest, code: str) -> HttpResponse:
    """Propose that the ticked items are paid in instalments; what was typed about the call comes back."""
    if not request.actor.can(SEND_REMINDER):
        raise PermissionDenied(SEND_REMINDER)
    task = _task(request, code)
    form = PlanOfferForm(request.POST)
    items = items_for(task, request=request)
    call = call_form(request, items, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                number = _proposed(request, task.customer, form, call.ticked or frozenset())
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            words = _("Payment plan %(number)s proposed: another person agrees to it.")
            messages.success(request, words % {"number": number})
            cause = request.POST.get("cause", "")
            return redirect(f"{task.url}?cause={cause}" if cause.isidentifier() else task.url)
    came = Refilled(call=call.as_typed(), items=items, plan=form, status=422)
    return agenda_page(request, agenda_of(request), task, came)


def _task(request: TenantRequest, code: str) -> Task:
    """Return the call that is open: the reminder's, the asked one, or one nobody had planned."""
    customers = Customer.objects.visible_to(request.actor, SEND_REMINDER).filter(
        pk__in=Customer.objects.visible_to(request.actor, AGREE_PLAN).values("pk")
    )
    customer = get_object_or_404(customers.select_related("sales_rep").distinct(), code=code)
    if reminder_id := _uuid(request.POST.get("reminder", "")):
        mine = reminders_of(request.actor).select_related("customer__sales_rep")
        found = get_object_or_404(mine, pk=reminder_id, customer=customer)
        return Task(found.customer, reminder=found)
    if follow_up_id := _uuid(request.POST.get("follow_up", "")):
        calls = FollowUp.objects.calls().still_open().filter(customer=customer)
        return Task(customer, follow_up=get_object_or_404(calls, pk=follow_up_id))
    return Task(customer)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _proposed(
    request: TenantRequest, customer: Customer, form: PlanOfferForm, ticked: frozenset[UUID]
) -> int:
    values = form.cleaned_data
    lines = DueLine.objects.filter(pk__in=ticked, customer=customer)
    owed = sum(lines.values_list("open_amount", flat=True), Decimal(0))
    plan = propose_plan(
        customer=customer,
        due_lines=sorted(ticked),
        instalments=equal_instalments(
            owed,
            number=values["plan_number"],
            first_date=values["plan_first_date"],
            rhythm=Rhythm(values["plan_rhythm"]),
        ),
        reason=values["plan_reason"],
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    return plan.number
