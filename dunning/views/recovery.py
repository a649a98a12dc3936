"""How fast what fell due is recovered: a block of the page of a scenario, and a page of its own."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from dunning import permissions
from dunning import recovery_presenting as presenting
from dunning.models import Scenario
from dunning.queries import scenario_pages as pages
from dunning.queries.recovery import EVERYBODY, WINDOW_DAYS, recovery_by_segment
from kernel.http import TenantRequest, reads

DAYS_A_MONTH = 30


@reads(permissions.WRITE_POLICY)
def recovery(request: TenantRequest, code: str) -> HttpResponse:
    """Show the curve of one kind of customer, `segment`, of everybody unless it is given."""
    found = pages.scenario_page(get_object_or_404(Scenario, code=code))
    if found is None:
        raise Http404
    currency, by_segment = recovery_by_segment(today=request.today)
    shown = request.GET.get("segment", EVERYBODY)
    if shown not in by_segment:
        shown = EVERYBODY
    context = {
        "scenario": found.scenario,
        "shown": presenting.segment_label(shown),
        "currency": currency,
        "months": WINDOW_DAYS // DAYS_A_MONTH,
        "days": presenting.TOLD_DAYS,
        "recovery": presenting.recovery(by_segment, shown, found.shown.as_rules().steps),
    }
    is_block = getattr(request, "htmx", False)
    template = "dunning/recovery.html#block" if is_block else "dunning/recovery.html"
    return render(request, template, context)
