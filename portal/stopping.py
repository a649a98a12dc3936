"""The page on which the reader of a reminder says that he wants no more.

Opening it changes nothing: firewalls and mail scanners open every link. A mail program that offers the button posts
the body of RFC 8058, and so does the button of the page.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from dunning.models import Reminder
from dunning.services.delivery_events import unsubscribe
from dunning.services.reply_addresses import UNSUBSCRIBE
from kernel.http import public
from kernel.tenancy import tenant_scope
from ledger.models import Contact
from portal.message_pages import message_behind, shown, unknown

ONE_CLICK = "One-Click"


@public
@csrf_exempt
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Show what would stop; stop it on a POST that says so."""
    home = message_behind(token, kind=UNSUBSCRIBE)
    if home is None:
        return unknown(request)
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        return _answer(request, reminder_id)


def _answer(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    reminder = Reminder.objects.select_related("customer", "contact").get(pk=reminder_id)
    contact: Contact | None = reminder.contact
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == ONE_CLICK:
        unsubscribe(reminder=reminder, now=timezone.now())
        if contact is not None:
            contact.refresh_from_db()
    context = {
        "email": contact.email if contact else "",
        "is_stopped": contact is None or contact.is_opted_out,
    }
    return shown(request, "portal/stop.html", context, reminder=reminder)
