"""The address Sinch calls with what became of a text message."""

import base64
import hmac
import json
import time
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dunning.queries.replies import tenant_of_message
from dunning.rules.steps import Channel
from dunning.services.carrying import record_report
from integrations.sinch.mapping import report_of
from kernel.http import public
from kernel.tenancy import tenant_scope

REPLAY_SECONDS = 24 * 3600
"""Older than this, or as far from the future, and a signature is no longer believed: Sinch tries for a day."""

MOST_BYTES = 64 << 10
REPORT = "recipient_delivery_report_sms"


def _is_signed(request: HttpRequest, body: bytes) -> bool:
    """Say whether Sinch signed this body, lately."""
    headers = request.headers
    stamp = headers.get("x-sinch-webhook-signature-timestamp", "")
    nonce = headers.get("x-sinch-webhook-signature-nonce", "")
    given = headers.get("x-sinch-webhook-signature", "")
    if not nonce or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:  # noqa: PLR2004
        return False
    if abs(time.time() - int(stamp)) > REPLAY_SECONDS:
        return False
    signed = b".".join((body, nonce.encode(), stamp.encode()))
    digest = hmac.new(settings.OTC_SINCH_HOOK_SECRET.encode(), signed, sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), given.encode())


def _payload(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@public
@csrf_exempt
@require_POST
def reports(request: HttpRequest) -> HttpResponse:
    """Record one signed report, once; what is about another's message, or of no consequence, is passed over."""
    if not settings.OTC_SINCH_HOOK_SECRET:
        raise Http404
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    body = request.body
    if not _is_signed(request, body):
        return HttpResponse(status=403)
    seen = (
        f"sinch:{sha256(request.headers['x-sinch-webhook-signature-nonce'].encode()).hexdigest()}"
    )
    if not cache.add(seen, 1, timeout=2 * REPLAY_SECONDS):
        return HttpResponse(status=200)
    try:
        _record(_payload(body))
    except BaseException:
        # Sinch tries again with the same nonce: it must not meet its own trace.
        cache.delete(seen)
        raise
    return HttpResponse(status=200)


def _record(payload: dict[str, Any]) -> None:
    if payload.get("type") != REPORT:
        return
    try:
        reference = UUID(str(payload.get("client_reference", "")))
    except ValueError:
        return
    report = report_of(str(reference), payload)
    home = tenant_of_message(reference) if report else None
    if report is None or home is None:
        return
    tenant_id, reminder_id = home
    with tenant_scope(tenant_id):
        record_report(
            reminder_id=reminder_id, report=report, channel=Channel.SMS, now=timezone.now()
        )
