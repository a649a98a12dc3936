"""The page on which the reader of a reminder says whether it was clear.

Opening it records nothing: firewalls and mail scanners open every link, and some click what they see (P18). One answer
a reminder; it may be changed.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Tenant
from dunning.models import Clarity, Reminder
from dunning.queries.replies import tenant_of_message
from dunning.rules.content import SHIPPED_LANGUAGES
from dunning.services.clarity import answer_clarity
from dunning.services.reply_addresses import CLARITY, name_in
from kernel.http import public
from kernel.tenancy import tenant_scope
from ledger.models import Contact
from portal import throttle

ANSWERS = {"clear": True, "unclear": False}


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clarity(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether a message was clear; take an answer down on a POST that gives one."""
    if throttle.is_too_often(request, what="page", limit=throttle.PAGES_PER_WINDOW):
        context = {"brand_name": "Échéo", "seconds": throttle.WINDOW_SECONDS}
        response = render(request, "portal/too_often.html", context, status=429)
        response.headers["Retry-After"] = str(throttle.WINDOW_SECONDS)
        return response
    name = name_in(token, kind=CLARITY)
    home = tenant_of_message(name) if name else None
    if home is None:
        return render(request, "portal/unknown.html", {"brand_name": "Échéo"}, status=404)
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        return _answer(request, tenant_id, reminder_id)


def _answer(request: HttpRequest, tenant_id: UUID, reminder_id: UUID) -> HttpResponse:
    tenant = Tenant.objects.get(pk=tenant_id)
    reminder = Reminder.objects.select_related("customer", "contact").get(pk=reminder_id)
    given = request.POST.get("answer", "") if request.method == "POST" else ""
    if given in ANSWERS:
        answer_clarity(
            reminder=reminder,
            is_clear=ANSWERS[given],
            words=request.POST.get("words", ""),
            now=timezone.now(),
        )
    contact: Contact | None = reminder.contact
    language = (contact.language if contact else "") or reminder.customer.language
    with translation.override(language if language in SHIPPED_LANGUAGES else "en"):
        context = {
            "brand_name": tenant.name,
            "sent_at": reminder.sent_at,
            "known": Clarity.objects.filter(reminder=reminder).first(),
            "is_new": given in ANSWERS,
        }
        response = render(request, "portal/clear.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
