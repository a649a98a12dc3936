"""Keeping the filter of a list under a name."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.services.saved_views import save_view
from kernel.http import TenantRequest, writes
from ledger import permissions

# Only lists that exist can be kept, so that the way back never leads anywhere else.
LISTS = {
    "items": "/items",
    "customers": "/customers",
    "credit_requests": "/credit/requests",
}


@writes(permissions.SEE_CUSTOMERS, *permissions.SEEING)
def save(request: TenantRequest, page: str) -> HttpResponse:
    """Keep the query string of a list as a tab and go back to it."""
    view = save_view(
        actor=request.actor,
        page=page,
        name=request.POST.get("name", "") or _("My view"),
        query=request.POST.get("query", ""),
    )
    return redirect(f"{LISTS.get(page, '/items')}?{view.query}")
