"""Look into the mailbox every two minutes; a look that fails is made up for by the next."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from dunning.services.replies import Received, receive_mail
from integrations.imap.client import Mailbox, MailboxUnreachableError, read_unseen

logger = logging.getLogger(__name__)

LOOK_SECONDS = 120.0

BEAT_SCHEDULE = {
    "integrations.imap.look": {
        "task": "integrations.imap.tasks.look",
        "schedule": LOOK_SECONDS,
        "options": {"expires": LOOK_SECONDS},
    }
}


@shared_task(name="integrations.imap.tasks.look")
def look() -> int:
    """Take in what lies unseen in the mailbox of OTC_IMAP_URL; nothing where none is set."""
    if not settings.OTC_IMAP_URL:
        return 0
    mailbox = Mailbox.at(settings.OTC_IMAP_URL, authority_file=settings.OTC_MAIL_CA_FILE)
    try:
        return read_unseen(mailbox, _take)
    except MailboxUnreachableError as problem:
        logger.warning("the mailbox cannot be read: %s", problem)
        return 0


def _take(raw: bytes) -> bool:
    return receive_mail(raw, source="imap", now=timezone.now()) is not Received.NOBODYS
