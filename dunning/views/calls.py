"""Calls: one the scenario asks for, one the customer asked for, one nobody had planned; questions to sales."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dunning import agenda_presenting as presenting
from dunning.models import FollowUp
from dunning.permissions import SEND_REMINDER
from dunning.queries.agenda import reminders_of
from dunning.queries.questions import questions_asked, questions_for
from dunning.rules.calls import CallOutcome
from dunning.rules.outbox import State
from dunning.services.calls import CallResult, record_call
from dunning.services.follow_ups import answer_question, ask_sales, take_back_question
from dunning.views.agenda_list import agenda_of
from dunning.views.agenda_page import Refilled, agenda_page, following
from dunning.views.call_panel import Task, call_form, contact_of, items_for
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, reads, writes
from ledger.models import Customer
from ledger.permissions import SEE_CUSTOMERS, SEEING

FOUND_SHOWN = 20


@reads(SEND_REMINDER)
def choose_customer(request: TenantRequest) -> HttpResponse:
    """Find whom a call was made with that nobody had planned."""
    asked = request.GET.get("q", "").strip()
    customers = Customer.objects.visible_to(request.actor, SEND_REMINDER)
    if asked:
        is_meant = Q(name__icontains=asked) | Q(code__istartswith=asked) | Q(siren=asked)
        customers = customers.filter(is_meant)
    found = list(customers.order_by("sort_name", "pk").distinct()[: FOUND_SHOWN + 1])
    context = {"asked": asked, "found": found[:FOUND_SHOWN], "has_more": len(found) > FOUND_SHOWN}
    return render(request, "dunning/call_whom.html", context)


@edits(SEND_REMINDER)
def unplanned(request: TenantRequest, code: str) -> HttpResponse:
    """Take down a call to a customer for whom no task waits."""
    return _work(request, Task(_customer(request, code)))


@edits(SEND_REMINDER)
def follow_up(request: TenantRequest, follow_up_id: UUID) -> HttpResponse:
    """Take down a call somebody asked for; a further try of a call that waits leads to that call."""
    found = _follow_up(request, follow_up_id)
    if found.reminder_id and found.reminder and found.reminder.state == State.PLANNED:
        return redirect("reminder", found.reminder_id)
    return _work(request, Task(found.customer, follow_up=found))


@edits(SEND_REMINDER)
def planned(request: TenantRequest, reminder_id: UUID) -> HttpResponse:
    """Take down what came of a call the scenario asked for."""
    mine = reminders_of(request.actor).select_related("customer__sales_rep")
    found = get_object_or_404(mine, pk=reminder_id)
    if request.method != "POST":
        return redirect("reminder", found.pk)
    return _take_down(request, Task(found.customer, reminder=found))


def _customer(request: TenantRequest, code: str) -> Customer:
    seen = Customer.objects.visible_to(request.actor, SEND_REMINDER).select_related("sales_rep")
    return get_object_or_404(seen.distinct(), code=code)


def _follow_up(request: TenantRequest, follow_up_id: UUID) -> FollowUp:
    customers = Customer.objects.visible_to(request.actor, SEND_REMINDER)
    calls = FollowUp.objects.calls().still_open().filter(customer__in=customers)
    return get_object_or_404(
        calls.select_related("customer__sales_rep", "reminder"), pk=follow_up_id
    )


def _work(request: TenantRequest, task: Task) -> HttpResponse:
    if request.method == "POST":
        return _take_down(request, task)
    return agenda_page(request, agenda_of(request), task)


def _take_down(request: TenantRequest, task: Task) -> HttpResponse:
    """Keep a call and go on to the next; what is refused comes back with everything that was typed."""
    items = items_for(task, request=request)
    form = call_form(request, items, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                result = record_call(
                    call=form.call(),
                    called=task.called(contact_of(task)),
                    actor=request.actor,
                    today=request.today,
                    now=request.now,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _said(result, request))
            return redirect(following(agenda_of(request), but=task.url))
    return agenda_page(
        request, agenda_of(request), task, Refilled(call=form, items=items, status=422)
    )


def _said(result: CallResult, request: TenantRequest) -> str:
    """Return what was kept of a call."""
    if result.outcome is not CallOutcome.UNREACHABLE:
        return _("The call is noted.")
    if result.try_again_at is None:
        return _("Nobody answered for the third time: the scenario goes on in writing.")
    hour = presenting.hour_words(result.try_again_at, ZoneInfo(request.tenant.time_zone))
    words = ngettext(
        "%(count)s call in vain; it comes back at %(hour)s.",
        "%(count)s calls in vain; it comes back at %(hour)s.",
        result.tries,
    )
    return words % {"count": result.tries, "hour": hour}


@writes(SEND_REMINDER)
def ask(request: TenantRequest, code: str) -> HttpResponse:
    """Put a question about a customer to his sales representative."""
    customer = _customer(request, code)
    question = ask_sales(
        customer=customer, words=request.POST.get("words", ""), actor=request.actor, now=request.now
    )
    messages.success(
        request,
        _("%(name)s has until %(hour)s to answer.")
        % {
            "name": customer.sales_rep.name if customer.sales_rep else "",
            "hour": presenting.hour_words(question.due_at, ZoneInfo(request.tenant.time_zone)),
        },
    )
    return redirect("agenda")


@reads(SEE_CUSTOMERS)
def questions(request: TenantRequest) -> HttpResponse:
    """Show the questions this person answers."""
    found = list(questions_for(request.actor, now=request.now))
    return render(request, "dunning/questions.html", {"questions": found, "now": request.now})


@writes(SEE_CUSTOMERS, *SEEING)
def answer(request: TenantRequest, question_id: UUID) -> HttpResponse:
    """Answer a question about a customer; only whom it waits for may."""
    asked = get_object_or_404(questions_for(request.actor, now=request.now), pk=question_id)
    answer_question(
        question=asked,
        words=request.POST.get("words", ""),
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, _("Thank you: whoever asked sees your answer."))
    return redirect("questions")


@writes(SEND_REMINDER)
def take_back(request: TenantRequest, question_id: UUID) -> HttpResponse:
    """Close a question that nobody in sales answered."""
    asked = questions_asked(request.actor, now=request.now).filter(closed_at=None)
    take_back_question(
        question=get_object_or_404(asked.exclude(returned_at=None), pk=question_id),
        words=request.POST.get("words", ""),
        actor=request.actor,
        now=request.now,
    )
    messages.success(request, _("Closed."))
    return redirect("agenda")
