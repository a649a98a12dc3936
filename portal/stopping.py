"""The page on which the reader of a reminder says that he wants no more.

Opening it changes nothing: firewalls and mail scanners open every link. A mail program that offers the button posts
the body of RFC 8058, and so does the button of the page.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Tenant
from dunning.models import Reminder
from dunning.queries.replies import tenant_of_message
from dunning.rules.content import SHIPPED_LANGUAGES
from dunning.services.delivery_events import unsubscribe
from dunning.services.reply_addresses import UNSUBSCRIBE, name_in
from kernel.http import public
from kernel.tenancy import tenant_scope
from ledger.models import Contact

ONE_CLICK = "One-Click"


@public
@csrf_exempt
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Show what would stop; stop it on a POST that says so."""
    name = name_in(token, kind=UNSUBSCRIBE)
    home = tenant_of_message(name) if name else None
    if home is None:
        return render(request, "portal/unknown.html", {"brand_name": "Échéo"}, status=404)
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        return _answer(request, tenant_id, reminder_id)


def _answer(request: HttpRequest, tenant_id: UUID, reminder_id: UUID) -> HttpResponse:
    tenant = Tenant.objects.get(pk=tenant_id)
    reminder = Reminder.objects.select_related("customer", "contact").get(pk=reminder_id)
    contact: Contact | None = reminder.contact
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == ONE_CLICK:
        unsubscribe(reminder=reminder, now=timezone.now())
        if contact is not None:
            contact.refresh_from_db()
    language = (contact.language if contact else "") or reminder.customer.language
    with translation.override(language if language in SHIPPED_LANGUAGES else "en"):
        context = {
            "brand_name": tenant.name,
            "email": contact.email if contact else "",
            "is_stopped": contact is None or contact.is_opted_out,
        }
        response = render(request, "portal/stop.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
