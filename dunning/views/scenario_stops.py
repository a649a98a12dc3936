"""The red button of one scenario: nothing of it leaves, what is queued included, until somebody takes it up again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from dunning import permissions
from dunning.bells import ring_for
from dunning.models import Scenario
from dunning.services import barriers
from kernel.http import TenantRequest, writes


@writes(permissions.PAUSE)
def stop(request: TenantRequest, code: str) -> HttpResponse:
    """Press the red button of a scenario."""
    scenario = get_object_or_404(Scenario, code=code)
    barriers.stop_sending(
        actor=request.actor,
        reason=request.POST.get("reason", ""),
        now=request.now,
        scenario=scenario,
    )
    messages.warning(request, _("Nothing of “%(name)s” leaves any more.") % {"name": scenario.name})
    return redirect("scenario", code)


@writes(permissions.PAUSE)
def resume(request: TenantRequest, code: str) -> HttpResponse:
    """Let go what the red button of a scenario stopped."""
    scenario = get_object_or_404(Scenario, code=code)
    barriers.resume_sending(
        actor=request.actor,
        now=request.now,
        scenario=scenario,
        reason=request.POST.get("reason", ""),
    )
    ring_for(request.actor)
    messages.success(request, _("“%(name)s” is taken up again.") % {"name": scenario.name})
    return redirect("scenario", code)
