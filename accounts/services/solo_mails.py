"""The mail to the legal representative: what waits for his word in solo mode, and from when on (S14)."""

import logging
import smtplib
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import SoloAct, SoloActState, Tenant
from accounts.services.solo import token_of
from kernel import formats

logger = logging.getLogger(__name__)
AT_ONCE = 20


def tell_waiting(*, now: datetime) -> int:
    """Write of each act that nobody was told of yet; return how many mails left."""
    waiting = list(
        SoloAct.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=SoloActState.WAITING, told_at=None, lapses_at__gt=now)
        .select_related("representative", "asked_by")[:AT_ONCE]
    )
    if not waiting:
        return 0
    tenant = Tenant.objects.get()
    return sum(_write(act, tenant, now) for act in waiting)


def _write(act: SoloAct, tenant: Tenant, now: datetime) -> bool:
    with override(tenant.language):
        facts = {
            "name": act.representative.name,
            "asker": act.asked_by.name,
            "company": tenant.name,
            "words": act.words,
            "day": formats.day(act.due_at.date(), tenant.language),
            "hour": formats.clock(act.due_at, tenant.language),
            "url": f"{settings.OTC_PUBLIC_URL}{reverse('confirm_solo_act', args=[token_of(act)])}",
        }
        subject = _("%(company)s: %(asker)s asks for your word as legal representative") % facts
        text = (
            _(
                "Hello %(name)s,\n\n%(asker)s works alone, in solo mode, and wants to do what takes two people:\n\n"
                "“%(words)s”\n\nFrom %(day)s, %(hour)s on you may confirm or refuse it here:\n%(url)s\n\n"
                "Nothing happens without your word. If you know nothing of this, refuse it."
            )
            % facts
        )
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [act.representative.email])
    except (OSError, smtplib.SMTPException) as fault:
        logger.warning("a mail of solo mode could not be sent: %s", type(fault).__name__)
        return False
    act.told_at = now
    act.save(update_fields=["told_at"])
    return True
