"""Telling colleagues: a row is written with what it tells; a task sends it, in the reader's language."""

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import override

from accounts.models import Membership, MembershipState, Tenant
from credit import notice_words
from credit.models import CreditRequest, InternalNotice

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
KEPT_TRYING = timedelta(days=2)
AT_ONCE = 50


def tell(
    recipients: Iterable[Membership],
    *,
    code: str,
    once_key: str,
    now: datetime,
    request: CreditRequest | None = None,
    path: str = "",
    **facts: Any,
) -> None:
    """Promise a mail to each colleague; `once_key` names the news, so that a second run adds nothing.

    `code` is a text of `credit.notice_words`; `facts` are plain JSON values. Nobody without a login is written to.
    """
    for person in recipients:
        if person.state != MembershipState.ACTIVE or not person.email:
            continue
        InternalNotice.objects.get_or_create(
            recipient=person,
            once_key=once_key,
            defaults={
                "code": code,
                "request": request,
                "facts": facts,
                "path": path,
                "created_at": now,
            },
        )


def send_notices(*, now: datetime) -> int:
    """Send what was promised to colleagues; return how many left. One that fails is tried again for two days."""
    waiting = (
        InternalNotice.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(sent_at=None, attempts__lt=MOST_ATTEMPTS, created_at__gte=now - KEPT_TRYING)
        .select_related("recipient", "recipient__user", "request")[:AT_ONCE]
    )
    tenant = Tenant.objects.get()
    return sum(_send(notice, tenant, now) for notice in waiting)


def _send(notice: InternalNotice, tenant: Tenant, now: datetime) -> bool:
    user = notice.recipient.user
    with override(user.language if user else tenant.language):
        subject, body = notice_words.written(
            notice.code,
            notice.facts,
            name=notice.recipient.name,
            url=f"{settings.OTC_PUBLIC_URL}{notice.path}" if notice.path else "",
        )
    notice.attempts += 1
    try:
        send_mail(
            subject.replace("\n", " "),
            body,
            settings.DEFAULT_FROM_EMAIL,
            [notice.recipient.email],
        )
    except (OSError, smtplib.SMTPException) as fault:
        logger.warning("a notice could not be sent: %s", type(fault).__name__)
        notice.problem = type(fault).__name__
    else:
        notice.sent_at, notice.problem = now, ""
    notice.save(update_fields=["attempts", "sent_at", "problem"])
    return notice.sent_at is not None
