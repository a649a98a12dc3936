"""The legal page: what lapses, by urgency; files out of the house; insolvencies; rates, clauses and mandates."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Membership
from credit.permissions import HAND_OVER
from dunning.forms.legal import (
    EnteredRateForm,
    MandateForm,
    ProofForm,
    WaiverLimitForm,
    cleaned,
)
from dunning.models import AgencyMandate, EnteredRate, HandOverState, LegalDeadline
from dunning.queries import legal as queries
from dunning.services.agencies import AGENCY_ROLE, NewMandate, enter_mandate
from dunning.services.deadlines import finish_deadline
from dunning.services.legal_parameters import enter_rate
from dunning.services.legal_round import policy_on
from dunning.services.waivers import alone_up_to, enter_limit
from kernel.http import ASKING, TenantRequest, reads, writes
from kernel.money import Money
from kernel.permissions import Verb
from ledger.permissions import APPROVE_WRITE_OFF

SHOWN = 200


@reads(HAND_OVER)
def legal(request: TenantRequest) -> HttpResponse:
    """Show the deadlines by urgency, what waits for a decision, and what is out of the house."""
    rows = queries.deadlines_of(request.actor)
    running = queries.countdowns(rows[:SHOWN], actor=request.actor, today=request.today)
    seen = queries.files_to_see(request.actor)
    context = {
        "countdowns": running,
        "count": rows.count(),
        "proof": ProofForm(initial={"day": request.today}),
        "proposed": queries.files(seen.filter(state=HandOverState.PROPOSED)[:SHOWN]),
        "out": queries.files(seen.filter(state=HandOverState.APPROVED)[:SHOWN]),
        "insolvencies": queries.insolvencies_to_see(request.actor)[:SHOWN],
        "can_approve": request.actor.can(HAND_OVER, Verb.APPROVE),
        "today": request.today,
    }
    return render(request, "dunning/legal.html", context)


@reads(HAND_OVER, Verb.APPROVE)
def parameters(request: TenantRequest) -> HttpResponse:
    """Show the rates, clauses and mandates that people enter."""
    policy = policy_on(request.today)
    context = {
        "policy": policy,
        "threshold": Money(policy.threshold, request.tenant.currency),
        "waiver_limit": Money(alone_up_to(request.today), request.tenant.currency),
        "waiver_form": WaiverLimitForm(initial={"valid_from": request.today}, auto_id="waiver_%s"),
        "rates": EnteredRate.objects.select_related("entered_by"),
        "rate_form": EnteredRateForm(auto_id="rate_%s"),
        "mandates": AgencyMandate.objects.select_related("membership"),
        "mandate_form": MandateForm(members=_agents(), auto_id="mandate_%s"),
        "today": request.today,
    }
    return render(request, "dunning/legal_parameters.html", context)


def _agents() -> object:
    return Membership.objects.filter(grants__role=AGENCY_ROLE).distinct()


@writes(HAND_OVER, Verb.APPROVE)
def save_rate(request: TenantRequest) -> HttpResponse:
    """Enter a half-year's rate with its source."""
    typed = cleaned(EnteredRateForm(request.POST))
    half_year = typed["half_year"].upper().replace("S", "H")
    enter_rate(
        country=request.tenant.country,
        kind=typed["kind"],
        half_year=half_year,
        rate=typed["rate"],
        source=typed["source"],
        actor=request.actor,
    )
    messages.success(request, _("Rate of %(half_year)s entered.") % {"half_year": half_year})
    return redirect("legal_parameters")


@writes(APPROVE_WRITE_OFF, Verb.APPROVE)
def save_waiver_limit(request: TenantRequest) -> HttpResponse:
    """Enter up to how much of penalties one person gives up alone."""
    enter_limit(**cleaned(WaiverLimitForm(request.POST)), actor=request.actor, today=request.today)
    messages.success(request, _("Limit entered."))
    return redirect("legal_parameters")


@writes(HAND_OVER, Verb.APPROVE)
def save_mandate(request: TenantRequest) -> HttpResponse:
    """Enter the signed mandate of an agency."""
    typed = cleaned(MandateForm(request.POST, members=_agents()))
    mandate = enter_mandate(NewMandate(**typed), actor=request.actor)
    messages.success(request, _("Mandate %(number)s entered.") % {"number": mandate.number})
    return redirect("legal_parameters")


@writes(HAND_OVER, *ASKING)
def finish(request: TenantRequest, deadline_id: UUID) -> HttpResponse:
    """Write down that a right was used, with the proof."""
    rows = queries.deadlines_of(request.actor)
    row: LegalDeadline = get_object_or_404(rows, pk=deadline_id)
    typed = cleaned(ProofForm(request.POST))
    finish_deadline(
        row=row,
        proof=typed["proof"],
        day=typed["day"],
        actor=request.actor,
        today=request.today,
        now=request.now,
    )
    messages.success(request, _("Done, with its proof."))
    if request.POST.get("back") == "customer":
        return redirect("customer_legal", row.customer_id)
    return redirect("legal")
