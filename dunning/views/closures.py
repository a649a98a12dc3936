"""The page on which the credit manager says on which days the company is closed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dunning import permissions
from dunning.forms.closures import ClosureForm
from dunning.models import Closure
from dunning.services.closures import ClosureRefused, close_days, open_days
from kernel.http import TenantRequest, edits, writes

UNPROCESSABLE = 422


@edits(permissions.PUBLISH_POLICY)
def closures(request: TenantRequest) -> HttpResponse:
    """Show the closures to come, and take down another one."""
    is_sent = request.method == "POST"
    form = ClosureForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            close_days(**form.cleaned_data, actor=request.actor)
        except ClosureRefused as refused:
            form.add_error("last_date", refused.message)
        else:
            messages.success(request, _("Nothing leaves on these days; what is planned is moved."))
            return redirect("closures")
    rows = Closure.objects.filter(last_date__gte=request.today).select_related("opened_by")
    context = {"form": form, "rows": rows}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "dunning/closures.html", context, status=status)


@writes(permissions.PUBLISH_POLICY)
def reopen(request: TenantRequest, closure_id: UUID) -> HttpResponse:
    """Take a closure back."""
    open_days(closure=get_object_or_404(Closure, pk=closure_id), actor=request.actor)
    messages.success(request, _("These days are worked again."))
    return redirect("closures")
