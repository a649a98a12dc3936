"""Solo mode: who represents the company, what waits for him, and the page behind his link."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts import permissions
from accounts.models import SoloAct, SoloActState, Tenant
from accounts.services import solo as services
from accounts.solo import do_confirmed
from accounts.step_up import step_up
from accounts.views.answers import status_of, tried
from kernel.errors import Refused
from kernel.http import TenantRequest, edits, public
from kernel.permissions import Verb
from kernel.tenancy import tenant_scope

SHOWN = 50


class RepresentativeForm(forms.Form):
    """Whose mailbox stands in for the second person."""

    name = forms.CharField(label=gettext_lazy("Legal representative"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("His or her mailbox"))


@edits(permissions.MANAGE_USERS, Verb.DO)
@step_up
def solo(request: TenantRequest) -> HttpResponse:
    """Show and name the legal representative, and what waits for his word."""
    form = RepresentativeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = tried(
            form,
            lambda: services.choose_representative(
                **form.cleaned_data, actor=request.actor, now=request.now
            ),
        )
        if chosen is not None:
            messages.success(request, _("The legal representative is named."))
            return redirect("solo")
    context = {
        "form": form,
        "is_solo": services.is_solo_now(request.tenant),
        "representative": services.representative(request.now),
        "acts": SoloAct.objects.select_related("asked_by", "representative")[:SHOWN],
    }
    return render(request, "accounts/solo.html", context, status=status_of(form))


@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Let the legal representative confirm or refuse an act, from the link in his mailbox."""
    named = services.read_token(token)
    if named is None:
        raise Http404
    tenant_id, act_id = named
    now = timezone.now()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        act = get_object_or_404(
            SoloAct.objects.select_related("asked_by__user", "representative"), pk=act_id
        )
    problem = ""
    with override(tenant.language):
        if request.method == "POST":
            problem = _decided(request, act, tenant)
        with tenant_scope(tenant_id):
            act.refresh_from_db(fields=["state", "problem", "ended_at"])
        context = {
            "act": act,
            "tenant": tenant,
            "asker": act.asked_by.name,
            "problem": problem,
            "is_waiting": act.state == SoloActState.WAITING and act.lapses_at > now,
            "is_due": now >= act.due_at,
            "brand_name": tenant.name,
        }
        status = 422 if problem else 200
        return render(request, "accounts/solo_confirm.html", context, status=status)


def _decided(request: HttpRequest, act: SoloAct, tenant: Tenant) -> str:
    """Do what the representative chose; return the problem in words, empty when it is done."""
    now = timezone.now()
    if request.POST.get("outcome") != "confirm":
        with tenant_scope(tenant.pk):
            services.refuse_act(act.pk, now=now)
        return ""
    try:
        with tenant_scope(tenant.pk):
            _taken, seat = services.take_act(act.pk, tenant=tenant, now=now)
    except Refused as refused:
        return refused.message
    failed = do_confirmed(request, act, seat, tenant)
    if failed:
        with tenant_scope(tenant.pk):
            services.note_failure(act.pk, failed)
        return _("It cannot be done any more: what it was about has changed meanwhile.")
    return ""
