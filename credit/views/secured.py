"""Guarantees of a customer, limits of a group, and how orders are checked: entered by one, accepted by another."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from credit.forms.holds import problems_of
from credit.forms.secured import (
    GroupLimitForm,
    GuaranteeForm,
    OrderPolicyForm,
    ReleaseGuaranteeForm,
)
from credit.models import GroupLimit, Guarantee, GuaranteeKind, OrderPolicy
from credit.permissions import (
    APPROVE_LIMIT,
    PROPOSE_LIMIT,
    PUBLISH_CIRCUITS,
    PUT_ON_HOLD,
    SEE_OPINIONS,
    WRITE_CIRCUITS,
)
from credit.queries import secured as queries
from credit.queries.exposure import customer_exposure
from credit.queries.order_policy import effective_policy
from credit.services import guarantees as services
from kernel.errors import Refused
from kernel.http import ASKING, CHANGING, TenantRequest, edits, writes
from kernel.money import Money
from ledger.models import Customer, CustomerGroup

UNPROCESSABLE = 422


@edits(PROPOSE_LIMIT, *ASKING)
def guarantees(request: TenantRequest, code: str) -> HttpResponse:
    """Show what secures a customer, and enter another guarantee."""
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT)
    customer = get_object_or_404(seen.select_related("portfolio"), code=code)
    form = GuaranteeForm(
        request.POST if request.method == "POST" else None,
        initial={"currency": request.tenant.currency, "valid_from": request.today},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            with transaction.atomic():
                services.add_guarantee(
                    services.NewGuarantee(
                        customer=customer,
                        kind=GuaranteeKind(typed["kind"]),
                        amount=Money(typed["amount"], typed["currency"]),
                        valid_from=typed["valid_from"],
                        valid_until=typed["valid_until"],
                        given_by=typed["given_by"],
                        reference=typed["reference"],
                    ),
                    actor=request.actor,
                    now=request.now,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("The guarantee counts once another person accepts it."))
            return redirect("guarantees", customer.code)
    context = {
        "customer": customer,
        "form": form,
        "rows": queries.guarantees_of(customer, actor=request.actor, day=request.today),
        "can_release": request.actor.can(PUT_ON_HOLD, *CHANGING),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "credit/guarantees.html", context, status=status)


@writes(PUT_ON_HOLD)
def release_guarantee(request: TenantRequest, guarantee_id: UUID) -> HttpResponse:
    """Give a guarantee back."""
    seen = Customer.objects.visible_to(request.actor, PUT_ON_HOLD)
    found = get_object_or_404(
        Guarantee.objects.filter(customer__in=seen).select_related("customer"), pk=guarantee_id
    )
    form = ReleaseGuaranteeForm(request.POST)
    if not form.is_valid():
        raise services.GuaranteeRefused(problems_of(form))
    services.release_guarantee(
        guarantee=found,
        reason=form.cleaned_data["reason"],
        actor=request.actor,
        today=request.today,
    )
    messages.success(request, _("The guarantee counts no more from today on."))
    return redirect("guarantees", found.customer.code)


@edits(PROPOSE_LIMIT, *ASKING)
def group(request: TenantRequest, group_id: UUID) -> HttpResponse:
    """Show what a group owes under its limit, and ask for a limit of it."""
    if not request.actor.can(SEE_OPINIONS):
        raise PermissionDenied(SEE_OPINIONS)
    seen = Customer.objects.visible_to(request.actor, PROPOSE_LIMIT).filter(group=group_id)
    found = get_object_or_404(
        CustomerGroup.objects.filter(customers__in=seen).distinct(), pk=group_id
    )
    form = GroupLimitForm(
        request.POST if request.method == "POST" else None,
        initial={"currency": request.tenant.currency, "valid_from": request.today},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            with transaction.atomic():
                services.ask_group_limit(
                    group=found,
                    amount=Money(typed["amount"], typed["currency"]),
                    valid_from=typed["valid_from"],
                    valid_until=typed["valid_until"],
                    reason=typed["reason"],
                    actor=request.actor,
                    now=request.now,
                )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request, _("The group's limit is asked for: another person grants it.")
            )
            return redirect("credit_group", found.pk)
    members = list(seen.order_by("name", "code"))
    context = {
        "group": found,
        "form": form,
        "members": members,
        "exposure": customer_exposure(members[0], request.today).group_view,
        "rows": queries.limits_of_group(found, actor=request.actor),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "credit/group.html", context, status=status)


@writes(APPROVE_LIMIT)
def grant_group_limit(request: TenantRequest, limit_id: UUID) -> HttpResponse:
    """Grant a group's limit that another person asked for."""
    seen = Customer.objects.visible_to(request.actor, APPROVE_LIMIT)
    found = get_object_or_404(
        GroupLimit.objects.filter(group__customers__in=seen).distinct(), pk=limit_id
    )
    services.grant_group_limit(limit=found, actor=request.actor, now=request.now)
    messages.success(request, pgettext("group limit", "Granted."))
    return redirect("credit_group", found.group_id)


@edits(WRITE_CIRCUITS, *ASKING)
def order_checks(request: TenantRequest) -> HttpResponse:
    """Show how orders are checked, entity by entity, and propose it otherwise."""
    form = OrderPolicyForm(
        request.POST if request.method == "POST" else None, initial=_policy_now()
    )
    if request.method == "POST" and form.is_valid():
        services.write_policy(**form.cleaned_data, actor=request.actor, now=request.now)
        messages.success(
            request, _("Proposed: another person approves how orders are checked (S10).")
        )
        return redirect("order_checks")
    context = {
        "form": form,
        "rows": queries.policies_in_force(),
        "waiting": queries.policies_waiting(request.actor),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "credit/order_checks.html", context, status=status)


def _policy_now() -> dict[str, object]:
    """Return what the form begins with: what holds for all entities."""
    now = effective_policy(None)
    names = ("stage", "beyond", "notice_days", "tells_customer")
    return {name: getattr(now, name) for name in names}


@writes(PUBLISH_CIRCUITS)
def approve_order_checks(request: TenantRequest, policy_id: UUID) -> HttpResponse:
    """Let a policy hold that another person wrote."""
    policy = get_object_or_404(OrderPolicy, pk=policy_id)
    services.approve_policy(policy=policy, actor=request.actor, now=request.now)
    messages.success(request, _("Orders are checked so from now on."))
    return redirect("order_checks")
