"""The page on which the reader of a reminder says whether it was clear.

Opening it records nothing: firewalls and mail scanners open every link, and some click what they see (P18). One answer
a reminder; it may be changed.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dunning.models import Clarity, Reminder
from dunning.services.clarity import answer_clarity
from dunning.services.reply_addresses import CLARITY
from kernel.http import public
from kernel.tenancy import tenant_scope
from portal import throttle
from portal.message_pages import message_behind, shown, unknown

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
    home = message_behind(token, kind=CLARITY)
    if home is None:
        return unknown(request)
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        return _answer(request, reminder_id)


def _answer(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    reminder = Reminder.objects.select_related("customer", "contact").get(pk=reminder_id)
    given = request.POST.get("answer", "") if request.method == "POST" else ""
    if given in ANSWERS:
        answer_clarity(
            reminder=reminder,
            is_clear=ANSWERS[given],
            words=request.POST.get("words", ""),
            now=timezone.now(),
        )
    context = {
        "sent_at": reminder.sent_at,
        "known": Clarity.objects.filter(reminder=reminder).first(),
        "is_new": given in ANSWERS,
    }
    return shown(request, "portal/clear.html", context, reminder=reminder)
