"""The page on which the credit manager says how many calls a day one person makes."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dunning import permissions
from dunning.forms.capacity import CapacityForm
from dunning.models import TeamCapacity
from dunning.queries.capacity import CALLS_A_DAY, calls_a_person
from dunning.services.capacity import CapacityRefused, set_capacity
from kernel.http import TenantRequest, edits

UNPROCESSABLE = 422


@edits(permissions.PUBLISH_POLICY)
def capacity(request: TenantRequest) -> HttpResponse:
    """Show what is counted with, and take down another number."""
    is_sent = request.method == "POST"
    form = CapacityForm(request.POST if is_sent else None, initial={"calls": calls_a_person()})
    if is_sent and form.is_valid():
        try:
            set_capacity(calls=form.cleaned_data["calls"], actor=request.actor, now=request.now)
        except CapacityRefused as refused:
            form.add_error("calls", refused.message)
        else:
            messages.success(request, _("Simulations and the agenda count with it from now on."))
            return redirect("team_capacity")
    context = {
        "form": form,
        "default": CALLS_A_DAY,
        "kept": TeamCapacity.objects.select_related("changed_by").first(),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "dunning/capacity.html", context, status=status)
