"""The command palette: customers and items found by what a person types, and the pages he may open."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from kernel.http import TenantRequest, reads
from kernel.permissions import ANY_MEMBER
from ledger import permissions
from ledger.queries.search import found_customers, found_documents
from otc.navigation import groups_for

FOUND_AT_MOST = 6


@reads(ANY_MEMBER)
def search(request: TenantRequest) -> HttpResponse:
    """Answer the palette with groups of places to go: customers and items that match `q`, then pages."""
    words = request.GET.get("q", "").strip()[:80]
    groups = []
    if words and request.actor.can(permissions.SEE_CUSTOMERS):
        groups += [
            {
                "label": _("Customers"),
                "items": found_customers(words, request.actor, limit=FOUND_AT_MOST),
            },
            {
                "label": _("Items"),
                "items": found_documents(words, request.actor, limit=FOUND_AT_MOST),
            },
        ]
    pages = [
        {"label": item.label, "url": item.url, "meta": group.label, "icon": item.icon}
        for group in groups_for(request.actor, "", is_counted=False)
        for item in group.items
        if words.casefold() in item.label.casefold()
    ]
    groups.append({"label": _("Go to"), "items": pages})
    return JsonResponse({"groups": [group for group in groups if group["items"]]})
