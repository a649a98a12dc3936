"""What a customer gives his word for, on his page: promises taken down and taken back, payment plans agreed."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from dunning.models import PaymentPlan, Promise, Ruling
from dunning.permissions import AGREE_PLAN, RECORD_PROMISE
from dunning.rules.promises import PromiseSource, Rhythm, equal_instalments
from dunning.services.payment_plans import (
    PlanNotPossible,
    call_off_plan,
    propose_plan,
    rule_plan,
)
from dunning.services.promises import (
    PromiseNotPossible,
    record_promise,
    rule_promise,
    withdraw_promise,
)
from kernel.errors import Refused
from kernel.http import ASKING, TenantRequest, writes
from kernel.permissions import Verb
from kpis.forms.promises import CallOffForm, PlanForm, PromiseForm
from kpis.queries.customer_page import customers_for
from kpis.queries.customer_promises import promisable_lines
from kpis.views.customer import Shown, customer_page, page_url, seen_customers
from ledger.models import Customer

TAB = "promises"


def _asked_about(
    request: TenantRequest, customer_id: UUID, permission: str, *verbs: Verb
) -> Customer:
    """Return the customer: not found unless he may be seen, refused unless this may be done for him."""
    found: Customer = get_object_or_404(seen_customers(request), pk=customer_id)
    if not _may(request, found, permission, *verbs):
        raise PermissionDenied(permission)
    return found


def _may(request: TenantRequest, found: Customer, permission: str, *verbs: Verb) -> bool:
    return customers_for(request.actor, permission, *verbs).filter(pk=found.pk).exists()


def _shown_again(
    request: TenantRequest, found: Customer, name: str, form: Form, refused: Refused | None = None
) -> HttpResponse:
    """Show the page again with what was typed, and why it is refused."""
    if refused is not None:
        form.add_error(None, refused.message)
    return customer_page(request, found, Shown(TAB, {name: form}), status=422)


def _done(request: TenantRequest, found: Customer, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(f"{page_url(found)}?tab={TAB}")


@writes(RECORD_PROMISE, *ASKING)
def promise(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Take a promise down; who may only propose one waits for a colleague."""
    found = _asked_about(request, customer_id, RECORD_PROMISE, *ASKING)
    form = PromiseForm(request.POST, lines=promisable_lines(found), auto_id="promise_%s")
    if not form.is_valid():
        return _shown_again(request, found, "promise", form)
    values = form.cleaned_data
    try:
        made = record_promise(
            customer=found,
            due_lines=[line.pk for line in values["due_lines"]],
            promised_date=values["promised_date"],
            amount=values["amount"],
            actor=request.actor,
            today=request.today,
            now=request.now,
            source=PromiseSource(values["source"]),
            words=values["words"],
            is_proposal=not _may(request, found, RECORD_PROMISE, Verb.DO),
            sends_recap=values["recap"],
        )
    except PromiseNotPossible as refused:
        return _shown_again(request, found, "promise", form, refused)
    waits = made.ruling == Ruling.PENDING
    return _done(
        request,
        found,
        _("Promise taken down: a credit manager agrees to it first.")
        if waits
        else _("Promise taken down: its items are not reminded meanwhile."),
    )


def _promise(found: Customer, promise_id: UUID) -> Promise:
    return get_object_or_404(Promise, pk=promise_id, customer=found)


@writes(RECORD_PROMISE)
def withdraw(request: TenantRequest, customer_id: UUID, promise_id: UUID) -> HttpResponse:
    """Take a promise back."""
    found = _asked_about(request, customer_id, RECORD_PROMISE, Verb.DO)
    withdraw_promise(
        promise=_promise(found, promise_id),
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    return _done(request, found, _("Promise taken back: its items are reminded again."))


@writes(AGREE_PLAN, Verb.APPROVE)
def rule(request: TenantRequest, customer_id: UUID, promise_id: UUID) -> HttpResponse:
    """Agree to a promise that waits, or refuse it."""
    found = _asked_about(request, customer_id, AGREE_PLAN, Verb.APPROVE)
    is_approved = request.POST.get("ruling") == Ruling.APPROVED
    rule_promise(
        promise=_promise(found, promise_id),
        actor=request.actor,
        is_approved=is_approved,
        today=request.today,
        now=request.now,
    )
    return _done(
        request, found, _("Promise approved.") if is_approved else _("Promise not accepted.")
    )


@writes(AGREE_PLAN, *ASKING)
def propose(request: TenantRequest, customer_id: UUID) -> HttpResponse:
    """Propose that the customer pays in instalments."""
    found = _asked_about(request, customer_id, AGREE_PLAN, *ASKING)
    form = PlanForm(request.POST, lines=promisable_lines(found), auto_id="plan_%s")
    if not form.is_valid():
        return _shown_again(request, found, "plan", form)
    values = form.cleaned_data
    lines = list(values["due_lines"])
    total = sum((line.open_amount for line in lines), Decimal(0))
    try:
        plan = propose_plan(
            customer=found,
            due_lines=[line.pk for line in lines],
            instalments=equal_instalments(
                total,
                number=values["number"],
                first_date=values["first_date"],
                rhythm=Rhythm(values["rhythm"]),
            ),
            reason=values["reason"],
            actor=request.actor,
            today=request.today,
            now=request.now,
        )
    except PlanNotPossible as refused:
        return _shown_again(request, found, "plan", form, refused)
    words = _("Payment plan %(number)s proposed: another person agrees to it.")
    return _done(request, found, words % {"number": plan.number})


def _plan(found: Customer, plan_id: UUID) -> PaymentPlan:
    return get_object_or_404(PaymentPlan, pk=plan_id, customer=found)


@writes(AGREE_PLAN, Verb.APPROVE)
def decide(request: TenantRequest, customer_id: UUID, plan_id: UUID) -> HttpResponse:
    """Agree to a payment plan, or refuse it."""
    found = _asked_about(request, customer_id, AGREE_PLAN, Verb.APPROVE)
    is_agreed = request.POST.get("ruling") == Ruling.APPROVED
    rule_plan(
        plan=_plan(found, plan_id),
        actor=request.actor,
        is_agreed=is_agreed,
        today=request.today,
        now=request.now,
    )
    return _done(
        request,
        found,
        _("Payment plan agreed: its items are not reminded while it is kept.")
        if is_agreed
        else _("Payment plan refused."),
    )


@writes(AGREE_PLAN, Verb.APPROVE)
def call_off(request: TenantRequest, customer_id: UUID, plan_id: UUID) -> HttpResponse:
    """End a payment plan before its time."""
    found = _asked_about(request, customer_id, AGREE_PLAN, Verb.APPROVE)
    plan = _plan(found, plan_id)
    form = CallOffForm(request.POST)
    if not form.is_valid():
        return _shown_again(request, found, str(plan.pk), form)
    call_off_plan(
        plan=plan,
        actor=request.actor,
        reason=form.cleaned_data["reason"],
        today=request.today,
        now=request.now,
    )
    return _done(request, found, _("Payment plan called off: its items are reminded again."))
