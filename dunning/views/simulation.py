"""Pages of simulations: what a draft would change, and one or two versions over the same days."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from dunning import permissions
from dunning import simulation_presenting as presenting
from dunning.forms.simulation import Basis, SimulationForm
from dunning.models import Scenario, ScenarioVersion
from dunning.queries import foresight
from dunning.queries import scenario_pages as pages
from dunning.queries.simulation import SimulationRefused
from dunning.rules.simulated import SimulatedStep, Simulation
from dunning.rules.simulation_changes import changes
from kernel.http import TenantRequest, reads
from kernel.money import Money
from kernel.permissions import Actor
from ledger import permissions as ledger
from ledger.lists import Column, exported, with_query
from ledger.queries.paging import Page, bounds

UNPROCESSABLE = 422
FIRST_CHANGES = 6  # beside the draft; the page of its changes shows more
MOST_CHANGES = 200
MOST_COLLISIONS = 100
CUSTOMERS_A_PAGE = 50
MOST_DIGITS = 6


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
    before, after = foreseen.before, foreseen.after
    touched = {*before.by_customer, *after.by_customer}
    names = foresight.names_seen(touched, actor)
    calls = foresight.calls_a_day(touched)
    rows = presenting.change_rows(foreseen.changes, names)
    return {
        "impact": foreseen,
        "messages": after.totals.message_count,
        "amounts": presenting.amounts(after.totals),
        "kinds": presenting.by_kind(before, after),
        "calls": calls,
        "most_calls": max((each.sums.calls for each in after.days), default=0),
        "days_over": len(after.days_over(calls)),
        "counts": presenting.change_counts(foreseen.changes),
        "rows": rows[:at_most],
        "more": len(foreseen.changes) - len(rows[:at_most]),
        "twice": len(presenting.touched_twice(after)),
        "twice_before": len(presenting.touched_twice(before)),
        "collisions": presenting.collision_rows(after, names)[:at_most],
    }


@reads(permissions.WRITE_POLICY)
def simulation(request: TenantRequest, code: str) -> HttpResponse:
    """Show a version over some days, alone or beside another; or give its dates as a file."""
    scenario = get_object_or_404(Scenario, code=code)
    form = SimulationForm(request.GET, basis=_basis(request, scenario))
    context: dict[str, object] = {"scenario": scenario, "form": form}
    if not form.is_valid():
        return _shown(request, context, status=UNPROCESSABLE)
    customers = form.circle.customers()
    try:
        simulations = foresight.simulated(form.versions, customers, form.span)
    except (foresight.TooMuchToSimulate, SimulationRefused) as refused:
        form.add_error(None, refused.message)
        return _shown(request, context, status=UNPROCESSABLE)
    if "format" in request.GET:
        return _file(request, form.versions, simulations)
    return _shown(request, context | _page(request, form, simulations))


def _shown(
    request: TenantRequest, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return render(request, "dunning/simulation.html", context, status=status)


def _basis(request: TenantRequest, scenario: Scenario) -> Basis:
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
        calls=foresight.calls_a_day(foresight.Circle(scenario).customers()),
    )


def _page(
    request: TenantRequest, form: SimulationForm, simulations: list[Simulation]
) -> dict[str, object]:
    calls = form.cleaned_data["calls"]
    touched = {key for each in simulations for key in each.by_customer}
    names = foresight.names_seen(touched, request.actor)
    ordered = sorted(names, key=lambda key: names[key][1])
    number, cut = bounds(_page_number(request), CUSTOMERS_A_PAGE, len(ordered))
    rows = [presenting.customer_row(key, simulations, names) for key in ordered[cut]]
    changed = changes(simulations[1], simulations[0]) if len(simulations) > 1 else []
    change_rows = presenting.change_rows(changed, names)
    return {
        "simulations": simulations,
        "span": form.span,
        "titles": [presenting.version_name(one) for one in form.versions],
        "lines": presenting.sums_beside(simulations, calls=calls),
        "sides": [
            {
                "title": presenting.version_name(version),
                "amounts": presenting.amounts(each.totals),
                "charts": presenting.charts_of(
                    each,
                    calls=calls,
                    today=request.today,
                    side=presenting.version_name(version) if len(simulations) > 1 else "",
                ),
                "collisions": presenting.collision_rows(each, names)[:MOST_COLLISIONS],
                "twice": len(presenting.touched_twice(each)),
                "peak": each.peak_day,
            }
            for version, each in zip(form.versions, simulations, strict=True)
        ],
        "days": presenting.day_rows(simulations, calls=calls),
        "customers": Page(rows, number, CUSTOMERS_A_PAGE, len(ordered)),
        "unseen": len(touched) - len(names),
        "counts": presenting.change_counts(changed),
        "changes": change_rows[:MOST_CHANGES],
        "more_changes": max(len(changed) - MOST_CHANGES, 0),
        "export_url": with_query(request.GET, format="xlsx")
        if request.actor.can(ledger.EXPORT)
        else "",
    }


def _page_number(request: TenantRequest) -> int:
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return max(1, int(text)) if is_number else 1


Dated = tuple[ScenarioVersion, SimulatedStep]


def _file(
    request: TenantRequest, versions: list[ScenarioVersion], simulations: list[Simulation]
) -> HttpResponse:
    """Give the dates of every customer who may be seen, one row for each step."""
    if not request.actor.can(ledger.EXPORT):
        raise PermissionDenied(ledger.EXPORT)
    touched = {key for each in simulations for key in each.by_customer}
    names = foresight.names_seen(touched, request.actor)
    rows = [
        (version, step)
        for version, each in zip(versions, simulations, strict=True)
        for step in each.steps
        if step.customer_id in names
    ]
    return exported(request, name="simulation", columns=_columns(names), rows=rows)


def _columns(names: presenting.Names) -> list[Column[Dated]]:
    entities: dict[UUID, str] = foresight.entity_codes()
    return [
        Column("version", _("Version"), lambda row: presenting.version_name(row[0])),
        Column("day", _("Day"), lambda row: row[1].day),
        Column("planned", _("Decided on"), lambda row: row[1].planned_date),
        Column("code", _("Customer code"), lambda row: names[row[1].customer_id][0]),
        Column("name", _("Customer"), lambda row: names[row[1].customer_id][1]),
        Column("entity", _("Entity"), lambda row: entities[row[1].entity_id]),
        Column(
            "channel",
            _("Channel"),
            lambda row: presenting.channel_word(row[1].step.channel),
        ),
        Column("level", _("Level"), lambda row: row[1].step.level),
        Column("amount", _("Amount"), lambda row: Money(row[1].amount, row[1].currency)),
        Column("currency", _("Currency"), lambda row: row[1].currency),
    ]
