"""The name a reminder bears towards mail servers: the same on every attempt, and after a restored backup too.

And by what its content is known to be the same as that of an earlier attempt.
"""

import hashlib
import json
from dataclasses import asdict, replace
from email.utils import parseaddr
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings

from dunning.models import Reminder
from dunning.rules.content import ReminderContent

NAMES = UUID("5f0c1c0e-6a5b-4f0e-9d0a-3d1b6b1f8b52")


def message_id_of(reminder: Reminder) -> str:
    """Return the Message-ID, made from the business key.

    A plan that has to be made again after a restore gives the same step the same name, so that evidence
    finds a message that left before.
    """
    key = (
        reminder.tenant_id,
        reminder.customer_id,
        reminder.entity_id,
        reminder.currency,
        reminder.scenario_version_id,
        reminder.step_id,
        reminder.cycle,
    )
    domain = parseaddr(settings.OTC_MAIL_FROM)[1].partition("@")[2] or "localhost"
    return f"<{uuid5(NAMES, '/'.join(map(str, key)))}@{domain}>"


def digest_of(content: ReminderContent) -> str:
    """Return the SHA-256 of everything a message says; the portal link is left out, each one is made anew."""
    facts: dict[str, Any] = asdict(replace(content, portal_url="", portal_valid_until=None))
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()
