"""Pages of simulations: what a draft would change, and one or two versions over the same days."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from dunning import permissions
from dunning.forms.simulation import Basis, SimulationForm
from dunning.models import Scenario
from dunning.queries import foresight
from dunning.queries import scenario_pages as pages
from dunning.queries.capacity import calls_a_day
from dunning.queries.simulation import SimulationRefused
from dunning.queries.stored_simulations import FreshFindings
from dunning.rules.findings import findings, found_change, found_step, sides_of
from dunning.simulation_presenting.kept import kept_rows, size_of
from dunning.simulation_presenting.naming import amounts, version_name
from dunning.simulation_presenting.rows import change_counts, change_rows, collision_rows
from dunning.simulation_presenting.sums import by_kind
from dunning.views.simulation_page import found_context, found_file
from kernel.http import TenantRequest, reads
from kernel.permissions import Actor

UNPROCESSABLE = 422
FIRST_CHANGES = 6  # beside the draft; the page of its changes shows more
MOST_CHANGES = 200


@reads(permissions.WRITE_POLICY)
def impact(request: TenantRequest, code: str) -> HttpResponse:
    """Show what publishing the draft today would change; a block of the pages of the scenario."""
    found = pages.scenario_page(get_object_or_404(Scenario, code=code))
    if found is None or found.draft is None:
        raise Http404
    is_whole = "all" in request.GET
    context: dict[str, object] = {"page": found, "is_whole": is_whole}
    try:
        foreseen = foresight.impact_of(
            found.draft, found.published, today=request.today, now=request.now
        )
    except foresight.TooMuchToSimulate as refused:
        context["refused"] = refused.message
        foreseen = None
    if foreseen is not None:
        at_most = MOST_CHANGES if is_whole else FIRST_CHANGES
        context |= _impact(foreseen, request.actor, at_most=at_most)
    return render(request, "dunning/simulation_impact.html", context)


def _impact(foreseen: foresight.Impact, actor: Actor, *, at_most: int) -> dict[str, object]:
    simulations = [foreseen.after, foreseen.before]
    found = findings(simulations)
    after, before = sides_of(simulations, found)
    touched = [each.customer_id for each in found]
    names = foresight.names_seen(touched, actor)
    calls = calls_a_day(touched)
    rows = change_rows(
        (*names[each.customer_id], found_change(each))
        for each in foreseen.changes
        if each.customer_id in names
    )
    return {
        "impact": foreseen,
        "messages": after.totals.message_count,
        "amounts": amounts(after.totals),
        "kinds": by_kind(
            map(found_step, foreseen.before.steps), map(found_step, foreseen.after.steps)
        ),
        "calls": calls,
        "most_calls": max((each.sums.calls for each in after.days), default=0),
        "days_over": len(after.days_over(calls)),
        "counts": change_counts(after.changes),
        "rows": rows[:at_most],
        "more": len(foreseen.changes) - len(rows[:at_most]),
        "twice": after.twice,
        "twice_before": before.twice,
        "collisions": [
            row
            for _code, _name, each in FreshFindings([], found, names).colliding(at_most)
            for row in collision_rows(_code, _name, each, 0)
        ][:at_most],
    }


@reads(permissions.WRITE_POLICY)
def simulation(request: TenantRequest, code: str) -> HttpResponse:
    """Show a version over some days, alone or beside another; or give its dates as a file."""
    scenario = get_object_or_404(Scenario, code=code)
    form = SimulationForm(request.GET, basis=basis_of(request, scenario))
    context: dict[str, object] = {
        "scenario": scenario,
        "form": form,
        "kept": kept_rows(scenario),
        "can_set_capacity": request.actor.can(permissions.PUBLISH_POLICY),
    }
    if not form.is_valid():
        return shown(request, context, status=UNPROCESSABLE)
    customers = form.circle.customers()
    try:
        simulations = foresight.simulated(form.versions, customers, form.span)
    except foresight.TooMuchToSimulate:
        too_large = size_of(len(customers), form.question)
        return shown(request, context | {"too_large": too_large, "span": form.span})
    except SimulationRefused as refused:
        form.add_error(None, refused.message)
        return shown(request, context, status=UNPROCESSABLE)
    found = findings(simulations)
    names = foresight.names_seen([each.customer_id for each in found], request.actor)
    fresh = FreshFindings(sides_of(simulations, found), found, names)
    titles = [version_name(one) for one in form.versions]
    if "format" in request.GET:
        return found_file(request, fresh, titles=titles)
    calls = form.cleaned_data["calls"]
    told = found_context(request, fresh, titles=titles, calls=calls)
    return shown(request, context | told | {"span": form.span})


def shown(request: TenantRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Return the page with its form, and with what was found where there is something."""
    return render(request, "dunning/simulation.html", context, status=status)


def basis_of(request: TenantRequest, scenario: Scenario) -> Basis:
    """Return what may be chosen: the draft beside what is published where there is one, else the newest alone."""
    versions = foresight.comparable_versions(scenario)
    chosen = versions[0]
    published = next(
        (one for one in versions if one.scenario_id == scenario.pk and not one.is_draft), None
    )
    return Basis(
        versions=versions,
        portfolios=pages.portfolio_names(),
        chosen=chosen,
        beside=published if chosen.is_draft else None,
        today=request.today,
        now=request.now,
        calls=calls_a_day(foresight.Circle(scenario).customers()),
    )
