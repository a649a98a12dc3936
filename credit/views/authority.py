"""Who grants up to which amount, who stands in for whom, who knows which country, and how requests are handled."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.permissions import MANAGE_KEYS, MANAGE_USERS
from credit.forms.circuits import CeilingForm, CountryForm, DelegationForm, SettingsForm
from credit.models import ApprovalCeiling, CountryTag, Delegation, RequestKind
from credit.permissions import SEE_OPINIONS
from credit.queries.settings import credit_settings
from credit.services import ceilings, delegations
from credit.services.exports import signing_key
from kernel.errors import Refused
from kernel.http import TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import ANY_MEMBER

UNPROCESSABLE = 422


@reads(ANY_MEMBER)
def authority(request: TenantRequest) -> HttpResponse:
    """Show the ceilings, the delegations, the countries and the settings."""
    return _page(request)


def _page(request: TenantRequest, refused: dict[str, forms.Form] | None = None) -> HttpResponse:
    actor = request.actor
    if not actor.can(SEE_OPINIONS) and not actor.can(MANAGE_USERS):
        raise PermissionDenied(SEE_OPINIONS)
    given = refused or {}
    stored = credit_settings()
    kept = {
        name: getattr(stored, name) for name in SettingsForm.base_fields if name != "has_new_key"
    }
    labels = dict(RequestKind.choices)
    context: dict[str, Any] = {
        "ceilings": [
            {
                "row": row,
                "amount": Money(row.amount, row.currency),
                "kind": labels.get(row.kind, _("Every kind of request")),
            }
            for row in ApprovalCeiling.objects.select_related("membership", "set_by")
        ],
        "delegations": Delegation.objects.filter(
            revoked_at=None, ends_on__gte=request.today
        ).select_related("delegator", "delegate", "made_by"),
        "countries": CountryTag.objects.select_related("membership"),
        "manages": actor.can(MANAGE_USERS),
        "keeps_keys": actor.can(MANAGE_KEYS),
        "me": actor.membership_id,
        "ceiling_form": given.get("ceiling")
        or CeilingForm(auto_id="ceiling_%s", initial={"currency": request.tenant.currency}),
        "delegation_form": given.get("delegation")
        or DelegationForm(auto_id="delegation_%s", initial={"starts_on": request.today}),
        "country_form": given.get("country") or CountryForm(auto_id="country_%s"),
        "settings_form": given.get("settings") or SettingsForm(auto_id="settings_%s", initial=kept),
        "settings": stored,
        "signing_key": signing_key(request.tenant.pk, stored.export_key_number).decode()
        if actor.can(MANAGE_KEYS) and stored.export_url
        else "",
        "form": next(iter(given.values()), None),
        "today": request.today,
    }
    status = UNPROCESSABLE if given else 200
    return render(request, "credit/authority.html", context, status=status)


@writes(MANAGE_USERS)
def set_ceiling(request: TenantRequest) -> HttpResponse:
    """Say up to which amount a colleague grants alone."""
    form = CeilingForm(request.POST, auto_id="ceiling_%s")
    if form.is_valid():
        typed = form.cleaned_data
        try:
            ceilings.set_ceiling(
                member=typed["member"],
                kind=typed["kind"],
                amount=Money(typed["amount"], typed["currency"]),
                actor=request.actor,
                now=request.now,
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request, _("Ceiling of %(name)s kept.") % {"name": typed["member"].name}
            )
            return redirect("credit_authority")
    return _page(request, {"ceiling": form})


@writes(MANAGE_USERS)
def remove_ceiling(request: TenantRequest, ceiling_id: UUID) -> HttpResponse:
    """Take a ceiling away."""
    ceilings.remove_ceiling(
        ceiling=get_object_or_404(ApprovalCeiling, pk=ceiling_id), actor=request.actor
    )
    return redirect("credit_authority")


@writes(ANY_MEMBER)
def delegate(request: TenantRequest) -> HttpResponse:
    """Let a colleague take one's steps for a time; an administrator does it for who is away."""
    if not request.actor.can(SEE_OPINIONS) and not request.actor.can(MANAGE_USERS):
        raise PermissionDenied(SEE_OPINIONS)
    form = DelegationForm(request.POST, auto_id="delegation_%s")
    if form.is_valid():
        typed = dict(form.cleaned_data)
        typed["delegator"] = typed["delegator"] or Membership.objects.get(
            pk__in=[request.actor.membership_id]
        )
        try:
            given = delegations.delegate(
                **typed, actor=request.actor, now=request.now, today=request.today
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request,
                _("%(delegate)s takes the steps of %(delegator)s.")
                % {"delegate": given.delegate.name, "delegator": given.delegator.name},
            )
            return redirect("credit_authority")
    return _page(request, {"delegation": form})


@writes(ANY_MEMBER)
def revoke(request: TenantRequest, delegation_id: UUID) -> HttpResponse:
    """End a delegation."""
    found = get_object_or_404(Delegation, pk=delegation_id)
    delegations.revoke(delegation=found, actor=request.actor, now=request.now)
    messages.success(request, _("The delegation is over."))
    return redirect("credit_authority")


@writes(MANAGE_USERS)
def tag_country(request: TenantRequest) -> HttpResponse:
    """Note that a colleague knows a country."""
    form = CountryForm(request.POST, auto_id="country_%s")
    if form.is_valid():
        try:
            delegations.tag_country(**form.cleaned_data, actor=request.actor, now=request.now)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("credit_authority")
    return _page(request, {"country": form})


@writes(MANAGE_USERS)
def untag_country(request: TenantRequest, tag_id: UUID) -> HttpResponse:
    """Take a country away from a colleague."""
    delegations.untag_country(tag=get_object_or_404(CountryTag, pk=tag_id), actor=request.actor)
    return redirect("credit_authority")


@writes(MANAGE_KEYS)
def save_settings(request: TenantRequest) -> HttpResponse:
    """Keep how requests are handled here."""
    form = SettingsForm(request.POST, auto_id="settings_%s")
    if form.is_valid():
        try:
            delegations.save_settings(
                wanted=delegations.WantedSettings(**form.cleaned_data),
                actor=request.actor,
                now=request.now,
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Settings kept."))
            return redirect("credit_authority")
    return _page(request, {"settings": form})
