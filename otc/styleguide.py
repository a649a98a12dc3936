"""Every component on one page, for whoever builds or checks a page; shown in the demo and while developing only."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from kernel.http import public
from otc import styleguide_samples as samples


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show tokens and components with the figures of DESIGN 13."""
    if not (settings.DEBUG or settings.OTC_DEMO):
        raise Http404
    form = samples.SampleForm(
        {"siren": "00000048", "limit": "120 000", "mode": "confirm", "portfolio": "btp"}
    )
    if "toast" in request.GET:
        messages.success(request, "3 relances confirmées", extra_tags="undo:/styleguide")
        messages.error(request, "La facture F-2041 doit encore 120,00 € ; 500,00 €, c’est trop.")
    context = {"form": form, **samples.figures(), **samples.lists(), **samples.all_charts()}
    return render(request, "styleguide.html", context)


urlpatterns = [path("styleguide", styleguide, name="styleguide")]
