"""The two addresses Mailgun calls: reports about our messages, and messages of customers."""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from anymail.exceptions import AnymailError
from anymail.webhooks.mailgun import MailgunInboundWebhookView, MailgunTrackingWebhookView
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dunning.models import Reminder
from dunning.queries.replies import tenant_of_message
from dunning.rules.delivery import EventKind
from dunning.services.delivery_events import record_event
from dunning.services.replies import Received, receive_mail
from dunning.services.reply_addresses import name_of
from kernel.http import public
from kernel.tenancy import tenant_scope

REPLAY_SECONDS = 12 * 3600
"""Older than this, or as far from the future, and a signature is no longer believed: Mailgun tries for eight hours."""

GONE_FOR_GOOD = 406  # tells Mailgun not to try again

_KINDS = {
    "delivered": EventKind.DELIVERED,
    "bounced": EventKind.HARD_BOUNCE,
    "rejected": EventKind.SOFT_BOUNCE,
    "deferred": EventKind.SOFT_BOUNCE,
    "complained": EventKind.COMPLAINT,
    "unsubscribed": EventKind.UNSUBSCRIBED,
}

_UNREADABLE = (AnymailError, ImproperlyConfigured, KeyError, ValueError, TypeError, AttributeError)
"""What the library raises for a bad signature, the other kind of hook, or a payload made to break it."""

Hook = Callable[[HttpRequest], HttpResponse]


def signed(reader: type[Any]) -> Callable[[Callable[[HttpRequest, Any], HttpResponse]], Hook]:
    """Pass on what Mailgun signed, if it is fresh and new; `reader` knows the payload, the view gets its event."""

    def decorate(view: Callable[[HttpRequest, Any], HttpResponse]) -> Hook:
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            if not settings.OTC_MAILGUN_SIGNING_KEY:
                raise Http404
            try:
                event, stamp, token = _read(request, reader)
            except _UNREADABLE:
                return HttpResponse(status=GONE_FOR_GOOD)
            if abs(time.time() - stamp) > REPLAY_SECONDS:
                return HttpResponse(status=GONE_FOR_GOOD)
            seen = f"mailgun:{token}"
            if not cache.add(seen, 1, timeout=2 * REPLAY_SECONDS):
                return HttpResponse(status=200)
            try:
                return view(request, event)
            except BaseException:
                # Mailgun tries again with the same token: it must not meet its own trace.
                cache.delete(seen)
                raise

        return public(csrf_exempt(require_POST(wrapped)))

    return decorate


def _read(request: HttpRequest, reader: type[Any]) -> tuple[Any, float, str]:
    """Return the event, when it was signed and its token. Raises one of _UNREADABLE, for a bad signature too."""
    found = reader(webhook_signing_key=settings.OTC_MAILGUN_SIGNING_KEY)
    found.run_validators(request)
    (event,) = found.parse_events(request)
    is_json = request.content_type == "application/json"
    signature = json.loads(request.body)["signature"] if is_json else request.POST
    return event, float(signature["timestamp"]), str(signature["token"])


@signed(MailgunTrackingWebhookView)
def events(request: HttpRequest, event: Any) -> HttpResponse:  # noqa: ANN401, ARG001  the library's own class
    """Record a report about one of our messages; what is about another, or of no consequence, is passed over."""
    kind = _KINDS.get(event.event_type)
    name = name_of(event.message_id or "")
    home = tenant_of_message(name) if name and kind else None
    if kind is None or home is None:
        return HttpResponse(status=200)
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        record_event(
            reminder=Reminder.objects.get(pk=reminder_id),
            kind=kind,
            event_id=_event_id(event),
            recipient=event.recipient or "",
            occurred_at=event.timestamp or timezone.now(),
            detail=(event.mta_response or event.description or "")[:300],
            now=timezone.now(),
        )
    return HttpResponse(status=200)


def _event_id(event: Any) -> str:  # noqa: ANN401  the library's own class
    """Return the event's own name, the same on every try; it is unique within a day, hence the time beside it."""
    data = event.esp_event["event-data"]
    return f"mailgun:{data.get('id', event.event_id)}:{data.get('timestamp', '')}"


@signed(MailgunInboundWebhookView)
def inbound(request: HttpRequest, event: Any) -> HttpResponse:  # noqa: ANN401  the library's own class
    """Take in one message of a customer, as MIME; one that belongs to no tenant is given back."""
    raw = request.POST.get("body-mime", "").encode()
    found = receive_mail(
        raw or event.message.as_bytes(),
        source="webhook",
        now=timezone.now(),
        envelope_recipients=tuple(
            one for one in request.POST.get("recipient", "").split(",") if one.strip()
        ),
        envelope_sender=request.POST.get("sender"),
    )
    return HttpResponse(status=GONE_FOR_GOOD if found is Received.NOBODYS else 200)
