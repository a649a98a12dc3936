"""Simulations computed by a worker: ask for one, see how far it is, read what it found, stop it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dunning import permissions
from dunning.bells import ring_for_simulation
from dunning.forms.simulation import SimulationForm
from dunning.models import UNDER_WAY, Scenario, SimulationState, StoredSimulation
from dunning.queries.capacity import calls_a_day
from dunning.queries.simulation import SimulationRefused
from dunning.queries.stored_simulations import KeptFindings, circle_of, span_of
from dunning.services.stored_simulations import (
    KEPT_DAYS,
    SimulationNotAsked,
    ask_simulation,
    stop_simulation,
)
from dunning.simulation_presenting.kept import changed_since, kept_rows, progress
from dunning.simulation_presenting.naming import kept_name
from dunning.views.simulation import UNPROCESSABLE, basis_of, shown
from dunning.views.simulation_page import found_context, found_file
from kernel.http import TenantRequest, reads, writes
from kernel.permissions import Verb


@writes(permissions.WRITE_POLICY, Verb.PROPOSE, Verb.DO, Verb.APPROVE)
def ask(request: TenantRequest, code: str) -> HttpResponse:
    """Let a worker compute what the form asks for."""
    scenario = get_object_or_404(Scenario, code=code)
    form = SimulationForm(request.POST, basis=basis_of(request, scenario))
    if form.is_valid():
        try:
            stored = ask_simulation(
                scenario=scenario, question=form.question, actor=request.actor, now=request.now
            )
        except (SimulationNotAsked, SimulationRefused) as refused:
            form.add_error(None, refused.message)
        else:
            ring_for_simulation()
            return redirect("stored_simulation", code, stored.pk)
    context = {"scenario": scenario, "form": form, "kept": kept_rows(scenario)}
    return shown(request, context, status=UNPROCESSABLE)


@reads(permissions.WRITE_POLICY)
def stored_simulation(request: TenantRequest, code: str, simulation_id: UUID) -> HttpResponse:
    """Show a stored simulation: how far it is, or what it found and what changed since; or give its dates."""
    stored = _stored(code, simulation_id)
    titles = [kept_name(each) for each in stored.versions]
    context: dict[str, object] = {
        "stored": stored,
        "scenario": stored.scenario,
        "span": span_of(stored),
        "titles": titles,
        "keeps": KEPT_DAYS,
    }
    if stored.state in UNDER_WAY:
        context["progress"] = progress(stored)
    if stored.state == SimulationState.DONE:
        found = KeptFindings(stored, request.actor)
        if "format" in request.GET:
            return found_file(request, found, titles=titles)
        calls = calls_a_day(circle_of(stored).customers())
        context |= found_context(request, found, titles=titles, calls=calls)
        context["changed_since"] = changed_since(stored, now=request.now)
    return render(request, "dunning/simulation_kept.html", context)


@reads(permissions.WRITE_POLICY)
def simulation_progress(request: TenantRequest, code: str, simulation_id: UUID) -> HttpResponse:
    """Show how far a computation is; once it has ended, the page is loaded anew."""
    stored = _stored(code, simulation_id)
    if stored.state not in UNDER_WAY:
        answer = HttpResponse()
        answer.headers["HX-Refresh"] = "true"
        return answer
    context = {"progress": progress(stored)}
    return render(request, "dunning/simulation_kept.html#progress", context)


@writes(permissions.WRITE_POLICY, Verb.PROPOSE, Verb.DO, Verb.APPROVE)
def stop(request: TenantRequest, code: str, simulation_id: UUID) -> HttpResponse:
    """Stop a computation."""
    stored = _stored(code, simulation_id)
    stop_simulation(stored=stored, actor=request.actor, now=request.now)
    messages.success(request, _("The computation is stopped."))
    return redirect("scenario_simulation", code)


def _stored(code: str, simulation_id: UUID) -> StoredSimulation:
    found = StoredSimulation.objects.select_related("scenario", "over", "asked_by")
    return get_object_or_404(found, pk=simulation_id, scenario__code=code)
